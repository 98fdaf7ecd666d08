// Tables that sort, filter and select; rows are made as they come into sight.

const ROWS_AT_ONCE = 150;

/**
 * A table.
 *
 * columns: {id, label, value(row) to sort by, cell(row) to show, numeric, title}
 * options: {label, key(row), pick(row), filter: text(row), sort: [id, direction], class}
 */
function createTable(columns, rows, options) {
  const table = {
    columns, rows, options, shown: rows, made: 0, selected: null,
    sort: options.sort || [null, 1],
    body: el("tbody", {}),
    status: el("p", { class: "count", role: "status" }),
  };
  table.heads = columns.map((column) => headCell(table, column));
  table.box = el("div", { class: "scroller", tabindex: "-1", on: { scroll: () => grow(table) } },
    el("table", { class: options.class || "" },
      el("caption", { class: "unseen" }, options.label),
      el("thead", {}, el("tr", {}, table.heads)), table.body));
  const tools = options.filter ? [filterBox(table), table.status] : [];
  table.node = el("div", { class: "table" }, tools.length ? el("div", { class: "tools" }, tools) : null,
    table.box);
  arrange(table);
  // Paper has all rows.
  window.addEventListener("beforeprint", () => {
    while (table.node.isConnected && table.made < table.shown.length) more(table);
  });
  return { node: table.node, select: (key) => markSelected(table, key), box: table.box };
}

function headCell(table, column) {
  const button = el("button", { type: "button", on: { click: () => sortBy(table, column) } }, column.label);
  return el("th", { scope: "col", class: column.numeric ? "number" : "", "aria-sort": "none",
    "data-column": column.id, title: column.title }, button);
}

function filterBox(table) {
  const input = el("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${table.options.label}`,
    on: { input: () => {
      table.wanted = input.value.trim().toLowerCase();
      arrange(table);
    } } });
  return input;
}

function sortBy(table, column) {
  const [current, direction] = table.sort;
  const first = column.numeric ? -1 : 1;
  table.sort = [column.id, current === column.id ? -direction : first];
  arrange(table);
}

/** Sort and filter anew. */
function arrange(table) {
  const [id, direction] = table.sort;
  const column = table.columns.find((one) => one.id === id);
  const wanted = table.wanted;
  table.shown = wanted
    ? table.rows.filter((row) => table.options.filter(row).toLowerCase().includes(wanted))
    : table.rows.slice();
  if (column) table.shown.sort((a, b) => compare(column.value(a), column.value(b), direction));
  table.heads.forEach((head, index) => {
    const sorted = table.columns[index].id === id;
    head.setAttribute("aria-sort", sorted ? (direction > 0 ? "ascending" : "descending") : "none");
  });
  table.status.textContent = wanted
    ? `${table.shown.length.toLocaleString("en")} of ${plural(table.rows.length, "row")}`
    : plural(table.rows.length, "row");
  table.body.replaceChildren();
  table.made = 0;
  table.box.scrollTop = 0;
  more(table);
}

/** Order of two values; what is not known comes last in both directions. */
function compare(a, b, direction) {
  const noA = a === null || a === undefined;
  const noB = b === null || b === undefined;
  if (noA || noB) return noA - noB;
  if (typeof a === "number" && typeof b === "number") return direction * (a - b);
  return direction * String(a).localeCompare(String(b), "en", { numeric: true });
}

function more(table) {
  const rows = table.shown.slice(table.made, table.made + ROWS_AT_ONCE);
  table.made += rows.length;
  table.body.append(...rows.map((row) => bodyRow(table, row)));
}

function grow(table) {
  const { box } = table;
  if (box.scrollTop + box.clientHeight > box.scrollHeight - 400 && table.made < table.shown.length) more(table);
}

function bodyRow(table, row) {
  const { options } = table;
  const key = options.key(row);
  const node = el("tr", { "data-key": key, tabindex: options.pick ? "0" : null,
    "aria-current": key === table.selected ? "true" : null },
  table.columns.map((column, index) => el(index === 0 ? "th" : "td",
    { class: `${column.numeric ? "number" : ""} ${column.class || ""}`.trim(), scope: index === 0 ? "row" : null },
    column.cell(row))));
  if (options.pick) {
    node.addEventListener("click", () => options.pick(row));
    node.addEventListener("keydown", (event) => rowKey(event, node, () => options.pick(row)));
  }
  return node;
}

function rowKey(event, node, pick) {
  const next = { ArrowDown: node.nextElementSibling, ArrowUp: node.previousElementSibling }[event.key];
  if (next) next.focus();
  else if (event.key === "Enter" || event.key === " ") pick();
  else return;
  event.preventDefault();
}

function markSelected(table, key) {
  table.selected = key;
  for (const row of table.body.children) {
    if (row.dataset.key === String(key)) {
      row.setAttribute("aria-current", "true");
      reveal(table.box, row);
    } else {
      row.removeAttribute("aria-current");
    }
  }
}

/** Scroll the table's own box, and not the page, to a row. */
function reveal(box, row) {
  const head = box.querySelector("thead").offsetHeight;
  const [top, bottom] = [row.offsetTop - head, row.offsetTop + row.offsetHeight];
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
}
