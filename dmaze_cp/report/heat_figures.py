"""Heat maps of a sweep: the designs over two of their parameters, and over them each layer."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import floor
from typing import Final

from dmaze_cp.dse.alone import layer_sweeps
from dmaze_cp.dse.grid import Cell, CellState, Grid, grid_of
from dmaze_cp.dse.result import PointCause
from dmaze_cp.errors import printable
from dmaze_cp.report import numbers
from dmaze_cp.report.design_words import (
    Quantity,
    key_of,
    quantities,
    title_of,
)
from dmaze_cp.report.figures import (
    Heat,
    HeatCell,
    Heats,
    Shade,
    Tip,
)
from dmaze_cp.report.short_names import short_names
from dmaze_cp.report.sweep_figures import Sweep, short
from dmaze_cp.report.words import objective_name

_LINK: Final = "point"
_MOST_CAUSES: Final = 4
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
    CellState.BOUNDED: ("≥", "hatched: skipped or not finished, proven to cost at least so much"),
    CellState.UNKNOWN: ("?", "not known"),
    CellState.INFEASIBLE: ("n", "no mapping fits, or over a budget"),
    CellState.INVALID: ("x", "no design: {causes}"),
}


def heat_maps(sweep: Sweep, tips: dict[str, Tip] | None = None) -> Heats | None:
    """The objective over the best by the two parameters that tell most.

    With what is said of designs (`tips`) also by any other two, for readers who can choose.
    """
    first = grid_of(sweep)
    if first is None or not sweep.result.points:
        return None
    chosen = {first.columns, first.rows}
    pairs = [*combinations(sweep.swept, 2), *((name,) for name in sweep.swept)]
    others = [pair for pair in pairs if {*pair} != chosen - {""}]
    every = others if tips is not None and len(sweep.swept) > 2 else []
    grids = [first, *(grid for pair in every if (grid := grid_of(sweep, *pair)))]
    name = objective_name(sweep.result.objective)
    measures = quantities(sweep)
    what = f"{name} over the best design's"
    heats = tuple(_heat(sweep, grid, what, measures) for grid in grids)
    return Heats("heat-map", title_of(sweep, what), _LINK, heats, tips or {})


def _heat(
    sweep: Sweep,
    grid: Grid,
    title: str,
    measures: dict[str, Quantity],
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
    for axis, amount, show in measures.values():
        values = [None if c.position is None else amount(c.position) for _, c in places]
        texts = [
            (show(value), short(float(f"{value:.2g}"))) if value else _texts(sweep, cell)[-1:]
            for value, (_, cell) in zip(values, places, strict=True)
        ]
        shades.append(Shade(axis.label, f"{axis.label} by design", tuple(values), tuple(texts)))
    legend = [
        (sign, text.format(causes=_causes(grid)))
        for state, (sign, text) in _MEANINGS.items()
        if state in grid.states
    ]
    if grid.others:
        legend.append(("", f"each the best of all {', '.join(grid.others)}"))
    cells = tuple(_heat_cell(sweep, column, row, c, grid) for (row, column), c in places)
    name = objective_name(sweep.result.objective)
    rows = tuple(map(short, grid.row_values)) if grid.rows else (name,)
    columns = tuple(map(short, grid.column_values))
    axes = f"{grid.rows} (down) and {grid.columns}" if grid.rows else grid.columns
    return Heat(
        *(grid.columns, grid.rows, columns, rows, cells, tuple(shades), tuple(legend)),
        title=f"{name} by {axes}, in multiples of the best",
    )


def _texts(sweep: Sweep, cell: Cell) -> tuple[str, ...]:
    """A cell's texts, the longest first; none says more than is known."""
    if cell.ratio is not None:
        return _ratios(cell.ratio, cell.state)
    if cell.state is CellState.INFEASIBLE and cell.position is not None:
        # A budget is broken by a design that has its mappings.
        over = sweep.point(cell.position).cause is PointCause.POWER
        return ("over power" if over else "no fit", "n")
    return {CellState.UNKNOWN: ("?",), CellState.INVALID: ("x",)}.get(cell.state, ("–",))


def _ratios(ratio: float, state: CellState) -> tuple[str, ...]:
    """A ratio with its sign (``1.23``, a bound ``≥1.23``, what may be less ``1.23*``).

    Then with fewer digits. A bound is never shown as more than it is.
    """
    if state is CellState.BOUNDED:
        return tuple(f"≥{numbers.digits(ratio, floor, places)}" for places in (2, 1, 0))
    star = "*" * (state is CellState.FOUND)
    return tuple(f"{numbers.digits(ratio, round, places)}{star}" for places in (2, 1))


def _causes(grid: Grid) -> str:
    """What leaves out points of the space, in a few words."""
    more = len(grid.causes) - _MOST_CAUSES
    named = ", ".join(grid.causes[:_MOST_CAUSES])
    return printable(f"{named} and {more} more" if more > 0 else named)


def _heat_cell(sweep: Sweep, column: int, row: int, cell: Cell, grid: Grid) -> HeatCell:
    keys = tuple(key_of(sweep, position) for position in cell.positions)
    if cell.position is None:
        causes = ("because of", _causes(grid))
        return HeatCell(column, row, None, (), "invalid", False, (causes,), "no design")
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
    alone, of = layer_sweeps(sweep.result)
    titles = _titles(sweep)
    heats = []
    for each in alone:
        title, single = titles[each.network, each.layer], Sweep(each.result)
        grid = grid_of(single)
        if grid is not None and single.result.best is not None:
            heat = _heat(single, grid, title, {})
            heats.append(replace(heat, title=title))
    if of < 2 or not heats:
        return None
    what = f"{objective_name(sweep.result.objective)} of each layer over its best design's"
    if len(heats) < of:
        what += f", the {len(heats)} costliest of {of}"
    return Heats("layers", title_of(sweep, what), _LINK, tuple(heats), {}, beside=True)


def _titles(sweep: Sweep) -> dict[tuple[int, str], str]:
    """Names of all layers, with their network's where there are several."""
    workloads = [network.workload for network in sweep.result.networks]
    networks = short_names(workload.name for workload in workloads)
    return {
        (place, name): f"{networks[workload.name]}: {short}" if len(workloads) > 1 else short
        for place, workload in enumerate(workloads)
        for name, short in short_names(layer.name for layer in workload).items()
    }
