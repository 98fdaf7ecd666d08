"""Maximising several smooth functions side by side: limited-memory BFGS.

One row of every array is one function. Each iteration evaluates all functions once: a
row that has improved enough moves on, a row that has not tries a shorter step next time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from dmaze_cp.cost.batch import Bools, Floats

MEMORY = 8
"""Steps that the curvature is learnt from."""

ARMIJO = 1e-4
"""Least improvement of a step, as a fraction of what the slope promises."""

FLAT = 1e-7
"""Rows whose slope promises less are done."""

LONGEST = 3.0
"""Largest change of one parameter in one step."""


class Value(Protocol):
    """What an evaluation gives; see `dmaze_cp.relaxation.dual.Evaluation`."""

    @property
    def smooth(self) -> Floats:
        """The smoothed functions."""
        ...

    @property
    def gradient(self) -> Floats:
        """Their gradients."""
        ...

    @property
    def hard(self) -> Floats:
        """The bounds."""
        ...

    @property
    def prices(self) -> Floats:
        """What a unit of each atom costs."""
        ...

    @property
    def scores(self) -> tuple[Floats, ...]:
        """What each option costs, by group."""
        ...


def _dot(a: Floats, b: Floats) -> Floats:
    result: Floats = np.einsum("bk,bk->b", a, b)
    return result


class Ascent:
    """A run from one starting point a row; keeps each row's best bound."""

    def __init__(
        self, function: Callable[[Floats, float], Value], theta: Floats, tau: float
    ) -> None:
        self.function, self.tau = function, tau
        self.theta = theta.copy()
        now = function(self.theta, tau)
        self.value, self.gradient = now.smooth.copy(), now.gradient.copy()
        self.best_value, self.best_theta = now.hard.copy(), theta.copy()
        self.best_scores = [s.copy() for s in (now.prices, *now.scores)]
        self.pairs: list[tuple[Floats, Floats, Floats]] = []
        self.shrink = np.ones(len(theta))

    def run(self, iterations: int, stop_above: Floats) -> None:
        """Take steps until every row is flat or has a bound above its `stop_above`."""
        for _ in range(iterations):
            step = self._direction()
            slope = _dot(step, self.gradient)
            uphill = slope > 0
            if not uphill.all():
                step = np.where(uphill[:, None], step, self.gradient)
                slope = _dot(step, self.gradient)
            going = (slope > FLAT) & (self.best_value <= stop_above)
            if not going.any():
                return
            size = np.abs(step).max(axis=1)
            length = np.minimum(self.shrink, LONGEST / np.maximum(size, 1e-12)) * going
            self._try(step * length[:, None], slope * length, going)

    def _try(self, move: Floats, promised: Floats, going: Bools) -> None:
        trial = self.theta + move
        new = self.function(trial, self.tau)
        better = new.hard > self.best_value
        if better.any():
            self.best_value = np.where(better, new.hard, self.best_value)
            self.best_theta[better] = trial[better]
            for mine, theirs in zip(self.best_scores, (new.prices, *new.scores), strict=True):
                mine[better] = theirs[better]
        accepted = going & (new.smooth >= self.value + ARMIJO * promised)
        change = new.gradient - self.gradient
        curvature = -_dot(move, change)
        useful = accepted & (curvature > 1e-10 * _dot(move, move)) & (curvature > 0)
        rho = np.where(useful, 1.0 / np.where(useful, curvature, 1.0), 0.0)
        self.pairs = [*self.pairs[1 - MEMORY :], (move, -change, rho)]
        self.theta = np.where(accepted[:, None], trial, self.theta)
        self.value = np.where(accepted, new.smooth, self.value)
        self.gradient = np.where(accepted[:, None], new.gradient, self.gradient)
        self.shrink = np.where(accepted, 1.0, self.shrink * 0.3)

    def _direction(self) -> Floats:
        """Ascent directions by the two-loop recursion; pairs with ``rho = 0`` are skipped."""
        q = self.gradient.copy()
        alphas = []
        scale = np.ones(len(q))
        for moved, change, rho in reversed(self.pairs):
            alpha = rho * _dot(moved, q)
            q -= alpha[:, None] * change
            alphas.append(alpha)
        for moved, change, rho in self.pairs:
            known = rho > 0
            squared = np.where(known, _dot(change, change), 1.0)
            scale = np.where(known, _dot(moved, change) / squared, scale)
        q *= scale[:, None]
        for (moved, change, rho), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q += moved * (alpha - rho * _dot(change, q))[:, None]
        return q
