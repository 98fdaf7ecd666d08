// Elements and numbers. Text from the data is only ever set as text: nothing of it is parsed as HTML.

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

/** A word that states how far something is known. */
function badge({ text, tone, note }) {
  return el("span", { class: `badge ${tone || ""}`, title: note }, text);
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

function plural(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

const PREFIXES = { pJ: ["pJ", "nJ", "µJ", "mJ", "J", "kJ", "MJ", "GJ"], s: ["ps", "ns", "µs", "ms", "s"],
  "": ["", "k", "M", "G", "T", "P", "E", "Z", "Y"] };

/** A tick of an axis: short, with its unit. */
function tickText(value, unit) {
  if (value === 0) return "0";
  if (unit === "%") return `${Number((100 * value).toPrecision(3))} %`;
  const size = Math.abs(value) * (unit === "s" ? 1e12 : 1);
  if (unit === "e" || size >= 1e15) return value.toExponential(2).replace(/\.?0*e\+?/, "e");
  if (size < 1) return String(Number(value.toPrecision(2)));
  const names = PREFIXES[unit || ""];
  const step = Math.min(Math.max(Math.floor(Math.log10(size * (1 + 1e-9)) / 3), 0), names.length - 1);
  return `${Number((size / 1000 ** step).toPrecision(3))} ${names[step]}`.trimEnd();
}
