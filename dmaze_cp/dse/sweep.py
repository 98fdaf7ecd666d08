"""A sweep over a design space: which design is best, and the proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from dmaze_cp.dse.competition import Competition
from dmaze_cp.dse.design import Budgets, Design
from dmaze_cp.dse.outcome import average_power_mw, outcome_of, winners
from dmaze_cp.dse.plan import Candidate, plan_sweep
from dmaze_cp.dse.result import PointStatus, SweepPoint, SweepResult, WeightedWorkload
from dmaze_cp.dse.schedule import SweepSchedule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.execution.engine import Watcher, run_tasks
from dmaze_cp.execution.task import Message
from dmaze_cp.network import RunSettings, backend_for
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.store import Store


@dataclass(frozen=True)
class SweepPlanned:
    """The sweep begins."""

    points: int
    invalid: int
    searches_at_most: int


@dataclass(frozen=True)
class PointDone:
    """A design needs no further search."""

    position: int
    point: SweepPoint
    best: SweepPoint | None


@dataclass(frozen=True)
class SearchDone:
    """One more search has ended."""

    searches: int
    points_open: int


@dataclass(frozen=True)
class StoreFailed:
    """A result could not be stored; the sweep goes on without the store."""

    reason: str


SweepEvent = SweepPlanned | PointDone | SearchDone | StoreFailed


def sweep(
    space: DesignSpace,
    networks: Sequence[WeightedWorkload],
    objective: Objective = Objective.EDP,
    settings: RunSettings = RunSettings(),  # noqa: B008 (frozen)
    *,
    budgets: Budgets | None = None,
    pareto: bool = False,
    all_points: bool = False,
    store: Store | None = None,
    on_event: Callable[[SweepEvent], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> SweepResult:
    """Find the best design of a space for some networks, and prove that none is better.

    A design's total is the weighed sum of its layers' least objectives. Designs whose lower
    bound is above what another costs are not searched to the end, unless `all_points`.

    Parameters
    ----------
    space, networks, objective
        What is compared, by what.
    settings
        How to search and where; `total_time_limit_s` ends the sweep with what is there.
    budgets
        Upper limits of area and average power; those of the space by default.
    pareto
        Look for all designs that no other beats in both area and objective.
    store
        Answers what has been proven before, and keeps what is found.
    on_event
        Told of progress.
    stop
        Polled; once it returns True the sweep ends with what is there.

    Raises
    ------
    SpecError
        When no design is valid, no network has a layer, or there is no area to compare by.
    """
    began = time.monotonic()
    limits = budgets or space.budgets
    if not sum(len(network.workload) for network in networks):
        raise SpecError(Problem("models", "no layer", "at least one layer to map"))
    designs, invalid = replace(space, budgets=limits).survey()
    if pareto and any(design.area_mm2 is None for design in designs):
        raise SpecError(Problem("--pareto area", "designs without an area", "an area model"))
    run = _Sweep(designs, networks, objective, settings, limits, pareto, all_points, store)
    run.tell = on_event or (lambda _event: None)
    run.tell(SweepPlanned(len(designs), len(invalid), len(run.plan.questions)))
    stopped = stop or (lambda: False)
    run.search(stopped)
    points = tuple(run.point(candidate) for candidate in run.plan.candidates)
    victory = winners(run.plan.candidates, points, pareto=pareto)
    return SweepResult(
        space=space,
        networks=tuple(networks),
        objective=objective,
        budgets=limits,
        pareto=pareto,
        points=points,
        invalid=tuple(invalid),
        best=victory.best,
        best_proven=victory.best_proven,
        front=victory.front,
        front_proven=victory.front_proven,
        searches=run.schedule.searches,
        looked_up=run.looked_up,
        elapsed_s=time.monotonic() - began,
        interrupted=stopped() and any(p.status is PointStatus.UNKNOWN for p in points),
    )


class _Sweep:
    def __init__(
        self,
        designs: Sequence[Design],
        networks: Sequence[WeightedWorkload],
        objective: Objective,
        settings: RunSettings,
        limits: Budgets,
        pareto: bool,
        all_points: bool,
        store: Store | None,
    ) -> None:
        self.tell: Callable[[SweepEvent], None] = lambda _event: None
        self.plan = plan_sweep(designs, networks, objective)
        self.looked_up = 0
        self._networks = networks
        self._objective = objective
        self._settings = settings
        self._limits = limits
        self._store = store
        self._best: tuple[Fraction, int] | None = None
        self.schedule = SweepSchedule(
            self.plan,
            settings,
            None if all_points else Competition(pareto=pareto),
            counts=self._counts,
            on_closed=self._closed,
        )

    def search(self, stop: Callable[[], bool]) -> None:
        self._look_up()
        self.schedule.begin()
        open_ones = sum(not question.final for question in self.plan.questions)
        if not open_ones or all(candidate.closed for candidate in self.plan.candidates):
            return
        with backend_for(self._settings, open_ones) as backend:
            run_tasks(self.schedule, backend, Watcher(_ignore, self._found), stop)

    def _look_up(self) -> None:
        if self._store is None:
            return
        limits = self._settings.constraints
        for question in self.plan.questions:
            result = self._store.get(question.layer, question.architecture, self._objective, limits)
            if result is not None:
                self.looked_up += 1
                question.note(result)
                proven = result.status in {Status.OPTIMAL, Status.INFEASIBLE}
                close = result.gap is not None and result.gap <= self._settings.gap
                question.final = proven or close

    def _found(self, ticket: int, result: LayerResult, _last: bool) -> None:
        if self._store is not None and not result.failed:
            try:
                self._store.put(result)
            except SpecError as error:
                self._store = None
                self.tell(StoreFailed("; ".join(str(problem) for problem in error.problems)))
        left = sum(not candidate.closed for candidate in self.plan.candidates)
        self.tell(SearchDone(ticket + 1, left))

    def _counts(self, candidate: Candidate) -> bool:
        """Whether the mappings of a design so far may beat other designs."""
        limit = self._limits.power_mw
        if limit is None:
            return True
        # Better mappings may take more power, so only a design that is solved counts.
        if not all(term.question.final for term in candidate.terms):
            return False
        power = average_power_mw(candidate, self._networks)
        return power is not None and power <= limit

    def _closed(self, candidate: Candidate) -> None:
        point = self.point(candidate)
        value = candidate.value
        if point.is_mapped and value is not None:
            rank = (value, candidate.position)
            self._best = rank if self._best is None else min(rank, self._best)
        best = None if self._best is None else self.plan.candidates[self._best[1]]
        self.tell(PointDone(candidate.position, point, None if best is None else self.point(best)))

    def point(self, candidate: Candidate) -> SweepPoint:
        return outcome_of(candidate, self._networks, self._objective, self._limits)


def _ignore(_message: Message) -> None:
    pass
