"""The heat map of a sweep as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.sweep_block_kinds import Block, Grille, Heading, Note
from dmaze_cp.report.sweep_figures import Sweep, short
from dmaze_cp.report.sweep_grid import Cell, CellState, Grid, grid_of

_LEGEND: Final = {
    CellState.FOUND: "*      may cost less: not all of it is proven",
    CellState.BOUNDED: "≥      skipped or not finished: costs at least so much, proven",
    CellState.UNKNOWN: "?      not known: time was over, or a search failed",
    CellState.INFEASIBLE: "n      some layer does not fit, or a budget is broken",
    CellState.INVALID: "x      no design: {causes}",
}

_MARKS: Final = {CellState.UNKNOWN: "?", CellState.INFEASIBLE: "n", CellState.INVALID: "x"}


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
    text = cell.text or _MARKS.get(cell.state, "-")
    if cell.is_best:
        # What is not proven of it stays beside the bracket.
        return f"[{text.rstrip('*')}]{'*' if text.endswith('*') else ''}"
    return text


def _legend(grid: Grid) -> Iterator[Block]:
    yield Note("[1.00] the best design")
    for state, text in _LEGEND.items():
        if state in grid.states:
            yield Note(text.format(causes=grid.causes_text))
    if grid.others:
        yield Note(f"each cell is the best of all values of {', '.join(grid.others)}")
