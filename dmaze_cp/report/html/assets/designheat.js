// The designs of a sweep by two of their parameters.

/** Parameters that a heat map begins with, if they vary. */
const MEMORIES = ["rf_bytes", "spm_kb", "spm_bytes", "spm_banks", "pes"];

function heatmapBox(sweep, pick) {
  const names = sweep.parameters;
  if (!names.length || !sweep.points.length) return null;
  const first = MEMORIES.filter((name) => names.includes(name));
  const [x, y = x] = [...first, ...names.filter((name) => !first.includes(name))];
  const chosen = { x, y, metric: "value" };
  const metrics = axisOptions(sweep, ["value", "energy_pj", "latency_cycles", "edp", "area_mm2", "power_mw"]);
  return chooser((rebuild) => {
    const change = (key) => (value) => {
      chosen[key] = value;
      rebuild();
    };
    const parameters = names.map((name) => [name, name]);
    const controls = el("span", { class: "controls" },
      metrics.length > 1 ? selector("colour", metrics, chosen.metric, change("metric")) : null,
      names.length > 2 ? selector("x", parameters, chosen.x, change("x")) : null,
      names.length > 2 ? selector("y", parameters, chosen.y, change("y")) : null);
    return sweepHeatmap(sweep, chosen, controls, pick);
  });
}

function distinct(values) {
  return [...new Set(values)].sort((a, b) => compare(a, b, 1));
}

function sweepHeatmap(sweep, { x, y, metric }, controls, pick) {
  const [ix, iy] = [sweep.parameters.indexOf(x), sweep.parameters.indexOf(y)];
  const every = [...sweep.points, ...sweep.invalid];
  const columns = distinct(every.map((point) => point.parameters[ix]));
  const rows = ix === iy ? [""] : distinct(every.map((point) => point.parameters[iy]));
  const groups = new Map();
  for (const point of every) {
    const key = `${columns.indexOf(point.parameters[ix])},${ix === iy ? 0 : rows.indexOf(point.parameters[iy])}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(point);
  }
  const cells = [...groups].map(([key, points]) => heatCell(sweep, key.split(",").map(Number), points, metric));
  const has = (test) => cells.some(test);
  const legendNode = el("ul", { class: "legend" },
    has((cell) => cell.value > 0) ? el("li", {}, "lower", el("i", { class: "ramp" }), "higher") : null,
    has((cell) => cell.hatched) ? el("li", {}, el("i", { class: "swatch hatched" }), metric === "value" ? "skipped: costs at least so much" : "skipped") : null,
    has((cell) => cell.best) ? el("li", {}, el("i", { class: "swatch ring" }), "best") : null,
    has((cell) => cell.key === null) ? el("li", {}, "×", el("span", {}, "no design")) : null);
  const title = metric === "value" && sweep.best !== null ? `${kindOf(sweep).name} by design, × the best` : `${AXES[metric](sweep)} by design`;
  return createHeatmap(cells, { title, id: "plot-heatmap", pick, controls, legend: legendNode,
    columns: columns.map(parameterValue), rows: rows.map(parameterValue), x: ix === iy ? x : `${x} →, ${y} ↑` });
}

/** The cell of some points that differ in other parameters: the best design of them stands for all. */
function heatCell(sweep, [column, row], points, metric) {
  const designs = points.filter((point) => point.status);
  if (!designs.length) return invalidCell(sweep, [column, row], points);
  const best = designs.reduce((a, b) => (rank(b) < rank(a) ? b : a));
  const always = metric === "area_mm2" || metric === "power_mw";
  const least = metric === "value" ? lowerBound(best) : null;
  const value = solved(best) || always ? best[metric] : least;
  const format = figureFormat(sweep, metric, 3);
  const shown = metric === "value" && sweep.best !== null && value > 0 ? ratioText(sweep, value, Boolean(least))
    : least ? `≥ ${format(floorTo(least, 3))}` : format(value || 0);
  const others = points.length > 1 ? ["best of", plural(points.length, "point")] : null;
  return { column, row, key: best.index, keys: designs.map((point) => point.index), value, text: value > 0 ? shown : shortStatus(best),
    hatched: best.status === "skipped", class: `status-${best.status}`, best: best.index === sweep.best, lines: [...pointLines(sweep, best), others] };
}

/** A value, or a bound, in multiples of the best design's. */
function ratioText(sweep, value, bound) {
  const ratio = value / sweep.byIndex.get(sweep.best).value;
  const digits = ratio < 100 ? (bound ? Math.floor(ratio * 100 + 1e-9) / 100 : ratio).toFixed(2) : short(bound ? floorTo(ratio, 3) : ratio);
  return `${bound ? "≥ " : ""}${digits}`;
}

function invalidCell(sweep, [column, row], points) {
  const causes = [...new Set(points.map((point) => point.cause))].join(", ");
  const named = points.length > 1 ? [] : sweep.parameters.map((name, i) => [name, parameterValue(points[0].parameters[i])]);
  return { column, row, key: null, keys: [], value: null, text: "×", hatched: false, class: "status-invalid", best: false,
    lines: ["no design", ...named, ["because of", causes]] };
}

function shortStatus(point) {
  // A budget is broken by a design that has its mappings.
  if (point.status === "infeasible") return /^power budget/.test(point.reason || "") ? "over power" : "no fit";
  return { failed: "failed", unknown: "?" }[point.status] || point.status;
}

function rank(point) {
  if (solved(point)) return point.value;
  // As long as nothing better is known; of skipped ones the least bound.
  return point.status === "skipped" ? 1e150 * (1 + Math.log10(1 + (point.bound || 0))) : 1e302;
}
