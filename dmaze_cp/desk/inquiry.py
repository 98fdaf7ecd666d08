"""A question while it is being answered: what is known of it so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, isfinite

from dmaze_cp.architecture import Architecture
from dmaze_cp.execution.task import Task
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import Known, LayerResult, Status, relative_gap
from dmaze_cp.store.answer import is_above
from dmaze_cp.workload import Layer


@dataclass(eq=False)
class Inquiry:
    """A question and what is known of it so far.

    Attributes
    ----------
    question
        What is asked.
    result
        The best so far, if there is any.
    bound
        Proven: no mapping costs less.
    final
        No search of it is to follow: proven, good enough, out of time, or failed.
    running
        A search is under way.
    begun
        Has had a search of its own, or a mapping of an earlier run.
    """

    question: Question
    result: LayerResult | None = None
    bound: int = 0
    final: bool = False
    running: bool = False
    begun: bool = False

    @property
    def layer(self) -> Layer:
        """Of the question."""
        return self.question.layer

    @property
    def architecture(self) -> Architecture:
        """Of the question."""
        return self.question.architecture

    @property
    def objective(self) -> Objective:
        """Of the question."""
        return self.question.objective

    @property
    def label(self) -> str:
        """For people: the first layer it is for, and the objective."""
        return f"{self.layer.name} ({self.objective})"

    @property
    def difficulty(self) -> float:
        """How long a proof may take, in no particular unit."""
        return self.question.difficulty

    @property
    def value(self) -> int | None:
        """Cost of the best mapping so far."""
        return None if self.result is None else self.result.value

    @property
    def failed(self) -> bool:
        """Whether its search has failed."""
        return self.result is not None and self.result.failed

    @property
    def is_infeasible(self) -> bool:
        """Whether the layer is proven to fit in no way."""
        return self.result is not None and self.result.status is Status.INFEASIBLE

    @property
    def is_proven(self) -> bool:
        """Whether the best mapping so far is known to be the best there is."""
        return self.value is not None and self.bound >= self.value

    @property
    def gap(self) -> float | None:
        """Proven relative gap of the best mapping so far."""
        return None if self.value is None else relative_gap(self.value, self.bound)

    @property
    def known(self) -> Known:
        """Where the next search starts."""
        if self.result is None:
            return Known(None, self.bound)
        return Known(self.result.mapping, self.bound, self.result.tie_bound)

    @property
    def task(self) -> Task:
        """The search that answers it."""
        return Task(self.question, self.known)

    @property
    def is_answered(self) -> bool:
        """Whether what is known needs no further search."""
        return self.result is not None and self.question.is_answered_by(self.result)

    def note(self, result: LayerResult) -> None:
        """Take in a result; what was known better stays.

        Raises
        ------
        RuntimeError
            When a bound is above the cost of a mapping: one of the proofs is wrong.
        """
        before, bound = self.result, result.bound
        if before is not None:
            seconds = result.solve_time_s + (0.0 if before.from_store else before.solve_time_s)
            if result.value is None and before.value is not None:
                # The search failed, or had no time to look at the mapping it was given.
                result = replace(before, ended=result.ended, reason=result.reason)
            result = replace(result, solve_time_s=seconds)
        self.begun = True
        self.result = result
        if bound is not None and isfinite(bound):
            self.bound = max(self.bound, ceil(bound))  # costs are integers
        self._changed()

    def raise_bound(self, bound: int) -> bool:
        """Take in a bound that was proven elsewhere; whether it is a better one.

        Raises
        ------
        RuntimeError
            As `note`.
        """
        if bound <= self.bound:
            return False
        self.bound = bound
        self._changed()
        return True

    def _changed(self) -> None:
        """Status follows from mapping and bound, wherever these come from."""
        value = self.value
        if self.result is None or value is None or self.bound < value:
            return
        if is_above(self.bound, value):
            found = f"{self.layer.name}: found a proven bound of {self.bound}"
            raise RuntimeError(f"{found}, expected at most {value}, what a mapping costs")
        self.bound = value
        if self.result.status is not Status.OPTIMAL:
            self.result = replace(
                self.result, status=Status.OPTIMAL, bound=value, reason=None, from_store=False
            )
        self.final = not self.running and self.is_answered
