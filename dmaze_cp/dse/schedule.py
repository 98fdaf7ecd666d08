"""Which search of a sweep comes next.

1. Every layer of every design gets a first mapping and a rough bound, which takes a small
   part of a proof. (Not where every point is to be solved.)
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
from math import inf
from typing import Final

from dmaze_cp.dse.competition import Competition
from dmaze_cp.dse.neighbours import Neighbourhood
from dmaze_cp.dse.plan import Candidate, Question, SweepPlan, Term
from dmaze_cp.execution.task import Task
from dmaze_cp.mapper import CUTOFF
from dmaze_cp.network import RunSettings
from dmaze_cp.result import LayerResult, Status

AHEAD: Final = 1
"""Searches handed out beyond those that run: later ones know more."""


class SweepSchedule:
    """Hands out the searches of a sweep, and hears of their results.

    Parameters
    ----------
    competition
        Says which designs are beaten; None solves every point.
    counts
        Whether a design that is solved may beat others (it may break the power budget).
    on_closed
        Called with each design that needs no further search.
    """

    def __init__(
        self,
        plan: SweepPlan,
        settings: RunSettings,
        competition: Competition | None,
        *,
        counts: Callable[[Candidate], bool],
        on_closed: Callable[[Candidate], None],
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._competition = competition
        self._counts = counts
        self._on_closed = on_closed
        self._near = Neighbourhood(plan.questions, settings.constraints)
        total = settings.total_time_limit_s
        self._deadline = inf if total is None else time.monotonic() + total
        hard = sorted(plan.questions, key=lambda q: -q.difficulty)
        self._first = [] if competition is None else list(reversed(hard))
        self._hard = list(reversed(hard))
        self._tickets: dict[int, Question] = {}
        self.searches = 0

    def begin(self) -> None:
        """Use what is known before the first search."""
        for question in self._plan.questions:
            if question.bound > 0:
                self._near.pass_on(question)
        for candidate in self._plan.candidates:
            self._settle(candidate)
        self._close_beaten(self._plan.candidates)

    def room(self, width: int) -> int:
        """Few: what comes next depends on the results."""
        return width + AHEAD if width else 0

    def next(self) -> tuple[int, Task] | None:
        """The next search, or None if there is none now."""
        if time.monotonic() >= self._deadline:
            return None
        question, quick = self._pick_first(), True
        if question is None:
            question, quick = self._pick(), False
        if question is None:
            return None
        question.running = True
        ticket = self.searches
        self.searches += 1
        self._tickets[ticket] = question
        return ticket, self._task(question, quick=quick)

    def _pick_first(self) -> Question | None:
        while self._first:
            question = self._first.pop()
            if self._is_wanted(question) and not question.begun:
                return question
        return None

    def _pick(self) -> Question | None:
        if self._competition is None:
            while self._hard:
                question = self._hard.pop()
                if self._is_wanted(question):
                    return question
            return None
        ready = [c for c in self._plan.candidates if not c.closed and self._wanted(c)]
        if not ready:
            return None
        candidate = min(ready, key=_promise)
        competition = self._competition

        def missing(term: Term) -> Fraction:
            goal = competition.goal(candidate, term.question)
            return term.factor * (_goal(term.question, goal) - Fraction(term.question.bound))

        return max(self._wanted(candidate), key=missing).question

    def _wanted(self, candidate: Candidate) -> list[Term]:
        return [term for term in candidate.terms if self._is_wanted(term.question)]

    @staticmethod
    def _is_wanted(question: Question) -> bool:
        if question.final or question.running:
            return False
        return any(not c.closed for c in question.candidates)

    def _task(self, question: Question, *, quick: bool) -> Task:
        asked = self._settings
        left = max(self._deadline - time.monotonic(), 0.1)
        competition = self._competition
        return Task(
            question.layer,
            question.architecture,
            question.objective,
            asked.constraints,
            min(asked.time_limit_s, left),
            asked.gap,
            asked.workers,
            asked.seed,
            known=self._near.start(question),
            quick=quick,
            cutoff=None if quick or competition is None else competition.cutoff(question),
        )

    def question(self, ticket: int) -> Question:
        """What a search is for."""
        return self._tickets[ticket]

    def done(self, ticket: int, result: LayerResult) -> bool:
        """Note a result; whether its question needs no further search."""
        question = self._tickets[ticket]
        question.running = False
        first = not question.begun and self._competition is not None
        question.note(result)
        question.final = question.final or self._is_final(question, result, first=first)
        touched = {id(c): c for c in question.candidates}
        for other in [question, *self._near.pass_on(question)]:
            touched |= {id(c): c for c in other.candidates}
        for candidate in touched.values():
            self._settle(candidate)
        self._close_beaten(touched.values())
        return question.final

    def _is_final(self, question: Question, result: LayerResult, *, first: bool) -> bool:
        if result.failed or result.status in {Status.OPTIMAL, Status.INFEASIBLE}:
            return True
        if question.value is not None and question.bound >= question.value:
            return True
        gap = None if question.result is None else question.result.gap
        if gap is not None and gap <= self._settings.gap:
            return True
        # Out of time; a rough first search and one with a cutoff are not the last.
        return not first and result.reason != CUTOFF

    def _settle(self, candidate: Candidate) -> None:
        """Close a design that is solved or cannot be, and let the others know its cost."""
        if candidate.closed:
            return
        dead = candidate.is_infeasible or candidate.failed
        if dead or all(term.question.final for term in candidate.terms):
            candidate.closed = True
            self._on_closed(candidate)
        counts = False if dead else self._counts(candidate)
        value = candidate.value
        if self._competition is None or value is None or not counts:
            return
        if self._competition.enter(candidate, value):
            self._close_beaten(self._plan.candidates)

    def _close_beaten(self, candidates: Iterable[Candidate]) -> None:
        if self._competition is None:
            return
        for candidate in candidates:
            if not candidate.closed and self._competition.is_beaten(candidate):
                candidate.closed = candidate.skipped = True
                self._on_closed(candidate)


def _promise(candidate: Candidate) -> tuple[bool, Fraction, int]:
    """Designs that cost least so far come first."""
    value = candidate.value
    return (value is None, candidate.bound if value is None else value, candidate.position)


def _goal(question: Question, goal: Fraction | None) -> Fraction:
    """What a question's bound has to come to (just above it where no mapping is known)."""
    if goal is not None:
        return goal
    return Fraction(question.bound + 1 if question.value is None else question.value)
