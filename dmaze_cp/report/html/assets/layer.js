// A layer in full: proof, tiling, loop nest, utilisation, cycles, energy, operands.

/** The panel that shows a layer; without one, it says how to get there. `limits` are those on the map-space. */
function createLayerPanel(limits = []) {
  const node = el("section", { class: "panel detail", id: "detail", "aria-live": "polite", "aria-label": "Mapping of the layer" });
  const show = (layer) => {
    node.replaceChildren(layer ? layerDetail(layer, limits) : el("p", { class: "hint" }, "Select a layer to see its mapping."));
  };
  show(null);
  return { node, show };
}

function layerDetail(layer, limits) {
  const parts = [layerHead(layer), proofLine(layer, limits)];
  for (const note of layer.notes || []) parts.push(el("p", { class: "warning" }, note));
  if (layer.reason) parts.push(el("p", { class: "reason" }, layer.reason));
  if (layer.tiling) {
    parts.push(el("div", { class: "detail-grid" },
      el("div", { class: "column" }, part("Tiling", tilingTable(layer.tiling), orders(layer)),
        layer.nest ? spentParts(layer) : null),
      layer.nest ? el("div", { class: "column" }, part("Loop nest", loopNest(layer.nest)), part("Operands", operandTable(layer.operands))) : null));
  }
  if (layer.tiling && !layer.nest) {
    parts.push(el("p", { class: "hint" }, "The page holds loop nests of the best designs only."));
  }
  return el("div", {}, parts);
}

function spentParts(layer) {
  const total = layer.energy.reduce((a, b) => a + b, 0);
  return [
    part("Utilisation", bars(layer.usage.map(usageBar))),
    part(`Cycles: ${exact(layer.latency)}`, bars(cycleBars(layer)), passes(layer)),
    part(`Energy: ${energy(total)}`, bars(energyBars(layer.energy))),
  ];
}

function part(title, ...children) {
  return el("div", { class: `part part-${title.toLowerCase().match(/^[a-z]+/)[0]}` }, el("h3", {}, title), children);
}

function layerHead(layer) {
  const shape = layer.shape.map(([name, value]) => el("span", { class: "dim" }, el("i", {}, name), ` ${value}`));
  const also = layer.also.length ? el("p", { class: "also" }, `also: ${layer.also.join(", ")}`) : null;
  return el("div", { class: "layer-head" },
    el("h2", {}, layer.name, " ", statusBadge(layer.status), layer.from_store ? badge("stored", "mute", "looked up, not solved in this run") : null,
      layer.failed ? badge("search failed", "bad") : null),
    el("p", { class: "shape" }, el("span", { class: "dim" }, layer.kind), shape,
      el("span", { class: "dim" }, `${count(layer.macs)} MACs`),
      layer.instances > 1 ? el("span", { class: "dim" }, `× ${layer.instances} instances`) : null), also);
}

/** Whether the file says so, and the cost model does not object. */
function isProven(layer) {
  return layer.status === "optimal" && !(layer.notes || []).length;
}

function proofLine(layer, limits) {
  const objective = OBJECTIVES[layer.objective];
  const row = (name, text) => (text === null ? null : [name, el("span", { class: "figure" }, text)]);
  const pairs = [
    row(`${objective.name} (${objective.unit})`, layer.value_text),
    row("bound", layer.bound_text),
    row("gap", known(layer.gap) ? percent(layer.gap) : null),
    row("energy", known(layer.energy_pj) ? energy(layer.energy_pj) : null),
    row("latency", known(layer.latency_cycles) ? `${exact(layer.latency_cycles)} cycles` : null),
    row("search", known(layer.solve_time_s) ? duration(layer.solve_time_s) : null),
  ].filter(Boolean);
  const within = limits.length ? ` within the limits (${limitsText(limits)})` : "";
  const claim = isProven(layer) ? el("p", { class: "claim" }, `Proven: no mapping${within} costs less.`) : null;
  return el("div", { class: "proof" }, claim, facts(pairs));
}

function tilingTable(tiling) {
  const product = (factors) => factors.reduce((a, b) => a * b, 1);
  const cell = (factor) => el("td", { class: factor > 1 ? "number" : "number one" }, factor > 1 ? String(factor) : "·");
  return el("div", { class: "scroller" }, el("table", { class: "matrix" },
    el("caption", { class: "unseen" }, "Tiling factors by level and dimension"),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "level"),
      tiling.dimensions.map((d) => el("th", { scope: "col", class: "number" }, d)),
      el("th", { scope: "col", class: "number" }, "product"))),
    el("tbody", {}, tiling.levels.map(([level, factors]) => el("tr", {},
      el("th", { scope: "row" }, el("i", { class: `swatch l-${level.toLowerCase()}` }), level),
      factors.map(cell), el("td", { class: "number" }, exact(product(factors)))))),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "bound"),
      tiling.bounds.map((bound) => el("td", { class: "number" }, String(bound))),
      el("td", { class: "number" }, exact(product(tiling.bounds)))))));
}

function orders(layer) {
  return facts(layer.tiling.orders.map(([level, loops]) => [`${level} order`, loops.length ? loops.join(" → ") : "no loops"]));
}

function loopNest(lines) {
  const line = (text) => {
    const comment = text.trimStart().startsWith("#");
    const words = comment ? null : text.match(/^(\s*)(for|parallel_for) (.*)$/);
    if (words) return el("span", { class: "line" }, words[1], el("b", {}, words[2]), ` ${words[3]}\n`);
    return el("span", { class: comment ? "line comment" : "line" }, `${text}\n`);
  };
  return el("pre", { class: "nest", tabindex: "0", "aria-label": "Loop nest" }, el("code", {}, lines.map(line)),
    el("span", { class: "key" }, "suffix 3: DRAM, 2: SPM, 1: RF, 0: PE"));
}

/** Bars: {name, text, fraction, class}. */
function bars(rows) {
  return el("table", { class: "bars" }, el("tbody", {}, rows.map((row) => el("tr", {},
    el("th", { scope: "row" }, row.name),
    el("td", { class: "number" }, row.text),
    el("td", { class: "number" }, percent(row.fraction)),
    el("td", { class: "track-cell" }, el("div", { class: "track" }, sized(el("i", { class: row.class }), 100 * row.fraction)))))));
}

function usageBar([name, used, capacity, unit, fraction]) {
  return { name, text: `${exact(used)} of ${exact(capacity)} ${unit}`, fraction, class: fraction > 1 ? "c-over" : "c-use" };
}

function cycleBars(layer) {
  const total = layer.latency || 1;
  return CYCLE_SERIES.map((series, i) => ({
    name: i ? `${series.name} (not hidden)` : series.name,
    text: exact(layer.cycles[i]), fraction: layer.cycles[i] / total, class: series.class,
  }));
}

function passes(layer) {
  const p = layer.passes;
  return el("p", { class: "note" }, `${plural(p.spm, "SPM pass").replace("passs", "passes")} of ${exact(p.spm_cycles)} cycles; `
    + `in each ${plural(p.rf, "RF pass").replace("passs", "passes")} of ${exact(p.rf_cycles)}`);
}

function energyBars(parts) {
  const total = parts.reduce((a, b) => a + b, 0) || 1;
  return componentSeries(parts).map((series, i) => ({ name: series.name, text: energy(parts[i]), fraction: parts[i] / total, class: series.class }));
}

function operandTable(rows) {
  const show = (unit, value) => {
    if (value === null) return "";
    if (typeof value === "string") return value;
    return unit === "pJ" ? energy(value) : exact(value);
  };
  return el("div", { class: "scroller" }, el("table", { class: "operands" },
    el("caption", { class: "unseen" }, "Figures of the operands"),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, ""),
      [["O", "output"], ["I", "input"], ["W", "weights"]].map(([x, title]) => el("th", { scope: "col", class: "number", title }, x)))),
    el("tbody", {}, rows.map(([name, unit, ...values]) => el("tr", {},
      el("th", { scope: "row" }, name, unit && unit !== "pJ" ? el("span", { class: "unit" }, ` ${unit}`) : null),
      values.map((value) => el("td", { class: "number" }, show(unit, value))))))));
}
