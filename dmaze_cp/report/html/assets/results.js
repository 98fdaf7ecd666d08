// Several results: a comparison of networks and accelerators, and the result one selects.

function showResults(root, data) {
  const inner = el("div", { id: "one-result" });
  // The comparison tells results of one name apart.
  const labels = data.results.map((result, i) => {
    const record = data.comparison.find((one) => one.result === i);
    return record ? `${record.model} on ${record.architecture}` : `${result.model} on ${result.architecture.name}`;
  });
  const current = () => Math.min(Math.max(Number(state.get("result")) || 0, 0), data.results.length - 1);
  const choose = (i, keep) => {
    state.set({ result: i, ...(keep ? {} : { layer: null }) }, keep);
    select.querySelector("select").value = String(i);
    showResult(inner, data.results[i]);
  };
  const select = selector("Result", labels.map((name, i) => [String(i), name]), String(current()), (i) => choose(Number(i)));
  const open = (record) => {
    const named = data.results.findIndex((r) => r.model === record.model && r.architecture.name === record.architecture);
    const i = record.result >= 0 ? record.result : named;
    if (i < 0) return;
    state.set({ objective: record.objective });
    choose(i);
    bringIntoSight(select);
  };
  root.replaceChildren(comparison(data.comparison, open), el("div", { class: "chooser" }, select), inner);
  choose(current(), true);
}

function comparison(records, open) {
  if (!records.length) return "";
  const objectives = [...new Set(records.map((r) => r.objective))];
  return section("Comparison", { class: "panel", id: "comparison" },
    objectives.map((objective) => matrix(records.filter((r) => r.objective === objective), objective, open)),
    fold("All figures", comparisonTable(records, open)));
}

function matrix(records, objective, open) {
  const models = [...new Set(records.map((r) => r.model))];
  const machines = [...new Set(records.map((r) => r.architecture))];
  const kind = OBJECTIVES[objective];
  const cell = (model, machine) => {
    const record = records.find((r) => r.model === model && r.architecture === machine);
    if (!record) return el("td", { class: "number" }, NONE);
    const gap = record.gap > 0 ? el("small", {}, `may be less by ${percent(record.gap)}`) : null;
    const incomplete = record.unmapped_layers ? badge(`${record.unmapped_layers} unmapped`, "bad") : null;
    return el("td", { class: `number ${record.best ? "is-best" : ""}` },
      el("button", { type: "button", class: "cell-link", on: { click: () => open(record) } },
        el("span", {}, kind.show(record.value)),
        el("small", {}, record.best ? (record.best_proven ? "best, proven" : "least") : known(record.ratio_to_best) ? `× ${record.ratio_to_best.toFixed(3)}` : NONE), gap), incomplete);
  };
  return el("div", { class: "scroller" }, el("table", { class: "compare" },
    el("caption", {}, `${kind.name} (${kind.unit}) by network and accelerator`),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Network"), machines.map((m) => el("th", { scope: "col", class: "number" }, m)))),
    el("tbody", {}, models.map((model) => el("tr", {}, el("th", { scope: "row" }, model), machines.map((m) => cell(model, m)))))));
}

function comparisonTable(records, open) {
  const keyed = records.map((record, i) => ({ ...record, i }));
  return createTable([
    { id: "model", label: "Network", value: (r) => r.model, cell: (r) => r.model, class: "name" },
    { id: "architecture", label: "Accelerator", value: (r) => r.architecture, cell: (r) => r.architecture },
    { id: "objective", label: "Objective", value: (r) => r.objective, cell: (r) => OBJECTIVES[r.objective].name },
    { id: "value", label: "Value", numeric: true, value: (r) => r.value, cell: (r) => OBJECTIVES[r.objective].show(r.value) },
    { id: "gap", label: "Gap", numeric: true, value: (r) => r.gap, cell: (r) => percent(r.gap) },
    { id: "ratio", label: "To the best", numeric: true, value: (r) => r.ratio_to_best, cell: (r) => (known(r.ratio_to_best) ? r.ratio_to_best.toFixed(3) : NONE) },
    { id: "energy", label: "Energy", numeric: true, value: (r) => r.energy_pj, cell: (r) => energy(r.energy_pj) },
    { id: "latency", label: "Cycles", numeric: true, value: (r) => r.latency_cycles, cell: (r) => count(r.latency_cycles) },
    { id: "edp", label: "EDP", numeric: true, value: (r) => r.edp, cell: (r) => scientific(r.edp) },
    { id: "network_edp", label: "Network EDP", numeric: true, value: (r) => r.network_edp, cell: (r) => scientific(r.network_edp) },
    { id: "unmapped", label: "Unmapped", numeric: true, value: (r) => r.unmapped_layers, cell: (r) => exact(r.unmapped_layers) },
  ], keyed, { label: "comparison", key: (r) => r.i, pick: open }).node;
}
