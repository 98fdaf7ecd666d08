"""The walk along the front of one layer: which question is next, and what the answers say.

The mapping of least latency that has least energy among those is the first point. The next is the
one of least latency, and then of least energy, among the mappings with less energy than the point
before; and so on until there is none. Every step is a question like any other
(`dmaze_cp.question`), with a limit on the energy: it can be searched for anywhere, and a store
keeps its answer. What is known from the last helps the next: a mapping with less energy has more
cycles, as all with at most as many cycles have at least the energy of the point.

With an epsilon the next point has to have so much less energy that the point before does not
match it: mappings in between have at least its latency and at least its energy over 1 + epsilon.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.constraints.pins import CostPin
from dmaze_cp.objective import Objective
from dmaze_cp.question import Options, Question
from dmaze_cp.result import Alternative, Ending, LayerResult, Status
from dmaze_cp.tradeoff.result import FrontStatus, LayerFront, Region
from dmaze_cp.workload import Layer


@dataclass(eq=False)
class Walk:
    """A walk along the front of a layer, from least latency to least energy.

    Attributes
    ----------
    layer, architecture, constraints, epsilon, options
        What is asked; the time limit is that of the whole walk.
    points
        Those so far; the first `proven` are on the front.
    least
        Proven: what else there may be has at least so many cycles,
    most
        and at most so much energy (None: any).
    spent_s, searches
        Wall seconds of the searches, and how many they were.
    ended
        Why the walk is over; None while it goes on.
    reason
        Why there is no point, or no proof.
    """

    layer: Layer
    architecture: Architecture
    constraints: Constraints
    epsilon: float
    options: Options
    points: list[Alternative] = field(default_factory=list)
    proven: int = 0
    least: int = 0
    most: int | None = None
    spent_s: float = 0.0
    searches: int = 0
    ended: Ending | None = None
    reason: str | None = None

    @property
    def left_s(self) -> float:
        """Wall seconds that are left."""
        return self.options.time_limit_s - self.spent_s

    @property
    def question(self) -> Question:
        """What is asked next: the least latency, and then the least energy, within `most`."""
        limits = self.constraints
        if self.most is not None:
            limits = limits.and_also(CostPin("energy", self.most))
        options = replace(self.options, gap=0.0, tie_break=True)
        return Question(self.layer, self.architecture, Objective.LATENCY, limits, options)

    def note(self, result: LayerResult, *, stopped: bool) -> Alternative | None:
        """Take in the answer to the question; the point, if it is proven to be one.

        Parameters
        ----------
        result
            As far as the search has come: the walk is over where it is not final.
        stopped
            Whether the run has been asked to stop.
        """
        if not result.from_store:
            self.spent_s += result.solve_time_s
            self.searches += 1
        if result.status is Status.INFEASIBLE:
            self.ended = Ending.PROVEN
            self.reason = None if self.points else result.reason
            return None
        if result.mapping is None or result.dataflow is None or result.cost is None:
            self._cut(result, stopped)
            return None
        mapping = result.mapping.for_layer(self.layer)
        point = Alternative(mapping, result.dataflow, result.cost)
        self.points.append(point)
        if not result.breaks_ties:
            self._cut(result, stopped)
            return None
        self.proven += 1
        self.most = below(point.cost.energy_pj, self.epsilon)
        self.least = point.cost.latency_cycles + 1
        if self.most < 0:
            self.ended = Ending.PROVEN
        elif self.left_s <= 0:
            self.end(Ending.TIME_LIMIT)
        return point

    def end(self, ending: Ending, reason: str | None = None) -> None:
        """Stop where the walk is."""
        self.ended, self.reason = ending, reason or str(ending)

    def _cut(self, result: LayerResult, stopped: bool) -> None:
        self.least = max(self.least, int(result.bound or 0))
        ending = result.ended
        if ending is Ending.PROVEN:  # of the latency alone: this is no end of the front
            ending = Ending.INTERRUPTED if stopped else Ending.TIME_LIMIT
        self.end(ending, result.reason if result.failed else None)

    @property
    def front(self) -> LayerFront:
        """What is known."""
        complete = self.ended is Ending.PROVEN
        return LayerFront(
            self.layer,
            FrontStatus.COMPLETE if complete else FrontStatus.PARTIAL,
            self.epsilon,
            tuple(self.points),
            self.proven,
            None if complete else Region(self.most, self.least),
            self.reason,
            self.spent_s,
            self.searches,
            str(self.options.engine),
            self.ended or Ending.UNSTATED,
        )


def below(energy_pj: int, epsilon: float) -> int:
    """The largest energy that one is not matched with: less than it divided by 1 + epsilon."""
    return ceil(energy_pj / (1 + Fraction(epsilon))) - 1
