"""One call of CP-SAT, with its status as a typed outcome."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ortools.sat.python import cp_model

from dmaze_cp.cp.integers import IntegerModel
from dmaze_cp.cp.parameters import SolverOptions, apply

POLL_S = 0.05
"""How often a running solve looks whether it should stop."""


class Outcome(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    NONE = "none"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Found:
    """What a solve has found.

    Attributes
    ----------
    outcome
        How it ended.
    bound
        Proven lower bound of the objective.
    choices
        Solutions, best first: the choice of each group.
    """

    outcome: Outcome
    bound: float
    choices: tuple[tuple[int, ...], ...]


class _Collector(cp_model.CpSolverSolutionCallback):
    """Keeps the choices of every solution on the way."""

    def __init__(self, integers: IntegerModel) -> None:
        super().__init__()
        self.found: list[tuple[int, ...]] = []
        self._choices = [integers.model.get_int_var_from_proto_index(v) for v in integers.choices]

    def on_solution_callback(self) -> None:
        """Called by the solver."""
        self.found.append(tuple(self.value(v) for v in self._choices))


def run(
    integers: IntegerModel,
    options: SolverOptions,
    time_limit: float,
    stop: Callable[[], bool] | None = None,
) -> Found:
    """Minimise for at most `time_limit` seconds, or until `stop` says so."""
    solver = cp_model.CpSolver()
    apply(options, solver.parameters)
    solver.parameters.max_time_in_seconds = min(max(time_limit, 0.01), 1e9)
    if options.log:
        solver.log_callback = _log
    collector = _Collector(integers)
    status = _watched(solver, integers.model, collector, stop)
    choices = tuple(reversed(collector.found))
    if status == cp_model.OPTIMAL:
        return Found(Outcome.OPTIMAL, solver.best_objective_bound, choices)
    if status == cp_model.INFEASIBLE:
        return Found(Outcome.NONE, 0.0, ())
    if status in (cp_model.FEASIBLE, cp_model.UNKNOWN):
        low, _ = integers.ranges[integers.objective]
        # Before the first bound is known, the solver's is no number of the model's.
        bound = solver.best_objective_bound if status == cp_model.FEASIBLE else low
        return Found(Outcome.STOPPED, max(bound, low), choices)
    raise RuntimeError(
        f"CP-SAT refused a model: {integers.model.validate() or solver.status_name()}"
    )


def _log(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _watched(
    solver: cp_model.CpSolver,
    model: cp_model.CpModel,
    collector: _Collector,
    stop: Callable[[], bool] | None,
) -> cp_model.CpSolverStatus:
    """Solve; where `stop` is given, in a thread that this one watches over."""
    if stop is None:
        return solver.solve(model, collector)
    result: list[cp_model.CpSolverStatus] = []
    thread = threading.Thread(
        target=lambda: result.append(solver.solve(model, collector)), daemon=True
    )
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
