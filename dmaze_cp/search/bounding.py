"""Bounds of nodes side by side, and the options that they rule out.

* A node whose bound is above the target holds nothing better.
* An option whose reduced cost exceeds the room between bound and target is in no better
  mapping of the node: the bound plus the reduced cost bounds all mappings with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dmaze_cp.cost.batch import Bools, Ints
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.relaxation.dual import Duals, Schedule
from dmaze_cp.search.incumbent import Best, log_most
from dmaze_cp.search.node import Node
from dmaze_cp.search.prepared import Prepared

FIRST: Schedule = ((0.1, 15),)
"""Schedule of the first, rough bound of every case."""

FULL: Schedule = ((0.03, 15), (0.01, 15), (0.003, 10))
"""Schedule of a good bound."""

AGAIN: Schedule = ((0.01, 16),)
"""Schedule for nodes that start from weights of a similar node."""

LARGEST_BATCH = 2_000_000
"""Options times nodes that are bounded at once."""

_LEAST_LOG = -1.0
"""Below the logarithms of all latencies and of most energies."""


def bound_nodes(prepared: Prepared, best: Best, nodes: Sequence[Node], schedule: Schedule) -> None:
    """Improve the bounds of nodes, as far as it takes to discard them."""
    options = max(1, sum(len(g) for g in prepared.space.groups))
    at_once = max(1, LARGEST_BATCH // options)
    for at in range(0, len(nodes), at_once):
        _bound_batch(prepared, best, nodes[at : at + at_once], schedule)


def _bound_batch(prepared: Prepared, best: Best, nodes: Sequence[Node], schedule: Schedule) -> None:
    duals, masks = duals_of(prepared, nodes, best.objective, best.within)
    theta = duals.start([n.bound.weights for n in nodes])
    stop = np.array([best.log_target(n.least_energy_pj, n.kinds) for n in nodes])
    bounds = duals.solve(theta, schedule=schedule, stop_above=stop)
    for node, mask, bound in zip(nodes, masks, bounds, strict=True):
        if bound.log_value > node.bound.log_value or not len(node.bound.prices):
            reduced = tuple(r[m] for r, m in zip(bound.reduced, mask, strict=True))
            node.bound = type(bound)(bound.log_value, bound.prices, reduced, bound.weights)


def duals_of(
    prepared: Prepared,
    nodes: Sequence[Node],
    objective: Objective | Sequence[Objective],
    limits: Sequence[CostLimit] = (),
) -> tuple[Duals, list[list[Bools]]]:
    """Dual functions of nodes, over all options that any of them has, and who has which.

    Parameters
    ----------
    objective
        What is bounded, of all nodes or of each.
    limits
        Bound only what is within these.
    """
    groups = range(len(prepared.space.groups))
    union = [np.unique(np.concatenate([n.options[g] for n in nodes])) for g in groups]
    masks = [[_members(union[g], n.options[g]) for g in groups] for n in nodes]
    table = prepared.atoms.take(union)
    within = [(limit.objective, np.array([log_limit(limit, n) for n in nodes])) for limit in limits]
    return Duals([n.rows for n in nodes], table, masks, objective, within), masks


def log_limit(limit: CostLimit, node: Node) -> float:
    """Logarithm of the largest cost of a node's mappings within a limit, before rounding.

    Not less than `_LEAST_LOG`: a limit of nothing would have a weight without end.
    """
    return max(log_most(limit.objective, limit.most, node.least_energy_pj), _LEAST_LOG)


def _members(union: Ints, options: Ints) -> Bools:
    """Which entries of a sorted union are in a part of it."""
    mask = np.zeros(len(union), dtype=bool)
    mask[np.searchsorted(union, options)] = True
    return mask


def within(node: Node, room: float) -> list[Ints]:
    """For each group, the options whose reduced cost leaves room (as places in its list)."""
    return [np.flatnonzero(r <= room) for r in node.bound.reduced]
