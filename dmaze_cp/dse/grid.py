"""The designs of a sweep over two of their parameters, and what is known of each cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, isfinite
from typing import Final

from dmaze_cp.dse.figures import SweepFigures
from dmaze_cp.dse.result import PointStatus, SweepPoint

_FIRST: Final = (("rf_bytes",), ("spm_kb", "spm_bytes", "spm_banks"), ("pes",))
"""Parameters that are looked at first, where more than two vary."""


class CellState(StrEnum):
    """What is known of the designs of a cell."""

    PROVEN = "proven"
    """The value is that of the best mappings."""
    FOUND = "found"
    """Better mappings may exist, or a design that was not mapped may cost less."""
    BOUNDED = "bounded"
    """No value: skipped, or the search did not end. The ratio is that of a bound."""
    UNKNOWN = "unknown"
    """Time was over, or a search failed, and no bound is known."""
    INFEASIBLE = "infeasible"
    """Some layer does not fit, or a budget is broken."""
    INVALID = "invalid"
    """No design, because of a rule or because there is no energy."""


@dataclass(frozen=True)
class Cell:
    """The best of the designs with the same two values.

    Attributes
    ----------
    state
        What is known of it.
    position, positions
        Of its point; None for `CellState.INVALID`. Of all points with these values.
    ratio
        Of its value to that of the best design, of its bound where it is `CellState.BOUNDED`;
        None where neither is known.
    least
        Proven: it costs at least so many times what the best design costs.
    is_best
        Whether it is the best of all.
    """

    state: CellState
    position: int | None
    ratio: float | None
    least: float
    positions: tuple[int, ...] = ()
    is_best: bool = False


@dataclass(frozen=True)
class Grid:
    """Designs by two parameters.

    Attributes
    ----------
    rows, columns
        Names of the parameters; `rows` is empty where only one varies.
    row_values, column_values
        Their values, in the order of the space.
    cells
        By the positions of the values; points outside a sample are missing.
    others
        Parameters that vary as well: a cell is the best of all their values.
    causes
        What leaves out points of the space, the most frequent first.
    """

    rows: str
    columns: str
    row_values: tuple[float, ...]
    column_values: tuple[float, ...]
    cells: dict[tuple[int, int], Cell]
    others: tuple[str, ...]
    causes: tuple[str, ...] = ()

    @property
    def states(self) -> set[CellState]:
        """The states that occur."""
        return {cell.state for cell in self.cells.values()}


def grid_of(sweep: SweepFigures, *names: str) -> Grid | None:
    """The designs over two parameters; None where none varies.

    Without names they are those that matter most: RF and SPM, if they vary, then the PEs, then
    the first ones.
    """
    chosen = names or _axes(sweep.swept)
    if not chosen:
        return None
    values = {p.name: p.values for p in sweep.result.space.parameters}
    rows, columns = ("", *chosen)[-2:]
    # The axis with more values is the one that has more room.
    if rows and len(values[columns]) > len(values[rows]):
        rows, columns = columns, rows
    row_values = values[rows] if rows else (0,)
    row_at = {value: k for k, value in enumerate(row_values)}
    column_at = {value: k for k, value in enumerate(values[columns])}
    groups: dict[tuple[int, int], list[Cell]] = {}
    for parameters, cell in _cells(sweep):
        row = row_at[parameters[rows]] if rows else 0
        groups.setdefault((row, column_at[parameters[columns]]), []).append(cell)
    return Grid(
        rows,
        columns,
        tuple(row_values),
        tuple(values[columns]),
        {place: _best(cells) for place, cells in groups.items()},
        tuple(name for name in sweep.swept if name not in chosen),
        tuple(cause for cause, _ in Counter(p.cause for p in sweep.result.invalid).most_common()),
    )


def _axes(swept: tuple[str, ...]) -> tuple[str, ...]:
    if len(swept) <= 2:
        return swept
    preferred = [name for names in _FIRST for name in names if name in swept]
    return tuple(dict.fromkeys((*preferred, *swept)))[:2]


def _cells(sweep: SweepFigures) -> Iterable[tuple[dict[str, float], Cell]]:
    best = sweep.result.best
    for position, point in enumerate(sweep.result.points):
        state = _state(point)
        value, bound = (None if v is None else sweep.ratio(v) for v in (point.value, point.bound))
        ratio, least = {
            CellState.PROVEN: (value, value),
            CellState.FOUND: (value, bound),
            CellState.BOUNDED: (bound, bound),
            CellState.UNKNOWN: (None, 0.0),
        }.get(state, (None, inf))
        cell = Cell(state, position, ratio, least or 0.0, (position,), position == best)
        yield point.design.parameters, cell
    for invalid in sweep.result.invalid:
        yield invalid.parameters, Cell(CellState.INVALID, None, None, inf)


def _state(point: SweepPoint) -> CellState:
    if point.is_mapped:
        is_proven = point.status is PointStatus.OPTIMAL
        return CellState.PROVEN if is_proven else CellState.FOUND
    if point.status is PointStatus.INFEASIBLE:
        return CellState.INFEASIBLE
    return CellState.BOUNDED if isfinite(point.bound) and point.bound > 0 else CellState.UNKNOWN


def _best(cells: list[Cell]) -> Cell:
    """The cheapest design that is mapped; else the one that may cost least."""
    order = list(CellState)
    all_of_them = tuple(p for cell in cells for p in cell.positions)
    mapped = [cell for cell in cells if cell.state in {CellState.PROVEN, CellState.FOUND}]
    if not mapped:
        # Without a best design bounds have no ratio: nothing is less known than what is unknown.
        unknown = CellState.UNKNOWN
        chosen = min(cells, key=lambda c: (c.least, c.state is not unknown, order.index(c.state)))
        return replace(chosen, positions=all_of_them)
    chosen = min(mapped, key=lambda cell: (not cell.is_best, cell.ratio or 0.0))
    may_be_less = any(cell.least < (chosen.ratio or 0.0) for cell in cells)
    state = CellState.FOUND if may_be_less else chosen.state
    return replace(chosen, state=state, positions=all_of_them)
