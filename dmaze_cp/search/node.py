"""A node: a part of a case that may hold a better mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, log, prod

import numpy as np

from dmaze_cp.cost.batch import Ints
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.dual import Bound
from dmaze_cp.relaxation.rows import NodeRows, node_rows
from dmaze_cp.search.incumbent import MARGIN, rounded
from dmaze_cp.search.kinds import KindSet
from dmaze_cp.search.prepared import Prepared, PreparedCase

NO_BOUND = -inf


@dataclass(eq=False)
class Node:
    """The options that are left of a case.

    Attributes
    ----------
    case
        What it is a part of.
    options
        For each group, places in the map-space's list of options.
    rows
        Its lower bounds over these options.
    bound
        Its `reduced` has an entry for each of `options`.
    least_energy_pj
        No mapping of the node has less energy.
    log_floor
        Logarithm of another lower bound of the objective, from what the node is a part of.
    kinds
        Kinds that its mappings may have; empty where every mapping counts.
    """

    case: PreparedCase
    options: tuple[Ints, ...]
    rows: NodeRows
    bound: Bound
    least_energy_pj: float
    log_floor: float
    kinds: KindSet = frozenset()

    @property
    def log_bound(self) -> float:
        """Logarithm of the best lower bound of the objective, before rounding."""
        return max(self.bound.log_value, self.log_floor)

    @property
    def size(self) -> int:
        """Number of tilings left, valid or not."""
        return prod(len(o) for o in self.options)

    def cost(self, objective: Objective) -> float:
        """Lower bound of the cost after rounding."""
        return rounded(objective, self.log_bound, self.least_energy_pj)


def root(prepared: Prepared, case: PreparedCase, objective: Objective) -> Node:
    """The node of a whole case, with no bound yet."""
    kinds = prepared.kinds.among(case.case, case.options)
    return _unbounded(case, case.options, case.whole, case.least_energy_pj, objective, kinds)


def anew(node: Node, objective: Objective) -> Node:
    """A node's mappings with no bound yet, for another objective."""
    energy, kinds = node.least_energy_pj, node.kinds
    return _unbounded(node.case, node.options, node.rows, energy, objective, kinds)


def _unbounded(
    case: PreparedCase,
    options: tuple[Ints, ...],
    rows: NodeRows,
    energy: float,
    objective: Objective,
    kinds: KindSet,
) -> Node:
    nothing = Bound(NO_BOUND, np.zeros(0), tuple(np.zeros(len(o)) for o in options), np.zeros(0))
    on_energy = objective is not Objective.LATENCY and energy > 0
    floor = log(energy) - MARGIN if on_energy else NO_BOUND
    return Node(case, options, rows, nothing, energy, floor, kinds)


def keep(prepared: Prepared, node: Node, kept: Sequence[Ints]) -> Node:
    """A node with some of its options only: its lower bounds get tighter."""
    options = tuple(o[k] for o, k in zip(node.options, kept, strict=True))
    reduced = tuple(r[k] for r, k in zip(node.bound.reduced, kept, strict=True))
    rows = node_rows(prepared.space, prepared.atoms.basis, node.case.rows, options)
    bound = replace(node.bound, reduced=reduced)
    kinds = prepared.kinds.among(node.case.case, options)
    return Node(node.case, options, rows, bound, node.least_energy_pj, node.log_bound, kinds)


def by_kind(prepared: Prepared, node: Node) -> list[Node]:
    """The parts of a node of one kind each; the node itself where it has not several kinds.

    A mapping costs at least the bound and the reduced costs of its options.
    """
    if len(node.kinds) < 2:
        return [node]
    parts = []
    for kind in sorted(node.kinds, key=str):
        part = keep(prepared, node, prepared.kinds.part(kind, node.options))
        least = node.bound.log_value + sum(float(r.min()) for r in part.bound.reduced)
        part.log_floor = max(part.log_floor, least)
        parts.append(part)
    return parts


def split(prepared: Prepared, node: Node) -> list[Node]:
    """Two halves of a node, cut where the relaxation mixes the most different options.

    The relaxed optimum mixes options of a group. The atom with the largest spread, in
    terms of cost, is cut at its mean. Where no atom has any, the longest list is halved.
    """
    widest, where = 1e-6, None
    for g, (mine, values) in enumerate(
        zip(prepared.atoms.basis.slices, prepared.atoms.values, strict=True)
    ):
        mine_left = values[node.options[g]]
        reduced = node.bound.reduced[g]
        weight = np.exp((reduced.min() - reduced) / 0.01)
        weight /= weight.sum()
        mean = weight @ mine_left
        spread = np.abs(node.bound.prices[mine]) * np.sqrt(weight @ (mine_left - mean) ** 2)
        a = int(np.argmax(spread))
        low = mine_left[:, a] <= mean[a]
        if spread[a] > widest and low.any() and not low.all():
            widest, where = float(spread[a]), (g, low)
    if where is None:
        longest = int(np.argmax([len(o) for o in node.options]))
        count = len(node.options[longest])
        where = longest, np.arange(count) < count // 2
    g, low = where
    halves = []
    for side in (low, ~low):
        kept: list[Ints] = [np.arange(len(o)) for o in node.options]
        kept[g] = np.flatnonzero(side)
        halves.append(keep(prepared, node, kept))
    return halves
