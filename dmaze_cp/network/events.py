"""What a run tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass

from dmaze_cp.network.plan import Search
from dmaze_cp.result import Incumbent, LayerResult


@dataclass(frozen=True)
class Planned:
    """The run begins: so many layer results are asked for, so many searches are needed."""

    results: int
    searches: int


@dataclass(frozen=True)
class Searching:
    """A search has begun (no incumbent) or has come further."""

    search: Search
    incumbent: Incumbent | None


@dataclass(frozen=True)
class Searched:
    """A search has ended, and may go on later under a total time limit unless `last`."""

    search: Search
    result: LayerResult
    last: bool


@dataclass(frozen=True)
class Finished:
    """The result of a layer is there, of the network and architecture number `run`."""

    run: int
    result: LayerResult


@dataclass(frozen=True)
class RowsDistrusted:
    """Stored results are not what was put: they are searched anew, and replaced."""

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class StoreFailed:
    """The store could not be read or written; the run goes on without it."""

    reason: str


@dataclass(frozen=True)
class NoWorker:
    """The cluster has had no worker for some time, and the run waits for one; told once."""


Event = Planned | Searching | Searched | Finished | RowsDistrusted | StoreFailed | NoWorker
