// Blocks as elements: what a report is made of, whatever it is about.

const FIGURES = new Set(["Stack", "Scatter", "Heats"]);
const SHOW = {
  Facts: (block) => (block.tiles ? el("div", { class: "tiles" }, block.rows.map(factOf).map(tile)) : factList(block)),
  Table: (block) => (block.searched || block.link ? createTable(block).node : plainTable(block)),
  Bars: barTable,
  Code: codeBox,
  Note: note,
  Fold: (block) => el("details", { class: "fold" }, el("summary", {}, block.title), render(block.blocks, true)),
  Choice: choice,
  Details: details,
};

/** The elements of blocks; `inside` a panel they make no panels of their own. */
function render(blocks, inside = false) {
  const top = [];
  let [box, part] = [top, top];
  for (let i = 0; i < blocks.length; i += 1) {
    const block = blocks[i];
    const next = blocks[i + 1];
    if (block.is === "Heading" && block.main) {
      box = inside ? top : open(top, "section", "panel");
      part = box;
      const head = el("div", { class: "layer-head" }, el("h2", {}, block.text, (block.badges || []).map((one) => [" ", badge(one)])));
      put(part, head);
    } else if (block.is === "Heading") {
      part = open(box, "div", "part");
      put(part, el("h3", {}, block.text));
    } else if (FIGURES.has(block.is)) {
      const run = [];
      while (i < blocks.length && FIGURES.has(blocks[i].is)) run.push(createFigure(blocks[i++]));
      i -= 1;
      box = part = top;
      top.push(el("div", { class: "plots" }, run));
    } else if (block.is === "Table" && next && next.is === "Details" && next.key === block.link) {
      const pair = [SHOW.Table(block), SHOW.Details(next)];
      put(inside ? part : (box = part = top), inside ? pair : el("div", { class: "split" },
        el("section", { class: "panel list" }, el("h2", {}, block.caption), pair[0]), pair[1]));
      i += 1;
    } else {
      if (!inside && ["Fold", "Choice"].includes(block.is)) box = part = top;
      put(part, SHOW[block.is](block));
    }
  }
  return top;
}

function open(parent, tag, name) {
  const node = el(tag, { class: name });
  put(parent, node);
  return node;
}

function put(parent, child) {
  if (Array.isArray(parent)) parent.push(...[child].flat());
  else append(parent, [child]);
}

function factOf([name, text, tone, note, badge]) {
  return { name, text, tone, note, badge };
}

function tile(fact) {
  return el("div", { class: "tile" }, el("span", { class: "tile-name" }, fact.name), el("span", { class: "tile-value" }, fact.text),
    fact.note ? el("span", { class: "tile-note" }, fact.note) : null, fact.badge ? badge(fact.badge) : null);
}

function factList(block) {
  return el("dl", { class: "facts" }, block.rows.map(factOf).map((fact) => el("div", {}, el("dt", {}, fact.name.trim()),
    el("dd", { class: fact.tone ? `tone ${fact.tone}` : null }, fact.text))));
}

function barTable(block) {
  const percent = (fraction) => `${fraction > 0 && fraction < 1e-4 ? "<0.01" : Number((100 * fraction).toPrecision(3))} %`;
  return el("table", { class: "bars" }, el("tbody", {}, block.rows.map(([name, amount, fraction, colour]) => el("tr", {}, el("th", { scope: "row" }, name),
    el("td", { class: "number" }, amount), el("td", { class: "number" }, percent(fraction)),
    el("td", { class: "track-cell" }, el("div", { class: "track" }, sized(el("i", { class: `c-${colour}` }), 100 * fraction)))))));
}

function codeBox(block) {
  const line = (text) => {
    const comment = text.trimStart().startsWith("#");
    const words = comment ? null : text.match(/^(\s*)(for|parallel_for) (.*)$/);
    if (words) return el("span", { class: "line" }, words[1], el("b", {}, words[2]), ` ${words[3]}\n`);
    return el("span", { class: comment ? "line comment" : "line" }, `${text}\n`);
  };
  return el("pre", { class: "nest", tabindex: "0" }, el("code", {}, block.lines.map(line)));
}

function note(block) {
  const tone = { fair: "warning", bad: "warning bad", good: "claim", "": "text" }[block.tone ?? "faint"] || "note";
  const to = block.link && block.link.length ? Object.fromEntries(block.link) : null;
  return el("p", { class: tone }, to ? el("button", { type: "button", class: "link", on: { click: () => pick(to) } }, block.text) : block.text);
}

/** One of several parts, by tabs or from a list. */
function choice(block) {
  const box = el("div", { class: "chosen-part", id: `choice-${block.key}` });
  const known = (key) => block.options.some(([value]) => value === key);
  const current = () => (known(state.get(block.key)) ? state.get(block.key) : block.options[0][0]);
  clears[block.key] = block.clears || [];
  const choose = (key) => pick({ [block.key]: key });
  const control = block.tabs ? el("div", { class: "tabs", role: "tablist", "aria-label": block.label }) : el("div", { class: "chooser" });
  const show = () => {
    control.replaceChildren(...(block.tabs ? tabs(block, current(), choose)
      : [selector(block.label, block.options.map(([value, name]) => [value, name]), current(), choose)]));
    box.replaceChildren(...render(block.options.find(([value]) => value === current())[2], block.key === "model"));
  };
  show();
  link(block.key, box, () => {
    const focused = control.contains(document.activeElement);
    show();
    if (focused && block.tabs) control.querySelector("[aria-selected=true]").focus();
    else if (!block.tabs) bringIntoSight(control);
  });
  return [control, box];
}

function tabs(block, current, choose) {
  const values = block.options.map(([value]) => value);
  const step = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) choose(values[(values.indexOf(current) + by + values.length) % values.length]);
  };
  return block.options.map(([value, name]) => el("button", { type: "button", role: "tab", "aria-selected": String(value === current),
    tabindex: value === current ? "0" : "-1", "data-value": value, on: { click: () => choose(value), keydown: step } }, name));
}

/** What belongs to the selected key; the first one before any is selected. */
function details(block) {
  const node = el("section", { class: "panel detail", id: `details-${block.key}`, "aria-live": "polite" });
  const of = (key) => (key in block.items ? key : (block.aliases || {})[key] ?? null);
  clears[block.key] = block.clears || [];
  const show = (key, scroll) => {
    const found = of(key);
    node.replaceChildren(...(found === null ? [el("p", { class: "hint" }, block.hint)] : render(block.items[found], true)));
    node.classList.toggle("with-code", found !== null && block.items[found].some((one) => one.is === "Code"));
    if (scroll) bringIntoSight(node);
  };
  link(block.key, node, show);
  const named = state.get(block.key);
  const first = named !== null && of(named) !== null ? of(named) : block.first;
  show(first, false);
  // Tables and figures of the same selection may not be there yet.
  if (first !== null) queueMicrotask(() => links.filter((one) => one.key === block.key && one.node !== node).forEach((one) => one.select(first)));
  return node;
}

function bringIntoSight(node) {
  const box = node.getBoundingClientRect();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (box.top > window.innerHeight * 0.6 || box.top < 0) {
    node.scrollIntoView({ block: box.height < window.innerHeight ? "nearest" : "start", behavior: calm ? "auto" : "smooth" });
  }
}

/** What the address names is in sight when the page opens. */
function revealNamed() {
  for (const key of new URLSearchParams(location.hash.slice(1)).keys()) {
    const node = document.getElementById(`details-${key}`);
    if (node) bringIntoSight(node);
  }
}
