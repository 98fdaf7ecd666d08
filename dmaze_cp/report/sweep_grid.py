"""The designs of a sweep over two of their parameters: what heat maps show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import floor, isfinite
from typing import Final

from dmaze_cp.dse.result import PointStatus, SweepPoint
from dmaze_cp.errors import printable
from dmaze_cp.report.sweep_figures import Sweep

_FIRST: Final = (("rf_bytes",), ("spm_kb", "spm_bytes", "spm_banks"), ("pes",))
"""Parameters that are looked at first, where more than two vary."""

_MOST_CAUSES: Final = 4


class CellState(StrEnum):
    """What is known of the designs of a cell."""

    PROVEN = "proven"
    """The value is that of the best mappings."""
    FOUND = "found"
    """Better mappings may exist."""
    SKIPPED = "skipped"
    """Proven to be no better than another design: there is a bound."""
    UNKNOWN = "unknown"
    """Time was over, or a search failed."""
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
    position
        Of its point; None for `CellState.INVALID`.
    ratio
        Of its value to that of the best design, of its bound where it is skipped; None where
        neither is known.
    designs
        How many designs it is the best of.
    is_best
        Whether it is the best of all.
    """

    state: CellState
    position: int | None
    ratio: float | None
    designs: int = 1
    is_best: bool = False

    @property
    def shown_ratio(self) -> float | None:
        """The ratio to two places; a bound is never shown as more than it is."""
        if self.ratio is None or self.state is not CellState.SKIPPED:
            return self.ratio
        return floor(self.ratio * 100) / 100


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
    def causes_text(self) -> str:
        """The causes in a few words."""
        more = len(self.causes) - _MOST_CAUSES
        named = ", ".join(self.causes[:_MOST_CAUSES])
        return printable(f"{named} and {more} more" if more > 0 else named)

    @property
    def states(self) -> set[CellState]:
        """The states that occur."""
        return {cell.state for cell in self.cells.values()}


def grid_of(sweep: Sweep) -> Grid | None:
    """The designs over the two parameters that matter most; None where none varies.

    Of more than two these are RF and SPM, if they vary, then the PEs, then the first ones.
    """
    chosen = _axes(sweep.swept)
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


def _cells(sweep: Sweep) -> Iterable[tuple[dict[str, float], Cell]]:
    best = sweep.result.best
    for position, point in enumerate(sweep.result.points):
        state = _state(point)
        known = {
            CellState.PROVEN: point.value,
            CellState.FOUND: point.value,
            CellState.SKIPPED: point.bound if isfinite(point.bound) else None,
        }.get(state)
        ratio = None if known is None else sweep.ratio(known)
        yield point.design.parameters, Cell(state, position, ratio, 1, position == best)
    for invalid in sweep.result.invalid:
        yield invalid.parameters, Cell(CellState.INVALID, None, None)


def _state(point: SweepPoint) -> CellState:
    return {
        PointStatus.OPTIMAL: CellState.PROVEN,
        PointStatus.FEASIBLE: CellState.FOUND,
        PointStatus.SKIPPED: CellState.SKIPPED,
        PointStatus.INFEASIBLE: CellState.INFEASIBLE,
    }.get(point.status, CellState.UNKNOWN)


def _best(cells: list[Cell]) -> Cell:
    """A design that is mapped, the cheapest first; else the one most is known of."""
    order = list(CellState)

    def place(cell: Cell) -> tuple[bool, bool, float, int]:
        mapped = cell.state in {CellState.PROVEN, CellState.FOUND}
        ratio = float("inf") if cell.ratio is None else cell.ratio
        return not cell.is_best, not mapped, ratio, order.index(cell.state)

    return replace(min(cells, key=place), designs=len(cells))
