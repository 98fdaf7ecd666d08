"""The searches of a sweep: every layer on every design, each distinct inquiry once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from dmaze_cp.constraints import NO_RULES, ConstraintRules, Constraints
from dmaze_cp.desk import Inquiry
from dmaze_cp.dse.design import Design
from dmaze_cp.dse.result import WeightedWorkload, cost_unit_s
from dmaze_cp.errors import SpecError
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.objective import Objective
from dmaze_cp.question import DEFAULT_OPTIONS, Options, Question
from dmaze_cp.workload import Layer


@dataclass(eq=False)
class DesignInquiry(Inquiry):
    """An inquiry about one layer on one architecture, and the designs that wait for its answer."""

    candidates: list[Candidate] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether some design still waits for the answer."""
        return not self.final and any(not c.closed for c in self.candidates)

    def _changed(self) -> None:
        for candidate in self.candidates:
            candidate.forget_sums()
        super()._changed()


@dataclass(frozen=True, eq=False)
class Term:
    """What an inquiry contributes to the total of a design: `factor` times its objective."""

    inquiry: DesignInquiry
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
        """An inquiry of this design has changed."""
        self.__dict__.pop("bound", None)
        self.__dict__.pop("value", None)

    @property
    def inquiries(self) -> dict[Hashable, DesignInquiry]:
        """What its layers wait for, by shape and constraints."""
        asked = (term.inquiry for term in self.terms)
        return {(q.layer.shape, q.question.constraints): q for q in asked}

    @cached_property
    def bound(self) -> Fraction:
        """No mappings of the networks on this design have a lower total."""
        return sum((t.factor * t.inquiry.bound for t in self.terms), Fraction(0))

    @cached_property
    def value(self) -> Fraction | None:
        """Total of the best mappings so far; None while a layer has none."""
        total = Fraction(0)
        for term in self.terms:
            value = term.inquiry.value
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
        return any(term.inquiry.is_infeasible for term in self.terms)

    @property
    def failed(self) -> bool:
        """Whether some layer has no mapping because its search failed."""
        return any(t.inquiry.failed and t.inquiry.value is None for t in self.terms)

    @property
    def is_proven(self) -> bool:
        """Whether its total is known to be the least there is."""
        return self.value is not None and self.bound >= self.value


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """All candidates of a sweep and all inquiries they need answered."""

    candidates: tuple[Candidate, ...]
    inquiries: tuple[DesignInquiry, ...]


def plan_sweep(
    designs: Sequence[Design],
    networks: Sequence[WeightedWorkload],
    objective: Objective,
    rules: ConstraintRules = NO_RULES,
    options: Options = DEFAULT_OPTIONS,
) -> SweepPlan:
    """Plan the searches of a sweep; a design that cannot be searched has a problem."""
    inquiries: dict[Hashable, DesignInquiry] = {}
    shapes = _weighed(networks, rules)
    candidates = []
    for position, design in enumerate(designs):
        candidate = Candidate(position, design)
        candidates.append(candidate)
        try:
            for layer, own, _ in shapes.values():
                check_sizes([layer], design.architecture, own.padding)
        except SpecError as error:
            candidate.problem = "; ".join(str(problem) for problem in error.problems)
            candidate.closed = True
            continue
        unit = cost_unit_s(design.architecture, objective)
        figures = design.architecture.figures
        terms = []
        for key, (layer, constraints, weight) in shapes.items():
            asked = Question(layer, design.architecture, objective, constraints, options)
            inquiry = inquiries.setdefault((key, figures), DesignInquiry(asked))
            inquiry.candidates.append(candidate)
            terms.append(Term(inquiry, weight * unit))
        candidate.terms = tuple(terms)
    return SweepPlan(tuple(candidates), tuple(inquiries.values()))


def _weighed(
    networks: Sequence[WeightedWorkload], rules: ConstraintRules
) -> dict[Hashable, tuple[Layer, Constraints, Fraction]]:
    """Distinct layers of all networks with their constraints, and how much each counts in all."""
    found: dict[Hashable, tuple[Layer, Constraints, Fraction]] = {}
    for network in networks:
        for layer in network.workload:
            own = rules.of(layer)
            first, _, weight = found.get((layer.shape, own), (layer, own, Fraction(0)))
            weight += Fraction(network.weight) * layer.instances
            found[layer.shape, own] = (first, own, weight)
    return found
