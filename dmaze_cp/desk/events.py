"""What a desk tells while questions are answered."""

from __future__ import annotations

from dataclasses import dataclass


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


DeskEvent = RowsDistrusted | StoreFailed | NoWorker
