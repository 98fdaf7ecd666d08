// How a plot answers to the pointer and to keys.

const NEW_GESTURE_MS = 350;
let lastWheel = { time: -Infinity, plot: null };

// A page that is being scrolled goes on scrolling when a plot comes under the pointer.
window.addEventListener("wheel", (event) => {
  const inside = event.target instanceof Element && event.target.closest(".surface");
  if (!inside) lastWheel = { time: event.timeStamp, plot: null };
}, { passive: true });

function listen(plot) {
  const { surface } = plot;
  surface.addEventListener("wheel", (event) => onWheel(plot, event), { passive: false });
  surface.addEventListener("pointerdown", (event) => onDown(plot, event));
  surface.addEventListener("pointermove", (event) => onMove(plot, event));
  surface.addEventListener("pointerup", (event) => onUp(plot, event));
  surface.addEventListener("pointercancel", () => endDrag(plot));
  surface.addEventListener("pointerleave", () => tip.hide());
  surface.addEventListener("keydown", (event) => onKey(plot, event));
}

function placeOf(plot, event) {
  const box = plot.surface.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function onWheel(plot, event) {
  const ongoing = event.timeStamp - lastWheel.time < NEW_GESTURE_MS;
  const elsewhere = ongoing && lastWheel.plot !== plot;
  lastWheel = { time: event.timeStamp, plot: elsewhere ? lastWheel.plot : plot };
  // Zooming out from the whole is scrolling.
  if (elsewhere || (event.deltaY > 0 && plot.window === null)) {
    lastWheel.plot = null;
    return;
  }
  event.preventDefault();
  zoomBy(plot, event.deltaY < 0 ? 0.8 : 1.25, placeOf(plot, event));
}

function onDown(plot, event) {
  if (event.button !== 0 || !plot.view) return;
  plot.drag = { from: placeOf(plot, event), moved: false, touch: event.pointerType === "touch", window: plot.window };
  plot.surface.setPointerCapture(event.pointerId);
}

function onMove(plot, event) {
  if (!plot.view) return;
  const at = placeOf(plot, event);
  if (!plot.drag) {
    hover(plot, at, event);
    return;
  }
  const [dx, dy] = [at[0] - plot.drag.from[0], at[1] - plot.drag.from[1]];
  if (Math.hypot(dx, dy) > 5) plot.drag.moved = true;
  if (!plot.drag.moved) return;
  tip.hide();
  if (plot.drag.touch || event.shiftKey) pan(plot, dx, dy);
  else showBrush(plot, plot.drag.from, at);
}

function onUp(plot, event) {
  const { drag } = plot;
  endDrag(plot);
  if (!drag) return;
  const at = placeOf(plot, event);
  if (!drag.moved) {
    const found = plot.spec.hit(at[0], at[1], plot.view);
    if (canPick(plot, found)) plot.spec.pick(found.datum);
    if (found && drag.touch) tip.show(found.lines, event.clientX, event.clientY);
  } else if (!drag.touch && !event.shiftKey) {
    brushed(plot, drag.from, at);
  }
}

function endDrag(plot) {
  plot.drag = null;
  if (plot.brush) plot.brush.setAttribute("visibility", "hidden");
}

function canPick(plot, found) {
  return Boolean(found && plot.spec.pick && found.datum !== null);
}

function hover(plot, at, event) {
  const found = plot.spec.hit(at[0], at[1], plot.view);
  plot.surface.classList.toggle("over", canPick(plot, found));
  if (found) tip.show(found.lines, event.clientX, event.clientY);
  else tip.hide();
}

function showBrush(plot, from, to) {
  const { area } = plot.view;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const xs = [from[0], to[0]].map((x) => clamp(x, area.left, area.right)).sort((a, b) => a - b);
  const ys = plot.spec.zoom === "xy"
    ? [from[1], to[1]].map((y) => clamp(y, area.top, area.bottom)).sort((a, b) => a - b)
    : [area.top, area.bottom];
  fill(plot.brush, { x: xs[0], y: ys[0], width: xs[1] - xs[0], height: ys[1] - ys[0], visibility: "visible" }, []);
}

function brushed(plot, from, to) {
  const { view, spec } = plot;
  const between = (scale, a, b) => [scale.back(a), scale.back(b)].sort((p, q) => p - q);
  zoomTo(plot, {
    x: between(view.x, from[0], to[0]),
    y: spec.zoom === "xy" ? between(view.y, from[1], to[1]) : null,
  });
}

function pan(plot, dx, dy) {
  const { view, drag, spec } = plot;
  if (!drag.window) return;
  const shift = (domain, part) => domain.map((v) => v - part * (domain[1] - domain[0]));
  const { area } = view;
  zoomTo(plot, {
    x: shift(drag.window.x, dx / (area.right - area.left)),
    y: spec.zoom === "xy" ? shift(drag.window.y, -dy / (area.bottom - area.top)) : null,
  });
}

function onKey(plot, event) {
  const step = 60;
  const actions = {
    "+": () => zoomBy(plot, 0.8), "=": () => zoomBy(plot, 0.8), "-": () => zoomBy(plot, 1.25),
    0: () => zoomTo(plot, null), Escape: () => zoomTo(plot, null),
    ArrowLeft: () => nudge(plot, step, 0), ArrowRight: () => nudge(plot, -step, 0),
    ArrowUp: () => nudge(plot, 0, step), ArrowDown: () => nudge(plot, 0, -step),
  };
  const isPan = event.key.startsWith("Arrow");
  if (!actions[event.key] || event.ctrlKey || event.metaKey || (isPan && !plot.window)) return;
  event.preventDefault();
  actions[event.key]();
}

function nudge(plot, dx, dy) {
  plot.drag = { window: plot.window };
  pan(plot, dx, dy);
  plot.drag = null;
}

/** Zoom by a factor (below 1: in) around a place, the middle by default. */
function zoomBy(plot, factor, at) {
  if (!plot.view) return;
  const { view, spec } = plot;
  const { area } = view;
  const [px, py] = at || [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
  const around = (domain, centre) => domain.map((v) => centre + (v - centre) * factor);
  zoomTo(plot, {
    x: around(view.x.domain, view.x.back(px)),
    y: spec.zoom === "xy" ? around(view.y.domain, view.y.back(py)) : null,
  });
}

/** Show a part of the domains, kept inside the whole; null shows the whole. */
function zoomTo(plot, wanted) {
  const { x, y, zoom } = plot.spec;
  if (wanted === null) {
    plot.window = null;
  } else {
    const next = { x: kept(wanted.x, x), y: zoom === "xy" ? kept(wanted.y, y) : null };
    const whole = isWhole(next.x, x.domain) && (zoom === "x" || isWhole(next.y, y.domain));
    plot.window = whole ? null : next;
  }
  redraw(plot);
}

function isWhole(window_, domain) {
  return window_[0] <= domain[0] + 1e-9 && window_[1] >= domain[1] - 1e-9;
}

function kept([low, high], axis) {
  const [first, last] = axis.domain;
  const least = Math.min(axis.scale === "band" ? 2 : (last - first) / 500, last - first);
  const span = Math.min(Math.max(high - low, least), last - first);
  const middle = (low + high) / 2;
  const start = Math.min(Math.max(middle - span / 2, first), last - span);
  return [start, start + span];
}
