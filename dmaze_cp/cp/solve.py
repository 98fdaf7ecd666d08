"""One call of CP-SAT, with its status as a typed answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ortools.sat.python import cp_model

from dmaze_cp.cp.variables import Choices

POLL_S = 0.05
"""How often a running solve looks whether it should stop."""


class Answer(StrEnum):
    """What CP-SAT says of "is there a mapping below the limit in this case?"."""

    CANDIDATE = "candidate"
    NONE = "none"
    STOPPED = "stopped"


@dataclass(frozen=True)
class SolverOptions:
    """Settings of the solver."""

    workers: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Solution:
    """An answer, and the chosen option of each group if there is a candidate."""

    answer: Answer
    options: tuple[int, ...] = ()


def solve(
    model: cp_model.CpModel,
    choices: Choices,
    options: SolverOptions,
    time_limit: float,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """Ask CP-SAT for a candidate, for at most `time_limit` seconds."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(time_limit, 0.01)
    solver.parameters.num_workers = options.workers
    solver.parameters.random_seed = options.seed
    solver.parameters.linearization_level = 2
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.presolve_inclusion_work_limit = 0
    solver.parameters.catch_sigint_signal = False
    status = _run(solver, model, stop)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        picked = tuple(
            next(i for i, literal in enumerate(group) if solver.boolean_value(literal))
            for group in choices.literals
        )
        return Solution(Answer.CANDIDATE, picked)
    if status == cp_model.INFEASIBLE:
        return Solution(Answer.NONE)
    if status == cp_model.UNKNOWN:
        return Solution(Answer.STOPPED)
    raise RuntimeError(f"CP-SAT refused a model: {model.validate() or solver.status_name()}")


def _run(
    solver: cp_model.CpSolver, model: cp_model.CpModel, stop: Callable[[], bool] | None
) -> cp_model.CpSolverStatus:
    """Solve; where `stop` is given, in a thread that this one watches over."""
    if stop is None:
        return solver.solve(model)
    result: list[cp_model.CpSolverStatus] = []
    thread = threading.Thread(target=lambda: result.append(solver.solve(model)), daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_S)
        if thread.is_alive() and stop():
            solver.stop_search()
    if not result:
        raise RuntimeError("CP-SAT ended without an answer")
    return result[0]
