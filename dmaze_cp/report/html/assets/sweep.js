// A sweep over designs: where the good ones are, the front, and the design one selects.

function showSweep(root, sweep) {
  const byIndex = new Map(sweep.points.map((point) => [point.index, point]));
  const front = new Set(sweep.front);
  sweep.byIndex = byIndex;
  for (const point of sweep.points) point.onFront = front.has(point.index);
  // Cycles of different clocks are not compared.
  sweep.clocksDiffer = sweep.points.length > 1 && !("accelerator_mhz" in sweep.shared);
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
    sweep.interrupted ? el("p", { class: "warning" }, "The sweep was interrupted: designs that were not finished are not compared.") : "",
    sweep.best === null ? el("p", { class: "warning" }, "No design maps the networks; each says why.") : "",
    sweepTiles(sweep), el("div", { class: "plots" }, plots.map((plot) => plot.node)), bestByNetwork(sweep, pick),
    el("div", { class: "split" }, section("Designs", { class: "panel list" }, table.node), panel.node), leftOut(sweep));
  const named = state.get("point");
  const first = byIndex.has(Number(named)) && named !== null ? Number(named) : sweep.best !== null ? sweep.best : (sweep.points[0] || { index: null }).index;
  if (first !== null) select(first, named !== null);
}

function solved(point) {
  return point.value !== null;
}

/** What a design that was not mapped to the end cannot cost less than; null where nothing is known. */
function lowerBound(point) {
  return !solved(point) && point.status !== "infeasible" && point.bound > 0 ? point.bound : null;
}

const STATUS_NAMES = { skipped: "skipped by their bounds", infeasible: "infeasible", unknown: "not finished", failed: "failed" };

function outcomes(sweep) {
  const of = (status) => sweep.points.filter((point) => point.status === status).length;
  const others = Object.keys(STATUS_NAMES).filter(of).map((status) => `${of(status).toLocaleString("en")} ${STATUS_NAMES[status]}`);
  const proven = sweep.points.filter((point) => solved(point) && point.status === "optimal").length;
  const mapped = sweep.points.filter(solved).length;
  return [`${mapped.toLocaleString("en")} mapped${proven < mapped ? ` (${proven} proven)` : ""}`, ...others].join(", ");
}

const BUDGETS = { area_mm2: ["area", "mm²"], power_mw: ["power", "mW"] };

function limitTexts(sweep) {
  const budgets = Object.entries(sweep.budgets).filter(([, limit]) => known(limit)).map(([key, limit]) => {
    const [name, unit] = BUDGETS[key] || [key, ""];
    return `${name} ≤ ${limit}${GAP}${unit}`;
  });
  return [...budgets, ...sweep.constraints.map((limit) => limitsText([limit]))];
}

function sweepTiles(sweep) {
  const kind = kindOf(sweep);
  const best = sweep.byIndex.get(sweep.best);
  const { counts } = sweep;
  const limits = limitTexts(sweep);
  const within = limits.length ? " within the limits" : "";
  const drawn = known(sweep.drawn) && sweep.drawn < sweep.size;
  const among = drawn ? " of those drawn" : "";
  const left = sweep.invalid_by_cause.map(([cause, n]) => `${cause} ${exact(n)}`);
  const lookups = [known(counts.searches) ? plural(counts.searches, "search").replace(/hs$/, "hes") : null,
    known(counts.looked_up) ? `${exact(counts.looked_up)} looked up` : null].filter(Boolean);
  return el("div", { class: "tiles" },
    best ? tile(`Best ${kind.name}`, kind.show(best.value), [sweep.objective === "edp" ? kind.unit : null, best.gap > 0 ? `may be less by ${percent(best.gap)}` : null].filter(Boolean).join(", ") || null, badge(`${sweep.best_proven ? "proven best" : "best found"}${among}${sweep.best_proven ? within : ""}`,
      sweep.best_proven ? "good" : "fair", sweep.best_proven ? `no other design${within}${among} is better` : "another design may be better"))
      : tile("Best", NONE, "no design was mapped"),
    best ? tile("Best design", parameterText(sweep, best), known(best.area_mm2) ? `${best.area_mm2.toPrecision(4)} mm²` : null) : null,
    sweep.pareto ? tile("Front", plural(sweep.front.length, "design"), `${kind.name}, ${sweep.pareto.map((name) => (BUDGETS[name] || [name])[0]).join(", ")}`,
      badge(sweep.front_proven ? "proven complete" : "as found", sweep.front_proven ? "good" : "fair")) : null,
    tile("Designs", sweep.points.length.toLocaleString("en"), outcomes(sweep)),
    left.length ? tile("Left out", exact(counts.invalid), left.join(", ")) : null,
    drawn ? tile("Drawn", `${exact(sweep.drawn)} points`, `of ${exact(sweep.size)}, at random`) : null,
    limits.length ? tile("Limits", plural(limits.length, "limit"), limits.join(", ")) : null,
    tile("Networks", String(sweep.models.length), sweep.models.map((m) => (known(m.weight) && m.weight !== 1 ? `${m.weight} × ${m.model}` : m.model)).join(", ")),
    known(sweep.elapsed_s) ? tile("Time", duration(sweep.elapsed_s), lookups.join(", ") || null) : null);
}

/** Points that are no design, and why. */
function leftOut(sweep) {
  if (!sweep.invalid.length) return "";
  const all = sweep.counts.invalid;
  const some = known(all) && all > sweep.invalid.length ? `, the first ${sweep.invalid.length.toLocaleString("en")}` : "";
  return el("div", { class: "folds" }, fold(`Left out: ${plural(known(all) ? all : sweep.invalid.length, "point")} that ${all === 1 ? "is" : "are"} no design${some}`, createTable([
    { id: "index", label: "#", numeric: true, value: (p) => p.index, cell: (p) => String(p.index) },
    ...parameterColumns(sweep, sweep.invalid),
    { id: "cause", label: "Cause", value: (p) => p.cause, cell: (p) => p.cause },
    { id: "reason", label: "Reason", value: (p) => p.reason, cell: (p) => p.reason || NONE, class: "wrap" },
  ], sweep.invalid, { label: "points that are no design", key: (p) => p.index, class: "invalid",
    filter: (p) => `${p.index} ${p.parameters.join(" ")} ${p.cause} ${p.reason}` }).node));
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
  latency_s: () => "latency (s)",
  edp: () => "EDP (pJ·cycles)",
};

const exponent = (digits) => (value) => value.toExponential(digits).replace("e+", "e");

/** How figures are written where there is little room. */
function figureFormat(sweep, name, digits) {
  const precise = (value) => String(Number(value.toPrecision(digits)));
  const formats = { energy_pj: (v) => energy(v, digits), latency_cycles: (v) => count(v, digits), latency_s: (v) => seconds(v, digits),
    edp: exponent(digits - 1), area_mm2: precise, power_mw: precise };
  const own = { edp: "edp", energy: "energy_pj", latency: sweep.in_seconds ? "latency_s" : "latency_cycles" }[sweep.objective];
  return formats[name === "value" ? own : name];
}

function axisOptions(sweep, names) {
  const there = sweep.clocksDiffer
    ? names.filter((name) => name !== "edp").map((name) => (name === "latency_cycles" ? "latency_s" : name)) : names;
  return there.filter((name) => sweep.points.some((point) => point[name] > 0)).map((name) => [name, AXES[name](sweep)]);
}

function pointLines(sweep, point) {
  const kind = kindOf(sweep);
  const least = lowerBound(point);
  return [`design ${point.index}`, ...sweep.parameters.map((name, i) => [name, parameterValue(point.parameters[i])]),
    solved(point) ? [kind.name, kind.show(point.value)] : null,
    point.gap > 0 ? ["may be less by", percent(point.gap)] : null,
    least ? [kind.name, `at least ${kind.show(floorTo(least, 4))}`] : null,
    known(point.area_mm2) ? ["area", `${point.area_mm2.toPrecision(4)} mm²`] : null,
    solved(point) ? ["energy", energy(point.energy_pj)] : null,
    solved(point) ? ["latency", sweep.clocksDiffer ? seconds(point.latency_s) : `${count(point.latency_cycles)} cycles`] : null,
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
    const bounded = y === "value" && lowerBound(point) !== null;
    points.push({ key: point.index, x: point[x], y: bounded ? point.bound : solved(point) ? point[y] : null, shape: bounded ? "above" : "",
      size: point.index === sweep.best || point.onFront ? 5 : 4, lines: pointLines(sweep, point),
      class: `${point.index === sweep.best ? "p-best" : point.onFront ? "p-front" : bounded ? "p-bound" : "p-plain"}${point.gap > 0 ? " hollow" : ""}` });
  }
  // What stands out is drawn last.
  points.sort((a, b) => a.size - b.size);
  const isFront = sweep.pareto && sweep.pareto.length === 1 && sweep.pareto[0] === x && y === "value";
  const line = sweep.front.map((index) => sweep.byIndex.get(index)).filter((p) => p[x] > 0 && p[y] > 0).sort((a, b) => a[x] - b[x]);
  return createScatter(points, { title: sweep.pareto ? "Pareto front" : "Trade-off", id: "plot-pareto", pick, controls, height: 320,
    x: { label: AXES[x](sweep), format: figureFormat(sweep, x, 3) }, y: { format: figureFormat(sweep, y, 2) },
    legend: el("ul", { class: "legend" },
      [["round p-front", "p-front", "front"], ["round p-best", "p-best", "best"], ["round p-plain", "p-plain", "other"],
        ["round hollow", "hollow", "may cost less"], ["up", "p-bound", "not mapped to the end: at least so much"]]
        .filter(([, name]) => points.some((p) => p.class.split(" ").includes(name) && p.x > 0 && p.y > 0))
        .map(([swatch, , text]) => el("li", {}, el("i", { class: `swatch ${swatch}` }), text))),
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
  const names = shown.map((point) => point.parameters.map(String).join(" / "));
  const fit = sweep.parameters.length && names.every((name) => name.length <= LONGEST_NAME);
  return createColumns(shown.map((point, i) => ({ key: point.index, name: fit ? names[i] : `#${point.index}`, values: point.breakdown,
    lines: [...pointLines(sweep, point).slice(0, 1 + sweep.parameters.length), ...point.breakdown.map((pj, k) => [COMPONENTS[k], energy(pj)])] })),
  { title: "Energy by component, best designs first", id: "plot-best", pick, series: componentSeries(...shown.map((point) => point.breakdown)), format: (v) => energy(v, 2), height: 320,
    x: fit ? sweep.parameters.join(" / ") : "design" });
}
