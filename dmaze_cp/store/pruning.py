"""Which results to remove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dmaze_cp.result import Status
from dmaze_cp.store.checks import verify
from dmaze_cp.store.rows import Entry, UnreadableRow


@dataclass(frozen=True)
class Criteria:
    """What is removed: results that meet every criterion that is set; without any, all.

    Attributes
    ----------
    updated_before
        No search of theirs after this Unix time, seconds.
    unproven
        Neither proven optimal nor proven infeasible.
    stale
        Of another version of the cost model.
    bad
        What `verify` finds wrong.
    """

    updated_before: float | None = None
    unproven: bool = False
    stale: bool = False
    bad: bool = False


def to_prune(entries: Iterable[Entry | UnreadableRow], criteria: Criteria) -> list[str]:
    """Keys of the results to remove. Of a row that cannot be read only its badness is known."""
    return [entry.key for entry in entries if _meets(entry, criteria)]


def _meets(entry: Entry | UnreadableRow, criteria: Criteria) -> bool:
    if criteria.stale and not entry.is_stale:
        return False
    if isinstance(entry, UnreadableRow):
        if criteria.unproven or criteria.updated_before is not None:
            return False
        return not (criteria.bad and entry.is_stale)
    if criteria.updated_before is not None and entry.updated >= criteria.updated_before:
        return False
    if criteria.unproven and entry.answer.status not in {Status.FEASIBLE, Status.UNKNOWN}:
        return False
    return not criteria.bad or bool(verify([entry]).bad)
