"""A sweep over a design space: which design is best, and the proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dmaze_cp.desk import Desk, DeskEvent, Inquiry, RunSettings
from dmaze_cp.dse.competition import Competition
from dmaze_cp.dse.design import Budgets, Design
from dmaze_cp.dse.outcome import average_power_mw, outcome_of, winners, within_power
from dmaze_cp.dse.plan import Candidate, DesignInquiry, SweepPlan, plan_sweep
from dmaze_cp.dse.result import SweepPoint, SweepResult, WeightedWorkload
from dmaze_cp.dse.schedule import SweepSchedule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapspace import why_infeasible
from dmaze_cp.objective import Objective
from dmaze_cp.pinning import rule_problems
from dmaze_cp.result import Ending, Incumbent, LayerResult, Status
from dmaze_cp.store import Store


@dataclass(frozen=True)
class SweepPlanned:
    """The sweep begins."""

    points: int
    invalid: int
    layers: int


@dataclass(frozen=True)
class PointDone:
    """A design needs no further search."""

    position: int
    point: SweepPoint


@dataclass(frozen=True)
class SearchDone:
    """One more search has ended; which design costs least so far."""

    searches: int
    points_open: int
    best: Design | None


SweepEvent = SweepPlanned | PointDone | SearchDone | DeskEvent


def sweep(
    space: DesignSpace,
    networks: Sequence[WeightedWorkload],
    objective: Objective | str = Objective.EDP,
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
        When no design is valid, no network has a layer, there is no area to compare by, or
        the objective is unknown.
    """
    began = time.monotonic()
    if objective not in list(Objective):
        raise SpecError(Problem("objective", repr(objective), ", ".join(Objective)))
    objective = Objective(objective)
    limits = budgets or space.budgets
    if not sum(len(network.workload) for network in networks):
        raise SpecError(Problem("models", "no layer", "at least one layer to map"))
    problems = list(rule_problems((n.workload for n in networks), settings.rules))
    problems += settings.rules.cost_problems()
    if problems:
        raise SpecError(problems)
    designs, invalid = replace(space, budgets=limits).survey()
    if pareto and any(design.area_mm2 is None for design in designs):
        raise SpecError(Problem("--pareto area", "designs without an area", "an area model"))
    asked = _Asked(tuple(networks), objective, settings, limits, pareto, all_points)
    plan = plan_sweep(designs, networks, objective, settings.rules, settings.options)
    run = _Sweep(asked, plan, store, on_event or (lambda _event: None))
    run.tell(SweepPlanned(len(designs), len(invalid), len(plan.inquiries)))
    interrupted = run.search(stop or (lambda: False))
    points = tuple(run.point(candidate) for candidate in plan.candidates)
    victory = winners(plan.candidates, points, pareto=pareto)
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
        ties=victory.ties,
        may_tie=victory.may_tie,
        front=victory.front,
        front_proven=victory.front_proven,
        searches=run.schedule.searches,
        looked_up=run.looked_up,
        elapsed_s=time.monotonic() - began,
        interrupted=interrupted,
        constraints=settings.rules,
    )


@dataclass(frozen=True)
class _Asked:
    """What was asked of a sweep, but for the designs."""

    networks: tuple[WeightedWorkload, ...]
    objective: Objective
    settings: RunSettings
    limits: Budgets
    pareto: bool
    all_points: bool


class _Sweep:
    """From planned inquiries to their answers, by the store or by searching."""

    def __init__(
        self,
        asked: _Asked,
        plan: SweepPlan,
        store: Store | None,
        tell: Callable[[SweepEvent], None],
    ) -> None:
        self._asked = asked
        self._plan = plan
        self._desk = Desk(asked.settings, store, tell)
        self.tell = tell
        self.looked_up = 0
        self.searched = 0
        # Told of once what they rest on is kept.
        self._done: list[PointDone] = []
        self.schedule = SweepSchedule(
            plan,
            asked.settings,
            None if asked.all_points else Competition(pareto=asked.pareto),
            counts=self._counts,
            on_closed=self._closed,
            on_proven=self._proven,
        )

    def search(self, stop: Callable[[], bool]) -> bool:
        """Answer what has to be answered; whether it was stopped before that."""
        self._rule_out()
        self._look_up()
        self.schedule.begin()
        self._tell_done()
        open_ones = sum(not inquiry.final for inquiry in self._plan.inquiries)
        if not open_ones or not self.schedule.designs_open:
            return False
        self._desk.search(self.schedule, self, open_ones, stop)
        unfinished = self.schedule.designs_open > 0 or any(map(_cut_short, self._plan.inquiries))
        return stop() and unfinished

    def point(self, candidate: Candidate) -> SweepPoint:
        """What is known about a design."""
        asked = self._asked
        return outcome_of(
            candidate, asked.networks, asked.objective, asked.limits, asked.settings.rules
        )

    def _rule_out(self) -> None:
        """Answer what takes no search: layers of which not one element fits."""
        asked = self._asked
        for inquiry in self._plan.inquiries:
            reason = why_infeasible(inquiry.architecture)
            if reason is not None:
                inquiry.note(
                    LayerResult(
                        inquiry.layer,
                        inquiry.architecture,
                        asked.objective,
                        Status.INFEASIBLE,
                        reason=reason,
                        constraints=inquiry.question.constraints,
                    )
                )
                inquiry.final = True

    def _look_up(self) -> None:
        self.looked_up = self._desk.look_up(q for q in self._plan.inquiries if not q.final)

    def inquiry(self, ticket: int) -> DesignInquiry:
        """What a search is for."""
        return self.schedule.inquiry(ticket)

    def heard(self, inquiry: Inquiry, incumbent: Incumbent | None) -> None:
        """How far a single search is plays no part."""

    def answered(self, ticket: int, last: bool) -> None:  # noqa: ARG002 (the schedule knows)
        """Tell of what the answer has decided."""
        self._tell_done()
        self.searched += 1
        best = None if self.schedule.best is None else self.schedule.best.design
        self.tell(SearchDone(self.searched, self.schedule.designs_open, best))

    def _proven(self, inquiry: DesignInquiry) -> None:
        self._desk.keep(inquiry)

    def _counts(self, candidate: Candidate) -> bool:
        """Whether the mappings of a design so far may beat other designs."""
        limits = self._asked.limits
        if limits.power_mw is None:
            return True
        # Better mappings may take more power, so only a design that is solved counts.
        if not all(term.inquiry.final for term in candidate.terms):
            return False
        return within_power(
            average_power_mw(candidate, self._asked.networks, self._asked.settings.rules), limits
        )

    def _closed(self, candidate: Candidate) -> None:
        self._done.append(PointDone(candidate.position, self.point(candidate)))

    def _tell_done(self) -> None:
        done, self._done = self._done, []
        for event in done:
            self.tell(event)


def _cut_short(inquiry: DesignInquiry) -> bool:
    result = inquiry.result
    return result is not None and result.ended is Ending.INTERRUPTED
