"""The best mapping so far, what is still of interest, and how bounds compare with it.

Costs are integers: energies are rounded. Bounds are logarithms of costs before rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, exp, inf, log
from typing import Any

from dmaze_cp.mapping import Dataflow
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.relaxation.cases import Case

MARGIN = 1e-12
"""Relative slack that covers one logarithm or exponential, there and back."""

NO_LOG_COST = 300.0
"""No mapping's cost has so large a logarithm: a higher bound proves a node empty."""


@dataclass(frozen=True, eq=False)
class Found:
    """A mapping that was found: its options in the map-space, its dataflow, its exact costs.

    The case that it was found in is known unless it came from elsewhere.
    """

    options: tuple[int, ...]
    dataflow: Dataflow
    energy_pj: int
    latency_cycles: int
    case: Case | None = None

    @property
    def key(self) -> Key:
        """Which mapping it is."""
        return self.options, self.dataflow

    def value(self, objective: Objective) -> int:
        """What it costs."""
        return objective.of(self.energy_pj, self.latency_cycles)


Key = tuple[tuple[int, ...], Dataflow]
"""Which mapping: its options and its dataflow."""


@dataclass
class Best:
    """The best mappings so far, and the largest cost that is still of interest.

    Attributes
    ----------
    objective
        What is minimised.
    gap
        Relative gap that is good enough.
    cutoff
        Costs from here on are of no interest.
    within
        What else a mapping may cost at most: others are of no interest.
    tie_break
        What decides between mappings of equal cost (None: any of them will do).
    count
        How many of the best are wanted.
    by_tiling
        Between those that are equal in all costs, the tiling and the dataflow decide.
    ranked
        The best so far, best first.
    equals
        Mappings that cost as much as the last that is wanted are of interest.
    aside
        Of these, whole nodes are set aside for a search of their own.
    most_optima
        Up to so many mappings of least cost are counted.
    optima
        Those that were seen.
    """

    objective: Objective
    gap: float = 0.0
    cutoff: int | None = None
    within: tuple[CostLimit, ...] = ()
    tie_break: Objective | None = None
    count: int = 1
    by_tiling: bool = False
    ranked: tuple[Found, ...] = ()
    equals: bool = False
    aside: bool = False
    most_optima: int = 0
    optima: set[Key] = field(default_factory=set)

    @property
    def found(self) -> Found | None:
        """The best mapping so far."""
        return self.ranked[0] if self.ranked else None

    @property
    def value(self) -> int | None:
        """Cost of the best mapping so far."""
        return self.ranked[0].value(self.objective) if self.ranked else None

    @property
    def last(self) -> int | None:
        """Cost of the last of the mappings that are wanted (None: there are not yet so many)."""
        if len(self.ranked) < self.count:
            return None
        return self.ranked[-1].value(self.objective)

    def offer(self, found: Found) -> None:
        """Take a mapping if it is among the best and within the limits."""
        if not all(limit.allows(found.value(limit.objective)) for limit in self.within):
            return
        if any(found.key == other.key for other in self.ranked):
            return
        if self.ranked and found.value(self.objective) < self.ranked[0].value(self.objective):
            self.optima.clear()
        self.ranked = tuple(sorted((*self.ranked, found), key=self._order)[: self.count])

    def _order(self, found: Found) -> tuple[Any, ...]:
        wanted = (self.objective, self.tie_break)
        costs = tuple(found.value(objective) for objective in wanted if objective is not None)
        if not self.by_tiling:
            return costs
        return (*costs, found.options, found.dataflow.dram, found.dataflow.spm)

    def has_only_equals(self, bound: float) -> bool:
        """Whether what costs at least so much holds nothing better, but perhaps equals."""
        return self.aside and self.last is not None and bound >= self.last

    @property
    def target(self) -> int | float:
        """Largest cost of interest (inf: any).

        Below the last that is wanted, or by the gap below; as much as that where equals count.
        """
        above: int | float = inf if self.cutoff is None else self.cutoff
        if self.last is not None and self.equals:
            above = min(above, self.last + 1)
        elif self.last is not None:
            # Exact: the gap that is reported must not exceed the one asked for.
            wanted = ceil(self.last * (1 - Fraction(self.gap)))
            above = min(above, self.last, wanted)
        return above - 1

    def log_target(self, least_energy_pj: float) -> float:
        """Logarithm of the largest cost of interest before rounding; -inf: none is.

        Parameters
        ----------
        least_energy_pj
            No mapping in question has less.
        """
        return log_most(self.objective, self.target, least_energy_pj)


def log_most(objective: Objective, most: float, least_energy_pj: float) -> float:
    """Logarithm of the largest cost before rounding, for a cost after; -inf: there is none.

    `NO_LOG_COST` stands for any.
    """
    if most == inf:
        return NO_LOG_COST
    if most < 0:
        return -inf
    loose = unrounded(objective, most, least_energy_pj)
    if loose == inf:
        return NO_LOG_COST
    return log(loose) + MARGIN if loose > 0 else -inf


def unrounded(objective: Objective, cost: float, least_energy_pj: float) -> float:
    """Largest cost before the energy is rounded, for a cost after.

    Rounding moves an energy by at most 0.5: ``E <= E_r + 0.5``, and for the product
    ``E L <= E_r L (1 + 0.5 / E_r)`` with ``E_r >= least - 0.5``.
    """
    if objective is Objective.LATENCY:
        return cost
    if objective is Objective.ENERGY:
        return cost + 0.5
    if least_energy_pj <= 1.0:
        return inf
    return cost * (1 + 0.5 / (least_energy_pj - 0.5))


def rounded(objective: Objective, log_value: float, least_energy_pj: float) -> float:
    """Lower bound of the cost after rounding, from the logarithm of one before."""
    if log_value == -inf:
        return 0.0
    if log_value >= NO_LOG_COST:
        return inf
    value = exp(log_value) * (1 - MARGIN)
    if objective is Objective.LATENCY:
        return float(ceil(value))
    if objective is Objective.ENERGY:
        return float(max(0, ceil(value - 0.5)))
    return value * max(0.0, 1 - 0.5 / least_energy_pj) if least_energy_pj > 0 else 0.0
