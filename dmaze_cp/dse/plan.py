"""The searches of a sweep: every layer on every design, each distinct question once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, isfinite

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.design import Design
from dmaze_cp.dse.result import WeightedWorkload, cost_unit_s
from dmaze_cp.errors import SpecError
from dmaze_cp.execution.task import difficulty
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.objective import Objective
from dmaze_cp.result import Known, LayerResult, Status, relative_gap
from dmaze_cp.store.answer import is_above
from dmaze_cp.workload import Layer


@dataclass(eq=False)
class Question:
    """One layer on one architecture, and what is known of it so far.

    Attributes
    ----------
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

    layer: Layer
    architecture: Architecture
    objective: Objective
    difficulty: float
    candidates: list[Candidate] = field(default_factory=list)
    result: LayerResult | None = None
    bound: int = 0
    final: bool = False
    running: bool = False
    begun: bool = False

    @property
    def value(self) -> int | None:
        """Cost of the best mapping so far."""
        return None if self.result is None else self.result.value

    @property
    def is_open(self) -> bool:
        """Whether some design still waits for the answer."""
        return not self.final and any(not c.closed for c in self.candidates)

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
        return Known(None if self.result is None else self.result.mapping, self.bound)

    def note(self, result: LayerResult) -> None:
        """Take in a result; what was known better stays.

        Raises
        ------
        RuntimeError
            When a bound is above the cost of a mapping: one of the proofs is wrong.
        """
        before = self.result
        bound = result.bound
        if result.value is None and before is not None and before.value is not None:
            result = replace(before, ended=result.ended, reason=result.reason)
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
        """Status and sums follow from mapping and bound, wherever these come from."""
        for candidate in self.candidates:
            candidate.forget_sums()
        value = self.value
        if self.result is None or value is None or self.bound < value:
            return
        if is_above(self.bound, value):
            found = f"{self.layer.name}: found a proven bound of {self.bound}"
            raise RuntimeError(f"{found}, expected at most {value}, what a mapping costs")
        self.bound = value
        if self.result.status is not Status.OPTIMAL:
            self.result = replace(
                self.result,
                status=Status.OPTIMAL,
                bound=value,
                reason=None,
                from_store=False,
            )
        self.final = not self.running


@dataclass(frozen=True, eq=False)
class Term:
    """What a question contributes to the total of a design: `factor` times its objective."""

    question: Question
    factor: Fraction


@dataclass(eq=False)
class Candidate:
    """A design in the competition.

    Attributes
    ----------
    position
        Place in the sweep.
    terms
        One for each distinct layer; their sum is the design's total.
    closed
        It needs no further search: proven, beaten, or impossible.
    skipped
        It is closed because its bound is above what another design costs.
    problem
        Why it cannot be searched at all.
    """

    position: int
    design: Design
    terms: tuple[Term, ...] = ()
    closed: bool = False
    skipped: bool = False
    problem: str | None = None

    @property
    def area_mm2(self) -> float:
        """Area of the design; without an area model all have the same."""
        return self.design.area_mm2 or 0.0

    def forget_sums(self) -> None:
        """A question of this design has changed."""
        self.__dict__.pop("bound", None)
        self.__dict__.pop("value", None)

    @cached_property
    def bound(self) -> Fraction:
        """No mappings of the networks on this design have a lower total."""
        return sum((t.factor * t.question.bound for t in self.terms), Fraction(0))

    @cached_property
    def value(self) -> Fraction | None:
        """Total of the best mappings so far; None while a layer has none."""
        total = Fraction(0)
        for term in self.terms:
            value = term.question.value
            if value is None:
                return None
            total += term.factor * value
        return total

    @property
    def rank(self) -> tuple[bool, Fraction, float, int]:
        """Less is better: a total, a lower one; of equal ones the smaller area, then the first."""
        value = self.value
        return value is None, value or Fraction(0), self.area_mm2, self.position

    @property
    def is_infeasible(self) -> bool:
        """Whether some layer fits in no way."""
        return any(term.question.is_infeasible for term in self.terms)

    @property
    def failed(self) -> bool:
        """Whether some layer has no mapping because its search failed."""
        return any(t.question.failed and t.question.value is None for t in self.terms)

    @property
    def is_proven(self) -> bool:
        """Whether its total is known to be the least there is."""
        return self.value is not None and self.bound >= self.value


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """All candidates of a sweep and all questions they need answered."""

    candidates: tuple[Candidate, ...]
    questions: tuple[Question, ...]


def plan_sweep(
    designs: Sequence[Design], networks: Sequence[WeightedWorkload], objective: Objective
) -> SweepPlan:
    """Plan the searches of a sweep; a design that cannot be searched has a problem."""
    questions: dict[Hashable, Question] = {}
    sizes: dict[Layer, float] = {}
    shapes = _weighed(networks)
    candidates = []
    for position, design in enumerate(designs):
        candidate = Candidate(position, design)
        candidates.append(candidate)
        try:
            check_sizes([layer for layer, _ in shapes.values()], design.architecture)
        except SpecError as error:
            candidate.problem = "; ".join(str(problem) for problem in error.problems)
            candidate.closed = True
            continue
        unit = cost_unit_s(design.architecture, objective)
        figures = design.architecture.figures
        terms = []
        for shape, (layer, weight) in shapes.items():
            if shape not in sizes:
                sizes[shape] = difficulty(shape)
            question = questions.setdefault(
                (shape, figures), Question(layer, design.architecture, objective, sizes[shape])
            )
            question.candidates.append(candidate)
            terms.append(Term(question, weight * unit))
        candidate.terms = tuple(terms)
    return SweepPlan(tuple(candidates), tuple(questions.values()))


def _weighed(networks: Sequence[WeightedWorkload]) -> dict[Layer, tuple[Layer, Fraction]]:
    """Distinct layers of all networks, and how much each counts in all."""
    shapes: dict[Layer, tuple[Layer, Fraction]] = {}
    for network in networks:
        for layer in network.workload:
            first, weight = shapes.get(layer.shape, (layer, Fraction(0)))
            weight += Fraction(network.weight) * layer.instances
            shapes[layer.shape] = (first, weight)
    return shapes
