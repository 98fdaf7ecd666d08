"""How a run searches, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dmaze_cp.constraints import NO_RULES, ConstraintRules, Constraints, rules_for
from dmaze_cp.cp.parameters import DEFAULT_SOLVER, SolverOptions
from dmaze_cp.engine import DEFAULT_ENGINE, DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapping import Diversity
from dmaze_cp.question import Options, is_integer, is_number


@dataclass(frozen=True)
class RunSettings:
    """How to search, and where.

    Attributes
    ----------
    time_limit_s
        Wall seconds for one layer and one objective.
    total_time_limit_s
        Wall seconds for the whole run, spent where the totals' gaps shrink most; every
        layer gets a first mapping, however short it is. None: no limit.
    gap
        Stop a search once its proven relative gap is at most this.
    constraints
        Pins that mappings must satisfy, of all layers that have their dimensions, or by layer.
    engine
        What decides the parts of a map-space that bounds leave open.
    solver
        Settings of each CP-SAT solver.
    jobs
        Searches side by side, each in a process of its own; 1 searches in this process.
        None: one for each core.
    scheduler
        Address of a Dask scheduler whose workers search instead, or ``local``.
    tie_break
        Decide between mappings of least cost, too (see `Options`).
    top_k
        How many of the best mappings are asked for.
    diverse
        What tells them apart (see `Options`).

    Raises
    ------
    SpecError
        With everything that makes no sense.
    """

    time_limit_s: float = DEFAULT_TIME_LIMIT_S
    total_time_limit_s: float | None = None
    gap: float = 0.0
    constraints: Constraints | ConstraintRules = NO_RULES
    engine: Engine | str = DEFAULT_ENGINE
    solver: SolverOptions = DEFAULT_SOLVER
    jobs: int | None = 1
    scheduler: str | None = None
    tie_break: bool = False
    top_k: int = 1
    diverse: Diversity | str | None = None

    def __post_init__(self) -> None:
        problems = list(_setting_problems(self))
        if problems:
            raise SpecError(problems)

    @property
    def rules(self) -> ConstraintRules:
        """What is demanded of the mappings of each layer."""
        return rules_for(self.constraints)

    @property
    def options(self) -> Options:
        """How each question is searched for."""
        limits = self.time_limit_s, self.gap
        several = self.top_k, self.diverse
        return Options(*limits, self.engine, self.solver, self.tie_break, *several)


def _setting_problems(settings: RunSettings) -> Iterator[Problem]:
    try:
        _ = settings.options
    except SpecError as error:
        yield from error.problems
    total = settings.total_time_limit_s
    if total is not None and not (is_number(total) and total > 0):
        yield Problem("total_time_limit", repr(total), "seconds above 0")
    if settings.jobs is not None and not is_integer(settings.jobs, 1):
        yield Problem("jobs", repr(settings.jobs), "an integer of at least 1")


DEFAULT_SETTINGS: Final = RunSettings()
