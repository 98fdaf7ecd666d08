"""Cases side by side: the graphs of their rows as arrays of one shape, one row a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dmaze_cp.cost.batch import Bools, Floats, Ints
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.rows import CaseRows, NodeRows


@dataclass(frozen=True, eq=False)
class Arrays:
    """The graphs of several cases, padded to one shape; the first axis is the case."""

    rows: Floats  # (n, edges, atoms)
    constant: Floats  # (n, edges)
    present: Floats  # (n, edges)
    source: Ints  # (n, edges)
    target: Ints  # (n, edges); blocks where none
    sums: Ints  # (n, edges)
    roots: Floats  # (n, blocks + 1)
    capacity: Floats  # (n, capacities, blocks + 1)
    limits: Floats  # (n, capacities)
    demands: Floats  # (n, demands, atoms)
    at_least: Floats  # (n, demands)
    wanted: Floats  # (n, demands)
    worthless: Bools  # (n)

    def select(self, which: Ints) -> Arrays:
        """Some of the cases only."""
        return Arrays(*(value[which] for value in self.__dict__.values()))


Limits = Sequence[tuple[Objective, Floats]]
"""What else is limited: which cost, and the logarithm of its most in each case."""


def _blocks(case: CaseRows, objective: Objective) -> list[int]:
    """The blocks whose product an objective is."""
    blocks = {Objective.ENERGY: [case.energy], Objective.LATENCY: [case.latency]}
    return blocks.get(objective, [case.energy, case.latency])


def arrays_of(nodes: Sequence[NodeRows], objectives: Sequence[Objective], within: Limits) -> Arrays:
    """The graphs of cases that are to be bounded, each for an objective and within limits."""
    cases = [n.case for n in nodes]
    count, atoms = len(nodes), nodes[0].rows.shape[1]
    edges, blocks = max(len(n.constant) for n in nodes), max(c.blocks for c in cases) + 1
    wants = max(len(n.at_least) for n in nodes)
    a = Arrays(
        rows=np.zeros((count, edges, atoms)),
        constant=np.zeros((count, edges)),
        present=np.zeros((count, edges)),
        source=np.full((count, edges), blocks - 1),
        target=np.full((count, edges), blocks - 1),
        sums=np.zeros((count, edges), dtype=np.int64),
        roots=np.zeros((count, blocks)),
        capacity=np.zeros((count, len(cases[0].ceiled) + len(within), blocks)),
        limits=np.array(
            [
                [*(c.log_limit for c in case.ceiled), *(float(most[i]) for _, most in within)]
                for i, case in enumerate(cases)
            ]
        ),
        demands=np.zeros((count, wants, atoms)),
        at_least=np.zeros((count, wants)),
        wanted=np.zeros((count, wants)),
        worthless=np.zeros(count, dtype=bool),
    )
    for i, (node, case) in enumerate(zip(nodes, cases, strict=True)):
        k, d = len(node.constant), len(node.at_least)
        a.rows[i, :k], a.constant[i, :k], a.present[i, :k] = node.rows, node.constant, node.present
        a.source[i, :k], a.sums[i, :k] = case.source, case.sums
        a.target[i, :k] = np.where(case.target < 0, blocks - 1, case.target)
        a.roots[i, _blocks(case, objectives[i])] = 1.0
        for j, ceiled in enumerate(case.ceiled):
            a.capacity[i, j, ceiled.block] = 1.0
        a.demands[i, :d], a.at_least[i, :d], a.wanted[i, :d] = node.demands, node.at_least, 1.0
        # A cost without any term may be 0, whose logarithm nothing bounds: 0 stands for it.
        used = set(case.source[node.present].tolist())
        a.worthless[i] = any(int(b) not in used for b in np.flatnonzero(a.roots[i]))
        a.roots[i] *= not a.worthless[i]
        for j, (limited, _) in enumerate(within, len(case.ceiled)):
            if used.issuperset(_blocks(case, limited)):
                a.capacity[i, j, _blocks(case, limited)] = 1.0
            else:  # it may cost 0, which any limit allows
                a.limits[i, j] = 0.0
    return a


def along(values: Floats, onehot: Floats) -> Floats:
    """Each row of values (n, k) times its own matrix (n, k, m)."""
    result: Floats = (values[:, None, :] @ onehot)[:, 0, :]
    return result


class Places:
    """For each edge of each case, one place in an array of one row a case.

    Edges that are only there to fill up a row weigh nothing, wherever their place is.
    """

    def __init__(self, places: Ints, columns: int) -> None:
        count = len(places)
        self.shape = count, columns
        self.flat = places + columns * np.arange(count)[:, None]

    def at(self, values: Floats) -> Floats:
        """What is there, for each edge."""
        result: Floats = values.take(self.flat)
        return result

    def add(self, values: Floats) -> Floats:
        """The sum of the values of all edges with the same place."""
        rows, columns = self.shape
        sums = np.bincount(self.flat.ravel(), values.ravel(), rows * columns)
        return sums.reshape(self.shape).astype(np.float64, copy=False)


def dot(a: Floats, b: Floats) -> Floats:
    """The inner product of each two rows."""
    result: Floats = np.einsum("bk,bk->b", a, b)
    return result
