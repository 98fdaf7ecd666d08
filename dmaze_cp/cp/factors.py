"""Tiling factors as variables, and products of them.

A tiling picks an *option* from every group of dimensions (`dmaze_cp.mapspace`). A table ties the
factors of the group to it, one row an option, with further columns for the products of the group's
factors (and the extents of its input) that the constraints speak of. That is divisibility: the
rows of a dimension's table are the ways to write its bound as a product of four factors.

A product of symbols over several groups is then the product of one column each, an integer
variable under multiplication constraints: exact, however large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, prod

import numpy as np

from dmaze_cp.cost.batch import Floats, Ints
from dmaze_cp.cost.forms import Powers, Symbol
from dmaze_cp.cp.affine import Affine, constant
from dmaze_cp.cp.integers import Columns, IntegerModel
from dmaze_cp.levels import LEVELS
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.relaxation.atoms import AtomTable

FRACTION = 1024
"""What a column of numbers that are no integers is scaled with before it is rounded down."""


class Factors:
    """The tiling factors of some options of a map-space.

    Attributes
    ----------
    integers
        The model that they are variables of.
    space, atoms, options
        The map-space, the logarithms of its symbols, and the options of each group.
    """

    def __init__(self, space: MapSpace, atoms: AtomTable, options: Sequence[Ints]) -> None:
        self.space, self.atoms, self.options = space, atoms, tuple(options)
        self.integers = IntegerModel([len(o) for o in options])
        self._columns: dict[Powers, Columns] = {}
        self._real: dict[Powers, Mapping[int, Ints | Floats]] = {}
        self._scaled: dict[tuple[float, Powers], tuple[int, Affine]] = {}
        self._ranges: dict[Powers, tuple[float, float]] = {}
        self._name()

    def _name(self) -> None:
        """Variables named ``LEVEL_dimension``, and a choice for each group."""
        for g, (group, options) in enumerate(zip(self.space.groups, self.options, strict=True)):
            self.integers.name(g, f"option_{'_'.join(group.dimensions)}")
            for d in group.dimensions:
                for level in LEVELS:
                    made = self.integers.column(g, group.factor(level, d)[options])
                    # Equal columns are one variable, which keeps its first name.
                    if not self.integers.proto.variables[made].name:
                        self.integers.name(made, f"{level}_{d}")

    def columns(self, powers: Powers) -> Columns:
        """A product of symbols as one column for each group that it has symbols of."""
        if powers not in self._columns:
            parts = self.space.table.parts(powers)
            self._columns[powers] = {g: column[self.options[g]] for g, column in parts}
        return self._columns[powers]

    def product(self, powers: Powers) -> Affine:
        """A product of symbols."""
        return self.integers.product(self.columns(powers))

    def least(self, powers: Powers) -> int:
        """The least value of a product."""
        return prod(int(c.min()) for c in self.columns(powers).values())

    def values_of(self, symbol: Symbol) -> list[int]:
        """The values that a symbol can have, ascending."""
        ((_, column),) = self.columns(((symbol, 1),)).items()
        return [int(value) for value in np.unique(column)]

    def range_of(self, powers: Powers) -> tuple[float, float]:
        """Least and largest value of a product of powers of symbols."""
        if powers not in self._ranges:
            columns = self._real_columns(powers).values()
            low, high = prod(float(c.min()) for c in columns), prod(float(c.max()) for c in columns)
            self._ranges[powers] = low, high
        return self._ranges[powers]

    def scaled(self, coefficient: float, powers: Powers) -> tuple[int, Affine]:
        """``coefficient, product``: together at most a coefficient times a product of symbols.

        Quotients of symbols and parts of DMA costs need not be integers: their columns are
        rounded down. Where the coefficient is none, its product with the column of the largest
        values is rounded down, which loses less than rounding the coefficient alone.
        """
        key = (coefficient, powers)
        if key not in self._scaled:
            self._scaled[key] = self._newly_scaled(coefficient, powers)
        return self._scaled[key]

    def _newly_scaled(self, coefficient: float, powers: Powers) -> tuple[int, Affine]:
        columns: dict[int, Ints] = {}
        for g, values in self._real_columns(powers).items():
            whole, scale = _whole(values)
            columns[g] = whole
            coefficient /= scale
        if is_integer(coefficient):
            return round(coefficient), self.integers.product(columns)
        if not columns:
            return floor(coefficient), constant(1)
        g = max(columns, key=lambda g: int(columns[g].max()))
        columns[g] = np.floor(columns[g] * coefficient * (1 - 1e-12)).astype(np.int64)
        return 1, self.integers.product(columns)

    def _real_columns(self, powers: Powers) -> Mapping[int, Ints | Floats]:
        """A product of powers of symbols, some of them negative, as one column a group."""
        if powers not in self._real:
            self._real[powers] = self._new_columns(powers)
        return self._real[powers]

    def _new_columns(self, powers: Powers) -> dict[int, Ints | Floats]:
        table = self.space.table
        known = [(s, power) for s, power in powers if s in table.owner]
        over: dict[int, Ints | Floats] = {
            g: column[self.options[g]]
            for g, column in table.parts(tuple((s, p) for s, p in known if p > 0))
        }
        for symbol, power in powers:
            if symbol not in table.owner:  # a part of a DMA cost: only its logarithm is known
                g, values = self._exponential(symbol)
                over[g] = over.get(g, 1) * values**power
        for g, column in table.parts(tuple((s, -p) for s, p in known if p < 0)):
            divisor = column[self.options[g]]
            value = over.get(g, np.ones_like(divisor))
            integral = value.dtype == np.int64 and not (value % divisor).any()
            over[g] = value // divisor if integral else value / divisor
        return over

    def _exponential(self, symbol: Symbol) -> tuple[int, Floats]:
        """A symbol's group, and its value for each of the options that are left."""
        basis = self.atoms.basis
        at = basis.index[symbol]
        g = next(i for i, s in enumerate(basis.slices) if s.start <= at < s.stop)
        logs = self.atoms.values[g][self.options[g], at - basis.slices[g].start]
        values: Floats = np.exp(logs)
        return g, values


def is_integer(number: float) -> bool:
    """Whether a coefficient that was computed stands for an integer."""
    return abs(number - round(number)) <= 1e-12 * abs(number)


def _whole(values: Ints | Floats) -> tuple[Ints, int]:
    """Integers that divided by a number are at most some values, and that number."""
    if values.dtype == np.int64:
        return np.asarray(values, dtype=np.int64), 1
    scale = FRACTION if float(values.max()) < 2.0**30 else 1
    return np.floor(values * scale * (1 - 1e-9)).astype(np.int64), scale
