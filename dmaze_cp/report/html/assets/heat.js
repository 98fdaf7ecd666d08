// Heat maps: a cell for each pair of values of two parameters.

// From the best to the worst; one hue, its lightness tells the order also without colour.
const RAMPS = {
  light: [[11, 60, 111], [60, 130, 184], [150, 192, 222], [233, 241, 247]],
  dark: [[176, 222, 255], [84, 158, 214], [40, 92, 138], [27, 42, 56]],
};
/** Width of a character of a cell's text. */
const CELL_LETTER = 6.8;

function createHeats(figure) {
  if (figure.beside) {
    const plots = figure.heats.map((heat, i) => heatPlot({ ...figure, title: heat.title, name: `${figure.name}-${i}` }, heat, 0, null));
    return { node: plots.map((plot) => plot.node) };
  }
  const [first] = figure.heats;
  const names = [...new Set(figure.heats.flatMap((heat) => [heat.x, heat.y]).filter(Boolean))];
  const axis = (start) => [start, ...names.filter((name) => name !== start)].map((name) => [name, name]);
  const several = figure.heats.length > 1;
  const choices = [{ name: "colour", options: first.shades.map((shade, i) => [String(i), shade.label]) },
    ...(several ? [{ name: "x", options: axis(first.x) }, { name: "y", options: axis(first.y || first.x) }] : [])];
  return chooser(choices, ({ colour, x, y }, controls) => heatPlot(figure, several ? heatOf(figure.heats, x, y) : first, Number(colour), controls));
}

/** The heat map over two parameters, turned if need be; of one parameter it is a row. */
function heatOf(heats, x, y) {
  const other = x === y ? "" : y;
  const found = heats.find((heat) => heat.x === x && heat.y === other);
  if (found) return found;
  const turned = heats.find((heat) => heat.x === other && heat.y === x);
  return { ...turned, x: turned.y, y: turned.x, columns: turned.rows, rows: turned.columns,
    cells: turned.cells.map((cell) => ({ ...cell, column: cell.row, row: cell.column })) };
}

function heatPlot(figure, heat, place, controls) {
  const shade = heat.shades[place];
  const cells = heat.cells.map((cell, i) => ({ ...cell, value: shade.values[i], texts: shade.texts[i] }));
  const known = cells.map((cell) => cell.value).filter((value) => value > 0).map(Math.log10);
  const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
  const part = (value) => (Math.log10(value) - low) / (high - low || 1);
  return createPlot({
    title: place ? shade.title : figure.title, id: `plot-${figure.name}`, zoom: "xy", controls, pick: picker(figure),
    left: Math.min(28 + 7 * Math.max(...heat.rows.map((name) => name.length), 2), 130),
    legend: legendOf([...(known.length ? [["lower", null], [el("i", { class: "ramp" }), null], ["higher", null]] : []),
      ...heat.legend, ...(cells.some((cell) => cell.is_best) ? [[swatch("ring"), "best"]] : [])]),
    height: Math.min(Math.max(heat.rows.length * 36 + 60, 320), 480),
    x: { scale: "band", names: heat.columns, domain: [0, heat.columns.length], label: heat.y ? `${heat.x} →, ${heat.y} ↑` : heat.x },
    y: { scale: "band", names: heat.rows, domain: [0, heat.rows.length] },
    draw: (group, view) => cells.forEach((cell) => drawCell(group, view, cell, part)),
    mark: (group, view, key) => {
      const cell = cells.find((one) => one.keys.includes(key));
      if (cell) group.append(ring(cellBox(view, cell), 1.5, "cell-chosen"));
    },
    hit: (px, py, view) => {
      const [column, row] = [Math.floor(view.x.back(px)), Math.floor(view.y.back(py))];
      const { left, right, top, bottom } = view.area;
      const inside = px >= left && px <= right && py >= top && py <= bottom;
      const cell = inside ? cells.find((one) => one.column === column && one.row === row) : null;
      return cell ? { datum: cell.key, lines: tipLines(cell.key === null ? [cell.name, []] : figure.tips[cell.key], cell.tip) } : null;
    },
  });
}

function rampColour(t) {
  const stops = RAMPS[theme.dark ? "dark" : "light"];
  const place = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(place), stops.length - 2);
  return stops[i].map((c, k) => Math.round(c + (stops[i + 1][k] - c) * (place - i)));
}

function isBright([r, g, b]) {
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
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

function drawCell(group, view, cell, part) {
  const box = cellBox(view, cell);
  const { left, right, top, bottom } = view.area;
  if (box.x > right || box.x + box.width < left || box.y > bottom || box.y + box.height < top) return;
  const bound = cell.state === "bound";
  const colour = cell.value > 0 ? rampColour(part(cell.value)) : null;
  const paint = colour && `rgb(${colour.join(",")})`;
  // A bound is no value: its colour is faint, under the hatching.
  if (bound) group.append(svg("rect", { ...box, class: paint ? null : "ground", fill: paint, "fill-opacity": paint ? 0.45 : null }));
  group.append(svg("rect", { ...box, class: `cell ${paint || bound ? "" : `state-${cell.state}`}`, "data-key": cell.key,
    fill: bound ? "url(#hatch)" : paint }));
  if (cell.is_best) group.append(ring(box, 4, "cell-best"));
  // Where there is room for none, hatching alone says that it is a bound.
  const text = box.height >= 15 ? cell.texts.find((one) => box.width >= CELL_LETTER * one.length + 2) : null;
  if (!text) return;
  const tone = colour && !bound ? (isBright(colour) ? "on-bright" : "on-dark") : "plain";
  group.append(svg("text", { class: `cell-text ${tone}`, x: box.x + box.width / 2, y: box.y + box.height / 2 + 4, "text-anchor": "middle" }, text));
}
