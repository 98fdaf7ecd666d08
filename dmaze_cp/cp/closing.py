"""Closing a case: CP-SAT's best mappings are re-scored exactly until nothing better is left.

The refinement pass: every candidate is scored exactly together with a block around it (all
completions of a part of its tiling), which may become the incumbent and lower what is still of
interest. The block is excluded from the model that is there, and CP-SAT is asked again, until its
bound, or that there is nothing, closes the case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from dmaze_cp.cp.model import CaseProblem
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.cp.solve import Answer

REPEATS: Final = 5
"""Solutions of mappings that were found before, after which the best one is scored instead."""


@dataclass(frozen=True)
class Closing:
    """How closing a case went.

    Attributes
    ----------
    closed
        Nothing in the case is of interest.
    decided
        If it is not closed: its bound says enough.
    bound
        No mapping of the case costs less (energy before it is rounded), but for those
        that were scored.
    rounds
        Calls of CP-SAT.
    """

    closed: bool
    decided: bool
    bound: float
    rounds: int


def close(
    problem: CaseProblem,
    limit: Callable[[], float],
    score: Callable[[tuple[int, ...]], Mapping[int, int]],
    options: SolverOptions | None = None,
    time_left: Callable[[], float] = lambda: inf,
    stop: Callable[[], bool] | None = None,
    hint: tuple[int, ...] | None = None,
    decided: Callable[[float], bool] = lambda _: False,
) -> Closing:
    """Ask CP-SAT for the best mapping of a case until nothing of interest is left.

    Parameters
    ----------
    problem
        The case.
    limit
        The largest cost that is still of interest, which falls as incumbents are found.
    score
        Scores a candidate exactly, with a block around it; returns the options that are fixed
        in the block. What it fixes none of is the whole case.
    options
        Settings of the solver.
    time_left, stop
        When to give up.
    hint
        The incumbent's options, if it is a mapping of this case.
    decided
        Whether a bound (energy before it is rounded) says enough of what is left.
    """
    rounds, bound = 0, 0.0
    while time_left() > 0 and not (stop is not None and stop()):
        rounds += 1
        solution = problem.solve(limit(), hint, options, time_left(), stop, REPEATS)
        bound = max(bound, solution.bound)
        if solution.candidate is not None:
            problem.exclude(score(solution.candidate))
        if solution.answer is Answer.NONE or bound > limit():
            return Closing(True, True, bound, rounds)
        if decided(bound):
            return Closing(False, True, bound, rounds)
        if solution.answer is Answer.STOPPED:
            break
    return Closing(False, False, bound, rounds)
