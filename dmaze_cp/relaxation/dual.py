"""A lower bound of a case: the Lagrangian (geometric-programming) dual.

For any weights ``w`` of the terms, weighted AM-GM gives
``log sum_i exp(l_i) >= sum_i w_i (l_i - log w_i)``, and a maximum is at least any
convex combination. What is left is linear in the atoms and thus a sum over groups,
each minimised by itself. The weights are improved by a quasi-Newton method on a
smoothed minimum; the bound itself is evaluated with the true minimum, so that it holds
whatever the weights are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dmaze_cp.cost.batch import Floats
from dmaze_cp.mapspace import GROUPS
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import AtomTable
from dmaze_cp.relaxation.terms import Relaxation, Sum
from dmaze_cp.workload import OPERANDS


SCHEDULE = ((0.1, 20), (0.03, 20), (0.01, 20))
"""Smoothing and iterations by default."""


@dataclass(frozen=True, eq=False)
class Bound:
    """A lower bound and what each option adds to it.

    Attributes
    ----------
    log_value
        Natural logarithm of the bound: no mapping of the case costs less.
    reduced
        For each group, how much at least an option raises the logarithm.
    weights
        Where the search for weights stopped; a start for a similar case.
    """

    log_value: float
    reduced: tuple[Floats, ...]
    weights: Floats


class _Rows:
    """Rows of a list of sums, one below the other."""

    def __init__(self, sums: Sequence[Sum], width: int) -> None:
        terms = [t for s in sums for t in s]
        self.count = len(terms)
        self.matrix = np.array([t.row for t in terms]) if terms else np.zeros((0, width))
        self.constant = np.array([t.log_coefficient for t in terms])
        self.of_pass = np.array([t.of_pass for t in terms], dtype=bool)
        self.sum_of = np.repeat(np.arange(len(sums)), [len(s) for s in sums])
        self.sums = len(sums)


def _softmax(theta: Floats) -> Floats:
    shifted = np.exp(theta - theta.max()) if len(theta) else theta
    result: Floats = shifted / shifted.sum() if len(theta) else theta
    return result


def _xlogx(values: Floats) -> Floats:
    return values * np.log(np.maximum(values, 1e-300))


class Dual:
    """The dual function of one case for one objective."""

    def __init__(self, relaxation: Relaxation, table: AtomTable, objective: Objective) -> None:
        self.basis = relaxation.basis
        width = len(self.basis.names)
        self.values = table.values
        self.energy_weight = float(objective is not Objective.LATENCY)
        self.latency_weight = float(objective is not Objective.ENERGY)
        self.energy = _Rows([relaxation.energy], width)
        self.passes = _Rows(relaxation.passes, width)
        self.latency = _Rows(relaxation.latency, width)
        self.capacity = _Rows([c.terms for c in relaxation.capacities], width)
        self.limits = np.log([c.limit for c in relaxation.capacities])
        floors = [c.at_least_one for c in relaxation.capacities for _ in c.terms]
        self.floored = np.flatnonzero(floors)
        self.demand = np.array(
            [self.basis.factors(d.level, d.dimensions) for d in relaxation.demands]
        ).reshape(len(relaxation.demands), width)
        self.least = np.log([float(d.least) for d in relaxation.demands])
        sizes = [self.energy.count, self.latency.count, self.passes.count]
        sizes += [len(self.basis.alternatives[x]) for x in OPERANDS]
        sizes += [self.capacity.count, len(self.floored), len(self.least)]
        self.cuts = np.cumsum([0, *sizes])
        self.size = int(self.cuts[-1])

    def parts(self, theta: Floats) -> list[Floats]:
        """Parameters by block: energy, latency, passes, three operands, capacities, demands."""
        return [theta[a:b] for a, b in zip(self.cuts[:-1], self.cuts[1:], strict=True)]

    def start(self, at: Sequence[int]) -> Floats:
        """Weights that fit the mapping which picks these options."""
        z = np.zeros(len(self.basis.names))
        for atoms, values, option in zip(self.basis.slices, self.values, at, strict=True):
            z[atoms] = values[option]
        alternatives = [self.basis.alternatives[x] @ z[: self.basis.atoms] for x in OPERANDS]
        z[self.basis.atoms :] = [a.max() for a in alternatives]
        passes = self.passes.matrix @ z + self.passes.constant
        sums = np.zeros(self.passes.sums)
        np.add.at(sums, self.passes.sum_of, np.exp(passes))
        latency = self.latency.matrix @ z + self.latency.constant
        latency = latency + np.where(self.latency.of_pass, np.log(sums.max()), 0.0)
        totals = np.zeros(self.latency.sums)
        np.add.at(totals, self.latency.sum_of, np.exp(latency))
        favour_l = -0.5 * (np.log(totals) - np.log(totals.max()))[self.latency.sum_of]
        favour_p = -0.5 * (np.log(sums) - np.log(sums.max()))[self.passes.sum_of]
        blocks = [
            self.energy.matrix @ z + self.energy.constant,
            np.maximum(latency - latency.max() + favour_l, -4),
            np.maximum(passes - passes.max() + favour_p, -4),
            *(np.maximum(a - a.max(), -2) for a in alternatives),
            np.full(self.capacity.count, -1.5),
            np.full(len(self.floored), -2.5),
            np.full(len(self.least), -2.0),
        ]
        return np.concatenate(blocks)

    def evaluate(self, theta: Floats, tau: float) -> tuple[float, float, Floats, list[Floats]]:
        """The smoothed dual, the bound, the smoothed dual's gradient, and scores by group."""
        e, l, v, *rest = self.parts(theta)
        phi, (mu, floor, nu) = rest[:3], rest[3:]
        w_e, w_l, w_v = _softmax(e), _softmax(l), _softmax(v)
        share = [_softmax(p) for p in phi]
        lat, pas, cap = self.latency, self.passes, self.capacity
        on_pass = self.latency_weight * float(w_l[lat.of_pass].sum())
        m, f, n = np.exp(mu), np.exp(floor), np.exp(nu)
        row = self.energy_weight * (w_e @ self.energy.matrix)
        row = row + self.latency_weight * (w_l @ lat.matrix) + on_pass * (w_v @ pas.matrix)
        row = row + m @ cap.matrix - n @ self.demand
        atoms = row[: self.basis.atoms].copy()
        on_dma = row[self.basis.atoms :]
        for i, x in enumerate(OPERANDS):
            atoms += on_dma[i] * (share[i] @ self.basis.alternatives[x])
        z = np.zeros(len(self.basis.names))
        smooth = hard = 0.0
        scores = []
        for mine, values in zip(self.basis.slices, self.values, strict=True):
            score = values @ atoms[mine]
            least = float(score.min())
            soft = np.exp((least - score) / tau)
            total = float(soft.sum())
            smooth += least - tau * np.log(total)
            hard += least
            z[mine] = (soft @ values) / total
            scores.append(score)
        alternatives = [self.basis.alternatives[x] @ z[: self.basis.atoms] for x in OPERANDS]
        z[self.basis.atoms :] = [s @ a for s, a in zip(share, alternatives, strict=True)]
        u_l = np.bincount(lat.sum_of, w_l, lat.sums)
        u_v = np.bincount(pas.sum_of, w_v, pas.sums)
        m_all = m.copy()
        m_all[self.floored] += f
        by_cap = np.bincount(cap.sum_of, m_all, cap.sums)
        inner_v = pas.constant - np.log(np.maximum(w_v, 1e-300)) + np.log(np.maximum(u_v, 1e-300))[pas.sum_of]
        pass_value = float(w_v @ inner_v)
        inner_l = lat.constant - np.log(np.maximum(w_l, 1e-300)) + np.log(np.maximum(u_l, 1e-300))[lat.sum_of]
        constant = self.energy_weight * float(w_e @ self.energy.constant - _xlogx(w_e).sum())
        constant += self.latency_weight * float(w_l @ inner_l) + on_pass * pass_value
        constant += float(m @ cap.constant - _xlogx(m_all).sum() + _xlogx(by_cap).sum())
        constant += float(-by_cap @ self.limits + n @ self.least)
        g_v = pas.matrix @ z + inner_v
        g_l = lat.matrix @ z + inner_l + np.where(lat.of_pass, float(w_v @ (pas.matrix @ z)) + pass_value, 0.0)
        g_e = self.energy.matrix @ z + self.energy.constant - np.log(np.maximum(w_e, 1e-300))
        slack = np.log(np.maximum(by_cap, 1e-300)) - self.limits
        g_c = cap.matrix @ z + cap.constant - np.log(m_all) + slack[cap.sum_of]
        g_f = (-np.log(m_all) + slack[cap.sum_of])[self.floored]
        gradient = [
            self.energy_weight * w_e * (g_e - w_e @ g_e),
            self.latency_weight * w_l * (g_l - w_l @ g_l),
            on_pass * w_v * (g_v - w_v @ g_v),
            *(d * s * (a - s @ a) for d, s, a in zip(on_dma, share, alternatives, strict=True)),
            m * g_c,
            f * g_f,
            n * (self.least - self.demand @ z),
        ]
        return constant + smooth, constant + hard, np.concatenate(gradient), scores

    def solve(
        self,
        theta: Floats | None = None,
        *,
        schedule: Sequence[tuple[float, int]] = SCHEDULE,
        stop_above: float = np.inf,
    ) -> Bound:
        """Improve the weights from `theta` on; stop early once the bound is above a value.

        Parameters
        ----------
        theta
            Weights to start from (of a similar case); fresh ones where they do not fit.
        schedule
            Smoothing of the minimum and iterations, one stage after the other.
        stop_above
            Logarithm of a value.
        """
        if theta is None or len(theta) != self.size:
            theta = self.start([len(v) // 2 for v in self.values])
        best = Bound(-np.inf, tuple(np.zeros(len(v)) for v in self.values), theta)
        if self.energy_weight and not self.energy.count:
            return best
        for tau, iterations in schedule:
            best = self._improve(best, best.weights, tau, iterations, stop_above)
            if best.log_value > stop_above:
                break
        return best

    def _improve(
        self, best: Bound, theta: Floats, tau: float, iterations: int, stop_above: float
    ) -> Bound:
        search = _Lbfgs()
        value, hard, gradient, scores = self.evaluate(theta, tau)
        for _ in range(iterations):
            if hard > best.log_value:
                best = Bound(hard, tuple(s - s.min() for s in scores), theta)
                if hard > stop_above:
                    break
            step = search.direction(gradient)
            slope = float(step @ gradient)
            if slope < 1e-7:
                break
            length = min(1.0, 3.0 / float(np.abs(step).max()))
            for _try in range(6):
                trial = theta + length * step
                new = self.evaluate(trial, tau)
                if new[0] >= value + 1e-4 * length * slope:
                    break
                length *= 0.35
            else:
                break
            search.update(trial - theta, new[2] - gradient)
            theta = trial
            value, hard, gradient, scores = new
        if hard > best.log_value:
            best = Bound(hard, tuple(s - s.min() for s in scores), theta)
        return best


class _Lbfgs:
    """Limited-memory BFGS directions for maximising (two-loop recursion)."""

    def __init__(self, memory: int = 10) -> None:
        self.memory = memory
        self.pairs: list[tuple[Floats, Floats, float]] = []

    def update(self, moved: Floats, change: Floats) -> None:
        """Learn from a step and the change of the gradient over it."""
        curvature = -float(moved @ change)
        if curvature > 1e-10 * float(moved @ moved):
            self.pairs = [*self.pairs[1 - self.memory :], (moved, -change, 1.0 / curvature)]

    def direction(self, gradient: npt.NDArray[np.float64]) -> Floats:
        """An ascent direction."""
        q = gradient.copy()
        alphas = []
        for s, y, rho in reversed(self.pairs):
            alpha = rho * float(s @ q)
            q -= alpha * y
            alphas.append(alpha)
        if self.pairs:
            s, y, _ = self.pairs[-1]
            q *= float(s @ y) / float(y @ y)
        for (s, y, rho), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q += s * (alpha - rho * float(y @ q))
        return q


__all__ = ["GROUPS", "Bound", "Dual"]
