"""Bounding nodes side by side, dropping options, and splitting nodes.

* A node whose bound is above the target holds nothing better.
* An option whose reduced cost exceeds the room between bound and target is in no better
  mapping of the node: the bound plus the reduced cost bounds all mappings with it.
* A node is the union of its two halves, and each half's bound is at least the node's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import exp, prod

import numpy as np

from dmaze_cp.cost.batch import Bools, Ints
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.cases import cases, options_of
from dmaze_cp.relaxation.dual import SCHEDULE, Bound, Duals, Schedule
from dmaze_cp.search.scoring import score_all, score_head
from dmaze_cp.search.state import MARGIN, NO_LOG_COST, Node, Search

FIRST: Schedule = ((0.1, 15),)
"""Schedule of the first, rough bound of every case."""

AGAIN: Schedule = ((0.03, 12), (0.01, 16))
"""Schedule for nodes that start from weights of a similar node."""

HEADS = 5
"""In each round, nodes whose best mappings are scored for an incumbent."""

LARGEST_BATCH = 2_000_000
"""Options times nodes that are bounded at once."""

WORTHWHILE = 0.7
"""Options are dropped if at most this share of the tilings is left."""


def start(state: Search, *, insist: bool = False) -> None:
    """Open a node for every case, with a bound and a first incumbent; score tiny ones.

    With `insist`, also when the time is over.
    """
    for case in cases(state.space.layer.kind):
        options = options_of(case, state.space)
        if options is None:
            continue
        state.count(cases=1)
        if prod(len(o) for o in options) <= state.settings.exhaustive:
            score_all(state, case, options)
            state.count(cases_scored=1)
        else:
            state.open.append(state.root(case, options))
    if not state.open or (state.out_of_time() and not insist):
        return
    bound_nodes(state, state.open, FIRST)
    state.note_bound()
    state.open.sort(key=lambda n: n.bound.log_value)
    for node in state.open[:HEADS]:
        score_head(state, node)


def bound_nodes(state: Search, nodes: Sequence[Node], schedule: Schedule) -> None:
    """Improve the bounds of nodes, as far as it takes to discard them."""
    began = time.monotonic()
    for at in range(0, len(nodes), _batch(state)):
        _bound_batch(state, nodes[at : at + _batch(state)], schedule)
    state.count(bound_s=time.monotonic() - began)


def _batch(state: Search) -> int:
    """How many nodes are bounded at once."""
    return max(1, LARGEST_BATCH // max(1, sum(len(g) for g in state.space.groups)))


def _duals(
    state: Search, nodes: Sequence[Node], objective: Objective
) -> tuple[Duals, list[list[Bools]]]:
    """Dual functions of nodes, over all options that any of them has, and who has which."""
    groups = range(len(state.space.groups))
    union = [np.unique(np.concatenate([n.options[g] for n in nodes])) for g in groups]
    masks = [[_members(union[g], n.options[g]) for g in groups] for n in nodes]
    relaxations = [n.relaxation for n in nodes]
    table = state.table.take(union)
    duals = Duals(relaxations, table, masks, objective, state.layout)
    state.layout = duals.rows.layout
    return duals, masks


def _members(union: Ints, options: Ints) -> Bools:
    """Which entries of a sorted union are in a part of it."""
    mask = np.zeros(len(union), dtype=bool)
    mask[np.searchsorted(union, options)] = True
    return mask


def _bound_batch(state: Search, nodes: Sequence[Node], schedule: Schedule) -> None:
    duals, masks = _duals(state, nodes, state.objective)
    theta = duals.start([n.bound.weights for n in nodes])
    stop = np.array([state.log_target(n) for n in nodes])
    for node, mask, bound in zip(
        nodes, masks, duals.solve(theta, schedule=schedule, stop_above=stop), strict=True
    ):
        if bound.log_value > node.bound.log_value or not len(node.bound.prices):
            reduced = tuple(r[m] for r, m in zip(bound.reduced, mask, strict=True))
            node.bound = Bound(bound.log_value, bound.prices, reduced, bound.weights)


def bound_both(state: Search, nodes: Sequence[Node]) -> None:
    """Bound energy and latency of nodes one by one, for the limits of their product."""
    began = time.monotonic()
    least: list[list[float]] = [[], []]
    for found, objective in zip(least, (Objective.ENERGY, Objective.LATENCY), strict=True):
        for at in range(0, len(nodes), _batch(state)):
            duals, _ = _duals(state, nodes[at : at + _batch(state)], objective)
            bounds = duals.solve(schedule=SCHEDULE, stop_above=NO_LOG_COST)
            found += [exp(min(b.log_value, NO_LOG_COST)) * (1 - MARGIN) for b in bounds]
    for node, energy, latency in zip(nodes, *least, strict=True):
        node.least = (max(energy, node.least[0]), max(latency, node.least[1]))
    state.count(bound_s=time.monotonic() - began)


def tighten(state: Search) -> None:
    """Bound, prune and split the open nodes until it no longer pays."""
    schedule, splits = SCHEDULE, 0
    fresh = list(state.open)
    while fresh and not state.out_of_time():
        bound_nodes(state, fresh, schedule)
        if schedule is SCHEDULE:
            state.note_bound()
        schedule = AGAIN
        for node in sorted(fresh, key=lambda n: n.log_bound)[:HEADS]:
            score_head(state, node)
        changed: list[Node] = []
        for node in fresh:
            state.open.remove(node)
            kept = _prune(state, node)
            if kept is None:
                continue
            if kept is not node:
                changed.append(kept)
            elif node.size > state.settings.small and splits < state.settings.splits:
                halves = split(state, node)
                splits += len(halves) > 0
                changed += halves or []
                if not halves:
                    state.open.append(node)
                continue
            state.open.append(kept)
        state.open += [n for n in changed if n not in state.open]
        fresh = changed
        state.report()


def _prune(state: Search, node: Node) -> Node | None:
    """Drop options that cost too much: the same node if few are dropped, None if it is done."""
    above = state.log_target(node)
    if node.beyond(above):
        state.count(nodes_bounded=1)
        return None
    room = above - node.bound.log_value + MARGIN
    kept = [np.flatnonzero(r <= room) for r in node.bound.reduced]
    left = prod(len(k) for k in kept)
    if not left:
        state.count(nodes_bounded=1)
        return None
    if left <= state.settings.exhaustive:
        options = [o[k] for o, k in zip(node.options, kept, strict=True)]
        score_all(state, node.case, options)
        state.count(nodes_scored=1)
        return None
    return state.keep(node, kept) if left <= WORTHWHILE * node.size else node


def split(state: Search, node: Node) -> list[Node]:
    """Two halves of a node, cut where the relaxation mixes the most different options.

    The relaxed optimum mixes options of a group. The atom with the largest spread, in
    terms of cost, is cut at its mean.
    """
    widest, where = 0.0, None
    for g, (mine, values) in enumerate(
        zip(node.table.basis.slices, node.table.values, strict=True)
    ):
        weight = np.exp(-node.bound.reduced[g] / 0.01)
        weight /= weight.sum()
        mean = weight @ values
        spread = np.abs(node.bound.prices[mine]) * np.sqrt(weight @ (values - mean) ** 2)
        a = int(np.argmax(spread))
        if spread[a] > widest:
            widest, where = float(spread[a]), (g, values[:, a] <= mean[a])
    if where is None or widest < 1e-6:
        return []
    g, low = where
    halves = []
    for side in (low, ~low):
        kept: list[Ints] = [np.arange(len(o)) for o in node.options]
        kept[g] = np.flatnonzero(side)
        if len(kept[g]):
            halves.append(state.keep(node, kept))
    return halves if len(halves) == 2 else []
