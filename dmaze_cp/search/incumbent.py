"""The best mapping so far, what is still of interest, and how bounds compare with it.

Costs are integers: energies are rounded. Bounds are logarithms of costs before rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, exp, inf, log

from dmaze_cp.mapping import Dataflow
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.cases import Case

MARGIN = 1e-12
"""Relative slack that covers one logarithm or exponential, there and back."""

NO_LOG_COST = 300.0
"""No mapping's cost has so large a logarithm: a higher bound proves a node empty."""


@dataclass(frozen=True, eq=False)
class Found:
    """A mapping that was found: its options in the map-space, its dataflow, its value.

    The case that it was found in is known unless it came from elsewhere.
    """

    options: tuple[int, ...]
    dataflow: Dataflow
    value: int
    case: Case | None = None


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
    """

    objective: Objective
    gap: float = 0.0
    cutoff: int | None = None
    found: Found | None = None

    def offer(self, found: Found) -> None:
        """Take a mapping if it is better."""
        if self.found is None or found.value < self.found.value:
            self.found = found

    @property
    def target(self) -> int | float:
        """Largest cost of interest: below the incumbent, or by the gap below (inf: any)."""
        above: int | float = inf if self.cutoff is None else self.cutoff
        if self.found is not None:
            # Exact: the gap that is reported must not exceed the one asked for.
            wanted = ceil(self.found.value * (1 - Fraction(self.gap)))
            above = min(above, self.found.value, wanted)
        return above - 1

    def log_target(self, least_energy_pj: float) -> float:
        """Logarithm of the largest cost of interest before rounding; -inf: none is.

        Parameters
        ----------
        least_energy_pj
            No mapping in question has less.
        """
        if self.target == inf:
            return NO_LOG_COST
        if self.target < 0:
            return -inf
        loose = unrounded(self.objective, self.target, least_energy_pj)
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
