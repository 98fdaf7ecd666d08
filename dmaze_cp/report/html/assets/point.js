// Designs of a sweep: their table, the winner of each network, and one in full.

function pointTable(sweep, pick) {
  const kind = kindOf(sweep);
  const has = (name) => sweep.points.some((point) => known(point[name]));
  const best = sweep.byIndex.get(sweep.best);
  const columns = [
    { id: "index", label: "#", numeric: true, value: (p) => p.index, cell: (p) => String(p.index) },
    ...parameterColumns(sweep, sweep.points),
    { id: "value", label: kind.name, title: `${kind.unit}; *: may be less`, numeric: true, value: (p) => p.value, cell: (p) => kind.show(p.value) + (p.gap > 0 ? "*" : "") },
    best ? { id: "ratio", label: "× best", title: "value over that of the best design; *: may be less, ≥: a bound", numeric: true, value: (p) => p.value, cell: (p) => timesBest(p, best) } : null,
    { id: "bound", label: "Bound", title: "proven: it cannot be below", numeric: true, value: (p) => p.bound, cell: (p) => boundText(kind, p) },
    { id: "gap", label: "Gap", numeric: true, value: (p) => p.gap, cell: (p) => percent(p.gap) },
    has("area_mm2") ? { id: "area", label: "mm²", title: "area", numeric: true, value: (p) => p.area_mm2, cell: (p) => (known(p.area_mm2) ? p.area_mm2.toFixed(3) : NONE) } : null,
    has("power_mw") ? { id: "power", label: "mW", title: "power", numeric: true, value: (p) => p.power_mw, cell: (p) => (known(p.power_mw) ? p.power_mw.toPrecision(4) : NONE) } : null,
    { id: "energy", label: "Energy", numeric: true, value: (p) => p.energy_pj, cell: (p) => energy(p.energy_pj) },
    sweep.clocksDiffer ? { id: "time", label: "Time", numeric: true, value: (p) => p.latency_s, cell: (p) => seconds(p.latency_s) }
      : { id: "latency", label: "Cycles", numeric: true, value: (p) => p.latency_cycles, cell: (p) => count(p.latency_cycles) },
    { id: "status", label: "Status", value: (p) => p.status, cell: (p) => pointBadges(sweep, p) },
  ].filter(Boolean);
  const names = (p) => `${p.index} ${p.status} ${p.parameters.join(" ")} ${p.index === sweep.best ? "best" : ""} ${p.onFront ? "front" : ""}`;
  return createTable(columns, sweep.points, { label: "designs", key: (p) => p.index, pick: (p) => pick(p.index), filter: names,
    sort: ["value", 1], class: "points" });
}

/** What a design cannot cost less than; the sign says so of those without a value. */
function boundText(kind, point) {
  if (!(point.bound > 0) && point.status !== "optimal") return NONE;
  return point.status === "optimal" ? kind.show(point.bound) : `≥ ${kind.show(floorTo(point.bound, 4))}`;
}

/** A design's value, or its bound, in multiples of the best. */
function timesBest(point, best) {
  const least = lowerBound(point);
  if (least !== null) return `≥ ${ratioText(least / best.value, 3, true)}`;
  return solved(point) ? `${ratioText(point.value / best.value, 3)}${point.gap > 0 ? "*" : ""}` : NONE;
}

function parameterColumns(sweep, points) {
  return sweep.parameters.map((name, i) => ({ id: `parameter-${i}`, label: name, value: (p) => p.parameters[i],
    cell: (p) => parameterValue(p.parameters[i]), numeric: points.every((p) => typeof p.parameters[i] === "number") }));
}

function pointBadges(sweep, point) {
  return el("span", { class: "badges" }, statusBadge(point.status),
    point.index === sweep.best ? badge("best", "best") : null, point.onFront ? badge("front", "front") : null);
}

function bestByNetwork(sweep, pick) {
  const kind = kindOf(sweep);
  const rows = Object.entries(sweep.best_by_model).filter(([, index]) => index !== null).map(([model, index]) => {
    const own = networkOf(sweep.byIndex.get(index), model);
    const shared = sweep.best === null ? null : networkOf(sweep.byIndex.get(sweep.best), model);
    return { model, index, value: own && own.value, overall: shared && shared.value };
  });
  // The best design of a single network is the best of all.
  if (!rows.length || sweep.models.length < 2) return "";
  const proofs = sweep.best_by_model_proven;
  const table = createTable([
    { id: "model", label: "Network", value: (r) => r.model, cell: (r) => r.model, class: "name" },
    { id: "point", label: "Best design", value: (r) => r.index, cell: (r) => `#${r.index}: ${parameterText(sweep, sweep.byIndex.get(r.index))}` },
    { id: "value", label: kind.name, numeric: true, value: (r) => r.value, cell: (r) => kind.show(r.value) },
    { id: "overall", label: "On the overall best", numeric: true, value: (r) => r.overall, cell: (r) => (known(r.overall) && r.value > 0
      ? `${kind.show(r.overall)} (× ${(r.overall / r.value).toFixed(3)})` : NONE) },
    { id: "proof", label: "Proof", title: "a design that was skipped for its total may be the best for one network", value: (r) => String(proofs[r.model]),
      cell: (r) => (r.model in proofs ? badge(proofs[r.model] ? "proven" : "not proven", proofs[r.model] ? "good" : "fair") : NONE) },
  ], rows, { label: "best design of each network", key: (r) => r.model, pick: (r) => pick(r.index) });
  return section("Best design of each network", { class: "panel", id: "by-network" }, table.node);
}

function networkOf(point, model) {
  return (point && point.networks.find((network) => network.model === model)) || null;
}

function createPointPanel(sweep, pick) {
  const node = el("section", { class: "panel detail", id: "design", "aria-live": "polite", "aria-label": "Design" });
  const show = (point) => {
    node.replaceChildren(point ? pointDetail(sweep, point, pick) : el("p", { class: "hint" }, "Select a design."));
  };
  show(null);
  return { node, show };
}

function pointDetail(sweep, point, pick) {
  return el("div", {},
    el("div", { class: "layer-head" }, el("h2", {}, `Design ${point.index} `, pointBadges(sweep, point)),
      el("p", { class: "shape" }, sweep.parameters.map((name, i) => el("span", { class: "dim" }, el("i", {}, name), ` ${parameterValue(point.parameters[i])}`)))),
    point.reason ? el("p", { class: "reason" }, point.reason) : null,
    pointFacts(sweep, point), rivalsOf(sweep, point).map((rival) => against(sweep, point, rival, pick)), unrivalled(sweep, point), networksOf(sweep, point), machineOf(sweep, point));
}

function pointFacts(sweep, point) {
  const kind = kindOf(sweep);
  const figure = (value, show) => (known(value) ? el("span", { class: "figure" }, show(value)) : null);
  return el("div", { class: "proof" }, facts([
    [kind.name, figure(point.value, kind.show)], ["bound", figure(point.bound, (v) => boundText(kind, point))], ["gap", figure(point.gap, percent)],
    ["energy", figure(point.energy_pj, energy)], ["latency", figure(point.latency_cycles, (v) => `${exact(v)} cycles`)],
    ["time", figure(point.latency_s, seconds)], ["area", figure(point.area_mm2, (v) => `${v.toPrecision(4)} mm²`)],
    ["power", figure(point.power_mw, (v) => `${v.toPrecision(4)} mW`)],
    ["costs the same", point.index === sweep.best && sweep.ties.length ? sweep.ties.map((index) => `#${index}`).join(", ") : null],
    ["interpolated", point.interpolated.length ? point.interpolated.join(", ") : null]]));
}

/** What a design is compared with: the best one; the best one with the next, and with the base of the space. */
function rivalsOf(sweep, point) {
  const best = sweep.byIndex.get(sweep.best);
  if (!best) return [];
  if (point !== best) return [{ other: best, name: `the best, #${best.index}` }];
  const next = sweep.points.filter((p) => solved(p) && p !== best).reduce((a, b) => (!a || b.value < a.value ? b : a), null);
  const base = sweep.byIndex.get(sweep.base);
  const rivals = [];
  if (next) rivals.push({ other: next, name: `the next best${next === base ? " and base" : ""}, #${next.index}` });
  if (base && base !== best && base !== next) rivals.push({ other: base, name: `the base, #${base.index}` });
  return rivals;
}

/** What is known of the designs that the best one cannot be compared with in detail. */
function unrivalled(sweep, point) {
  if (point.index !== sweep.best) return null;
  const open = sweep.points.filter((p) => !solved(p) && p.status !== "infeasible");
  if (!open.length) return sweep.points.length > 1 && !sweep.points.some((p) => p !== point && solved(p)) ? el("p", { class: "note" }, "No other design maps the networks.") : null;
  const ratio = Math.min(...open.map(mayCost)) / point.value;
  if (!(ratio > 0)) return el("p", { class: "note" }, "Nothing is known of some designs that were not mapped to the end: another design may be better.");
  const those = open.length === 1 ? "The design that was not mapped to the end costs" : `The ${open.length.toLocaleString("en")} designs that were not mapped to the end cost`;
  return el("p", { class: "note" }, ratio >= 1 ? `${those} at least ${atLeast(ratio)} (proven).` : `${those} at least ${ratioText(ratio, 3, true)} times as much: another design may be better.`);
}

function atLeast(ratio) {
  return ratio < 1.0001 ? "as much as this one" : `${percent(floorTo(ratio - 1, 3))} more`;
}

function against(sweep, point, { other, name }, pick) {
  const kind = kindOf(sweep);
  const head = el("h3", {}, "Against ", el("button", { type: "button", class: "link", on: { click: () => pick(other.index) } }, name));
  const differing = el("p", {}, parameterChanges(sweep, point, other));
  if (solved(point) && solved(other)) {
    return el("div", { class: "part against" }, head, differing, el("p", { class: "why" }, whyText(sweep, point, other)), compareParts(sweep, point, other));
  }
  const open = solved(point) ? other : point;
  const least = lowerBound(open);
  const best = solved(point) ? point : other;
  if (least === null) return solved(point) ? el("div", { class: "part against" }, head, differing, el("p", {}, `That design is ${other.status}.`)) : null;
  return el("div", { class: "part against" }, head, differing,
    el("p", {}, `${solved(point) ? "That design was not" : "Not"} mapped to the end: it costs at least ${kind.show(floorTo(least, 4))}, ${ratioText(least / best.value, 3, true)} times the best.`));
}

function parameterChanges(sweep, point, other) {
  const changes = sweep.parameters.map((name, i) => [name, point.parameters[i], other.parameters[i]]).filter(([, a, b]) => a !== b)
    .map(([name, a, b]) => `${name} ${parameterValue(a)} instead of ${parameterValue(b)}`);
  return changes.length ? `${changes.join(", ")}.` : "Equal parameters.";
}

/** Totals, each with the parts that make most of the difference. */
function whyText(sweep, point, other) {
  const kind = kindOf(sweep);
  const differences = (a, b, names, show) => {
    if (!a || !b) return "";
    const parts = names.map((name, i) => [name, (a[i] || 0) - (b[i] || 0)]).sort((p, q) => Math.abs(q[1]) - Math.abs(p[1]));
    const largest = Math.abs(parts[0][1]);
    const named = parts.filter(([, d]) => Math.abs(d) >= 0.1 * largest && d).map(([name, d]) => `${name} ${d < 0 ? "−" : "+"}${show(Math.abs(d))}`);
    return named.length ? ` (${named.join(", ")})` : "";
  };
  const time = known(point.latency_s) && known(other.latency_s) ? "latency_s" : "latency_cycles";
  const rows = [
    ["energy", point.energy_pj, other.energy_pj, differences(point.breakdown, other.breakdown, COMPONENTS, energy)],
    ["latency", point[time], other[time], sweep.clocksDiffer ? "" : differences(point.cycles, other.cycles, CYCLE_SERIES.map((s) => s.name), (v) => `${count(v)} cycles`)],
    ["area", point.area_mm2, other.area_mm2, ""]];
  const ratios = rows.filter(([, a, b]) => known(a) && known(b) && b > 0).map(([name, a, b, parts]) => {
    const text = change(a / b);
    return `${name} ${text}${text === "equal" ? "" : parts}`;
  });
  const own = { edp: null, energy: "energy", latency: "latency" }[sweep.objective];
  return `${own ? "" : `${kind.name} ${change(point.value / other.value)}: `}${ratios.join("; ")}.`;
}

function change(ratio) {
  if (Math.abs(ratio - 1) < 5e-5) return "equal";
  return ratio > 1 ? `+${percent(ratio - 1)}` : `−${percent(1 - ratio)}`;
}

/** Energies and cycles of two designs, side by side. */
function compareParts(sweep, point, other) {
  const tables = [];
  if (point.breakdown && other.breakdown) tables.push(pairTable("energy", point, other, point.breakdown, other.breakdown, componentSeries(point.breakdown, other.breakdown), energy));
  if (point.cycles && other.cycles && !sweep.clocksDiffer) tables.push(pairTable("cycles", point, other, point.cycles, other.cycles, CYCLE_SERIES, count));
  return el("div", { class: "pair-tables" }, tables);
}

function pairTable(what, point, other, mine, others, series, show) {
  const largest = Math.max(...mine, ...others) || 1;
  const bar = (value, name) => el("div", { class: "track" }, sized(el("i", { class: name }), (100 * value) / largest));
  return el("div", { class: "scroller" }, el("table", { class: "bars pairs" },
    el("thead", {}, el("tr", {}, [what, `#${point.index}`, `#${other.index}`, "", ""].map((text, i) => el("th", { scope: "col", class: i ? "number" : "" }, text)))),
    el("tbody", {}, series.map((one, i) => [one, mine[i] || 0, others[i] || 0]).map(([one, a, b]) => el("tr", {}, el("th", { scope: "row" }, one.name),
      el("td", { class: "number" }, show(a)), el("td", { class: "number" }, show(b)),
      el("td", { class: "number" }, b > 0 ? change(a / b) : NONE),
      el("td", { class: "track-cell" }, bar(a, one.class), bar(b, `${one.class} faint`)))))));
}

/** The networks of a design: choose one, then a layer, to see its mapping. */
function networksOf(sweep, point) {
  const filled = point.networks.filter((network) => network.layers.length);
  if (!filled.length) return point.networks.length ? el("p", { class: "hint" }, "The file holds no layers of this design.") : null;
  const named = filled.find((network) => network.model === state.get("model"));
  const box = el("div", { id: "network" });
  const show = (model) => {
    const network = filled.find((one) => one.model === model);
    box.replaceChildren(networkLayers(sweep, point, network));
  };
  const choose = filled.length > 1 ? selector("Network", filled.map((n) => [n.model, n.model]), (named || filled[0]).model, (model) => {
    state.set({ model, layer: null });
    show(model);
  }) : el("span", { class: "dim" }, filled[0].model);
  show((named || filled[0]).model);
  return el("div", { class: "part networks" }, el("h3", {}, "Layers "), choose, box);
}

function networkLayers(sweep, point, network) {
  const panel = createLayerPanel(sweep.constraints);
  panel.node.className = "layer-in-design";
  const objective = network.layers[0].objective;
  const table = layerTable(network.layers, objective, (name) => {
    state.set({ point: point.index, model: network.model, layer: name });
    select(name);
  });
  const select = (name) => {
    table.select(name);
    panel.show(network.layers.find((layer) => layer.name === name) || null);
  };
  select(state.get("layer"));
  return el("div", {}, table.node, panel.node);
}

function machineOf(sweep, point) {
  const own = { ...sweep.shared, ...point.flat };
  const pairs = Object.entries(own).filter(([, value]) => value !== "").map(([name, value]) => [name, parameterValue(value)]);
  return fold("Accelerator", facts(pairs));
}
