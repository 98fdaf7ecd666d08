"""Each case's cost as sums and maxima of products, never above the exact cost.

The exact model (`dmaze_cp.cost`) is walked by cases here and written as

    energy  >=  sum_i exp(row_i)              latency  >=  max_p sum_{i in p} exp(row_i)

with rows linear in the atoms of the chosen options (`dmaze_cp.relaxation.atoms`).
Most rows are exact. Differences ``1 - m/k`` of a count ``k`` are concave in ``log k``
and bounded by a chord over the range of ``k``. This module has the parts that
`dmaze_cp.relaxation.energy_terms` and `dmaze_cp.relaxation.latency_terms` are written with;
`dmaze_cp.relaxation.relax` puts a case together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from dmaze_cp.cost.batch import Floats
from dmaze_cp.mapspace import MapSpace, loops
from dmaze_cp.relaxation.atoms import AtomTable
from dmaze_cp.relaxation.cases import Case, free_loops, own_loops


@dataclass(frozen=True, eq=False)
class Term:
    """A product: ``coefficient * exp(row . atoms)``, or that times another sum.

    Attributes
    ----------
    coefficient
        Positive.
    row
        Exponents of the atoms (and of the ``dma.X`` maxima).
    of_pass
        The product is multiplied by the cycles of all SPM passes, ``V * T``.
    """

    coefficient: float
    row: Floats
    of_pass: bool = False

    @property
    def log_coefficient(self) -> float:
        """Natural logarithm of the coefficient."""
        return log(self.coefficient)


Sum = tuple[Term, ...]


class Products:
    """Shorthand for the rows of one case, over the options that are left."""

    def __init__(self, space: MapSpace, table: AtomTable, case: Case) -> None:
        self.layer, self.arch = space.layer, space.architecture
        self.table, self.case, self.basis = table, case, table.basis
        self.kind = space.layer.kind
        self.dims = loops(self.kind)

    def free(self, x: str) -> tuple[str, ...]:
        """Loops that operand `x` does not depend on."""
        return free_loops(self.kind, x)

    def own(self, x: str) -> tuple[str, ...]:
        """Loops that operand `x` depends on."""
        return own_loops(self.kind, x)

    def times(self, level: str, dims: Sequence[str] | None = None) -> Floats:
        """Product of one level's factors; over all dimensions unless told which."""
        return self.basis.factors(level, self.dims if dims is None else dims)

    @property
    def all_passes(self) -> Floats:
        """``A * T``: RF passes in all."""
        return self.times("DRAM") + self.times("SPM")

    @property
    def reuse_dram(self) -> Floats:
        """Reuse of the operand stationary at DRAM (1 for none)."""
        x = self.case.dram
        return self.basis.zero() if x == "none" else self.times("DRAM", self.free(x))

    @property
    def reuse_spm(self) -> Floats:
        """Reuse of the operand stationary at SPM (1 for none)."""
        x = self.case.spm
        return self.basis.zero() if x == "none" else self.times("SPM", self.free(x))

    @property
    def reducing(self) -> Floats:
        """``Q``: PEs that add to one output."""
        return self.times("PE", self.free("O"))

    def one_minus(self, m: int, row: Floats, least: int, most: float) -> Term | None:
        """A lower bound of ``1 - m/k`` for the count ``k = exp(row)`` in [least, most].

        Concave in ``log k``, so above its chord. None where the chord is worth nothing.
        """
        low = max(least, int(exp(self.table.extreme(row, False)) + 0.5))
        high = min(most, exp(self.table.extreme(row, True)) * (1 + 1e-12))
        if low <= m:
            return None
        start = log(1 - m / low)
        if high <= low * (1 + 1e-12):
            return Term(exp(start), self.basis.zero())
        slope = (log(1 - m / high) - start) / (log(high) - log(low))
        return Term(exp(start - slope * log(low)), slope * row)


def times(first: Term, coefficient: float, row: Floats) -> Term:
    """A term multiplied by another product."""
    return Term(first.coefficient * coefficient, first.row + row, first.of_pass)


def present(terms: Sequence[Term | None]) -> Sum:
    """The terms that are there and worth something."""
    return tuple(t for t in terms if t is not None and t.coefficient > 0)
