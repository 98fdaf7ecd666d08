"""Which search of a sweep comes next.

1. One design after the other (`dmaze_cp.dse.exploring`) gets for each layer a first mapping
   and a rough bound, which takes a small part of a proof, unless it is beaten before that.
   (Where every point is to be solved, it is solved at once.)
2. The design that costs least so far is solved, layer by layer, the one with the largest
   open share first; then the next. Each search only has to show that its design is beaten:
   it stops at the cost from which on that is so (`dmaze_cp.dse.competition`).
3. After each result, designs that are beaten are closed, and near designs learn from it
   (`dmaze_cp.dse.neighbours`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from heapq import heappop, heappush
from math import inf
from typing import Final

from dmaze_cp.desk import RunSettings
from dmaze_cp.dse.competition import Competition
from dmaze_cp.dse.exploring import Exploration
from dmaze_cp.dse.neighbours import Neighbourhood
from dmaze_cp.dse.plan import Candidate, DesignInquiry, SweepPlan, Term
from dmaze_cp.execution.task import Task
from dmaze_cp.result import Ending, LayerResult, Status

AHEAD: Final = 1
"""Searches handed out beyond those that run: later ones know more."""


class SweepSchedule:
    """Hands out the searches of a sweep, and hears of their results.

    Parameters
    ----------
    competition
        Says which designs are beaten; None solves every point.
    counts
        Whether what a design costs so far may beat others (it may break the power budget).
    on_closed
        Called with each design that needs no further search.
    on_proven
        Called with each inquiry that another design's bound has proven.

    Attributes
    ----------
    designs_open
        How many designs need a further search.
    best
        The design that costs least so far, of those that count.
    """

    def __init__(
        self,
        plan: SweepPlan,
        settings: RunSettings,
        competition: Competition | None,
        *,
        counts: Callable[[Candidate], bool],
        on_closed: Callable[[Candidate], None],
        on_proven: Callable[[DesignInquiry], None],
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._competition = competition
        self._counts = counts
        self._on_closed = on_closed
        self._on_proven = on_proven
        self._near = Neighbourhood(plan.inquiries)
        total = settings.total_time_limit_s
        self._deadline = inf if total is None else time.monotonic() + total
        self._exploration = Exploration(plan.candidates, self._is_untried)
        self.best: Candidate | None = None
        # Open designs, the one that costs least first; places that are out of date are skipped.
        self._leaders: list[tuple[Promise, Candidate]] = []
        self._places: dict[int, Promise] = {}
        self._tickets: list[tuple[DesignInquiry, bool]] = []
        self.designs_open = sum(not candidate.closed for candidate in plan.candidates)

    @property
    def searches(self) -> int:
        """How many have been handed out."""
        return len(self._tickets)

    def begin(self) -> None:
        """Use what is known before the first search."""
        for candidate in self._plan.candidates:
            if candidate.closed:
                self._on_closed(candidate)
        for inquiry in self._plan.inquiries:
            self._near.note(inquiry)
        self._learn([], self._plan.candidates)
        # Bounds that came from other designs are not stored, and all of them are wanted again.
        # From the highest on, few raise what is there.
        known = [inquiry for inquiry in self._plan.inquiries if inquiry.bound > 0]
        known.sort(key=lambda q: q.bound, reverse=True)
        self._learn(known, self._plan.candidates, reach=len(self._plan.candidates))

    def room(self, width: int) -> int:
        """Few: what comes next depends on the results."""
        return width + AHEAD if width else 0

    def next(self) -> tuple[int, Task] | None:
        """The next search, or None if there is none now."""
        if time.monotonic() >= self._deadline:
            return None
        inquiry, quick = self._exploration.next(), self._competition is not None
        if inquiry is None and self._competition is not None:
            inquiry, quick = self._next_of_leader(self._competition), False
        if inquiry is None:
            return None
        first = not inquiry.begun and self._competition is not None
        self._tickets.append((inquiry, first))
        return len(self._tickets) - 1, self._task(inquiry, quick=quick)

    def _is_untried(self, inquiry: DesignInquiry) -> bool:
        """Whether an inquiry needs a first search, which is the only one without skipping."""
        tried = inquiry.begun and self._competition is not None
        return self._is_wanted(inquiry) and not tried

    def _next_of_leader(self, competition: Competition) -> DesignInquiry | None:
        """What is most open of the design that costs least so far."""
        while self._leaders:
            promise, leader = self._leaders[0]
            wanted = [] if leader.closed else self._wanted(leader)
            if wanted and promise == _promise(leader):
                return max(wanted, key=partial(_missing, competition, leader)).inquiry
            # It comes back with the next result, or has another place by now.
            heappop(self._leaders)
            if self._places.get(leader.position) == promise:
                del self._places[leader.position]
        return None

    def _wanted(self, candidate: Candidate) -> list[Term]:
        return [term for term in candidate.terms if self._is_wanted(term.inquiry)]

    @staticmethod
    def _is_wanted(inquiry: DesignInquiry) -> bool:
        return inquiry.is_open and not inquiry.running

    def _task(self, inquiry: DesignInquiry, *, quick: bool) -> Task:
        left = max(self._deadline - time.monotonic(), 0.1)
        competition = self._competition
        task = Task(
            inquiry.question,
            self._near.start(inquiry),
            quick,
            None if quick or competition is None else competition.cutoff(inquiry),
        )
        return task.within(min(self._settings.time_limit_s, left))

    def inquiry(self, ticket: int) -> DesignInquiry:
        """What a search is for."""
        return self._tickets[ticket][0]

    def done(self, ticket: int, result: LayerResult) -> bool:
        """Note a result; whether its inquiry needs no further search."""
        inquiry, first = self._tickets[ticket]
        inquiry.final = inquiry.final or self._is_final(inquiry, result, first=first)
        if inquiry.is_proven and result.status is not Status.OPTIMAL:
            self._on_proven(inquiry)
        self._near.note(inquiry)
        self._learn([inquiry], inquiry.candidates)
        return inquiry.final

    def _learn(
        self,
        sources: Iterable[DesignInquiry],
        candidates: Iterable[Candidate],
        reach: int | None = None,
    ) -> None:
        """Pass on the bounds of some inquiries, and see what becomes of designs."""
        touched = {c.position: c for c in candidates}
        for source in sources:
            for inquiry in self._near.pass_on(source, reach):
                touched |= {c.position: c for c in inquiry.candidates}
                if inquiry.final:
                    self._on_proven(inquiry)
        entered = [self._settle(candidate) for candidate in touched.values()]
        self._close_beaten(self._plan.candidates if any(entered) else touched.values())
        for candidate in touched.values():
            self._queue(candidate)

    def _queue(self, candidate: Candidate) -> None:
        """Put a design in its place, if it is not there."""
        promise = _promise(candidate)
        if not candidate.closed and self._places.get(candidate.position) != promise:
            self._places[candidate.position] = promise
            heappush(self._leaders, (promise, candidate))

    @staticmethod
    def _is_final(inquiry: DesignInquiry, result: LayerResult, *, first: bool) -> bool:
        if result.failed or result.is_final or inquiry.is_answered:
            return True
        gap = inquiry.gap
        if gap is not None and gap <= inquiry.question.options.gap:
            return True
        # Out of time; a rough first search and one with a cutoff are not the last.
        return not first and result.ended is not Ending.CUTOFF

    def _settle(self, candidate: Candidate) -> bool:
        """Close a design that is solved or cannot be; whether it may now beat others."""
        if candidate.closed:
            return False
        dead = candidate.is_infeasible or candidate.failed
        if dead or all(term.inquiry.final for term in candidate.terms):
            self._close(candidate)
        value = candidate.value
        if dead or value is None or not self._counts(candidate):
            return False
        if self.best is None or candidate.rank < self.best.rank:
            self.best = candidate
            self._exploration.best_is(candidate)
        return self._competition is not None and self._competition.enter(candidate, value)

    def _close_beaten(self, candidates: Iterable[Candidate]) -> None:
        if self._competition is None:
            return
        for candidate in candidates:
            if not candidate.closed and self._competition.is_beaten(candidate):
                candidate.skipped = True
                self._close(candidate)

    def _close(self, candidate: Candidate) -> None:
        candidate.closed = True
        self.designs_open -= 1
        self._exploration.closed(candidate)
        for term in candidate.terms:
            self._near.note(term.inquiry)  # nobody may wait for it any more
        self._on_closed(candidate)


Promise = tuple[bool, Fraction, int]
"""Designs with less come first; the last entry is the position, so that no two are equal."""


def _promise(candidate: Candidate) -> Promise:
    """Designs that cost least so far come first, those without a cost last."""
    value = candidate.value
    return (value is None, candidate.bound if value is None else value, candidate.position)


def _missing(competition: Competition, candidate: Candidate, term: Term) -> Fraction:
    """How far a layer's bound is from what it has to come to."""
    inquiry = term.inquiry
    goal = competition.goal(candidate, inquiry)
    if goal is None:
        # Just above the bound where no mapping is known.
        goal = Fraction(inquiry.bound + 1 if inquiry.value is None else inquiry.value)
    return term.factor * (goal - inquiry.bound)
