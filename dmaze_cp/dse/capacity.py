"""Quantities that depend on the capacity of a memory: tables and simple formulas."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Protocol

from dmaze_cp.errors import DmazeError, Problem, SpecError
from dmaze_cp.spec.expressions import ExpressionError, evaluate_expression, parse_expression
from dmaze_cp.spec.fields import describe
from dmaze_cp.spec.sizes import size_text

MAX_FIGURE: Final = 1e12
"""Largest energy (pJ) or area (mm2) that is accepted."""


class OutOfRangeError(DmazeError):
    """A table has no figure for a capacity, or a formula none that can be used.

    Attributes
    ----------
    subject
        What has no figure, such as ``RF energy``: what designs that are left out have in common.
    """

    def __init__(self, text: str, subject: str = "") -> None:
        super().__init__(text)
        self.subject = subject


class ByCapacity(Protocol):
    """A figure of a memory, by its capacity in bytes."""

    def at(self, capacity_bytes: int) -> float:
        """The figure; `OutOfRangeError` where there is none."""


@dataclass(frozen=True)
class Constant:
    """The same figure whatever the capacity."""

    value: float

    def __post_init__(self) -> None:
        _check({"": self.value})
        object.__setattr__(self, "value", float(self.value))

    def at(self, capacity_bytes: int) -> float:  # noqa: ARG002 - the same for all
        """The figure."""
        return self.value


@dataclass(frozen=True)
class PerByte:
    """A figure proportional to the capacity."""

    per_byte: float

    def __post_init__(self) -> None:
        _check({"": self.per_byte})

    def at(self, capacity_bytes: int) -> float:
        """The figure of so many bytes."""
        return self.per_byte * capacity_bytes


@dataclass(frozen=True)
class Formula:
    """A figure by a formula in ``bytes``, such as ``0.96 * (bytes / 512) ** 0.8``.

    Raises
    ------
    SpecError
        When the text is no formula (see `dmaze_cp.spec.expressions`).
    """

    text: str
    tree: ast.expr = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tree = parse_expression(self.text, ("bytes",), condition=False)
        object.__setattr__(self, "tree", tree)

    def at(self, capacity_bytes: int) -> float:
        """The figure of so many bytes.

        Raises
        ------
        OutOfRangeError
            When the formula gives none there, or one that is not from 0 to 1e12.
        """
        place = f"{self.text!r} for {size_text(capacity_bytes)}"
        try:
            figure = float(evaluate_expression(self.tree, {"bytes": capacity_bytes}))
        except (ExpressionError, OverflowError) as error:
            raise OutOfRangeError(f"{place} gives {error}") from None
        if not 0 <= figure <= MAX_FIGURE:
            raise OutOfRangeError(f"{place} gives {figure:.6g}")
        return figure


@dataclass(frozen=True)
class Table:
    """Figures for some capacities.

    Attributes
    ----------
    entries
        (bytes, figure), ascending by bytes.
    interpolate
        Whether figures between two entries are interpolated: by the power law through both,
        which is linear in the logarithms. Nothing is ever extrapolated.

    Raises
    ------
    SpecError
        When there is no entry, or one is no figure for a positive capacity.
    """

    entries: tuple[tuple[int, float], ...]
    interpolate: bool = True

    def __post_init__(self) -> None:
        problems = list(_problems({str(size): figure for size, figure in self.entries}))
        if not self.entries:
            problems.append(Problem("", "an empty table", "at least one entry"))
        sizes = sorted(size for size, _ in self.entries)
        problems += [
            Problem(str(size), "a capacity twice", "one figure for each")
            for size, following in pairwise(sizes)
            if size == following
        ]
        if sizes and sizes[0] < 1:
            problems.append(Problem(str(sizes[0]), "no capacity", "a positive number of bytes"))
        if problems:
            raise SpecError(problems)
        entries = tuple((size, float(figure)) for size, figure in sorted(self.entries))
        object.__setattr__(self, "entries", entries)

    def at(self, capacity_bytes: int) -> float:
        """The figure of so many bytes.

        Raises
        ------
        OutOfRangeError
            When the capacity is outside the table, or between its entries and figures are not
            interpolated, or no power law goes through both because one is 0.
        """
        known = dict(self.entries)
        if capacity_bytes in known:
            return known[capacity_bytes]
        smallest, largest = self.entries[0][0], self.entries[-1][0]
        if not self.interpolate or not smallest < capacity_bytes < largest:
            raise OutOfRangeError(f"no entry for {size_text(capacity_bytes)} in {self}")
        upper = next(i for i, (size, _) in enumerate(self.entries) if size > capacity_bytes)
        (low, below), (high, above) = self.entries[upper - 1], self.entries[upper]
        if below == above:
            return below
        if below == 0 or above == 0:
            raise OutOfRangeError(f"no power law to 0 for {size_text(capacity_bytes)} in {self}")
        share = math.log(capacity_bytes / low) / math.log(high / low)
        return float(below * (above / below) ** share)

    def __str__(self) -> str:
        first, last = size_text(self.entries[0][0]), size_text(self.entries[-1][0])
        return f"the table of {len(self.entries)} from {first} to {last}"


def is_interpolated(figures: ByCapacity | None, capacity_bytes: int) -> bool:
    """Whether a figure is between two entries of a table."""
    return isinstance(figures, Table) and capacity_bytes not in dict(figures.entries)


def _problems(figures: dict[str, float]) -> list[Problem]:
    return [
        Problem(where, describe(figure), "a number from 0 to 1e12")
        for where, figure in figures.items()
        if not 0 <= figure <= MAX_FIGURE
    ]


def _check(figures: dict[str, float]) -> None:
    if problems := _problems(figures):
        raise SpecError(problems)
