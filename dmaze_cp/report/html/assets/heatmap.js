// A cell for each pair of values of two parameters, coloured by what the best design there costs.

// From the best to the worst; one hue, its lightness tells the order also without colour.
const RAMPS = {
  light: [[11, 60, 111], [60, 130, 184], [150, 192, 222], [233, 241, 247]],
  dark: [[176, 222, 255], [84, 158, 214], [40, 92, 138], [27, 42, 56]],
};

/** Width of a character of a cell's text. */
const CELL_LETTER = 6.8;

function rampColour(t) {
  const stops = RAMPS[theme.dark ? "dark" : "light"];
  const place = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(place), stops.length - 2);
  return stops[i].map((c, k) => Math.round(c + (stops[i + 1][k] - c) * (place - i)));
}

function isBright([r, g, b]) {
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
}

/**
 * A heat map.
 *
 * cells: {column, row, value or null, texts (the longest first; none says less than it should), best, bound, key
 *   (null: it cannot be selected), lines}
 * options: {title, id, columns, rows (names), x, y (labels), pick(key), controls}
 */
function createHeatmap(cells, options) {
  const values = cells.map((cell) => cell.value).filter((value) => value > 0);
  const [low, high] = decades(values, 0);
  const part = (value) => (Math.log10(value) - low) / (high - low || 1);
  const left = Math.min(28 + 7 * Math.max(...options.rows.map((name) => Math.min(name.length, 16)), 2), 130);
  return createPlot({
    title: options.title, id: options.id, zoom: "xy", left, controls: options.controls, legend: options.legend,
    height: Math.min(Math.max(options.rows.length * 36 + 60, 320), 480),
    x: { scale: "band", names: options.columns, domain: [0, options.columns.length], label: options.x },
    y: { scale: "band", names: options.rows, domain: [0, options.rows.length] },
    draw: (group, view) => cells.forEach((cell) => drawCell(group, view, cell, part)),
    mark: (group, view, key) => {
      const cell = cells.find((one) => one.keys.includes(key));
      if (cell) group.append(ring(cellBox(view, cell), 1.5, "cell-chosen"));
    },
    hit: (px, py, view) => {
      const [column, row] = [Math.floor(view.x.back(px)), Math.floor(view.y.back(py))];
      const inside = px >= view.area.left && px <= view.area.right && py >= view.area.top && py <= view.area.bottom;
      const cell = inside ? cells.find((one) => one.column === column && one.row === row) : null;
      return cell ? { datum: cell.key, lines: cell.lines } : null;
    },
    pick: options.pick,
  });
}

function ring(box, inset, className) {
  const size = (length) => Math.max(length - 2 * inset, 1);
  return svg("rect", { x: box.x + inset, y: box.y + inset, width: size(box.width), height: size(box.height), rx: 2, class: className });
}

function cellBox(view, cell) {
  const [x0, x1] = [view.x.place(cell.column), view.x.place(cell.column + 1)];
  const [y0, y1] = [view.y.place(cell.row + 1), view.y.place(cell.row)];
  const gap = Math.min(1, (x1 - x0) * 0.06, (y1 - y0) * 0.06);
  return { x: x0 + gap, y: y0 + gap, width: x1 - x0 - 2 * gap, height: y1 - y0 - 2 * gap, rx: 2 * gap };
}

function isOutside(box, { left, right, top, bottom }) {
  return box.x > right || box.x + box.width < left || box.y > bottom || box.y + box.height < top;
}

function drawCell(group, view, cell, part) {
  const box = cellBox(view, cell);
  if (isOutside(box, view.area)) return;
  const colour = cell.value > 0 ? rampColour(part(cell.value)) : null;
  const paint = colour && `rgb(${colour.join(",")})`;
  // A bound is no value: its colour is faint, under the hatching.
  if (cell.bound) group.append(svg("rect", { ...box, class: paint ? null : "ground", fill: paint, "fill-opacity": paint ? 0.45 : null }));
  group.append(svg("rect", { ...box, class: `cell ${paint || cell.bound ? "" : cell.class}`, "data-key": cell.key,
    fill: cell.bound ? "url(#hatch)" : paint }));
  if (cell.best) group.append(ring(box, 4, "cell-best"));
  // Where there is room for none, hatching alone says that it is a bound.
  const text = box.height >= 15 ? cell.texts.find((one) => box.width >= CELL_LETTER * one.length + 2) : null;
  if (!text) return;
  const tone = colour && !cell.bound ? (isBright(colour) ? "on-bright" : "on-dark") : "plain";
  group.append(svg("text", { class: `cell-text ${tone}`, x: box.x + box.width / 2, y: box.y + box.height / 2 + 4, "text-anchor": "middle" }, text));
}
