"""Over which values of an energy a mapping stays the best.

With all else equal, what a mapping costs is linear in one energy: the number of accesses (times
the latency, for EDP) is its slope. The least cost over all mappings is then a concave function of
that energy, and what one mapping costs above the least is convex: where it is nothing at two
values, it is nothing between them. So an end of the range is proven by one proof there. It is found
as Newton's method finds the zero of a concave function: prove the optimum at a value that is too
far; where another mapping is better there, go to the value at which the two cost the same, and
prove again. Each step brings a line that was not known, of which there are finitely many. (This
is parametric programming: T. Gal, Postoptimal Analyses, 1995; for the steps see W. Dinkelbach,
Management Science 13(7), 1967.)

Energies of mappings are rounded to whole pJ. What is said of an end is exact: the mapping costs
there what the best one costs. Between two ends it may cost more by the rounding of the two, and by
no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dmaze_cp.cost import evaluate
from dmaze_cp.errors import SpecError
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.perturbation.changes import Change, change
from dmaze_cp.question import Question
from dmaze_cp.result import LayerResult, Status

MOST: Final = 16.0
"""Values up to so many times the machine's own are looked at."""
STEPS: Final = 40
"""Proofs for one end at most; a handful is usual."""
INSIDE: Final = 1e-6
"""A step ends where a mapping costs less than the next by so much of what it did at first."""


@dataclass(frozen=True)
class EnergyRange:
    """Where the best mapping of a layer is known to stay the best.

    Attributes
    ----------
    parameter, value
        The energy, and its value on the machine (pJ).
    low, high
        Proven: the mapping is optimal at both, and between them up to the rounding to whole pJ.
    low_ends, high_ends
        Whether another mapping is proven to be better just beyond (by `INSIDE`, or as far as
        rounding to whole pJ reaches); where not, nothing beyond was looked at: below 0 there is
        nothing, above `MOST` times the value nobody looked, or time ran out.
    """

    parameter: str
    value: float
    low: float
    high: float
    low_ends: bool
    high_ends: bool


@dataclass
class Edge:
    """One end of a range while it is looked for.

    Attributes
    ----------
    result
        The optimum whose mapping is followed.
    parameter, value
        The energy and its value on the machine.
    at
        The value that is to be proven next.
    end
        The value furthest from the machine's own at which the mapping is proven to be the best.
    ends
        Whether another mapping is better just beyond.
    """

    result: LayerResult
    parameter: str
    value: float
    at: float
    end: float = field(init=False)
    ends: bool = False
    over: bool = False
    steps: int = 0

    def __post_init__(self) -> None:
        self.end = self.value

    @property
    def change(self) -> Change:
        """The machine to prove next."""
        return change(self.result.architecture, self.parameter, self.at)

    def question(self, asked: Question) -> Question:
        """What is to be proven next."""
        return Question(
            asked.layer, self.change.architecture, asked.objective, asked.constraints, asked.options
        )

    def note(self, found: LayerResult | None) -> None:
        """Take in the optimum at `at`, and say where to look next, or that it is over."""
        self.steps += 1
        self.over = True
        if found is None or found.status is not Status.OPTIMAL or found.mapping is None:
            return
        mapping, objective = self.result.mapping, self.result.objective
        assert mapping is not None  # noqa: S101 - only optima are followed
        cost = evaluate(mapping, found.architecture)
        if objective.of(cost.energy_pj, cost.latency_cycles) <= (found.value or 0):
            self.end = self.at
            return
        self.ends = True
        crossing = self._crossing(mapping, found.mapping)
        if crossing is not None and self.steps < STEPS:
            self.at, self.over = crossing, False

    def _crossing(self, mapping: Mapping, better: Mapping) -> float | None:
        """Before where a mapping that is better at `at` costs the same; None: nowhere.

        So far before it that neither `INSIDE` nor rounding makes the other one better there.
        """
        here, rounding = self._excess(mapping, better, self.value)
        there, _ = self._excess(mapping, better, self.at)
        least = max(rounding, INSIDE * -here)
        if here >= -least or there <= -least:
            return None  # they differ by rounding alone
        crossing = self.value + (self.at - self.value) * (-least - here) / (there - here)
        return crossing if crossing not in (self.at, self.value) else None

    def _excess(self, mapping: Mapping, better: Mapping, value: float) -> tuple[float, float]:
        """What a mapping costs above another, and what rounding both to whole pJ may hide."""
        machine = change(self.result.architecture, self.parameter, value).architecture
        is_edp = self.result.objective is Objective.EDP
        costs, rounding = [], 0.0
        for each in (mapping, better):
            cost = evaluate(each, machine)
            cycles = cost.latency_cycles if is_edp else 1
            costs.append(sum(cost.energy_breakdown_pj.values()) * cycles)
            # A little more than half a pJ, for the sums of doubles.
            rounding += 0.501 * cycles
        return costs[0] - costs[1], rounding


def edges(result: LayerResult, parameter: str, value: float) -> tuple[Edge, ...]:
    """The two ends to look for; none where no machine has such values."""
    if value <= 0:
        return ()
    low, high = Edge(result, parameter, value, 0.0), Edge(result, parameter, value, value * MOST)
    try:
        for edge in (low, high):
            _ = edge.change
    except SpecError:
        return ()
    return low, high
