"""One call of CP-SAT, with its status as a typed outcome."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from ortools.sat.python.cp_model_helper import (
    CpModelProto,
    CpSatHelper,
    CpSolverResponse,
    CpSolverStatus,
    SatParameters,
    SolutionCallback,
    SolveWrapper,
)

from dmaze_cp.cp.integers import IntegerModel
from dmaze_cp.cp.parameters import SolverOptions, apply

POLL_S = 0.05
"""How often a running solve looks whether it should stop."""


class Answer(StrEnum):
    """How a solve ended: what CP-SAT says of "which choice costs least, and at most the limit?"."""

    OPTIMAL = "optimal"
    """The choice has the least cost that the model knows."""
    NONE = "none"
    """There is none."""
    REPEATED = "repeated"
    """Choices were found again and again: what the best of them costs is to be computed instead."""
    STOPPED = "stopped"
    """Time ran out, with or without a choice."""


@dataclass(frozen=True)
class Found:
    """What a solve has found.

    Attributes
    ----------
    answer
        How it ended.
    bound
        Proven lower bound of the objective.
    choice
        The best solution, if there is one: the choice of each group.
    """

    answer: Answer
    bound: float
    choice: tuple[int, ...] | None = None


def run(
    integers: IntegerModel,
    options: SolverOptions,
    time_limit: float,
    stop: Callable[[], bool] | None = None,
    repeats: float = inf,
) -> Found:
    """Minimise for at most `time_limit` seconds, or until `stop` says so.

    Parameters
    ----------
    integers, options
        The model, and settings of the solver.
    time_limit, stop
        When to give up.
    repeats
        End where so many solutions have a choice that an earlier one had. Variables that are at
        least a cost may be above it, and the solver may lower them bit by bit, without end.
    """
    parameters = SatParameters()
    apply(options, parameters)
    parameters.max_time_in_seconds = min(max(time_limit, 0.01), 1e9)
    solver = SolveWrapper()
    solver.set_parameters(parameters)
    if options.log:
        solver.add_log_callback(_log)
    watch = _Repeats(solver, integers.choices, repeats)
    if repeats < inf:
        solver.add_solution_callback(watch)
    response = _watched(solver, integers.proto, stop)
    status = response.status
    if status == CpSolverStatus.INFEASIBLE:
        return Found(Answer.NONE, 0.0)
    if status in (CpSolverStatus.OPTIMAL, CpSolverStatus.FEASIBLE):
        values = response.solution
        choice = tuple(int(values[v]) for v in integers.choices)
    low, _ = integers.ranges[integers.objective]
    if status == CpSolverStatus.OPTIMAL:
        return Found(Answer.OPTIMAL, response.best_objective_bound, choice)
    if status == CpSolverStatus.FEASIBLE:
        answer = Answer.REPEATED if watch.enough else Answer.STOPPED
        return Found(answer, max(response.best_objective_bound, low), choice)
    if status == CpSolverStatus.UNKNOWN:
        # Before the first bound is known, the solver's is no number of the model's.
        return Found(Answer.STOPPED, low)
    why = CpSatHelper.validate_model(integers.proto)
    raise RuntimeError(f"CP-SAT refused a model: {why or status.name}")


class _Repeats(SolutionCallback):
    """Stops a solver whose solutions repeat choices."""

    def __init__(self, solver: SolveWrapper, choices: Sequence[int], most: float) -> None:
        super().__init__()
        self.enough = False
        self._solver, self._choices, self._most = solver, choices, most
        self._seen: set[tuple[int, ...]] = set()
        self._repeated = 0

    def OnSolutionCallback(self) -> None:  # noqa: N802
        values = self.Response().solution  # type: ignore[no-untyped-call]
        choice = tuple(int(values[v]) for v in self._choices)
        self._repeated += choice in self._seen
        self._seen.add(choice)
        if self._repeated >= self._most:
            self.enough = True
            self._solver.stop_search()


def _log(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _watched(
    solver: SolveWrapper, model: CpModelProto, stop: Callable[[], bool] | None
) -> CpSolverResponse:
    """Solve; where `stop` is given, in a thread that this one watches over."""
    result: list[CpSolverResponse] = []

    def solve() -> None:
        result.append(solver.solve(model))  # type: ignore[no-untyped-call]

    if stop is None:
        solve()
        return result[0]
    thread = threading.Thread(target=solve, daemon=True)
    thread.start()
    wait = 0.001
    while thread.is_alive():
        thread.join(wait)
        wait = min(2 * wait, POLL_S)
        if thread.is_alive() and stop():
            solver.stop_search()
    if not result:
        raise RuntimeError("CP-SAT ended without an answer")
    return result[0]
