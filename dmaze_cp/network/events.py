"""What a run tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass

from dmaze_cp.desk import DeskEvent, Inquiry
from dmaze_cp.result import Incumbent, LayerResult


@dataclass(frozen=True)
class Planned:
    """The run begins: so many layer results are asked for, so many searches are needed."""

    results: int
    searches: int


@dataclass(frozen=True)
class Searching:
    """A search has begun (no incumbent) or has come further."""

    inquiry: Inquiry
    incumbent: Incumbent | None


@dataclass(frozen=True)
class Searched:
    """A search has ended, and may go on later under a total time limit unless `last`."""

    inquiry: Inquiry
    result: LayerResult
    last: bool


@dataclass(frozen=True)
class Finished:
    """The result of a layer is there, of the network and architecture number `run`."""

    run: int
    result: LayerResult


Event = Planned | Searching | Searched | Finished | DeskEvent
