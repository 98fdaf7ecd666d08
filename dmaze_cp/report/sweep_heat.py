"""The heat map of a sweep as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.sweep_block_kinds import Block, Grille, Heading, Note
from dmaze_cp.report.sweep_figures import Sweep, short
from dmaze_cp.report.sweep_grid import Cell, CellState, Grid, grid_of

_LEGEND: Final = {
    CellState.FOUND: "*      better mappings of this design may exist",
    CellState.SKIPPED: "·      skipped: costs at least so much, proven (`--all` maps every design)",
    CellState.UNKNOWN: "?      not known: time was over, or a search failed",
    CellState.INFEASIBLE: "n      some layer does not fit, or a budget is broken",
    CellState.INVALID: "x      no design: {causes}",
}


def heat_map_blocks(sweep: Sweep) -> Iterator[Block]:
    """The heat map with its legend; nothing without a design to compare with."""
    grid = grid_of(sweep)
    if grid is None or sweep.result.best is None or len(sweep.result.points) < 2:
        return
    name = objective_name(sweep.result.objective)
    axes = f"{grid.rows} (down) and {grid.columns}" if grid.rows else grid.columns
    yield Heading(f"{name} by {axes}, in multiples of the best")
    headers = (grid.rows, *map(short, grid.column_values))
    rows = tuple(
        (
            short(value) if grid.rows else name,
            *(cell_text(grid.cells.get((row, k))) for k in range(len(grid.column_values))),
        )
        for row, value in enumerate(grid.row_values)
    )
    yield Grille(headers, rows)
    yield from _legend(grid)


def cell_text(cell: Cell | None) -> str:
    """A cell of the heat map, in few characters."""
    if cell is None:
        return ""
    mark = {CellState.UNKNOWN: "?", CellState.INFEASIBLE: "n", CellState.INVALID: "x"}
    ratio = cell.shown_ratio
    if ratio is None:
        return mark.get(cell.state, "·" if cell.state is CellState.SKIPPED else "-")
    text = f"{ratio:.2f}" if ratio < 99.995 else f"{ratio:.0f}" if ratio < 1e4 else f"{ratio:.0e}"
    if cell.is_best:
        return f"[{text}]"
    start = "·" if cell.state is CellState.SKIPPED else ""
    return f"{start}{text}{'*' if cell.state is CellState.FOUND else ''}"


def _legend(grid: Grid) -> Iterator[Block]:
    yield Note("[1.00] the best design")
    for state, text in _LEGEND.items():
        if state in grid.states:
            yield Note(text.format(causes=grid.causes_text))
    if grid.others:
        yield Note(f"each cell is the best of all values of {', '.join(grid.others)}")
