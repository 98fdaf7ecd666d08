// Designs of a sweep: their table, the winner of each network, and one in full.

function pointTable(sweep, pick) {
  const kind = kindOf(sweep);
  const has = (name) => sweep.points.some((point) => known(point[name]));
  const columns = [
    { id: "index", label: "#", numeric: true, value: (p) => p.index, cell: (p) => String(p.index) },
    ...sweep.parameters.map((name, i) => ({ id: `parameter-${i}`, label: name, value: (p) => p.parameters[i],
      cell: (p) => parameterValue(p.parameters[i]), numeric: sweep.points.every((p) => typeof p.parameters[i] === "number") })),
    { id: "value", label: kind.name, title: kind.unit, numeric: true, value: (p) => p.value, cell: (p) => kind.show(p.value) },
    { id: "bound", label: "Bound", title: "proven: it cannot be below", numeric: true, value: (p) => p.bound, cell: (p) => kind.show(p.bound) },
    { id: "gap", label: "Gap", numeric: true, value: (p) => p.gap, cell: (p) => percent(p.gap) },
    has("area_mm2") ? { id: "area", label: "mm²", title: "area", numeric: true, value: (p) => p.area_mm2, cell: (p) => (known(p.area_mm2) ? p.area_mm2.toFixed(3) : NONE) } : null,
    has("power_mw") ? { id: "power", label: "mW", title: "power", numeric: true, value: (p) => p.power_mw, cell: (p) => (known(p.power_mw) ? p.power_mw.toPrecision(4) : NONE) } : null,
    { id: "energy", label: "Energy", numeric: true, value: (p) => p.energy_pj, cell: (p) => energy(p.energy_pj) },
    { id: "latency", label: "Cycles", numeric: true, value: (p) => p.latency_cycles, cell: (p) => count(p.latency_cycles) },
    { id: "status", label: "Status", value: (p) => p.status, cell: (p) => pointBadges(sweep, p) },
  ].filter(Boolean);
  const names = (p) => `${p.index} ${p.status} ${p.parameters.join(" ")} ${p.index === sweep.best ? "best" : ""} ${p.onFront ? "front" : ""}`;
  return createTable(columns, sweep.points, { label: "designs", key: (p) => p.index, pick: (p) => pick(p.index), filter: names,
    sort: ["value", 1], class: "points" });
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
  if (!rows.length) return "";
  const table = createTable([
    { id: "model", label: "Network", value: (r) => r.model, cell: (r) => r.model, class: "name" },
    { id: "point", label: "Best design", value: (r) => r.index, cell: (r) => `#${r.index}: ${parameterText(sweep, sweep.byIndex.get(r.index))}` },
    { id: "value", label: kind.name, numeric: true, value: (r) => r.value, cell: (r) => kind.show(r.value) },
    { id: "overall", label: "On the overall best", numeric: true, value: (r) => r.overall, cell: (r) => (known(r.overall) && r.value > 0
      ? `${kind.show(r.overall)} (× ${(r.overall / r.value).toFixed(3)})` : NONE) },
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
    pointFacts(sweep, point), against(sweep, point, pick), networksOf(point), machineOf(sweep, point));
}

function pointFacts(sweep, point) {
  const kind = kindOf(sweep);
  const figure = (value, show) => (known(value) ? el("span", { class: "figure" }, show(value)) : null);
  return el("div", { class: "proof" }, facts([
    [kind.name, figure(point.value, kind.show)], ["bound", figure(point.bound, kind.show)], ["gap", figure(point.gap, percent)],
    ["energy", figure(point.energy_pj, energy)], ["latency", figure(point.latency_cycles, (v) => `${exact(v)} cycles`)],
    ["time", figure(point.latency_s, seconds)], ["area", figure(point.area_mm2, (v) => `${v.toPrecision(4)} mm²`)],
    ["power", figure(point.power_mw, (v) => `${v.toPrecision(4)} mW`)]]));
}

/** How the design compares with the best one, or the best one with the next. */
function against(sweep, point, pick) {
  const ranked = sweep.points.filter((p) => solved(p) && p.index !== point.index).sort((a, b) => a.value - b.value);
  const other = point.index === sweep.best ? ranked[0] : sweep.byIndex.get(sweep.best);
  if (!other) return null;
  const kind = kindOf(sweep);
  const name = point.index === sweep.best ? `the next best, #${other.index}` : `the best, #${other.index}`;
  const head = el("h3", {}, "Against ", el("button", { type: "button", class: "link", on: { click: () => pick(other.index) } }, name));
  if (!solved(point)) {
    const text = known(point.bound) && other.value > 0
      ? `Not solved: it costs at least ${kind.show(point.bound)}, ${(point.bound / other.value).toFixed(3)} times the best.` : "Not solved.";
    return el("div", { class: "part against" }, head, el("p", {}, text));
  }
  return el("div", { class: "part against" }, head, el("p", { class: "why" }, whyText(sweep, point, other)),
    point.breakdown && other.breakdown ? compareParts(point, other) : null);
}

function whyText(sweep, point, other) {
  const kind = kindOf(sweep);
  const ratios = [["energy", point.energy_pj, other.energy_pj], ["latency", point.latency_cycles, other.latency_cycles], ["area", point.area_mm2, other.area_mm2]]
    .filter(([, a, b]) => known(a) && known(b) && b > 0).map(([name, a, b]) => `${name} ${change(a / b)}`);
  const text = [`${kind.name} ${change(point.value / other.value)}: ${ratios.join(", ")}.`];
  if (point.breakdown && other.breakdown) {
    const differences = point.breakdown.map((pj, i) => [COMPONENTS[i], pj - other.breakdown[i]]).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
    const [name, difference] = differences[0];
    if (difference) text.push(` The largest difference in energy is ${name}: ${energy(Math.abs(difference))} ${difference < 0 ? "less" : "more"}.`);
  }
  return text.join("");
}

function change(ratio) {
  if (Math.abs(ratio - 1) < 5e-5) return "equal";
  return ratio > 1 ? `+${percent(ratio - 1)}` : `−${percent(1 - ratio)}`;
}

function compareParts(point, other) {
  const largest = Math.max(...point.breakdown, ...other.breakdown) || 1;
  const pair = (pj, series) => el("div", { class: "track" }, sized(el("i", { class: series }), (100 * pj) / largest));
  return el("div", { class: "scroller" }, el("table", { class: "bars pairs" },
    el("thead", {}, el("tr", {}, ["", `#${point.index}`, `#${other.index}`, "", ""].map((text, i) => el("th", { scope: "col", class: i ? "number" : "" }, text)))),
    el("tbody", {}, COMPONENT_SERIES.map((series, i) => el("tr", {}, el("th", { scope: "row" }, series.name),
      el("td", { class: "number" }, energy(point.breakdown[i])), el("td", { class: "number" }, energy(other.breakdown[i])),
      el("td", { class: "number" }, other.breakdown[i] > 0 ? change(point.breakdown[i] / other.breakdown[i]) : NONE),
      el("td", { class: "track-cell" }, pair(point.breakdown[i], series.class), pair(other.breakdown[i], `${series.class} faint`)))))));
}

/** The networks of a design: choose one, then a layer, to see its mapping. */
function networksOf(point) {
  const filled = point.networks.filter((network) => network.layers.length);
  if (!filled.length) return point.networks.length ? el("p", { class: "hint" }, "The file holds no layers of this design.") : null;
  const named = filled.find((network) => network.model === state.get("model"));
  const box = el("div", { id: "network" });
  const show = (model) => {
    const network = filled.find((one) => one.model === model);
    box.replaceChildren(networkLayers(point, network));
  };
  const choose = filled.length > 1 ? selector("Network", filled.map((n) => [n.model, n.model]), (named || filled[0]).model, (model) => {
    state.set({ model, layer: null });
    show(model);
  }) : el("span", { class: "dim" }, filled[0].model);
  show((named || filled[0]).model);
  return el("div", { class: "part networks" }, el("h3", {}, "Layers "), choose, box);
}

function networkLayers(point, network) {
  const panel = createLayerPanel();
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
