"""A running search: its nodes, its incumbent and its one stop criterion."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from math import inf

from dmaze_cp.engine import Engine
from dmaze_cp.result import SearchStats
from dmaze_cp.search.incumbent import Best
from dmaze_cp.search.node import Node
from dmaze_cp.search.prepared import Prepared
from dmaze_cp.search.settings import SearchSettings


@dataclass
class Run:
    """A running search.

    Attributes
    ----------
    prepared, settings, engine
        What is searched, and how.
    best
        The incumbent and what is still of interest.
    ended
        The one stop criterion: true once the time is over or the caller wants an end.
    time_left
        Seconds that the solver may take.
    report
        Tells the caller of the incumbent and the bound.
    floor
        Proven before: no mapping costs less.
    open
        Nodes that may hold something better.
    tied
        Nodes that were set aside: they hold nothing better, but perhaps equals.
    closed
        Nothing in the nodes that are closed costs less, but for what was scored, or is of a kind
        of which something better is ranked.
    stats
        What was done.
    """

    prepared: Prepared
    settings: SearchSettings
    engine: Engine
    best: Best
    ended: Callable[[], bool]
    time_left: Callable[[], float]
    report: Callable[[int | None, float], None]
    floor: float = 0.0
    open: list[Node] = field(default_factory=list)
    tied: list[Node] = field(default_factory=list)
    closed: float = inf
    stats: SearchStats = field(default_factory=SearchStats)

    def count(self, **changes: float) -> None:
        """Add to the statistics."""
        current = {name: getattr(self.stats, name) + value for name, value in changes.items()}
        self.stats = replace(self.stats, **current)

    def log_target(self, node: Node) -> float:
        """Logarithm of the largest cost of interest in a node."""
        return self.best.log_target(node.least_energy_pj, node.kinds)

    def is_beyond(self, node: Node) -> bool:
        """Whether all mappings of a node cost more than is of interest: no cost is negative."""
        above = self.log_target(node)
        return above == -inf or node.log_bound > above

    def is_tied(self, node: Node, bound: float = 0.0) -> bool:
        """Whether a node holds nothing better, but perhaps equals, by its bound or another."""
        least = max(node.cost(self.best.objective), self.floor, bound)
        return self.best.has_only_equals(least, node.kinds)

    def close(self, node: Node) -> None:
        """A node holds nothing of interest any more, but for what was scored."""
        least = node.cost(self.best.objective)
        self.closed = min(self.closed, max(least, self.best.unscored(node.kinds)))

    @property
    def unseen(self) -> float:
        """The least that mappings can cost that were not scored, as far as proven."""
        waiting = self.open + self.tied
        least = min((n.cost(self.best.objective) for n in waiting), default=inf)
        return max(self.floor, min(least, self.closed))

    @property
    def bound(self) -> float:
        """The least that any mapping can cost, as far as proven."""
        least = min((n.cost(self.best.objective) for n in self.open), default=inf)
        value = self.best.value
        return min(least, self.closed, inf if value is None else value)

    def bound_of(self, kind: Hashable) -> float:
        """The least that mappings of a kind can cost that were not scored, as far as proven.

        Inf where none of them is left that costs less than the best of the kind.
        """
        nodes = (n for n in self.open if kind in n.kinds)
        least = min((n.cost(self.best.objective) for n in nodes), default=inf)
        return max(self.floor, least)

    def tell(self) -> None:
        """Report how far the search is."""
        self.report(self.best.value, self.bound)
