"""Figures of a sweep: heat maps, the front, energies, networks, and the best design's roofline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from math import isfinite
from typing import Final, NamedTuple

from dmaze_cp.dse.result import PointCause, PointStatus, SweepPoint
from dmaze_cp.report import numbers
from dmaze_cp.report.figures import (
    Axis,
    Figure,
    Heat,
    HeatCell,
    Heats,
    Kind,
    Line,
    Scatter,
    Series,
    Shade,
    Stack,
    StackRow,
    Tip,
)
from dmaze_cp.report.layer_figures import energy_series, roofline
from dmaze_cp.report.short_names import short_names
from dmaze_cp.report.sweep_alone import layer_sweeps
from dmaze_cp.report.sweep_figures import Figures, Sweep, short
from dmaze_cp.report.sweep_grid import Cell, CellState, Grid, grid_of
from dmaze_cp.report.sweep_why import rivals_of
from dmaze_cp.report.words import objective_name

LONGEST_NAME: Final = 28
_LINK: Final = "point"
_XS: Final = ("area_mm2", "power_mw", "latency_cycles", "latency_s", "energy_pj")
_MOST_BARS: Final = 24
_MOST_WINNERS: Final = 6
_MOST_LABELS: Final = 8
_STATES: Final = {
    CellState.PROVEN: "value",
    CellState.FOUND: "value",
    CellState.BOUNDED: "bound",
    CellState.UNKNOWN: "none",
    CellState.INFEASIBLE: "none",
    CellState.INVALID: "invalid",
}
_MEANINGS: Final = {
    CellState.FOUND: ("*", "may cost less, not all of it is proven"),
    CellState.BOUNDED: ("≥", "hatched: skipped or not finished, costs at least so much"),
    CellState.UNKNOWN: ("?", "not known"),
    CellState.INFEASIBLE: ("n", "no mapping fits, or over a budget"),
    CellState.INVALID: ("×", "no design: {causes}"),
}


class Quantity(NamedTuple):
    """What designs can be compared by: its axis, what it is of a design, and how to show it."""

    axis: Axis
    of: Callable[[int], float | None]
    show: Callable[[float], str]


def design_figures(sweep: Sweep) -> Iterator[Figure]:
    """The figures of a page, also those of `--plots`; those without data are missing."""
    tips = {key_of(sweep, p): design_tip(sweep, p) for p in range(len(sweep.result.points))}
    for figure in (heat_maps(sweep, tips), front_figure(sweep, tips), energy_figure(sweep, tips)):
        if figure is not None:
            yield figure


def print_figures(sweep: Sweep) -> Iterator[Figure]:
    """All figures of `--plots`: those of `design_figures`, and more that stand for themselves."""
    yield from design_figures(sweep)
    for figure in (layer_maps(sweep), networks_figure(sweep), best_roofline(sweep)):
        if figure is not None:
            yield figure


def key_of(sweep: Sweep, position: int) -> str:
    """What a design is selected by."""
    return str(sweep.point(position).design.index)


def design_tip(sweep: Sweep, position: int) -> Tip:
    """What is said of a design where there is little room."""
    point, figures = sweep.point(position), sweep.figures(position)
    name, area = objective_name(sweep.result.objective), point.design.area_mm2
    rows = [(p, short(point.design.parameters[p])) for p in sweep.swept]
    if figures is not None and point.value is not None:
        rows.append((name, sweep.unit.text(point.value)))
        if point.gap:
            rows.append(("may be less by", numbers.percent(point.gap)))
    elif lower_bound(point):
        rows.append((name, f"at least {sweep.unit.text(point.bound)}"))
    if area is not None:
        rows.append(("area", f"{area:.4g} mm²"))
    if figures is not None:
        rows.append(("energy", numbers.energy(figures.energy_pj)))
        time = numbers.seconds(figures.latency_s)
        same = sweep.unit.hertz is not None
        rows.append(
            ("latency", f"{numbers.count(figures.latency_cycles)} cycles" if same else time)
        )
    return f"design {point.design.index}", (*rows, ("status", str(point.status)))


def lower_bound(point: SweepPoint) -> float | None:
    """What a design without a value that counts cannot cost less than; None: nothing is known."""
    open_ = not point.is_mapped and point.status is not PointStatus.INFEASIBLE
    return point.bound if open_ and isfinite(point.bound) and point.bound > 0 else None


def _quantities(
    sweep: Sweep,
) -> dict[str, Quantity]:
    """What designs can be compared by, apart from the objective; cycles of one clock only."""

    def of(get: Callable[[Figures], float]) -> Callable[[int], float | None]:
        return lambda p: None if (f := sweep.figures(p)) is None else get(f)

    found = {
        "area_mm2": Quantity(
            Axis("area (mm²)"), lambda p: sweep.point(p).design.area_mm2, lambda v: f"{v:.3g}"
        ),
        "power_mw": Quantity(Axis("power (mW)"), sweep.power_mw, lambda v: f"{v:.3g}"),
        "energy_pj": Quantity(
            Axis("energy (pJ)", "pJ", log=True), of(lambda f: f.energy_pj), numbers.energy
        ),
    }
    if sweep.unit.hertz is None:
        axis = Axis("latency (s)", "s", log=True)
        found["latency_s"] = Quantity(axis, of(lambda f: f.latency_s), numbers.seconds)
    else:
        axis = Axis("latency (cycles)", log=True)
        found["latency_cycles"] = Quantity(axis, of(lambda f: f.latency_cycles), numbers.count)
        axis = Axis("EDP (pJ·cycles)", "e", log=True)
        found["edp"] = Quantity(axis, of(lambda f: f.edp), numbers.scientific)
    points = range(len(sweep.result.points))
    return {k: v for k, v in found.items() if any(v.of(p) for p in points)}


def heat_maps(sweep: Sweep, tips: dict[str, Tip]) -> Heats | None:
    """The objective over the best by two parameters; any two, the most telling first."""
    first = grid_of(sweep)
    if first is None or not sweep.result.points:
        return None
    chosen = (first.columns, first.rows) if first.rows else (first.columns,)
    pairs = [*combinations(sweep.swept, 2), *((name,) for name in sweep.swept)]
    others = [p for p in pairs if set(p) != set(chosen)] if len(sweep.swept) > 2 else []
    grids = [first, *(grid for pair in others if (grid := grid_of(sweep, *pair)))]
    name = objective_name(sweep.result.objective)
    quantities = _quantities(sweep)
    what = f"{name} over the best design's"
    heats = tuple(_heat(sweep, grid, what, quantities) for grid in grids)
    return Heats("heat-map", _title(sweep, what), _LINK, heats, tips)


def _heat(
    sweep: Sweep,
    grid: Grid,
    title: str,
    quantities: dict[str, Quantity],
) -> Heat:
    places = list(grid.cells.items())
    shades = [
        Shade(
            "times the best",
            title,
            tuple(cell.ratio for _, cell in places),
            tuple(_texts(sweep, cell) for _, cell in places),
        )
    ]
    for axis, amount, show in quantities.values():
        values = [None if c.position is None else amount(c.position) for _, c in places]
        texts = [
            (show(value), short(float(f"{value:.2g}"))) if value else _texts(sweep, cell)[-1:]
            for value, (_, cell) in zip(values, places, strict=True)
        ]
        shades.append(Shade(axis.label, f"{axis.label} by design", tuple(values), tuple(texts)))
    legend = [
        (sign, text.format(causes=grid.causes_text))
        for state, (sign, text) in _MEANINGS.items()
        if state in grid.states
    ]
    if grid.others:
        legend.append(("", f"best of all {', '.join(grid.others)}"))
    cells = tuple(_heat_cell(sweep, column, row, c, grid) for (row, column), c in places)
    rows = tuple(map(short, grid.row_values)) if grid.rows else ("",)
    columns = tuple(map(short, grid.column_values))
    return Heat(grid.columns, grid.rows, columns, rows, cells, tuple(shades), tuple(legend))


def _texts(sweep: Sweep, cell: Cell) -> tuple[str, ...]:
    """A cell's texts, the longest first; none says more than is known."""
    if cell.state is CellState.BOUNDED and cell.texts:
        return (cell.texts[0].replace("≥", "≥ "), *cell.texts)
    if cell.texts:
        return cell.texts
    if cell.state is CellState.INFEASIBLE and cell.position is not None:
        # A budget is broken by a design that has its mappings.
        over = sweep.point(cell.position).cause is PointCause.POWER
        return ("over power" if over else "no fit", "n")
    return {CellState.UNKNOWN: ("?",), CellState.INVALID: ("×",)}.get(cell.state, ("–",))


def _heat_cell(sweep: Sweep, column: int, row: int, cell: Cell, grid: Grid) -> HeatCell:
    keys = tuple(key_of(sweep, position) for position in cell.positions)
    if cell.position is None:
        causes = ("because of", grid.causes_text)
        return HeatCell(column, row, None, (), "invalid", False, (causes,))
    tip = []
    if cell.state is CellState.FOUND and not sweep.point(cell.position).gap:
        tip.append(("others", "may cost less"))
    if len(cell.positions) > 1:
        tip.append(("best of", numbers.counted(len(cell.positions), "design")))
    return HeatCell(
        *(column, row, key_of(sweep, cell.position), keys, _STATES[cell.state], cell.is_best),
        tuple(tip),
    )


def layer_maps(sweep: Sweep) -> Heats | None:
    """A heat map for each layer, over the design that is best for that layer.

    Nothing where designs were skipped, since too little is known of their layers then. Of many
    layers those are shown that cost most on the best design.
    """
    alone, of = layer_sweeps(sweep)
    heats = []
    for title, single in alone:
        grid = grid_of(single)
        if grid is not None and single.result.best is not None:
            heat = _heat(single, grid, title, {})
            heats.append(replace(heat, title=title))
    if of < 2 or not heats:
        return None
    what = f"{objective_name(sweep.result.objective)} of each layer over its best design's"
    if len(heats) < of:
        what += f", the {len(heats)} costliest of {of}"
    return Heats("layers", _title(sweep, what), _LINK, tuple(heats), {}, beside=True)


def front_figure(sweep: Sweep, tips: dict[str, Tip]) -> Scatter | None:
    """Designs by area (or power, or what there is) and objective, with the front.

    What is a bound is hollow: designs without a value are at what they cannot cost less than,
    those with a gap at what they cannot cost more than.
    """
    result, quantities = sweep.result, _quantities(sweep)
    positions = range(len(result.points))
    values = tuple(_amount(sweep, position) for position in positions)
    mapped = [p for p in positions if result.points[p].is_mapped and values[p]]
    xs = tuple(
        k
        for k in ("area_mm2", "power_mw", "latency_cycles", "latency_s", "energy_pj")
        if k in quantities
    )
    if not mapped or not xs:
        return None
    name = objective_name(result.objective)
    data = {k: tuple(q.of(p) for p in positions) for k, q in quantities.items()}
    axes = {k: q.axis for k, q in quantities.items()}
    unit = {"pJ": "pJ", "s": "s"}.get(sweep.unit.name, "e" if "x" in sweep.unit.name else "")
    axes["value"] = Axis(f"{name} ({sweep.unit.name.replace(' x ', ' × ')})", unit, log=True)
    data["value"] = values
    areas = data.get("area_mm2", ())
    front = (
        [p for p in (result.front or _front_of(mapped, areas, values)) if p in mapped]
        if areas
        else []
    )
    kinds, legend = _kinds(sweep, front)
    steps = [
        (areas[p] or 0.0, values[p] or 0.0) for p in sorted(front, key=lambda p: areas[p] or 0.0)
    ]
    line = Line("front", _stairs(steps), ("area_mm2", "value"))
    named = dict.fromkeys((*front[:: max(1, -(-len(front) // _MOST_LABELS))], *front[-1:]))
    return Scatter(
        "pareto",
        _title(sweep, f"{axes[xs[0]].label.split(' (')[0]} and {name}"),
        _LINK,
        tuple(key_of(sweep, p) for p in positions),
        kinds,
        legend,
        data,
        axes,
        xs[0],
        "value",
        xs,
        ("value", *(k for k in ("energy_pj", "latency_cycles", "latency_s", "edp") if k in axes)),
        (line,) if len(front) > 1 or (front and result.front) else (),
        tips,
        {key_of(sweep, p): design_label(sweep, p) for p in named} if sweep.swept else {},
        f"labels: {' / '.join(sweep.swept)}",
    )


def _amount(sweep: Sweep, position: int) -> float | None:
    """The value of a design, or its bound, in the unit of the sweep."""
    point = sweep.point(position)
    value = point.value if point.is_mapped else lower_bound(point)
    return sweep.unit.amount(value) if value else None


def _stairs(places: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    steps = list(places[:1])
    for (_, before), (x, y) in pairwise(places):
        steps += [(x, before), (x, y)]
    return tuple(steps)


def _front_of(
    mapped: Sequence[int], areas: Sequence[float | None], values: Sequence[float | None]
) -> tuple[int, ...]:
    """Positions that none beats in both area and value, by area."""
    front: list[int] = []
    known = [p for p in mapped if areas and areas[p] is not None]
    for position in sorted(known, key=lambda p: (areas[p] or 0.0, values[p] or 0.0, p)):
        if not front or (values[position] or 0.0) < (values[front[-1]] or 0.0):
            front.append(position)
    return tuple(front)


def _kinds(sweep: Sweep, front: Sequence[int]) -> tuple[tuple[int, ...], tuple[Kind, ...]]:
    """The sort of each design, and the sorts that there are."""
    result = sweep.result
    name = "front of those mapped" if not result.front else "front so far"
    if result.front and result.front_proven:
        name = "front, proven complete"
    on_front = set(front) if len(front) > 1 or result.front else set()

    def kind(position: int) -> Kind:
        point = result.points[position]
        if position == result.best:
            return Kind("best", "best", "star", bool(point.gap), large=True)
        if position in on_front:
            text = f"{name}, may cost less" if point.gap else name
            return Kind(text, "front", hollow=bool(point.gap), large=True)
        if point.is_mapped:
            text = "mapped, may cost less" if point.gap else "mapped"
            return Kind(text, "plain", hollow=bool(point.gap))
        skipped = point.status is PointStatus.SKIPPED
        return Kind(
            f"{'skipped' if skipped else 'not finished'}, at its bound", "bound", "bound", True
        )

    kinds = [kind(position) for position in range(len(result.points))]
    legend = list(dict.fromkeys(kinds))
    return tuple(legend.index(each) for each in kinds), tuple(legend)


def energy_figure(sweep: Sweep, tips: dict[str, Tip]) -> Stack | None:
    """Energy of the best designs by component; those of the front, and their rivals."""
    result = sweep.result
    if result.best is None:
        return None
    first = dict.fromkeys(
        (*(p for p in result.front if result.points[p].is_mapped), *sweep.ranking)
    )
    chosen = sorted(list(first)[:_MOST_BARS], key=sweep.ranking.index)
    roles = {r.position: r.role.replace("runner-up, ", "") for r in rivals_of(sweep)}
    chosen += [p for p, role in roles.items() if p not in chosen and sweep.figures_so_far(p)]
    rows = []
    for position in chosen:
        figures, point = sweep.figures_so_far(position), sweep.point(position)
        if figures is None:
            continue
        parts = tuple(figures.energy_breakdown_pj.get(c, 0.0) for c in sweep.components)
        name = design_label(sweep, position) if sweep.swept else "base"
        role = roles.get(position, "")
        note = "" if point.value is None else sweep.unit.text(point.value) + "*" * bool(point.gap)
        title, about = tips[key_of(sweep, position)]
        spent = tuple((c, numbers.energy(p)) for c, p in zip(sweep.components, parts, strict=True))
        tip = (title, (*about[: len(sweep.swept)], *spent))
        label = name + (f" ({role})" if role not in {"", "runner-up"} else "")
        rows.append(
            StackRow(
                key_of(sweep, position),
                label,
                parts,
                tip,
                f"{objective_name(result.objective)} {note}",
            )
        )
    return Stack(
        "energy",
        _title(sweep, "energy of the best designs"),
        _LINK,
        " / ".join(sweep.swept) or "design",
        Axis("energy", "pJ"),
        energy_series(sweep.components),
        tuple(rows),
        note=_STAR if any(row.note.endswith("*") for row in rows) else "",
    )


_STAR: Final = "*: better mappings of this design may exist"


def networks_figure(sweep: Sweep) -> Stack | None:
    """What each network costs on the best design of each; None for a single network.

    Bars are over what the network costs on its own best design: 1 is that.
    """
    own = {model: p for model in sweep.weights if (p := sweep.result.best_of(model)) is not None}
    if len(sweep.weights) < 2 or sweep.result.best is None or not own:
        return None
    winners = list(dict.fromkeys((sweep.result.best, *own.values())))[:_MOST_WINNERS]
    names = short_names(own, LONGEST_NAME)
    rows = []
    for model, position in own.items():
        least = sweep.network_value(position, model)
        ratios = tuple(
            value / least if least and (value := sweep.network_value(w, model)) else 0.0
            for w in winners
        )
        stars = ["*" if sweep.network_gap(w, model) else "" for w in winners]
        note = "\n".join(f"{r:.3f}{s}" if r else "" for r, s in zip(ratios, stars, strict=True))
        name = names[model] + ("" if sweep.network_is_proven(model) else " (not proven)")
        rows.append(StackRow(model, name, ratios, (model, ()), note))
    series = tuple(
        Series(design_label(sweep, w) + " (best for all)" * (w == sweep.result.best), f"group-{k}")
        for k, w in enumerate(winners)
    )
    return Stack(
        "networks",
        _title(sweep, "the best design of each network"),
        "",
        " / ".join(sweep.swept),
        Axis(f"{objective_name(sweep.result.objective)} over that on its own best design"),
        series,
        tuple(rows),
        beside=True,
        note=_STAR if any("*" in row.note for row in rows) else "",
    )


def best_roofline(sweep: Sweep) -> Scatter | None:
    """Speed over intensity of every layer of the best design."""
    best = sweep.result.best
    if best is None:
        return None
    point = sweep.point(best)
    networks = short_names((network.model for network in point.networks), LONGEST_NAME)
    layers = [(networks[n.model], r) for n in point.networks for r in n.layers if r.cost]
    if not layers:
        return None
    design = f" ({' / '.join(sweep.swept)} {design_label(sweep, best)})" if sweep.swept else ""
    labels = short_names((r.layer.name for _, r in layers), LONGEST_NAME)
    title = _title(sweep, f"roofline of the best design{design}")
    return roofline(title, point.design.architecture, layers, labels)


def design_label(sweep: Sweep, position: int) -> str:
    """The values of a design's parameters, such as ``64 / 128``."""
    parameters = sweep.point(position).design.parameters
    return " / ".join(short(parameters[name]) for name in sweep.swept) or "base"


def _title(sweep: Sweep, what: str) -> str:
    name = sweep.result.space.name
    return f"{short_names([name], LONGEST_NAME)[name]}: {what}"
