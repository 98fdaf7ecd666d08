"""Sizes that trade one part of a search for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dmaze_cp.errors import Problem, SpecError


@dataclass(frozen=True)
class SearchSettings:
    """Sizes of a search; none of them changes the answer.

    Attributes
    ----------
    scored
        At most so many combinations of options are scored to close a node; at least 1.
    head
        About so many are scored around a node's least reduced costs for an incumbent.
    block
        At most so many are scored around a candidate of CP-SAT.
    """

    scored: int = 60_000
    head: int = 10_000
    block: int = 200_000

    def __post_init__(self) -> None:
        if self.scored < 1:
            raise SpecError(Problem("scored", repr(self.scored), "at least 1"))


DEFAULTS: Final = SearchSettings()
