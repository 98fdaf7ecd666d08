"""The searches of a sweep: every layer on every design, each distinct question once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import isfinite

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.design import Design
from dmaze_cp.dse.result import WeightedWorkload, cost_unit_s
from dmaze_cp.errors import SpecError
from dmaze_cp.execution.task import difficulty
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.objective import Objective
from dmaze_cp.result import Known, LayerResult, Status
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
        Nothing more is to be learned: proven, out of time, or failed.
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
    bound: int | float = 0
    final: bool = False
    running: bool = False
    begun: bool = False

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
    def known(self) -> Known:
        """Where the next search starts."""
        return Known(None if self.result is None else self.result.mapping, self.bound)

    def note(self, result: LayerResult) -> None:
        """Take in a result; what was known better stays."""
        before = self.result
        worse = result.value is None and before is not None and before.value is not None
        if worse and before is not None:
            result = replace(before, failed=result.failed, reason=result.reason)
        self.begun = True
        self._changed()
        if result.bound is not None and isfinite(result.bound):
            self.bound = max(self.bound, result.bound)
        self.result = result

    def raise_bound(self, bound: int) -> bool:
        """Take in a bound that was proven elsewhere; whether it is a better one."""
        if bound <= self.bound:
            return False
        self.bound = bound
        self._changed()
        if self.result is not None and self.value is not None and bound >= self.value:
            # It proves the mapping that is there.
            self.bound = self.value
            self.result = replace(
                self.result, status=Status.OPTIMAL, bound=self.value, reason=None, failed=False
            )
            self.final = not self.running
        return True

    def _changed(self) -> None:
        for candidate in self.candidates:
            candidate.forget_sums()


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

    def forget_sums(self) -> None:
        """A question of this design has changed."""
        self.__dict__.pop("bound", None)
        self.__dict__.pop("value", None)

    @cached_property
    def bound(self) -> Fraction:
        """No mappings of the networks on this design have a lower total."""
        return sum((t.factor * Fraction(t.question.bound) for t in self.terms), Fraction(0))

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
    def is_infeasible(self) -> bool:
        """Whether some layer fits in no way."""
        return any(term.question.is_infeasible for term in self.terms)

    @property
    def failed(self) -> bool:
        """Whether some search has failed."""
        return any(term.question.failed for term in self.terms)


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
        # Names decide nothing.
        figures = replace(design.architecture, name="", notes="", pe_pipeline_stages=1)
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
