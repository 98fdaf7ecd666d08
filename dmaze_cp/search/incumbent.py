"""The best mapping so far, what is still of interest, and how bounds compare with it.

Costs are integers: energies are rounded. Bounds are logarithms of costs before rounding.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, exp, inf, log
from typing import Any

from dmaze_cp.mapping import Dataflow
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.relaxation.cases import Case
from dmaze_cp.search.kinds import ALL, Kinds, KindSet

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
        How many of the best are wanted, each of another kind.
    kinds
        What tells kinds apart.
    settled
        Mappings of these kinds are of no interest.
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
    kinds: Kinds = ALL
    settled: KindSet = frozenset()
    by_tiling: bool = False
    ranked: tuple[Found, ...] = ()
    equals: bool = False
    aside: bool = False
    most_optima: int = 0
    optima: set[Key] = field(default_factory=set)
    _values: dict[Hashable, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._rank(self.ranked)

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
        kind = self.kind_of(found)
        if kind in self.settled:
            return
        if self.ranked and found.value(self.objective) < self.ranked[0].value(self.objective):
            self.optima.clear()
        if kind in self._values:
            (own,) = (other for other in self.ranked if self.kind_of(other) == kind)
            if self._order(found) < self._order(own):
                self._rank(found if other is own else other for other in self.ranked)
        elif len(self.ranked) < self.count or self._order(found) < self._order(self.ranked[-1]):
            self._rank((*self.ranked, found))

    def kind_of(self, found: Found) -> Hashable:
        """The kind of a mapping."""
        return self.kinds.of(found.options, found.dataflow)

    def _rank(self, several: Iterable[Found]) -> None:
        self.ranked = tuple(sorted(several, key=self._order)[: self.count])
        self._values = {self.kind_of(f): f.value(self.objective) for f in self.ranked}

    def _order(self, found: Found) -> tuple[Any, ...]:
        wanted = (self.objective, self.tie_break)
        costs = tuple(found.value(objective) for objective in wanted if objective is not None)
        if not self.by_tiling:
            return costs
        return (*costs, found.options, found.dataflow.dram, found.dataflow.spm)

    def last_of(self, kinds: KindSet) -> int | None:
        """What mappings of some kinds cost at most that may be among the best.

        As much as the last that is wanted; where all of the kinds are ranked, as much as the best
        of one of them.
        """
        last, left = self.last, kinds - self.settled
        if not left or self.lacks(left):
            return last
        own = max(self._values[kind] for kind in left)
        return own if last is None else min(own, last)

    def lacks(self, kinds: KindSet) -> bool:
        """Whether one of some kinds is not ranked."""
        return not kinds - self.settled <= self._values.keys()

    def has_only_equals(self, bound: float, kinds: KindSet = frozenset()) -> bool:
        """Whether what costs at least so much holds nothing better, but perhaps equals."""
        last = self.last_of(kinds)
        return self.aside and last is not None and bound >= last

    def target(self, kinds: KindSet = frozenset()) -> int | float:
        """Largest cost of interest of mappings of some kinds (inf: any; below 0: none).

        Below the last that is wanted, or by the gap below; as much as that where equals count.
        """
        if kinds and kinds <= self.settled:
            return -1
        above: int | float = inf if self.cutoff is None else self.cutoff
        last = self.last_of(kinds)
        if last is not None and self.equals:
            above = min(above, last + 1)
        elif last is not None:
            # Exact: the gap that is reported must not exceed the one asked for.
            wanted = ceil(last * (1 - Fraction(self.gap)))
            above = min(above, last, wanted)
        return above - 1

    def unscored(self, kinds: KindSet = frozenset()) -> int | float:
        """What mappings may cost at least that are not scored when a node is closed now.

        Of kinds that are ranked they are not among the best, whatever they cost: this is about
        others.
        """
        if kinds and not self.lacks(kinds):
            return inf
        return self.target() + 1

    def log_target(self, least_energy_pj: float, kinds: KindSet = frozenset()) -> float:
        """Logarithm of the largest cost of interest before rounding; -inf: none is.

        Parameters
        ----------
        least_energy_pj
            No mapping in question has less.
        kinds
            Kinds that they may have.
        """
        return log_most(self.objective, self.target(kinds), least_energy_pj)


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
