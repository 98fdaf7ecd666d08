// Figures from their descriptions: stacked bars and points; heat maps are in heat.js.

const WIDEST_COLUMN = 72;
const REACH = 18;

function createFigure(figure) {
  const make = { Stack: createStack, Scatter: createScatter, Heats: createHeats }[figure.is];
  const plot = make(figure);
  if (figure.link) link(figure.link, plot.node, plot.select);
  return plot.node;
}

function picker(figure) {
  return figure.link ? (key) => pick({ [figure.link]: key }) : null;
}

/** Lines of a tooltip. */
function tipLines(tip, more) {
  return tip ? [tip[0], ...tip[1], ...(more || [])] : more || [];
}

function legendOf(entries) {
  return el("ul", { class: "legend" }, entries.map(([mark, text]) => el("li", {}, mark, text ? el("span", {}, text) : null)));
}

const swatch = (name) => el("i", { class: `swatch ${name}` });

/** A plot that is made anew when one chooses something else; it keeps what is selected. */
function chooser(choices, make) {
  const box = el("div", { class: "plot-box" });
  const chosen = Object.fromEntries(choices.map(({ name, options }) => [name, options[0][0]]));
  let [plot, selected] = [null, null];
  const rebuild = () => {
    const controls = choices.filter(({ options }) => options.length > 1).map(({ name, options }) => selector(name, options, chosen[name], (value) => {
      chosen[name] = value;
      rebuild();
    }));
    plot = make(chosen, el("span", { class: "controls" }, controls));
    box.replaceChildren(plot.node);
    plot.select(selected);
  };
  rebuild();
  return { node: box, select: (key) => {
    selected = key;
    plot.select(key);
  } };
}

function createStack(figure) {
  const { rows, series } = figure;
  const totals = rows.map((row) => row.values.reduce((a, b) => a + b, 0));
  const highest = ([low, high]) => [0, (Math.max(...totals.filter((_, i) => i + 1 > low && i < high), 0) || 1) * 1.04];
  return createPlot({
    title: figure.title, id: `plot-${figure.name}`, height: 280, zoom: "x",
    legend: series.length > 1 ? legendOf(series.map((one) => [swatch(`c-${one.colour}`), one.name])) : null,
    x: { scale: "band", names: figure.ticks, domain: [0, Math.max(rows.length, 1)], label: figure.label || null },
    y: { scale: "linear", domain: highest, unit: figure.axis.unit },
    draw: (group, view) => rows.forEach((row, i) => drawColumn(group, view, row, i, series)),
    below: true,
    mark: (group, view, key) => markColumn(group, view, rows.findIndex((row) => row.key === key)),
    hit: (px, py, view) => {
      const inside = px >= view.area.left && px <= view.area.right && py >= 0 && py <= view.area.bottom;
      const row = inside ? rows[Math.floor(view.x.back(px))] : null;
      return row ? { datum: row.key, lines: tipLines(row.tip) } : null;
    },
    pick: picker(figure),
  });
}

function markColumn(group, view, index) {
  if (index < 0) return;
  const { top, bottom } = view.area;
  const [left, right] = [view.x.place(index), view.x.place(index + 1)];
  const width = Math.min(right - left, WIDEST_COLUMN + 16);
  group.append(svg("rect", { class: "chosen-band", x: (left + right - width) / 2, width, y: top, height: bottom - top }));
}

function drawColumn(group, view, row, index, series) {
  const [left, right] = [view.x.place(index), view.x.place(index + 1)];
  if (right < view.area.left || left > view.area.right) return;
  const width = Math.min(Math.max((right - left) * 0.82, right - left - 6, 0.5), WIDEST_COLUMN);
  let sum = 0;
  row.values.forEach((value, i) => {
    const [bottom, top] = [view.y.place(sum), view.y.place(sum + value)];
    sum += value;
    if (bottom - top <= 0) return;
    group.append(svg("rect", { class: `mark c-${series[i].colour}`, "data-key": row.key,
      x: (left + right - width) / 2, width, y: top, height: bottom - top }));
  });
}

function createScatter(figure) {
  const options = (names) => names.map((name) => [name, figure.axes[name].label]);
  return chooser([{ name: "x", options: options(figure.xs) }, { name: "y", options: options(figure.ys) }],
    ({ x, y }, controls) => scatterPlot(figure, x, y, controls));
}

/** An axis around values, with some room. */
function axisAround(axis, values) {
  const log = Boolean(axis.log);
  const seen = log ? values.filter((v) => v > 0).map(Math.log10) : values;
  const [low, high] = seen.length ? [Math.min(...seen), Math.max(...seen)] : [0, 1];
  const pad = Math.max((high - low) * 0.06, log ? 0.04 : Math.abs(high) * 0.02 || 1e-9);
  return { scale: log ? "log" : "linear", domain: [low - pad, high + pad], unit: axis.unit, label: axis.label };
}

function scatterPlot(figure, x, y, controls) {
  const fits = (axis, value) => value !== null && (!axis.log || value > 0);
  const points = figure.keys.map((key, i) => ({ key, x: figure.data[x][i], y: figure.data[y][i], kind: figure.legend[figure.kinds[i]] }))
    .filter((point) => fits(figure.axes[x], point.x) && fits(figure.axes[y], point.y))
    // What stands out is drawn last.
    .sort((a, b) => Boolean(a.kind.large) - Boolean(b.kind.large));
  const lines = figure.lines.filter(({ axes }) => axes[0] === x && axes[1] === y);
  const shared = lines.length > 1 ? [lines[0].points[0]] : [];
  const tops = lines.map((line) => Math.max(...line.points.map((p) => p[1])) * (line.text ? 1.25 : 1));
  const there = figure.legend.filter((kind) => points.some((point) => point.kind === kind));
  return createPlot({
    title: figure.title, id: `plot-${figure.name}`, height: 320, zoom: "xy", left: 58, controls,
    legend: legendOf(there.map((kind) => [swatch(`round p-${kind.colour} ${kind.hollow ? "hollow" : ""} ${kind.shape === "bound" ? "up" : ""}`), kind.text])),
    x: axisAround(figure.axes[x], [...points.map((p) => p.x), ...shared.map((p) => p[0])]),
    y: { ...axisAround(figure.axes[y], [...points.map((p) => p.y), ...tops]), label: figure.ys.length > 1 ? null : figure.axes[y].label },
    draw: (group, view) => {
      for (const line of lines) drawLine(group, view, line);
      for (const point of points) drawPoint(group, view, point, false);
    },
    mark: (group, view, key) => {
      const chosen = points.find((point) => point.key === key);
      if (chosen) drawPoint(group, view, chosen, true);
    },
    hit: (px, py, view) => {
      const point = nearest(points, px, py, view);
      return point ? { datum: point.key, lines: tipLines(figure.tips[point.key]) } : null;
    },
    pick: picker(figure),
  });
}

function drawPoint(group, view, { key, x, y, kind }, chosen) {
  const [px, py] = [view.x.at(x), view.y.at(y)];
  const size = kind.large ? 5 : 4;
  const attributes = { class: `mark p-${kind.colour} ${kind.hollow ? "hollow" : ""} ${chosen ? "chosen" : ""}`, "data-key": key };
  group.append(kind.shape === "bound"
    ? svg("path", { ...attributes, d: `M${px - size},${py + size * 0.7}L${px},${py - size}L${px + size},${py + size * 0.7}Z` })
    : svg("circle", { ...attributes, cx: px, cy: py, r: chosen ? size + 2 : size }));
}

function nearest(points, px, py, view) {
  const { area } = view;
  if (px < area.left - 4 || px > area.right + 4 || py < area.top - 4 || py > area.bottom + 4) return null;
  let [best, least] = [null, REACH];
  for (const point of points) {
    const distance = Math.hypot(view.x.at(point.x) - px, view.y.at(point.y) - py);
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}

function drawLine(group, view, line) {
  const places = line.points.map(([x, y]) => [view.x.at(x), view.y.at(y)]);
  group.append(svg("path", { class: `line-${line.name}`, d: places.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("") }));
  const [first, last] = [places[0], places[places.length - 1]];
  if (line.text && first[1] === last[1]) {
    group.append(svg("text", { class: "roof-name", x: view.area.right - 4, y: last[1] - 5, "text-anchor": "end" }, line.text));
  }
}
