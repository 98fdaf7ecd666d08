"""Dimensions that are tiled together, and their options."""

from __future__ import annotations

from dataclasses import dataclass

from dmaze_cp.cost.batch import Bools, Ints
from dmaze_cp.levels import LEVELS
from dmaze_cp.workload import Kind

GROUPS = {
    Kind.CONV: (("N",), ("M",), ("C",), ("Ox", "Fx"), ("Oy", "Fy")),
    Kind.DEPTHWISE: (("N",), ("M",), ("C",), ("Ox", "Fx"), ("Oy", "Fy")),
    Kind.GEMM: (("X",), ("Y",), ("K",)),
}


@dataclass(frozen=True, eq=False)
class Group:
    """Dimensions that are tiled together.

    Attributes
    ----------
    dimensions
        One or two names.
    factors
        Options: shape (levels, dimensions, options), levels in the order of `LEVELS`.
    """

    dimensions: tuple[str, ...]
    factors: Ints

    def __len__(self) -> int:
        return int(self.factors.shape[2])

    def factor(self, level: str, dimension: str) -> Ints:
        """One factor of every option."""
        column: Ints = self.factors[LEVELS.index(level), self.dimensions.index(dimension)]
        return column

    def take(self, options: Ints | Bools) -> Group:
        """The group with some of its options only."""
        return Group(self.dimensions, self.factors[:, :, options])
