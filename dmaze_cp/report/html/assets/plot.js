// A plot: axes, hover, and zoom by wheel, by dragging, by keys or by buttons.

const MARGIN = { top: 14, right: 12, bottom: 22, left: 52 };
const NAME_ROOM = 16;
const LETTER = 6.6;
let plots = 0;

/**
 * A plot.
 *
 * spec: {title, id, height, x, y, zoom: "x" or "xy", draw(group, view), mark(group, view, key), below,
 *        hit(px, py, view), pick(datum), legend, controls, left}
 * `mark` shows which datum is selected, `below` the rest or above it.
 * An axis is {label, scale: "linear", "log" or "band", domain, names, unit}; the domain is that of the
 * transformed values (decades for "log", 0 to the number of names for "band"), or a function that gives it.
 * `hit` gives what is at a place: {datum, lines} with the lines of the tooltip.
 */
function createPlot(spec) {
  const plot = { spec, window: null, selected: null, width: 0, id: ++plots };
  plot.surface = svg("svg", { class: "surface", role: "img", "aria-label": spec.title, tabindex: "0" });
  plot.buttons = zoomButtons(plot);
  plot.node = el("figure", { class: "plot", id: spec.id },
    el("figcaption", {}, el("span", { class: "title" }, spec.title), spec.controls || null, plot.buttons),
    spec.legend || null, plot.surface);
  listen(plot);
  new ResizeObserver(() => {
    if (plot.surface.clientWidth && plot.surface.clientWidth !== plot.width) redraw(plot);
  }).observe(plot.surface);
  document.addEventListener("themechange", () => redraw(plot));
  return {
    node: plot.node,
    select: (key) => {
      plot.selected = key;
      remark(plot);
    },
  };
}

function zoomButtons(plot) {
  const button = (text, label, action) => el("button",
    { type: "button", class: "quiet", "aria-label": `${label}: ${plot.spec.title}`, title: label, on: { click: action } }, text);
  return el("span", { class: "zoom" },
    button("+", "Zoom in", () => zoomBy(plot, 0.6)),
    button("−", "Zoom out", () => zoomBy(plot, 1 / 0.6)),
    button("Reset", "Reset the zoom", () => zoomTo(plot, null)));
}

function fullWindow(plot) {
  const { x, y, zoom } = plot.spec;
  return { x: x.domain.slice(), y: zoom === "xy" ? y.domain.slice() : null };
}

/** Scales of what is in sight: from values to pixels and back. */
function viewOf(plot) {
  const { spec, width } = plot;
  const height = spec.height;
  const window_ = plot.window || fullWindow(plot);
  const tilted = isTilted(spec.x, width, window_.x, spec);
  const left = spec.left || MARGIN.left;
  const area = { left, right: width - MARGIN.right, top: MARGIN.top + (spec.y.label ? NAME_ROOM / 2 : 0),
    bottom: height - MARGIN.bottom - (spec.x.label ? NAME_ROOM : 0) - (tilted ? tiltRoom(spec.x) : 0) };
  const yDomain = window_.y || (typeof spec.y.domain === "function" ? spec.y.domain(window_.x) : spec.y.domain);
  return { area, tilted, width, height,
    x: scaleOf(spec.x, window_.x, area.left, area.right),
    y: scaleOf(spec.y, yDomain, area.bottom, area.top) };
}

function isTilted(axis, width, domain, spec) {
  if (axis.scale !== "band") return false;
  const step = (width - MARGIN.right - (spec.left || MARGIN.left)) / (domain[1] - domain[0]);
  return longestName(axis) * LETTER > step;
}

function longestName(axis) {
  return axis.names.reduce((most, name) => Math.max(most, name.length), 1);
}

function tiltRoom(axis) {
  return longestName(axis) * LETTER * 0.7;
}

function scaleOf(axis, domain, from, to) {
  const [low, high] = domain;
  const place = (t) => from + ((t - low) / (high - low || 1)) * (to - from);
  return {
    domain, place,
    at: (value) => place(axis.scale === "log" ? Math.log10(value) : value),
    back: (pixel) => low + ((pixel - from) / (to - from || 1)) * (high - low),
  };
}

function redraw(plot) {
  plot.width = plot.surface.clientWidth;
  if (!plot.width) return;
  const { spec } = plot;
  const view = viewOf(plot);
  plot.view = view;
  const clip = `clip-${plot.id}`;
  const { area } = view;
  const marks = svg("g");
  plot.marked = svg("g");
  const size = { x: area.left, y: area.top, width: Math.max(area.right - area.left, 0), height: Math.max(area.bottom - area.top, 0) };
  plot.surface.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
  plot.surface.setAttribute("height", view.height);
  plot.brush = svg("rect", { class: "brush", visibility: "hidden" });
  plot.surface.replaceChildren(
    svg("defs", {}, svg("clipPath", { id: clip }, svg("rect", size)), hatch()),
    drawAxis(spec.y, view, "y"), drawAxis(spec.x, view, "x"),
    svg("g", { "clip-path": `url(#${clip})` }, spec.below ? [plot.marked, marks] : [marks, plot.marked]), plot.brush);
  spec.draw(marks, view);
  remark(plot);
  plot.node.classList.toggle("zoomed", plot.window !== null);
}

/** Show what is selected, without drawing the rest again. */
function remark(plot) {
  if (!plot.view) return;
  plot.marked.replaceChildren();
  if (plot.selected !== null) plot.spec.mark(plot.marked, plot.view, plot.selected);
}

/** The pattern of what was not solved. */
function hatch() {
  return svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch-line" }));
}

function ticksOf(axis, domain, room) {
  if (axis.scale === "band") return bandTicks(axis, domain, room);
  const format = (value) => tickText(value, axis.unit);
  const values = axis.scale === "log" ? logTicks(domain, room / 60) : linearTicks(domain, room / 42);
  return values.map((value) => ({ at: axis.scale === "log" ? Math.log10(value) : value, text: format(value) }));
}

function linearTicks([low, high], wanted) {
  const rough = (high - low) / Math.max(wanted, 2);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
  const values = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k += 1) values.push(k * step);
  return values;
}

function logTicks([low, high], wanted) {
  const decades = high - low;
  if (decades < 0.7) return linearTicks([10 ** low, 10 ** high], Math.min(wanted, 7)).filter((v) => v > 0);
  const digits = decades < 1.6 ? [1, 2, 5] : decades < 3 ? [1, 3] : [1];
  const every = Math.max(1, Math.ceil(decades / Math.max(wanted, 2)));
  const values = [];
  for (let e = Math.floor(low); e <= high; e += 1) {
    if (digits.length > 1 || e % every === 0) values.push(...digits.map((d) => d * 10 ** e));
  }
  return values.filter((v) => Math.log10(v) >= low - 1e-9 && Math.log10(v) <= high + 1e-9);
}

function bandTicks(axis, domain, room) {
  const every = Math.max(1, Math.ceil(13 / (room / (domain[1] - domain[0]))));
  const ticks = [];
  axis.names.forEach((text, i) => {
    const middle = i + 0.5;
    if (i % every === 0 && middle > domain[0] && middle < domain[1]) ticks.push({ at: middle, text });
  });
  return ticks;
}

function drawAxis(axis, view, side) {
  const { area } = view;
  const scale = view[side];
  const group = svg("g", { class: `axis ${side}` });
  const room = side === "x" ? area.right - area.left : area.bottom - area.top;
  for (const tick of ticksOf(axis, scale.domain, room)) {
    group.append(...(side === "x" ? xTick(axis, view, tick) : yTick(axis, view, tick)));
  }
  if (side === "y") {
    if (axis.label) group.append(svg("text", { class: "name", x: 2, y: 9 }, axis.label));
  } else {
    group.append(svg("line", { class: "base", x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom }));
    if (axis.label) group.append(svg("text", { class: "name", x: area.right, y: view.height - 4, "text-anchor": "end" }, axis.label));
  }
  return group;
}

function xTick(axis, view, tick) {
  const { area } = view;
  const x = view.x.place(tick.at);
  const grid = axis.scale === "band" ? [] : [svg("line", { class: "grid", x1: x, x2: x, y1: area.top, y2: area.bottom })];
  const text = view.tilted
    ? svg("text", { "text-anchor": "end", transform: `translate(${x + 3},${area.bottom + 12}) rotate(-45)` }, tick.text)
    : svg("text", { "text-anchor": "middle", x, y: area.bottom + 15 }, tick.text);
  return [...grid, text];
}

function yTick(axis, view, tick) {
  const { area } = view;
  const y = view.y.place(tick.at);
  const grid = axis.scale === "band" ? [] : [svg("line", { class: "grid", x1: area.left, x2: area.right, y1: y, y2: y })];
  return [...grid, svg("text", { "text-anchor": "end", x: area.left - 7, y: y + 4 }, tick.text)];
}
