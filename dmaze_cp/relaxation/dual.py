"""Lower bounds of cases: the Lagrangian (geometric-programming) dual.

Every block of a case (`dmaze_cp.relaxation.rows`) is a maximum of sums of terms. For weights
``w`` of its terms that add up to 1, with ``W_s`` the weight of the sum ``s`` that a term is in,

    log max_s sum_(i in s) a_i  >=  sum_i w_i (log a_i - log w_i + log W_s(i)),

as a maximum is at least any convex combination and by weighted AM-GM within each sum. The
logarithm of a term is linear in the atoms, plus that of the block it refers to, which is bounded
in the same way. Capacities enter with multipliers, and so do limits on costs that are not
minimised: these are blocks as well, or a product of two, whose logarithms add up. What is left is
linear in the atoms and thus a sum over groups, each minimised by itself. The weights are improved
by a quasi-Newton method on a smoothed minimum; the bound itself is evaluated with the true
minimum, so that it holds whatever the weights are.

All cases of a layer are bounded side by side: arrays have one row a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dmaze_cp.cost.batch import Bools, Floats, Ints
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.arrays import Arrays, Limits, Places, along, arrays_of, dot
from dmaze_cp.relaxation.ascent import Ascent
from dmaze_cp.relaxation.atoms import AtomTable
from dmaze_cp.relaxation.rows import NodeRows

Schedule = Sequence[tuple[float, int]]
"""Smoothing of the minimum and iterations, one stage after the other."""

SCHEDULE: Schedule = ((0.1, 20), (0.03, 20), (0.01, 20))

TINY = 1e-300
"""Keeps logarithms of weights that are 0 finite."""

UNIT = 2.0**-53
"""Largest relative error of one operation on doubles."""


@dataclass(frozen=True, eq=False)
class Bound:
    """A lower bound and what each option adds to it.

    Attributes
    ----------
    log_value
        Natural logarithm of the bound: no mapping of the case costs less.
    prices
        What a unit of each atom costs.
    reduced
        For each group, how much at least an option raises the logarithm (inf where the
        option is not in the case).
    weights
        Where the search for weights stopped, a start for a similar case.
    """

    log_value: float
    prices: Floats
    reduced: tuple[Floats, ...]
    weights: Floats


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The dual function at some weights; one entry or row for each case.

    Attributes
    ----------
    smooth, gradient
        The smoothed dual function and its gradient.
    hard
        The bound.
    prices
        What a unit of each atom costs.
    scores
        For each group: what each option costs under these weights.
    """

    smooth: Floats
    gradient: Floats
    hard: Floats
    prices: Floats
    scores: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class _Weighted:
    """Weights of edges and multipliers of blocks at a point; see `Duals.weigh`."""

    share: Floats
    flow: Floats
    inner: Floats
    capacity: Floats
    demand: Floats


class Duals:
    """The dual functions of several cases.

    Parameters
    ----------
    nodes
        The rows of each case.
    table
        Atoms of all options that any of the cases has.
    masks
        For each case and group, which options it has (None: all).
    objective
        What is bounded, in all cases or in each.
    within
        What else is limited: the bounds hold for what is within these limits.
    """

    def __init__(
        self,
        nodes: Sequence[NodeRows],
        table: AtomTable,
        masks: Sequence[Sequence[Bools]] | None,
        objective: Objective | Sequence[Objective],
        within: Limits = (),
    ) -> None:
        each = [objective] * len(nodes) if isinstance(objective, Objective) else objective
        self.slices, self.values = table.basis.slices, table.values
        self._hold(arrays_of(nodes, each, within))
        self.depth = max(n.case.depth for n in nodes)
        self.penalty: list[Floats] | None = None
        if masks is not None:
            self.penalty = [
                np.where(np.array([m[g] for m in masks]), 0.0, np.inf)
                for g in range(len(self.values))
            ]

    def _hold(self, arrays: Arrays) -> None:
        blocks = arrays.roots.shape[1]
        self.arrays = arrays
        self.source, self.target = Places(arrays.source, blocks), Places(arrays.target, blocks)
        self.sums = Places(arrays.sums, int(arrays.sums.max()) + 1)

    def select(self, which: Ints) -> Duals:
        """Some of the cases only."""
        other = object.__new__(Duals)
        other.__dict__.update(self.__dict__)
        other._hold(self.arrays.select(which))
        if self.penalty is not None:
            other.penalty = [p[which] for p in self.penalty]
        return other

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of parameters: edges, capacities, demands."""
        a = self.arrays
        return a.constant.shape[1], a.limits.shape[1], a.at_least.shape[1]

    def start(self, weights: Sequence[Floats | None] = ()) -> Floats:
        """Weights to start from, one row a case: those that are known, where they fit."""
        edges, capacities, demands = self.sizes
        count = len(self.arrays.constant)
        theta = np.concatenate(
            [
                np.zeros((count, edges)),
                np.full((count, capacities), -1.5),
                np.full((count, demands), -2.0),
            ],
            axis=1,
        )
        for i, known in enumerate(weights):
            if known is not None and known.shape == theta[i].shape:
                theta[i] = known
        return theta

    def _weigh(self, theta: Floats) -> _Weighted:
        """Weights of the edges, and how much each counts in the bound."""
        a = self.arrays
        edges, capacities, _ = self.sizes
        free = theta[:, :edges]
        relative = np.exp(np.maximum(free - free.max(axis=1, keepdims=True), -200.0)) * a.present
        total = self.source.at(self.source.add(relative))
        share = relative / np.where(total > 0, total, 1.0)
        together = self.sums.at(self.sums.add(share))
        inner = a.constant - np.log(np.maximum(share, TINY)) + np.log(np.maximum(together, TINY))
        capacity = np.exp(np.clip(theta[:, edges : edges + capacities], -200, 50))
        demand = np.exp(np.clip(theta[:, edges + capacities :], -200, 50)) * a.wanted
        roots = a.roots + along(capacity, a.capacity)
        counts = roots
        for _ in range(self.depth - 1):
            # Edges that refer to no block add to the last place, which no edge comes from.
            counts = roots + self.target.add(self.source.at(counts) * share)
        return _Weighted(share, self.source.at(counts) * share, inner, capacity, demand)

    def _minimise(self, atoms: Floats, tau: float) -> tuple[Floats, Floats, Floats, list[Floats]]:
        """Smoothed and true minimum over options, the mean atoms, and the scores."""
        count = len(atoms)
        z = np.empty_like(atoms)
        smooth, hard = np.zeros(count), np.zeros(count)
        scores = []
        for g, (mine, values) in enumerate(zip(self.slices, self.values, strict=True)):
            score = atoms[:, mine] @ values.T
            if self.penalty is not None:
                score += self.penalty[g]
            least = score.min(axis=1)
            soft = np.exp((least[:, None] - score) / tau)
            total = soft.sum(axis=1)
            smooth += least - tau * np.log(total)
            hard += least
            z[:, mine] = (soft @ values) / total[:, None]
            scores.append(score)
        return smooth, hard, z, scores

    def _constant(self, w: _Weighted) -> Floats:
        a = self.arrays
        found: Floats = dot(w.flow, w.inner) - dot(w.capacity, a.limits)
        return found + dot(w.demand, a.at_least)

    def evaluate(self, theta: Floats, tau: float) -> Evaluation:
        """The dual functions and their gradients at `theta`, smoothed by `tau`."""
        a, w = self.arrays, self._weigh(theta)
        atoms = along(w.flow, a.rows) - along(w.demand, a.demands)
        smooth, hard, z, scores = self._minimise(atoms, tau)
        constant = self._constant(w)
        leaf = w.inner + (a.rows @ z[:, :, None])[:, :, 0]
        value, blocks = leaf, np.zeros_like(a.roots)
        for _ in range(self.depth):
            blocks = self.source.add(w.share * value)
            blocks[:, -1] = 0.0
            value = leaf + self.target.at(blocks)
        gradient = np.concatenate(
            [
                w.flow * (value - self.source.at(blocks)),
                w.capacity * ((a.capacity @ blocks[:, :, None])[:, :, 0] - a.limits),
                w.demand * (a.at_least - (a.demands @ z[:, :, None])[:, :, 0]),
            ],
            axis=1,
        )
        return Evaluation(constant + smooth, gradient, constant + hard, atoms, tuple(scores))

    def rounding(self, theta: Floats) -> Floats:
        """By how much at most the computed bounds at `theta` are above the true ones.

        A bound is a sum of products of weights with constants and atoms. Its computed value
        differs from the true one by at most the number of operations on the way to it times
        the unit of rounding, relative to the sum of the *magnitudes* of all that is added
        up; weights that do not add up to 1 to the last digit are part of it. Twice that is taken.
        """
        a, w = self.arrays, self._weigh(theta)
        logs = np.abs(a.constant) + np.abs(np.log(np.maximum(w.share, TINY))) * (w.share > 0)
        largest = np.concatenate([np.abs(v).max(axis=0) for v in self.values])
        size = dot(w.flow, 2 * logs + np.abs(a.rows) @ largest)
        size += dot(w.capacity, np.abs(a.limits) + 1)
        size += dot(w.demand, np.abs(a.at_least) + np.abs(a.demands) @ largest)
        operations = sum(self.sizes) + a.rows.shape[2] + 16 * self.depth + 64
        slack: Floats = 2 * UNIT * operations * (size + 1)
        return slack

    def solve(
        self,
        theta: Floats | None = None,
        *,
        schedule: Schedule = SCHEDULE,
        stop_above: Floats | float = np.inf,
    ) -> list[Bound]:
        """Improve the weights of every case; a case stops once its bound is high enough.

        Parameters
        ----------
        theta
            Weights to start from, one row a case.
        schedule
            Smoothing and iterations of each stage.
        stop_above
            Logarithm of a value, for all cases or each.
        """
        theta = self.start() if theta is None else theta.copy()
        count = len(theta)
        stop = np.broadcast_to(np.asarray(stop_above, dtype=np.float64) + 1e-9, (count,))
        value = np.full(count, -np.inf)
        going, duals = np.arange(count), self
        for tau, iterations in schedule:
            ascent = Ascent(duals.evaluate, theta[going], tau, iterations)
            ascent.run(stop[going])
            better = ascent.best_value > value[going]
            theta[going[better]] = ascent.best_theta[better]
            value[going[better]] = ascent.best_value[better]
            still: Ints = np.flatnonzero(value[going] <= stop[going])
            if not len(still):
                break
            if len(still) < len(going):
                duals, going = duals.select(still), going[still]
        return self._bounds(theta)

    def _bounds(self, theta: Floats) -> list[Bound]:
        """The bounds at `theta`, lowered by what rounding may have added."""
        at = self.evaluate(theta, 1.0)
        reduced = [scores - scores.min(axis=1, keepdims=True) for scores in at.scores]
        rounding = self.rounding(theta)
        # Weights without end, where no mapping is allowed: their sums say nothing.
        found = np.where(np.isfinite(rounding), at.hard, -np.inf)
        found -= np.where(np.isfinite(rounding), rounding, 0.0)
        worthless = self.arrays.worthless.tolist()
        return [
            Bound(
                _settled(value, worthless[i]), at.prices[i], tuple(r[i] for r in reduced), theta[i]
            )
            for i, value in enumerate(found.tolist())
        ]


def _settled(log_value: float, worthless: bool) -> float:
    """The bound; where the cost may be 0, only whether there is any mapping counts.

    With 0 for the logarithm of the cost, a mapping makes the dual function at most 0.
    """
    if not worthless:
        return log_value
    return np.inf if log_value > 0 else -np.inf
