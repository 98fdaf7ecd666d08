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
  const entry = (test, mark, text) => (has(test) ? el("li", {}, mark, el("span", {}, text)) : null);
  const swatch = (name) => el("i", { class: `swatch ${name}` });
  const legendNode = el("ul", { class: "legend" },
    has((cell) => cell.value > 0) ? el("li", {}, "lower", el("i", { class: "ramp" }), "higher") : null,
    entry((cell) => cell.bound, swatch("hatched"), metric === "value" ? "≥ skipped or not finished: costs at least so much" : "skipped or not finished"),
    entry((cell) => cell.starred, "*", "may cost less: not all of it is proven"),
    entry((cell) => cell.best, swatch("ring"), "best"),
    entry((cell) => /status-(unknown|failed|infeasible)/.test(cell.class) && !cell.bound && !(cell.value > 0), swatch("none"), "no value: no fit, over a budget, or not known"),
    entry((cell) => cell.key === null, "×", "no design"));
  const title = metric === "value" && sweep.best !== null ? `${kindOf(sweep).name} by design, × the best` : `${AXES[metric](sweep)} by design`;
  return createHeatmap(cells, { title, id: "plot-heatmap", pick, controls, legend: legendNode,
    columns: columns.map(parameterValue), rows: rows.map(parameterValue), x: ix === iy ? x : `${x} →, ${y} ↑` });
}

/** The cell of some points that differ in other parameters: the best design of them stands for all. */
function heatCell(sweep, [column, row], points, metric) {
  const designs = points.filter((point) => point.status);
  if (!designs.length) return invalidCell(sweep, [column, row], points);
  const best = standsForAll(designs);
  const exactly = metric === "area_mm2" || metric === "power_mw";
  const least = metric === "value" ? lowerBound(best) : null;
  const value = solved(best) || exactly ? best[metric] : least;
  const bound = !solved(best) && lowerBound(best) !== null && !(exactly && value > 0);
  const starred = solved(best) && metric !== "area_mm2" && (best.status !== "optimal" || designs.some((point) => mayCost(point) < best.value));
  const others = points.length > 1 ? ["best of", plural(points.length, "point")] : null;
  return { column, row, key: best.index, keys: designs.map((point) => point.index), value, bound, starred,
    texts: value > 0 ? cellTexts(sweep, metric, value, { least: least !== null, starred }) : [shortStatus(best)],
    class: `status-${best.status}`, best: best.index === sweep.best,
    lines: [...pointLines(sweep, best), starred && solved(best) && best.status === "optimal" ? ["others", "may cost less"] : null, others] };
}

/** A cell's text, then shorter ones: fewer digits, but never without the sign of a bound. */
function cellTexts(sweep, metric, value, { least, starred }) {
  const star = starred ? "*" : "";
  if (metric !== "value" || sweep.best === null) {
    const shown = [3, 2].map((digits) => figureFormat(sweep, metric, digits)(least ? floorTo(value, digits) : value));
    return least ? [`≥ ${shown[0]}`, ...shown.map((text) => `≥${text}`)] : shown.map((text) => text + star);
  }
  const ratio = value / sweep.byIndex.get(sweep.best).value;
  if (!least) return [2, 1].map((places) => ratioText(ratio, places) + star);
  const shown = [2, 1, 0].map((places) => ratioText(ratio, places, true));
  return [`≥ ${shown[0]}`, ...shown.map((text) => `≥${text}`)];
}

/** A multiple of the best; of a bound never more than it is. */
function ratioText(ratio, places, least = false) {
  if (ratio >= 1000) return short(least ? floorTo(ratio, 3) : ratio);
  const shown = ratio >= 100 ? Math.max(places - 2, 0) : places;
  const step = 10 ** shown;
  return (least ? Math.floor(ratio * step) / step : ratio).toFixed(shown);
}

function invalidCell(sweep, [column, row], points) {
  const causes = [...new Set(points.map((point) => point.cause))].join(", ");
  const named = points.length > 1 ? [] : sweep.parameters.map((name, i) => [name, parameterValue(points[0].parameters[i])]);
  return { column, row, key: null, keys: [], value: null, texts: ["×"], bound: false, starred: false, class: "status-invalid", best: false,
    lines: ["no design", ...named, ["because of", causes]] };
}

function shortStatus(point) {
  // A budget is broken by a design that has its mappings.
  if (point.status === "infeasible") return /^power budget/.test(point.reason || "") ? "over power" : "no fit";
  return { failed: "failed", unknown: "?" }[point.status] || point.status;
}

/** Of some designs the cheapest one that is mapped, else the one that may cost least. */
function standsForAll(designs) {
  const least = (points, cost) => points.reduce((a, b) => (cost(b) < cost(a) ? b : a));
  const mapped = designs.filter(solved);
  return mapped.length ? least(mapped, (point) => point.value) : least(designs, mayCost);
}

/** Proven: a design costs at least that. */
function mayCost(point) {
  if (point.status === "infeasible") return Infinity;
  return solved(point) ? point.bound ?? 0 : lowerBound(point) ?? 0;
}
