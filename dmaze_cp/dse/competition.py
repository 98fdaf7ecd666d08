"""Which designs can still win.

A design is *beaten* when its lower bound is above the cost of mappings that another one
has. With areas in play, only designs that are no larger count. Of designs that cost the
same, the smaller one wins, then the first: so a sweep that skips and one that does not
have the same winners.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final

from dmaze_cp.dse.plan import Candidate, Question

FAR_BEHIND: Final = Fraction(17, 20)
"""A design is far behind where its rival costs at most this share."""


@dataclass(frozen=True)
class Rival:
    """What one design costs, with what decides between equals."""

    value: Fraction
    area_mm2: float
    position: int

    @property
    def rank(self) -> tuple[Fraction, float, int]:
        """Less is better."""
        return self.value, self.area_mm2, self.position


class Competition:
    """Costs that designs have shown so far.

    Parameters
    ----------
    pareto
        Designs compete by area, too.
    """

    def __init__(self, *, pareto: bool) -> None:
        self._pareto = pareto
        self._best: list[Rival] = []

    def enter(self, candidate: Candidate, value: Fraction) -> bool:
        """A design has mappings that cost so much; whether that may beat others."""
        rival = Rival(value, self._area(candidate), candidate.position)
        if any(self._covers(other, rival) for other in self._best):
            return False
        self._best = [other for other in self._best if not self._covers(rival, other)]
        self._best.append(rival)
        return True

    def _covers(self, one: Rival, other: Rival) -> bool:
        """Whether one beats everything that the other beats, itself included."""
        return one.rank <= other.rank and one.area_mm2 <= other.area_mm2

    def _area(self, candidate: Candidate) -> float:
        area = candidate.design.area_mm2
        return area if self._pareto and area is not None else 0.0

    def rival(self, candidate: Candidate) -> Rival | None:
        """The toughest rival of a design: what it has to beat."""
        area = self._area(candidate)
        rivals = [r for r in self._best if r.area_mm2 <= area and r.position != candidate.position]
        return min(rivals, key=lambda r: r.rank, default=None)

    def is_beaten(self, candidate: Candidate) -> bool:
        """Whether no mappings of the design can win."""
        rival = self.rival(candidate)
        if rival is None:
            return False
        bound = candidate.bound
        return bound > rival.value or (bound == rival.value and self._wins_ties(rival, candidate))

    def _wins_ties(self, rival: Rival, candidate: Candidate) -> bool:
        return (rival.area_mm2, rival.position) < (self._area(candidate), candidate.position)

    def goal(self, candidate: Candidate, question: Question) -> Fraction | None:
        """A bound of a layer that does its share in showing that the design is beaten.

        Bounds far below a mapping's cost are proven in a small part of the time of a proof.
        So where a design is far behind, every layer has to come up to the same share of
        its cost; where it is close, layers are solved one after the other. None where the
        layer has to be solved.
        """
        rival, value = self.rival(candidate), candidate.value
        if rival is None or value is None or question.value is None:
            return None
        if rival.value > FAR_BEHIND * value:
            return None
        return question.value * rival.value / value

    def cutoff(self, question: Question) -> int | None:
        """The cost of a layer from which on its search may end: its design is beaten.

        None where there is none: no rival, or several designs need the layer's answer.
        """
        waiting = [c for c in question.candidates if not c.closed]
        if len(waiting) != 1:
            return None
        (candidate,) = waiting
        rival = self.rival(candidate)
        if rival is None:
            return None
        factor = next(t.factor for t in candidate.terms if t.question is question)
        others = candidate.bound - factor * Fraction(question.bound)
        enough = max(0, floor((rival.value - others) / factor) + 1)
        goal = self.goal(candidate, question)
        if goal is None or goal <= question.bound:
            return enough
        return min(enough, floor(goal) + 1)
