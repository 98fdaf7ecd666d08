"""Which design gets its first mappings next.

One design after the other gets all of its layers mapped, so that there is a best one after
the searches of the first, and it is compared with one more after those of each further one.
Before its first search nothing is proven of a design that tells it from others, but costs
change little from one size to the next: the middle of the space comes first, and from then
on what is nearest to the best so far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dmaze_cp.dse.plan import Candidate, DesignInquiry


class Exploration:
    """Hands out the searches that give designs their first mappings.

    Parameters
    ----------
    candidates
        All designs, by position.
    is_wanted
        Whether an inquiry needs such a search.
    """

    def __init__(
        self, candidates: Sequence[Candidate], is_wanted: Callable[[DesignInquiry], bool]
    ) -> None:
        self._candidates = candidates
        self._is_wanted = is_wanted
        archs = [candidate.design.architecture for candidate in candidates]
        counts = [list(a.counts) for a in archs]
        self._places: NDArray[np.float64] = np.log(np.array(counts, dtype=np.float64))
        self._waiting = np.array([not candidate.closed for candidate in candidates], dtype=bool)
        self._distances = self._from(np.median(self._places, axis=0))
        self._current: Candidate | None = None

    def closed(self, candidate: Candidate) -> None:
        """A design needs no search any more."""
        self._waiting[candidate.position] = False

    def best_is(self, candidate: Candidate) -> None:
        """A design costs less than all others so far."""
        self._distances = self._from(self._places[candidate.position])

    def next(self) -> DesignInquiry | None:
        """The hardest layer of the design that is being mapped, or of the one that follows."""
        while True:
            if self._current is not None and not self._current.closed:
                inquiries = (term.inquiry for term in self._current.terms)
                wanted = [inquiry for inquiry in inquiries if self._is_wanted(inquiry)]
                if wanted:
                    return max(wanted, key=lambda q: q.difficulty)
            if not self._waiting.any():
                return None
            self._current = self._nearest()
            self._waiting[self._current.position] = False

    def _nearest(self) -> Candidate:
        """Of designs that differ as much from the best, the one whose bound is least."""
        distances = np.where(self._waiting, self._distances, np.inf)
        (positions,) = np.nonzero(distances == distances.min())
        return min(
            (self._candidates[p] for p in positions.tolist()), key=lambda c: (c.bound, c.position)
        )

    def _from(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        distances: NDArray[np.float64] = np.abs(self._places - place).sum(axis=1)
        return distances
