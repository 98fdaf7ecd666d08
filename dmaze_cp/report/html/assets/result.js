// A mapping result: totals, plots of the layers, their table, and the layer one selects.

/** The result, for the objective and the layer that the address names. */
function showResult(root, result) {
  const objectives = result.objectives;
  const wanted = state.get("objective");
  const objective = objectives.includes(wanted) ? wanted : objectives[0];
  const layers = result.layers.filter((layer) => layer.objective === objective);
  const pick = (name) => {
    state.set({ layer: name, objective: objectives.length > 1 ? objective : null });
    select(name, true);
  };
  const view = layersView(layers, result.architecture, objective, pick, result.constraints);
  const select = (name, scroll) => view.select(name, scroll);
  root.replaceChildren(
    objectives.length > 1 ? objectiveTabs(objectives, objective, () => showResult(root, result)) : "",
    warnings(result, layers), totalTiles(result, objective, layers), view.node, resultNotes(result));
  const named = layers.find((layer) => layer.name === state.get("layer") || layer.also.includes(state.get("layer")));
  const heaviest = layers.slice().sort((a, b) => (b.value || 0) * b.instances - (a.value || 0) * a.instances)[0];
  const first = named || heaviest;
  if (first) select(first.name, Boolean(named));
}

function objectiveTabs(objectives, current, show) {
  const tab = (objective) => el("button", { type: "button", role: "tab", "aria-selected": String(objective === current),
    tabindex: objective === current ? "0" : "-1", "data-objective": objective, on: { click: () => choose(objective) } },
  `Least ${objective === "edp" ? "EDP" : objective}`);
  const choose = (objective) => {
    state.set({ objective });
    show();
    document.querySelector(`[role=tab][data-objective="${objective}"]`).focus();
  };
  const step = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) choose(objectives[(objectives.indexOf(current) + by + objectives.length) % objectives.length]);
  };
  return el("div", { class: "tabs", role: "tablist", "aria-label": "Objective", on: { keydown: step } }, objectives.map(tab));
}

function warnings(result, layers) {
  const wrong = layers.filter((layer) => (layer.notes || []).length).length;
  const texts = [
    result.interrupted ? "The run was interrupted: layers are missing." : null,
    wrong ? `${plural(wrong, "layer")} of the file do not agree with the cost model; each says how.` : null,
  ];
  return texts.filter(Boolean).map((text) => el("p", { class: "warning" }, text)).concat(el("span"))[0];
}

function proofBadge(layers, gap, limits) {
  const bad = layers.filter((layer) => layer.value === null).length;
  if (bad) return badge(`${plural(bad, "layer")} without a mapping`, "bad");
  if (!layers.length) return badge("no layers", "bad");
  if (layers.some((layer) => (layer.notes || []).length)) return badge("file and cost model disagree", "bad");
  if (layers.every(isProven)) return badge(limits.length ? "proven optimal within the limits" : "proven optimal", "good", "no mapping of any layer costs less");
  return badge(`gap ${percent(gap)}`, "fair", "the total could be lower by at most this much");
}

function tile(name, value, note, extra) {
  return el("div", { class: "tile" }, el("span", { class: "tile-name" }, name),
    el("span", { class: "tile-value" }, value), note ? el("span", { class: "tile-note" }, note) : null, extra || null);
}

function totalTiles(result, objective, layers) {
  const kind = OBJECTIVES[objective];
  // Sums of nothing are no costs.
  const total = layers.some((layer) => layer.value !== null) ? result.totals[objective] : {};
  const unmapped = result.totals[objective].unmapped_layers;
  const solve = layers.reduce((sum, layer) => sum + (layer.solve_time_s || 0), 0);
  const runs = layers.reduce((sum, layer) => sum + layer.instances, 0);
  const bound = known(total.bound) ? `bound ${kind.show(total.gap > 0 ? floorTo(total.bound, 4) : total.bound)} ${objective === "edp" ? kind.unit : ""}` : null;
  return el("div", { class: "tiles" },
    tile(objective === "edp" ? "EDP, sum of layers" : `Total ${objective}`, kind.show(total.value), bound, proofBadge(layers, total.gap, result.constraints)),
    objective === "energy" ? null : tile("Energy", energy(total.energy_pj), known(total.energy_pj) ? `${exact(total.energy_pj)} pJ` : null),
    objective === "latency" ? null : tile("Latency", known(total.latency_cycles) ? `${count(total.latency_cycles)} cycles` : NONE,
      known(total.latency_cycles) ? `${seconds(total.latency_cycles / (result.architecture.mhz * 1e6))} at ${result.architecture.mhz} MHz` : null),
    objective === "edp" ? null : tile("EDP, sum of layers", scientific(total.edp), "pJ·cycles"),
    tile("Network EDP", scientific(total.network_edp), "total energy × total latency"),
    tile("Layers", String(layers.length), `${plural(runs, "instance")}${unmapped ? `, ${unmapped} without a mapping` : ""}`),
    tile("Search", duration(solve), "sum over the layers"),
    result.constraints.length ? tile("Limits", plural(result.constraints.length, "limit"), limitsText(result.constraints)) : null);
}

/** Plots, table and panel of some layers; `select` shows one of them everywhere. */
function layersView(layers, architecture, objective, pick, limits) {
  const plots = layerPlots(layers, architecture, objective, pick);
  const table = layerTable(layers, objective, pick);
  const panel = createLayerPanel(limits);
  const node = el("div", { class: "layers-view" },
    el("div", { class: "plots" }, plots.map((plot) => plot.node)),
    el("div", { class: "split" }, section("Layers", { class: "panel list" }, table.node), panel.node));
  const select = (name, scroll) => {
    const layer = layers.find((one) => one.name === name) || null;
    for (const plot of plots) plot.select(layer && layer.name);
    table.select(layer && layer.name);
    panel.show(layer);
    if (layer && scroll) bringIntoSight(panel.node);
  };
  return { node, select };
}

function bringIntoSight(node) {
  const box = node.getBoundingClientRect();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (box.top > window.innerHeight * 0.6 || box.top < 0) {
    node.scrollIntoView({ block: box.height < window.innerHeight ? "nearest" : "start", behavior: calm ? "auto" : "smooth" });
  }
}

function shareOf(layers) {
  const sum = layers.reduce((total, layer) => total + (layer.value || 0) * layer.instances, 0) || 1;
  return (layer) => (layer.value === null ? null : (layer.value * layer.instances) / sum);
}

function layerPlots(layers, architecture, objective, pick) {
  const share = shareOf(layers);
  const mapped = layers.filter((layer) => layer.value !== null);
  if (!mapped.length) return [];
  const lines = (layer) => [layer.name, ["share", percent(share(layer))],
    [OBJECTIVES[objective].name, OBJECTIVES[objective].show(layer.value)], ["energy", energy(layer.energy_pj)],
    ["latency", `${count(layer.latency_cycles)} cycles`], layer.instances > 1 ? ["instances", String(layer.instances)] : null];
  const ranked = mapped.slice().sort((a, b) => share(b) - share(a));
  const plots = [
    createColumns(ranked.map((layer) => ({ key: layer.name, name: layer.name, values: [share(layer)], lines: lines(layer) })),
      { title: `Share of ${objective === "edp" ? "EDP" : objective} by layer`, id: "plot-share", pick, format: (v) => `${short(100 * v)}${GAP}%`, series: [{ name: "share", class: "c-share" }] }),
    createColumns(mapped.filter((layer) => layer.breakdown).map((layer) => ({ key: layer.name, name: layer.name,
      values: layer.breakdown.map((pj) => pj * layer.instances), lines: partLines(layer) })),
    { title: "Energy by component (all instances)", id: "plot-energy", pick, format: (v) => energy(v, 2), series: componentSeries(...mapped.map((layer) => layer.breakdown || [])) }),
  ];
  const detailed = mapped.filter((layer) => layer.cycles);
  if (!detailed.length) return plots;
  plots.push(createColumns(detailed.map((layer) => ({ key: layer.name, name: layer.name,
    values: layer.cycles.map((c) => Math.max(c, 0) * layer.instances), lines: cycleLines(layer) })),
  { title: "Cycles by cause (all instances)", id: "plot-cycles", pick, series: CYCLE_SERIES }));
  plots.push(roofline(detailed, architecture, pick));
  return plots;
}

function partLines(layer) {
  const total = layer.breakdown.reduce((a, b) => a + b, 0) || 1;
  return [layer.name, ...layer.breakdown.map((pj, i) => [COMPONENTS[i], `${energy(pj * layer.instances)}, ${percent(pj / total)}`])];
}

function cycleLines(layer) {
  return [layer.name, ...layer.cycles.map((c, i) => [CYCLE_SERIES[i].name, `${count(c * layer.instances)}, ${percent(c / (layer.latency || 1))}`])];
}

/** Speed over intensity, under the roofs of the PEs and of the DMA. */
function roofline(layers, architecture, pick) {
  const points = layers.map((layer) => {
    const intensity = layer.macs / layer.traffic_bytes;
    const speed = layer.macs / layer.latency;
    return { key: layer.name, x: intensity, y: speed, class: `k-${layer.kind}`, size: 4.5, lines: [layer.name,
      ["intensity", `${short(intensity)} MACs/B`], ["speed", `${short(speed)} MACs/cycle`],
      ["of the roof", percent(speed / roofAt(architecture, intensity))], ["DRAM traffic", `${count(layer.traffic_bytes)}B`]] };
  });
  const ridge = architecture.bytes_per_cycle ? architecture.pes / architecture.bytes_per_cycle : null;
  const xs = decades([...points.map((p) => p.x), ridge].filter(known));
  const ys = decades([...points.map((p) => p.y), architecture.pes * 1.25].filter(known));
  const kinds = [...new Set(layers.map((layer) => layer.kind))];
  return createScatter(points, {
    title: "Roofline", id: "plot-roofline", pick, height: 260,
    legend: el("ul", { class: "legend" }, kinds.map((kind) => el("li", {}, el("i", { class: `swatch round k-${kind}` }), kind)),
      el("li", {}, el("i", { class: "swatch line" }), "roof: PEs, DMA")),
    x: { domain: xs, label: "MACs per DRAM byte" }, y: { domain: ys, format: short, label: "MACs per cycle" },
    under: (group, view) => {
      const steps = Array.from({ length: 121 }, (_, i) => 10 ** (xs[0] + (i / 120) * (xs[1] - xs[0])));
      drawLine(group, view, (ridge ? [...steps, ridge].sort((a, b) => a - b) : steps).map((x) => [x, roofAt(architecture, x)]), "roof");
      group.append(svg("text", { class: "roof-name", x: view.area.right - 4, y: view.y.at(architecture.pes) - 5, "text-anchor": "end" },
        `${architecture.pes.toLocaleString("en")} MACs/cycle`));
    },
  });
}

function roofAt(architecture, intensity) {
  const dma = architecture.bytes_per_cycle ? intensity * architecture.bytes_per_cycle : Infinity;
  return Math.min(architecture.pes, dma);
}

function layerTable(layers, objective, pick) {
  const share = shareOf(layers);
  const largest = Math.max(...layers.map((layer) => share(layer) || 0), 1e-12);
  const columns = [
    { id: "name", label: "Layer", value: (l) => l.name, cell: (l) => l.name, class: "name" },
    { id: "kind", label: "Kind", value: (l) => l.kind, cell: (l) => l.kind },
    { id: "instances", label: "n", title: "instances", numeric: true, value: (l) => l.instances, cell: (l) => String(l.instances) },
    { id: "share", label: "Share", numeric: true, title: `of the total ${OBJECTIVES[objective].name}`, value: share, cell: (l) => shareCell(share(l), largest), class: "share" },
    { id: "energy", label: "Energy", numeric: true, value: (l) => l.energy_pj, cell: (l) => energy(l.energy_pj) },
    { id: "latency", label: "Cycles", numeric: true, value: (l) => l.latency_cycles, cell: (l) => count(l.latency_cycles) },
    { id: "edp", label: "EDP", numeric: true, title: "pJ·cycles", value: (l) => l.edp, cell: (l) => scientific(l.edp) },
    { id: "macs", label: "MACs", numeric: true, value: (l) => l.macs, cell: (l) => count(l.macs) },
    { id: "gap", label: "Gap", numeric: true, value: (l) => l.gap, cell: (l) => percent(l.gap) },
    { id: "time", label: "Search", numeric: true, value: (l) => l.solve_time_s, cell: (l) => duration(l.solve_time_s) },
    { id: "status", label: "Status", value: (l) => l.status, cell: (l) => statusBadge(l.status) },
  ];
  return createTable(columns, layers, {
    label: "layers", key: (l) => l.name, pick: (l) => pick(l.name), class: "layers",
    filter: (l) => [l.name, ...l.also, l.kind, l.status].join(" "),
  });
}

function shareCell(share, largest) {
  if (share === null) return NONE;
  return el("span", { class: "share-cell" }, el("span", { class: "track" }, sized(el("i", { class: "c-share" }), (100 * share) / largest)), percent(share));
}

function resultNotes(result) {
  const unmapped = result.unmapped;
  return el("div", { class: "folds" },
    fold(`Accelerator ${result.architecture.name}`, facts(result.architecture.facts)),
    result.constraints.length ? fold("Limits on the map-space", facts(result.constraints)) : null,
    unmapped.length ? fold(plural(unmapped.length, "operator").concat(" not mapped"), createTable([
      { id: "name", label: "Operator", value: (o) => o.name, cell: (o) => o.name || NONE },
      { id: "type", label: "Type", value: (o) => o.operator, cell: (o) => o.operator || NONE },
      { id: "reason", label: "Reason", value: (o) => o.reason, cell: (o) => o.reason || NONE, class: "wrap" },
      { id: "count", label: "n", numeric: true, value: (o) => o.count, cell: (o) => exact(o.count) },
    ], unmapped, { label: "operators not mapped", key: (o) => o.name }).node) : null);
}
