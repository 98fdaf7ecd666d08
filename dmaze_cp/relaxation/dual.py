"""Lower bounds of cases: the Lagrangian (geometric-programming) dual.

For any weights ``w`` of the terms, weighted AM-GM gives
``log sum_i exp(l_i) >= sum_i w_i (l_i - log w_i)``, and a maximum is at least any
convex combination. What is left is linear in the atoms and thus a sum over groups,
each minimised by itself. The weights are improved by a quasi-Newton method on a
smoothed minimum; the bound itself is evaluated with the true minimum, so that it holds
whatever the weights are.

All cases of a layer are bounded side by side: arrays have one row a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dmaze_cp.cost.batch import Bools, Floats, Ints
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.ascent import Ascent
from dmaze_cp.relaxation.atoms import AtomTable
from dmaze_cp.relaxation.relax import Relaxation
from dmaze_cp.relaxation.rows import NO_LAYOUT, Blocks, Layout, Rows
from dmaze_cp.workload import OPERANDS

Schedule = Sequence[tuple[float, int]]
"""Smoothing of the minimum and iterations, one stage after the other."""

SCHEDULE: Schedule = ((0.1, 20), (0.03, 20), (0.01, 20))

TINY = 1e-300
"""Keeps logarithms of weights that are 0 finite."""


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


def _softmax(theta: Floats) -> Floats:
    shifted = np.exp(theta - theta.max(axis=1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def _log(values: Floats) -> Floats:
    return np.log(np.maximum(values, TINY))


def _centred(weights: Floats, gradient: Floats) -> Floats:
    """Gradient of a softmax's parameters from that of its values."""
    mean = (weights * gradient).sum(axis=1, keepdims=True)
    result: Floats = weights * (gradient - mean)
    return result


def _dot(a: Floats, b: Floats) -> Floats:
    result: Floats = np.einsum("bk,bk->b", a, b)
    return result


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


class Duals:
    """The dual functions of several cases for one objective.

    Parameters
    ----------
    relaxations
        One for each case.
    table
        Atoms of all options that any of the cases has.
    masks
        For each case and group, which options it has (None: all).
    objective
        What is bounded.
    layout
        At least so much room for terms, so that weights can be reused.
    """

    def __init__(
        self,
        relaxations: Sequence[Relaxation],
        table: AtomTable,
        masks: Sequence[Sequence[Bools]] | None,
        objective: Objective,
        layout: Layout = NO_LAYOUT,
    ) -> None:
        self.basis = table.basis
        self.values = table.values
        self.on_energy = float(objective is not Objective.LATENCY)
        self.on_latency = float(objective is not Objective.ENERGY)
        self.rows = Rows(relaxations, table.basis, layout)
        self.blocks = Blocks(self.rows, table.basis)
        self.size = self.blocks.size
        self.penalty: list[Floats] | None = None
        if masks is not None:
            self.penalty = [
                np.where(np.array([m[g] for m in masks]), 0.0, np.inf)
                for g in range(len(self.values))
            ]
        self.alternatives = [self.basis.alternatives[x] for x in OPERANDS]
        self.worthless = np.array(
            [bool(self.on_energy) and not relaxation.energy for relaxation in relaxations]
        )

    def select(self, which: Ints) -> Duals:
        """Some of the cases only."""
        other = object.__new__(Duals)
        other.__dict__.update(self.__dict__)
        other.rows = self.rows.select(which)
        other.worthless = self.worthless[which]
        if self.penalty is not None:
            other.penalty = [p[which] for p in self.penalty]
        return other

    def start(self, weights: Sequence[Floats | None] = ()) -> Floats:
        """Weights to start from, one row a case: those of similar cases where they fit."""
        theta = self.blocks.start(self.rows)
        for i, known in enumerate(weights):
            if known is not None and known.shape == theta[i].shape:
                theta[i] = known
        return self.blocks.fit(theta, self.rows)

    def _minimise(self, atoms: Floats, tau: float) -> tuple[Floats, Floats, Floats, list[Floats]]:
        """Smoothed and true minimum over options, the mean atoms, and the scores."""
        count = len(atoms)
        z = np.empty((count, len(self.basis.names)))
        smooth, hard = np.zeros(count), np.zeros(count)
        scores = []
        for g, (mine, values) in enumerate(zip(self.basis.slices, self.values, strict=True)):
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

    def evaluate(self, theta: Floats, tau: float) -> Evaluation:
        """The dual functions and their gradients at `theta`, smoothed by `tau`."""
        r, cut = self.rows, self.blocks
        w_e, w_l, w_v = (_softmax(theta[:, b]) for b in (cut.energy, cut.latency, cut.passes))
        shares = [_softmax(theta[:, b]) for b in cut.alternatives]
        m, f, n = (np.exp(theta[:, b]) for b in (cut.capacity, cut.floor, cut.demand))
        on_pass = self.on_latency * _dot(w_l, r.of_pass)
        weights = np.concatenate(
            [self.on_energy * w_e, self.on_latency * w_l, on_pass[:, None] * w_v, m, n], axis=1
        )
        row = (weights[:, None, :] @ r.matrix)[:, 0, :]
        atoms, on_dma = row[:, : self.basis.atoms], row[:, self.basis.atoms :]
        for i, share in enumerate(shares):
            atoms = atoms + on_dma[:, i, None] * (share @ self.alternatives[i])
        smooth, hard, z, scores = self._minimise(atoms, tau)
        choices = [z[:, : self.basis.atoms] @ a.T for a in self.alternatives]
        for i, (share, choice) in enumerate(zip(shares, choices, strict=True)):
            z[:, self.basis.atoms + i] = _dot(share, choice)
        logs = (r.matrix @ z[:, :, None])[:, :, 0]
        l_e, l_l, l_v, l_c, l_n = (logs[:, b] for b in r.blocks)
        c_e, c_l, c_v, c_c, c_n = (r.constant[:, b] for b in r.blocks)
        in_v = c_v - _log(w_v) + _log(r.spread(w_v, r.pass_sums))
        in_l = c_l - _log(w_l) + _log(r.spread(w_l, r.latency_sums))
        in_e = c_e - _log(w_e)
        m_all = m.copy()
        m_all[:, r.floored] += f
        log_m = _log(m_all)
        slack = _log(m_all @ r.same_capacity) - r.limits
        constant = self.on_energy * _dot(w_e, in_e) + self.on_latency * _dot(w_l, in_l)
        constant += on_pass * _dot(w_v, in_v) + _dot(n, c_n)
        constant += _dot(m, c_c) + _dot(m_all, slack - log_m)
        of_pass = r.of_pass * _dot(w_v, l_v + in_v)[:, None]
        gradient = np.concatenate(
            [
                self.on_energy * _centred(w_e, l_e + in_e),
                self.on_latency * _centred(w_l, l_l + in_l + of_pass),
                on_pass[:, None] * _centred(w_v, l_v + in_v),
                *(on_dma[:, i, None] * _centred(shares[i], choices[i]) for i in range(3)),
                m * (l_c + c_c + slack - log_m),
                f * (slack - log_m)[:, r.floored],
                n * (l_n + c_n),
            ],
            axis=1,
        )
        hard = np.where(self.worthless, -np.inf, constant + hard)
        return Evaluation(constant + smooth, gradient, hard, atoms, tuple(scores))

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
        theta = self.start() if theta is None else theta
        count = len(theta)
        stop = np.broadcast_to(np.asarray(stop_above, dtype=np.float64), (count,))
        best: list[Bound] = [Bound(-np.inf, np.zeros(0), (), t) for t in theta]
        going, duals = np.arange(count), self
        for tau, iterations in schedule:
            ascent = Ascent(duals.evaluate, theta[going], tau)
            ascent.run(iterations, stop[going])
            for i, case in enumerate(going):
                if ascent.best_value[i] > best[case].log_value or not best[case].reduced:
                    scores = tuple(s[i] - s[i].min() for s in ascent.best_scores[1:])
                    value, prices = float(ascent.best_value[i]), ascent.best_scores[0][i]
                    best[case] = Bound(value, prices, scores, ascent.best_theta[i])
            theta = np.array([b.weights for b in best])
            left = np.array([b.log_value for b in best]) <= stop
            still: Ints = np.flatnonzero(left[going])
            if not len(still):
                break
            if len(still) < len(going):
                duals, going = duals.select(still), going[still]
        return best


class Dual(Duals):
    """The dual function of a single case."""

    def __init__(self, relaxation: Relaxation, table: AtomTable, objective: Objective) -> None:
        super().__init__([relaxation], table, None, objective)

    def bound(
        self,
        theta: Floats | None = None,
        *,
        schedule: Schedule = SCHEDULE,
        stop_above: float = np.inf,
    ) -> Bound:
        """The bound of the case (see `Duals.solve`); weights that do not fit are ignored."""
        start = None if theta is None or len(theta) != self.size else theta[None, :]
        return self.solve(start, schedule=schedule, stop_above=stop_above)[0]
