// Stacked columns, one for each row: shares, energy by component, cycles by cause.

const WIDEST_COLUMN = 72;

/**
 * Columns.
 *
 * rows: {key, name, values: one for each series, lines: of the tooltip}
 * options: {title, id, series: [{name, class}], format, label, height, pick(key), controls}
 */
function createColumns(rows, options) {
  const totals = rows.map((row) => row.values.reduce((a, b) => a + b, 0));
  const highest = ([low, high]) => {
    const seen = totals.filter((_, i) => i + 1 > low && i < high);
    return [0, (Math.max(...seen, 0) || 1) * 1.04];
  };
  return createPlot({
    title: options.title, id: options.id, height: options.height || 260, zoom: "x", controls: options.controls,
    legend: options.series.length > 1 ? legend(options.series) : null,
    x: { scale: "band", names: rows.map((row) => row.name), domain: [0, Math.max(rows.length, 1)], label: options.x },
    y: { scale: "linear", domain: highest, format: options.format },
    draw: (group, view) => rows.forEach((row, i) => drawColumn(group, view, row, i, options.series)),
    below: true,
    mark: (group, view, key) => markColumn(group, view, rows.findIndex((row) => row.key === key)),
    hit: (px, py, view) => {
      const inside = px >= view.area.left && px <= view.area.right && py >= 0 && py <= view.area.bottom;
      const row = inside ? rows[Math.floor(view.x.back(px))] : null;
      return row ? { datum: row.key, lines: row.lines } : null;
    },
    pick: options.pick,
  });
}

function markColumn(group, view, index) {
  if (index < 0) return;
  const { top, bottom } = view.area;
  const [left, right] = [view.x.place(index), view.x.place(index + 1)];
  const width = Math.min(right - left, WIDEST_COLUMN + 16);
  group.append(svg("rect", { class: "chosen-band", x: (left + right - width) / 2, width, y: top, height: bottom - top }));
}

function drawColumn(group, view, row, index, series) {
  const [left, right] = [view.x.place(index), view.x.place(index + 1)];
  if (right < view.area.left || left > view.area.right) return;
  const width = Math.min(Math.max((right - left) * 0.82, right - left - 6, 0.5), WIDEST_COLUMN);
  let sum = 0;
  row.values.forEach((value, i) => {
    const [bottom, top] = [view.y.place(sum), view.y.place(sum + value)];
    sum += value;
    if (bottom - top <= 0) return;
    group.append(svg("rect", { class: `mark ${series[i].class}`, "data-key": row.key,
      x: (left + right - width) / 2, width, y: top, height: bottom - top }));
  });
}

function legend(series) {
  return el("ul", { class: "legend" }, series.map((one) => el("li", {},
    el("i", { class: `swatch ${one.class}` }), one.name)));
}

const COMPONENT_SERIES = COMPONENTS.map((name) => ({ name, class: `c-${name.toLowerCase()}` }));
/** Leakage, the last, is there only where some machine leaks. */
const componentSeries = (...energies) => COMPONENT_SERIES.slice(0, Math.max(0, ...energies.map((parts) => parts.length)));
const CYCLE_SERIES = [
  { name: "compute", class: "c-compute" },
  { name: "NoC/reduction", class: "c-noc" },
  { name: "DMA", class: "c-dram" },
];
