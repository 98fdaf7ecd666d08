"""Which designs can still win.

A design is *beaten* when its lower bound is above the cost of mappings that another one
has. With areas in play, only designs that are no larger count. Of designs that cost the
same, the smaller one wins, then the first: so a sweep that skips and one that does not
have the same winners.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final

from dmaze_cp.dse.plan import Candidate, DesignInquiry

FAR_BEHIND: Final = Fraction(17, 20)
"""A design is far behind where its rival costs at most this share."""


@dataclass(frozen=True)
class Contender:
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
        # By ascending area, each ahead of those before it: what covers nothing but itself.
        self._best: list[Contender] = []

    def enter(self, candidate: Candidate, value: Fraction) -> bool:
        """A design has mappings that cost so much; whether that may beat others."""
        rival = Contender(value, candidate.area_mm2, candidate.position)
        at = self._may_beat(rival.area_mm2)
        if at and self._best[at - 1].rank <= rival.rank:
            return False
        kept = [other for other in self._best if not self._covers(rival, other)]
        self._best = sorted([*kept, rival], key=lambda r: r.area_mm2)
        return True

    def _covers(self, one: Contender, other: Contender) -> bool:
        """Whether one beats everything that the other beats, itself included."""
        return one.rank <= other.rank and (not self._pareto or one.area_mm2 <= other.area_mm2)

    def _may_beat(self, area_mm2: float) -> int:
        """How many of the best count against a design of this area: the first so many."""
        if not self._pareto:
            return len(self._best)
        return bisect_right(self._best, area_mm2, key=lambda r: r.area_mm2)

    def rival(self, candidate: Candidate) -> Contender | None:
        """The toughest rival of a design: what it has to beat."""
        at = self._may_beat(candidate.area_mm2)
        if at and self._best[at - 1].position == candidate.position:
            at -= 1
        return self._best[at - 1] if at else None

    def is_beaten(self, candidate: Candidate) -> bool:
        """Whether no mappings of the design can win."""
        rival = self.rival(candidate)
        if rival is None:
            return False
        bound = candidate.bound
        return bound > rival.value or (bound == rival.value and self._wins_ties(rival, candidate))

    def _wins_ties(self, rival: Contender, candidate: Candidate) -> bool:
        return (rival.area_mm2, rival.position) < (candidate.area_mm2, candidate.position)

    def goal(self, candidate: Candidate, inquiry: DesignInquiry) -> Fraction | None:
        """A bound of a layer that does its share in showing that the design is beaten.

        Bounds far below a mapping's cost are proven in a small part of the time of a proof.
        So where a design is far behind, every layer has to come up to the same share of
        its cost; where it is close, layers are solved one after the other. None where the
        layer has to be solved.
        """
        rival, value = self.rival(candidate), candidate.value
        if rival is None or value is None or inquiry.value is None:
            return None
        if rival.value > FAR_BEHIND * value:
            return None
        return inquiry.value * rival.value / value

    def cutoff(self, inquiry: DesignInquiry) -> int | None:
        """The cost of a layer from which on its search may end: it decides nothing any more.

        Each design that waits for the layer is then beaten, or nearer to it. None where some
        design has no rival.
        """
        cutoffs = []
        for candidate in inquiry.candidates:
            if not candidate.closed:
                cutoff = self._cutoff(candidate, inquiry)
                if cutoff is None:
                    return None
                cutoffs.append(cutoff)
        return max(cutoffs, default=None)

    def _cutoff(self, candidate: Candidate, inquiry: DesignInquiry) -> int | None:
        rival = self.rival(candidate)
        if rival is None:
            return None
        factor = next(t.factor for t in candidate.terms if t.inquiry is inquiry)
        others = candidate.bound - factor * inquiry.bound
        # Above the rival's cost by a hair: with an equal cost a design may still win.
        enough = max(0, floor((rival.value - others) / factor) + 1)
        goal = self.goal(candidate, inquiry)
        if goal is None or goal <= inquiry.bound:
            return enough
        return min(enough, floor(goal) + 1)
