"""What a running search knows: nodes that are open, the incumbent, limits and counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, exp, inf, log, prod

import numpy as np

from dmaze_cp.cost.batch import Ints
from dmaze_cp.mapping import Dataflow
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import AtomTable
from dmaze_cp.relaxation.cases import Case
from dmaze_cp.relaxation.dual import Bound
from dmaze_cp.relaxation.relax import Relaxation, relax
from dmaze_cp.relaxation.rows import NO_LAYOUT, Layout
from dmaze_cp.result import Incumbent, SearchStats

MARGIN = 1e-10
"""Relative slack that covers the rounding of doubles in a bound."""

NO_LOG_COST = 300.0
"""No mapping's cost has so large a logarithm: a higher bound proves a node empty."""


@dataclass(frozen=True)
class SearchSettings:
    """Sizes that trade one part of the search for another; none changes the answer.

    Attributes
    ----------
    exhaustive
        Nodes with at most so many tilings are scored whole.
    head
        Mappings scored around the least reduced costs of a node.
    block
        Mappings scored with a candidate of CP-SAT.
    small
        Nodes with at most so many tilings go to CP-SAT, larger ones are split first.
    splits
        At most so many nodes are split.
    """

    exhaustive: int = 20_000
    head: int = 20_000
    block: int = 40_000
    small: int = 40_000
    splits: int = 2_000


@dataclass(frozen=True, eq=False)
class Found:
    """A mapping that was found: its options in the map-space, its value, its dataflow."""

    options: tuple[int, ...]
    dataflow: Dataflow
    value: int


@dataclass(eq=False)
class Node:
    """A part of a case that may hold a better mapping: the options that are left.

    Attributes
    ----------
    case
        The case it is a part of.
    options
        For each group, places in the map-space's list of options.
    table, relaxation
        Atoms of the options, and the relaxed cost over them.
    bound
        Its `reduced` has an entry for each of `options`.
    least
        No mapping of the node has less energy (pJ) or latency (cycles).
    floor
        Logarithm of a lower bound of the objective, from `least`.
    """

    case: Case
    options: tuple[Ints, ...]
    table: AtomTable
    relaxation: Relaxation
    bound: Bound
    least: tuple[float, float]
    floor: float

    @property
    def log_bound(self) -> float:
        """Logarithm of the best lower bound of the objective."""
        return max(self.bound.log_value, self.floor)

    def beyond(self, log_target: float) -> bool:
        """Whether all mappings of the node cost more than a target."""
        return log_target == -inf or self.log_bound > log_target

    @property
    def size(self) -> int:
        """Number of tilings left, valid or not."""
        return prod(len(o) for o in self.options)


@dataclass
class Search:
    """State of one search."""

    space: MapSpace
    table: AtomTable
    objective: Objective
    gap: float
    deadline: float
    settings: SearchSettings
    workers: int = 1
    seed: int = 0
    stop: Callable[[], bool] | None = None
    on_progress: Callable[[Incumbent], None] | None = None
    cutoff: int | None = None
    started: float = field(default_factory=time.monotonic)
    best: Found | None = None
    proven: float = 0.0
    open: list[Node] = field(default_factory=list)
    layout: Layout = NO_LAYOUT
    stats: SearchStats = field(default_factory=SearchStats)

    def count(self, **changes: float) -> None:
        """Add to the statistics."""
        current = {name: getattr(self.stats, name) + value for name, value in changes.items()}
        self.stats = replace(self.stats, **current)

    def out_of_time(self) -> bool:
        """Whether the search has to end now."""
        return time.monotonic() >= self.deadline or (self.stop is not None and self.stop())

    @property
    def target(self) -> float:
        """Largest cost that is still of interest: below the incumbent, or by the gap below.

        An exact integer (inf without an incumbent and a cutoff).
        """
        above: float = inf if self.cutoff is None else self.cutoff
        if self.best is not None:
            # Exact: the gap that is reported must not exceed the one asked for.
            wanted = ceil(self.best.value * (1 - Fraction(self.gap)))
            above = min(above, self.best.value, wanted)
        return above - 1

    def log_target(self, node: Node) -> float:
        """Logarithm of the largest relaxed cost that is still of interest in a node.

        -inf where none is: no cost is negative.
        """
        if self.target == inf:
            return NO_LOG_COST
        if self.target < 0:
            return -inf
        loose = unrounded(self.objective, self.target, node.least[0])
        if loose == inf:
            return NO_LOG_COST
        return log(loose) + MARGIN if loose > 0 else -inf

    def root(self, case: Case, options: Sequence[Ints]) -> Node:
        """The node of a whole case, with no bound yet."""
        nothing = Bound(-inf, np.zeros(0), tuple(np.zeros(len(o)) for o in options), np.zeros(0))
        node = self._node(case, options, nothing, (0.0, 1.0), -inf)
        terms = node.relaxation.energy
        energy = sum(t.coefficient * exp(node.table.extreme(t.row, False)) for t in terms)
        energy *= 1 - MARGIN
        node.least = (energy, 1.0)
        if self.objective is not Objective.LATENCY and energy > 0:
            node.floor = log(energy)
        return node

    def _node(
        self,
        case: Case,
        options: Sequence[Ints],
        bound: Bound,
        least: tuple[float, float],
        lowest: float,
    ) -> Node:
        table = self.table.take(options)
        relaxation = relax(self.space, table, case)
        return Node(case, tuple(options), table, relaxation, bound, least, lowest)

    def keep(self, node: Node, kept: Sequence[Ints]) -> Node:
        """A node with some of its options only: its relaxation gets tighter."""
        options = tuple(o[k] for o, k in zip(node.options, kept, strict=True))
        reduced = tuple(r[k] for r, k in zip(node.bound.reduced, kept, strict=True))
        bound = replace(node.bound, reduced=reduced)
        return self._node(node.case, options, bound, node.least, node.floor)

    def least_open(self) -> float:
        """The least bound of the open nodes (inf: there are none)."""
        bounds = (rounded(self.objective, n.log_bound, n.least[0]) for n in self.open)
        return min(bounds, default=inf)

    def note_bound(self) -> None:
        """Keep the bound of the whole, while only nodes that were scored whole are closed."""
        scored = inf if self.best is None else self.best.value
        self.proven = max(self.proven, min(self.least_open(), scored))

    def lower_bound(self) -> float:
        """The least that any mapping can cost, as far as proven."""
        # Nothing outside the open nodes costs as little as the target: costs are integers.
        return max(self.proven, min(self.least_open(), self.target + 1))

    def report(self) -> None:
        """Tell the caller how far the search is."""
        if self.on_progress is not None:
            value = None if self.best is None else self.best.value
            elapsed = time.monotonic() - self.started
            self.on_progress(Incumbent(value, self.lower_bound(), elapsed))


def unrounded(objective: Objective, cost: float, least_energy_pj: float) -> float:
    """Largest cost before the energy is rounded, for a cost after."""
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
