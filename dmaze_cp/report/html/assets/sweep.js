// A sweep over designs: where the good ones are, the front, and the design one selects.

function showSweep(root, sweep) {
  const byIndex = new Map(sweep.points.map((point) => [point.index, point]));
  const front = new Set(sweep.front);
  sweep.byIndex = byIndex;
  for (const point of sweep.points) point.onFront = front.has(point.index);
  const linked = [];
  const pick = (index) => {
    state.set({ point: index, model: null, layer: null });
    select(index, true);
  };
  const panel = createPointPanel(sweep, pick);
  const select = (index, scroll) => {
    for (const part of linked) part.select(index);
    panel.show(byIndex.get(index) || null);
    if (scroll) bringIntoSight(panel.node);
  };
  const table = pointTable(sweep, pick);
  const plots = [heatmapBox(sweep, pick), paretoBox(sweep, pick), bestColumns(sweep, pick)].filter(Boolean);
  linked.push(table, ...plots);
  root.replaceChildren(
    sweep.interrupted ? el("p", { class: "warning" }, "The sweep was interrupted: points are missing.") : "",
    sweepTiles(sweep), el("div", { class: "plots" }, plots.map((plot) => plot.node)), bestByNetwork(sweep, pick),
    el("div", { class: "split" }, section("Designs", { class: "panel list" }, table.node), panel.node));
  const named = state.get("point");
  const first = byIndex.has(Number(named)) && named !== null ? Number(named) : sweep.best;
  if (first !== null) select(first, named !== null);
}

function solved(point) {
  return point.value !== null;
}

function sweepTiles(sweep) {
  const kind = kindOf(sweep);
  const best = sweep.byIndex.get(sweep.best);
  const { counts } = sweep;
  const open = ["skipped", "infeasible", "failed"].filter((key) => counts[key]).map((key) => `${counts[key]} ${key}`);
  const budgets = Object.entries(sweep.budgets).map(([name, limit]) => `${name} ≤ ${limit}`);
  return el("div", { class: "tiles" },
    best ? tile(`Best ${kind.name}`, kind.show(best.value), kind.unit, badge(sweep.best_proven ? "proven best" : "best found",
      sweep.best_proven ? "good" : "fair", sweep.best_proven ? "no other design of the sweep is better" : "another design may be better"))
      : tile("Best", NONE, "no design was solved"),
    best ? tile("Best design", parameterText(sweep, best), known(best.area_mm2) ? `${best.area_mm2.toPrecision(3)} mm²` : null) : null,
    sweep.pareto ? tile("Front", plural(sweep.front.length, "design"), `${kind.name}, ${sweep.pareto.join(", ")}`,
      badge(sweep.front_proven ? "proven" : "as found", sweep.front_proven ? "good" : "fair")) : null,
    tile("Designs", String(sweep.points.length), [`${sweep.points.filter(solved).length} solved`, ...open].join(", ")),
    tile("Networks", String(sweep.models.length), sweep.models.map((m) => (known(m.weight) && m.weight !== 1 ? `${m.weight} × ${m.model}` : m.model)).join(", ")),
    budgets.length ? tile("Budgets", budgets.join(", ")) : null,
    known(sweep.elapsed_s) ? tile("Time", duration(sweep.elapsed_s)) : null);
}

function parameterText(sweep, point) {
  return sweep.parameters.map((name, i) => `${name} ${parameterValue(point.parameters[i])}`).join(", ");
}

function parameterValue(value) {
  return typeof value === "number" ? exact(value) : String(value);
}

const AXES = {
  value: (sweep) => `${kindOf(sweep).name} (${kindOf(sweep).unit})`,
  area_mm2: () => "area (mm²)",
  power_mw: () => "power (mW)",
  energy_pj: () => "energy (pJ)",
  latency_cycles: () => "latency (cycles)",
  edp: () => "EDP (pJ·cycles)",
};

function axisOptions(sweep, names) {
  return names.filter((name) => sweep.points.some((point) => point[name] > 0)).map((name) => [name, AXES[name](sweep)]);
}

function pointLines(sweep, point) {
  const kind = kindOf(sweep);
  return [`design ${point.index}`, ...sweep.parameters.map((name, i) => [name, parameterValue(point.parameters[i])]),
    solved(point) ? [kind.name, kind.show(point.value)] : null,
    !solved(point) && known(point.bound) ? [kind.name, `at least ${kind.show(point.bound)}`] : null,
    known(point.area_mm2) ? ["area", `${point.area_mm2.toPrecision(4)} mm²`] : null,
    solved(point) ? ["energy", energy(point.energy_pj)] : null,
    solved(point) ? ["latency", `${count(point.latency_cycles)} cycles`] : null,
    ["status", point.status]];
}

/** A plot that is made anew when one chooses other axes; it keeps the selected design. */
function chooser(make) {
  const box = el("div", { class: "plot-box" });
  let [plot, selected] = [null, null];
  const rebuild = () => {
    plot = make(rebuild);
    box.replaceChildren(plot.node);
    plot.select(selected);
  };
  rebuild();
  return { node: box, select: (key) => {
    selected = key;
    plot.select(key);
  } };
}

function heatmapBox(sweep, pick) {
  const names = sweep.parameters;
  if (!names.length || !sweep.points.length) return null;
  const chosen = { x: names[0], y: names[Math.min(1, names.length - 1)], metric: "value" };
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
  const columns = distinct(sweep.points.map((point) => point.parameters[ix]));
  const rows = ix === iy ? [""] : distinct(sweep.points.map((point) => point.parameters[iy]));
  const groups = new Map();
  for (const point of sweep.points) {
    const key = `${columns.indexOf(point.parameters[ix])},${ix === iy ? 0 : rows.indexOf(point.parameters[iy])}`;
    groups.set(key, [...(groups.get(key) || []), point]);
  }
  const cells = [...groups].map(([key, points]) => heatCell(sweep, key.split(",").map(Number), points, metric));
  const legendNode = el("ul", { class: "legend" },
    el("li", {}, "lower", el("i", { class: "ramp" }), "higher"),
    el("li", {}, el("i", { class: "swatch hatched" }), "skipped: its bound says it cannot win"),
    el("li", {}, el("i", { class: "swatch ring" }), "best"));
  return createHeatmap(cells, { title: `${AXES[metric](sweep)} by design`, id: "plot-heatmap", pick, controls, legend: legendNode,
    columns: columns.map(parameterValue), rows: rows.map(parameterValue), x: ix === iy ? x : `${x} →, ${y} ↑` });
}

/** The cell of some designs that differ in other parameters: the best of them stands for all. */
function heatCell(sweep, [column, row], points, metric) {
  const best = points.reduce((a, b) => (rank(b) < rank(a) ? b : a));
  const value = solved(best) || metric === "area_mm2" || metric === "power_mw" ? best[metric] : null;
  const text = value > 0 ? short(Number(value.toPrecision(3))) : known(best.bound) && best.status === "skipped" ? `≥ ${short(best.bound)}` : shortStatus(best);
  const others = points.length > 1 ? ["best of", plural(points.length, "design")] : null;
  return { column, row, key: best.index, value, text: compactNumber(text, value, best), hatched: best.status === "skipped",
    class: `status-${best.status}`, best: best.index === sweep.best, lines: [...pointLines(sweep, best), others] };
}

function compactNumber(text, value, point) {
  if (value >= 1e9) return value.toExponential(2).replace("e+", "e");
  return !(value > 0) && point.status === "skipped" && known(point.bound) ? `≥ ${point.bound.toExponential(1).replace("e+", "e")}` : text;
}

function shortStatus(point) {
  return { infeasible: "no fit", failed: "failed", unknown: "?" }[point.status] || point.status;
}

function rank(point) {
  if (solved(point)) return point.value;
  return point.status === "skipped" ? 1e301 : 1e302;
}

function paretoBox(sweep, pick) {
  const xs = axisOptions(sweep, ["area_mm2", "power_mw", "latency_cycles", "energy_pj"]);
  const ys = axisOptions(sweep, ["value", "energy_pj", "latency_cycles", "edp"]);
  if (!xs.length || !ys.length) return null;
  const wanted = (sweep.pareto || []).find((name) => xs.some(([key]) => key === name));
  const chosen = { x: wanted || xs[0][0], y: "value" };
  return chooser((rebuild) => {
    const change = (key) => (value) => {
      chosen[key] = value;
      rebuild();
    };
    const controls = el("span", { class: "controls" },
      selector("x", xs, chosen.x, change("x")), selector("y", ys, chosen.y, change("y")));
    return paretoPlot(sweep, chosen, controls, pick);
  });
}

function paretoPlot(sweep, { x, y }, controls, pick) {
  const points = [];
  for (const point of sweep.points) {
    const bounded = !solved(point) && y === "value" && known(point.bound);
    points.push({ key: point.index, x: point[x], y: bounded ? point.bound : point[y], shape: bounded ? "above" : "",
      size: point.index === sweep.best || point.onFront ? 5 : 3.5, lines: pointLines(sweep, point),
      class: point.index === sweep.best ? "p-best" : point.onFront ? "p-front" : bounded ? "p-bound" : "p-plain" });
  }
  // What stands out is drawn last.
  points.sort((a, b) => a.size - b.size);
  const isFront = sweep.pareto && sweep.pareto.length === 1 && sweep.pareto[0] === x && y === "value";
  const line = sweep.front.map((index) => sweep.byIndex.get(index)).filter((p) => p[x] > 0 && p[y] > 0).sort((a, b) => a[x] - b[x]);
  return createScatter(points, { title: sweep.pareto ? "Pareto front" : "Trade-off", id: "plot-pareto", pick, controls, height: 320,
    x: { label: AXES[x](sweep), format: short }, y: { format: y === "value" || y === "edp" ? (v) => v.toExponential(1).replace("e+", "e") : short },
    legend: el("ul", { class: "legend" },
      sweep.front.length ? el("li", {}, el("i", { class: "swatch round p-front" }), "front") : null,
      el("li", {}, el("i", { class: "swatch round p-best" }), "best"), el("li", {}, el("i", { class: "swatch round p-plain" }), "other"),
      el("li", {}, el("i", { class: "swatch up" }), "skipped: at least this much")),
    under: (group, view) => {
      if (!isFront || !line.length) return;
      const steps = line.flatMap((p, i) => (i ? [[p[x], line[i - 1][y]], [p[x], p[y]]] : [[p[x], p[y]]]));
      drawLine(group, view, steps, "front-line");
    } });
}

function bestColumns(sweep, pick) {
  const best = sweep.points.filter((point) => solved(point) && point.breakdown).sort((a, b) => a.value - b.value);
  const shown = [...new Set([...best.filter((point) => point.onFront), ...best])].slice(0, 24).sort((a, b) => a.value - b.value);
  if (!shown.length) return null;
  return createColumns(shown.map((point) => ({ key: point.index, name: `#${point.index}`, values: point.breakdown,
    lines: [...pointLines(sweep, point).slice(0, 1 + sweep.parameters.length), ...point.breakdown.map((pj, i) => [COMPONENTS[i], energy(pj)])] })),
  { title: "Energy by component, best designs first", id: "plot-best", pick, series: COMPONENT_SERIES, format: (v) => energy(v, 2), height: 320 });
}
