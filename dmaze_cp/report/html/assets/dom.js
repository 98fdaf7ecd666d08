// Elements. Text from the data is only ever set as text: nothing of it is parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

/** An HTML element with attributes (and listeners under `on`) and children. */
function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** An element of a width in per cent (styles in attributes are forbidden by the policy). */
function sized(node, percent) {
  node.style.width = `${Math.max(0, Math.min(100, percent))}%`;
  return node;
}

/** A titled part of the page. */
function section(title, attributes, ...children) {
  return el("section", { ...attributes }, el("h2", {}, title), ...children);
}

/** A collapsed part of the page. */
function fold(title, ...children) {
  return el("details", { class: "fold" }, el("summary", {}, title), ...children);
}

/** Names and values in two columns. */
function facts(pairs) {
  const rows = pairs.filter((pair) => pair[1] !== null && pair[1] !== undefined);
  return el("dl", { class: "facts" }, rows.map(([name, value]) => [
    el("div", {}, el("dt", {}, name), el("dd", {}, value)),
  ]));
}

/** A word that states how far something is known. */
function badge(text, tone, title) {
  return el("span", { class: `badge ${tone || ""}`, title }, text);
}

const STATUS_TONES = { optimal: "good", feasible: "fair", skipped: "mute" };

function statusBadge(status) {
  return badge(status, STATUS_TONES[status] || "bad");
}

/** A select element for named options; `pick` is told the chosen value. */
function selector(label, options, value, pick) {
  const select = el("select", { on: { change: () => pick(select.value) } },
    options.map(([key, name]) => el("option", { value: key }, name)));
  select.value = value;
  return el("label", { class: "selector" }, el("span", {}, label), select);
}

const tip = {
  /** Show lines beside a place on the screen: a title, then pairs of name and value. */
  show(lines, x, y) {
    const box = document.getElementById("tip");
    const [title, ...pairs] = lines.filter(Boolean);
    box.replaceChildren(el("strong", {}, title), el("dl", {}, pairs.map((pair) => [
      el("dt", {}, pair[0]), el("dd", {}, pair[1]),
    ])));
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const right = x + 14 + width < window.innerWidth;
    const below = y + 14 + height < window.innerHeight;
    box.style.left = `${Math.max(4, right ? x + 14 : x - 14 - width)}px`;
    box.style.top = `${Math.max(4, below ? y + 14 : y - 14 - height)}px`;
  },
  hide() {
    document.getElementById("tip").hidden = true;
  },
};
