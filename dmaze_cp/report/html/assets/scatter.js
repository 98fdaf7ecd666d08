// Points on logarithmic axes: the roofline and the Pareto plot.

const REACH = 18;

/** Limits of an axis around positive values, in decades, with some room. */
function decades(values, room = 0.06) {
  const logs = values.filter((v) => v > 0).map(Math.log10);
  if (!logs.length) return [0, 1];
  const [low, high] = [logs.reduce((a, b) => Math.min(a, b)), logs.reduce((a, b) => Math.max(a, b))];
  const pad = Math.max((high - low) * room, 0.04);
  return [low - pad, high + pad];
}

/**
 * A scatter plot.
 *
 * points: {key, x, y, class, size, shape, lines}
 * options: {title, id, x, y (axes), height, pick(key), under(group, view), controls, legend}
 */
function createScatter(points, options) {
  const seen = points.filter((point) => point.x > 0 && point.y > 0);
  return createPlot({
    title: options.title, id: options.id, height: options.height || 300, zoom: "xy", left: 58,
    controls: options.controls, legend: options.legend,
    x: { scale: "log", domain: decades(seen.map((p) => p.x)), ...options.x },
    y: { scale: "log", domain: decades(seen.map((p) => p.y)), ...options.y },
    draw: (group, view) => {
      if (options.under) options.under(group, view);
      for (const point of seen) drawPoint(group, view, point, false);
    },
    mark: (group, view, key) => {
      const chosen = seen.find((point) => point.key === key);
      if (chosen) drawPoint(group, view, chosen, true);
    },
    hit: (px, py, view) => nearest(seen, px, py, view),
    pick: options.pick,
  });
}

function drawPoint(group, view, point, chosen) {
  const [x, y] = [view.x.at(point.x), view.y.at(point.y)];
  const size = point.size || 4;
  const attributes = { class: `mark ${point.class || ""} ${chosen ? "chosen" : ""}`, "data-key": point.key };
  group.append(point.shape === "above"
    ? svg("path", { ...attributes, d: `M${x - size},${y + size * 0.7}L${x},${y - size}L${x + size},${y + size * 0.7}Z` })
    : svg("circle", { ...attributes, cx: x, cy: y, r: chosen ? size + 2 : size }));
}

function nearest(points, px, py, view) {
  const { area } = view;
  if (px < area.left - 4 || px > area.right + 4 || py < area.top - 4 || py > area.bottom + 4) return null;
  let best = null;
  let least = REACH;
  for (const point of points) {
    const distance = Math.hypot(view.x.at(point.x) - px, view.y.at(point.y) - py);
    if (distance < least) [best, least] = [point, distance];
  }
  return best ? { datum: best.key, lines: best.lines } : null;
}

/** A line through points of a plot, given as values. */
function drawLine(group, view, points, className) {
  const path = points.map(([x, y], i) => `${i ? "L" : "M"}${view.x.at(x).toFixed(1)},${view.y.at(y).toFixed(1)}`);
  group.append(svg("path", { class: className, d: path.join("") }));
}
