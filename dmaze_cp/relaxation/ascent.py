"""Maximising several smooth functions side by side: the BFGS method.

One row of every array is one function. Each iteration evaluates all functions once: a
row that has improved enough moves on, a row that has not tries a shorter step next time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from dmaze_cp.cost.batch import Bools, Floats
from dmaze_cp.relaxation.arrays import dot

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


class Ascent:
    """A run from one starting point a row; keeps each row's best bound.

    Parameters
    ----------
    function
        Values at a point, smoothed.
    theta
        Where to start.
    tau
        How much is smoothed.
    iterations
        The largest number of steps.
    """

    def __init__(
        self,
        function: Callable[[Floats, float], Value],
        theta: Floats,
        tau: float,
        iterations: int,
    ) -> None:
        self.function, self.tau, self.iterations = function, tau, iterations
        self.theta = theta.copy()
        now = function(self.theta, tau)
        self.value, self.gradient = now.smooth, now.gradient
        self.best_value, self.best_theta = now.hard.copy(), theta.copy()
        self.shrink = np.ones(len(theta))
        self.curvature = _Curvature(len(theta), theta.shape[1], iterations)

    def run(self, stop_above: Floats) -> None:
        """Take steps until every row is flat or has a bound above its `stop_above`."""
        for _ in range(self.iterations):
            step = self.curvature.direction(self.gradient)
            slope = dot(step, self.gradient)
            uphill = slope > 0
            if not uphill.all():
                step = np.where(uphill[:, None], step, self.gradient)
                slope = dot(step, self.gradient)
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
        self.best_value[better], self.best_theta[better] = new.hard[better], trial[better]
        accepted = going & (new.smooth >= self.value + ARMIJO * promised)
        self.curvature.learn(move, self.gradient - new.gradient, accepted)
        self.theta[accepted], self.value[accepted] = trial[accepted], new.smooth[accepted]
        self.gradient[accepted] = new.gradient[accepted]
        self.shrink = np.where(accepted, 1.0, self.shrink * 0.3)


class _Curvature:
    """What steps have told of the curvature: the inverse of the Hessian in its compact form.

    With the steps `S` and the falls `Y` of the gradient along them as columns, `R` the upper
    triangle of ``S'Y``, `D` its diagonal and `c` a scale, the BFGS inverse of the (negative)
    Hessian is ``c + [S, cY] [[R^-T (D + c Y'Y) R^-1, -R^-T], [-R^-1, 0]] [S, cY]'`` (Byrd, Nocedal
    and Schnabel, Representations of quasi-Newton matrices, 1994). A step that a row has learnt
    nothing from is a column of zeros, with 1 on the diagonal of `R`.
    """

    def __init__(self, rows: int, parameters: int, steps: int) -> None:
        self.count = 0
        self.moves = np.zeros((rows, steps, parameters))
        self.falls = np.zeros((rows, steps, parameters))
        self.inverse = np.zeros((rows, steps, steps))
        self.squares = np.zeros((rows, steps, steps))
        self.diagonal = np.ones((rows, steps, 1))
        self.scale = np.ones((rows, 1, 1))

    def learn(self, move: Floats, fall: Floats, accepted: Bools) -> None:
        """Learn from a step, and what the gradient has fallen along it, where it was accepted."""
        along = dot(move, fall)
        useful = accepted & (along > 1e-10 * dot(move, move)) & (along > 0)
        move, fall = (np.where(useful[:, None], each, 0.0) for each in (move, fall))
        along = np.where(useful, along, 1.0)
        j = self.count
        self.count += 1
        self.moves[:, j], self.falls[:, j], self.diagonal[:, j, 0] = move, fall, along
        products = self.moves[:, :j] @ fall[:, :, None]
        column = (self.inverse[:, :j, :j] @ products)[:, :, 0]
        self.inverse[:, :j, j], self.inverse[:, j, j] = -column / along[:, None], 1 / along
        squares = (self.falls[:, : j + 1] @ fall[:, :, None])[:, :, 0]
        self.squares[:, : j + 1, j] = self.squares[:, j, : j + 1] = squares
        size = np.where(useful, squares[:, j], 1.0)
        self.scale[useful, 0, 0] = (along / size)[useful]

    def direction(self, gradient: Floats) -> Floats:
        """The inverse of the Hessian times the gradient."""
        j, ahead = self.count, gradient[:, :, None]
        if not j:
            return gradient
        moves, falls = self.moves[:, :j], self.falls[:, :j]
        inverse = self.inverse[:, :j, :j]
        first = inverse @ (moves @ ahead)
        second = self.squares[:, :j, :j] @ first - falls @ ahead
        second = inverse.swapaxes(1, 2) @ (self.diagonal[:, :j] * first + self.scale * second)
        along = ahead - falls.swapaxes(1, 2) @ first
        result: Floats = (self.scale * along + moves.swapaxes(1, 2) @ second)[:, :, 0]
        return result
