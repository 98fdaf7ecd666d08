"""The best mapping so far, what is still of interest, and how bounds compare with it.

Costs are integers: energies are rounded. Bounds are logarithms of costs before rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, exp, inf, log

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

    def value(self, objective: Objective) -> int:
        """What it costs."""
        return objective.of(self.energy_pj, self.latency_cycles)


@dataclass
class Best:
    """The incumbent, and the largest cost that is still of interest.

    Attributes
    ----------
    objective
        What is minimised.
    gap
        Relative gap that is good enough.
    cutoff
        Costs from here on are of no interest.
    found
        The best mapping so far.
    within
        What else a mapping may cost at most: others are of no interest.
    tie_break
        What decides between mappings of equal cost (None: any of them will do).
    """

    objective: Objective
    gap: float = 0.0
    cutoff: int | None = None
    found: Found | None = None
    within: tuple[CostLimit, ...] = ()
    tie_break: Objective | None = None

    @property
    def value(self) -> int | None:
        """Cost of the best mapping so far."""
        return None if self.found is None else self.found.value(self.objective)

    def offer(self, found: Found) -> None:
        """Take a mapping if it is better and within the limits."""
        if any(found.value(limit.objective) > limit.most for limit in self.within):
            return
        if self.found is None or self._order(found) < self._order(self.found):
            self.found = found

    def _order(self, found: Found) -> tuple[int, ...]:
        wanted = (self.objective, self.tie_break)
        return tuple(found.value(objective) for objective in wanted if objective is not None)

    def has_only_ties(self, bound: float) -> bool:
        """Whether what costs at least so much holds nothing better, but perhaps equals."""
        value = self.value
        return self.tie_break is not None and value is not None and bound >= value

    @property
    def target(self) -> int | float:
        """Largest cost of interest (inf: any).

        Below the incumbent, or by the gap below; as much as the incumbent's where ties count.
        """
        above: int | float = inf if self.cutoff is None else self.cutoff
        value = self.value
        if value is not None and self.tie_break is not None:
            above = min(above, value + 1)
        elif value is not None:
            # Exact: the gap that is reported must not exceed the one asked for.
            wanted = ceil(value * (1 - Fraction(self.gap)))
            above = min(above, value, wanted)
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
