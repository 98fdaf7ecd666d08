// Tables that sort, filter and select; rows are made as they come into sight.

const ROWS_AT_ONCE = 150;

/** Text, what it is sorted by, tone, lines below and link of a cell. */
function cellParts(cell) {
  const [text, value = null, tone = "", more = [], to = []] = Array.isArray(cell) ? cell : [cell];
  return { text, value, tone, more, to: to.length ? Object.fromEntries(to) : null };
}

/** What is in a cell; the largest number of a column with bars has the longest. */
function cellContent(cell, largest) {
  const { text, value, tone, more, to } = cellParts(cell);
  const lines = [el("span", { class: tone ? `tone ${tone}` : null }, text), more.map((line) => el("small", {}, line))];
  if (to) return el("button", { type: "button", class: "cell-link", on: { click: () => pick(to) } }, lines);
  if (!largest || value === null) return lines;
  return el("span", { class: "share-cell" }, el("span", { class: "track" }, sized(el("i", { class: "c-share" }), (100 * value) / largest)), text);
}

function columnOf(column) {
  const [title, is_text, folds, , , bar, note] = Array.isArray(column) ? column : [column];
  return { title, is_text, folds, bar, note };
}

/** A table that is shown as it is. */
function plainTable(block) {
  const columns = block.columns.map(columnOf);
  const tones = (cell) => (cellParts(cell).tone === "best" ? "is-best" : "");
  return el("div", { class: "scroller" }, el("table", { class: block.turns ? "compare" : "matrix" },
    block.caption ? el("caption", { class: block.turns ? "" : "unseen" }, block.caption) : null,
    el("thead", {}, el("tr", {}, columns.map((column) => el("th", { scope: "col", class: column.is_text ? "" : "number" }, column.title)))),
    el("tbody", {}, block.rows.map((row, i) => el("tr", { class: block.last_apart && i === block.rows.length - 1 ? "apart" : null },
      row.map((cell, k) => el(k ? "td" : "th", { scope: k ? null : "row", class: `${columns[k].is_text ? "" : "number"} ${tones(cell)}`.trim() || null },
        cellContent(cell, 0))))))));
}

/** A table that sorts, and filters if it is searched; its rows select by their keys. */
function createTable(block) {
  const rows = block.rows.map((cells, i) => ({ cells, key: block.keys ? block.keys[i] : String(i) }));
  const columns = block.columns.map(columnOf).map((column, k) => ({ ...column, id: column.title, numeric: !column.is_text,
    value: (row) => { const { text, value } = cellParts(row.cells[k]); return column.is_text ? text : value; },
    largest: column.bar ? Math.max(...rows.map((row) => cellParts(row.cells[k]).value || 0), 1e-12) : 0 }));
  const table = {
    columns, rows, block, shown: rows, made: 0, selected: null, sort: [null, 1],
    body: el("tbody", {}),
    status: el("p", { class: "count", role: "status" }),
  };
  table.heads = columns.map((column) => headCell(table, column));
  table.box = el("div", { class: "scroller", tabindex: "-1", on: { scroll: () => grow(table) } },
    el("table", { "data-caption": block.caption },
      el("caption", { class: "unseen" }, block.caption),
      el("thead", {}, el("tr", {}, table.heads)), table.body));
  const tools = block.searched ? el("div", { class: "tools" }, filterBox(table), table.status) : null;
  table.node = el("div", { class: "table" }, tools, table.box);
  arrange(table);
  // Paper has all rows.
  window.addEventListener("beforeprint", () => {
    while (table.node.isConnected && table.made < table.shown.length) more(table);
  });
  if (block.link) link(block.link, table.node, (key) => markSelected(table, key));
  return { node: table.node, select: (key) => markSelected(table, key) };
}

function headCell(table, column) {
  const button = el("button", { type: "button", on: { click: () => sortBy(table, column) } }, column.title);
  return el("th", { scope: "col", class: column.numeric ? "number" : "", "aria-sort": "none",
    "data-column": column.id, title: column.note }, button);
}

function filterBox(table) {
  const input = el("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${table.block.caption}`,
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
    ? table.rows.filter((row) => row.cells.map((cell) => cellParts(cell).text).join(" ").toLowerCase().includes(wanted))
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
  const { link: to } = table.block;
  const choose = () => pick({ [to]: row.key });
  const node = el("tr", { "data-key": row.key, tabindex: to ? "0" : null,
    "aria-current": row.key === table.selected ? "true" : null },
  table.columns.map((column, k) => el(k ? "td" : "th", { scope: k ? null : "row",
    class: `${column.numeric ? "number" : ""} ${column.folds && k ? "wrap" : ""} ${k ? "" : "name"}`.trim() || null },
  cellContent(row.cells[k], column.largest))));
  if (to) {
    node.addEventListener("click", choose);
    node.addEventListener("keydown", (event) => rowKey(event, node, choose));
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
