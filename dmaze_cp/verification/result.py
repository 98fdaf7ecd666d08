"""What verifying has shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dmaze_cp.checker import CheckedRecord, DigestState
from dmaze_cp.engine import Engine
from dmaze_cp.errors import Problem
from dmaze_cp.result import Status
from dmaze_cp.tradeoff import FrontStatus


class Agreement(StrEnum):
    """What a second proof says of a first."""

    AGREES = "agrees"
    """The second is final, and confirms the first."""
    OPEN = "open"
    """The second was not finished; so far it contradicts nothing."""
    DIFFERS = "differs"
    """They cannot both be right."""


@dataclass(frozen=True)
class Reproof:
    """A second proof of a record, by the engine that did not prove it.

    Attributes
    ----------
    engine
        What proved it this time.
    status, value, bound
        What came out: as of a result; a front has neither value nor bound.
    agreement
        Whether both proofs can be right.
    reason
        What one says that the other excludes, or what the second has not finished; empty where they
        agree.
    solve_time_s
        Wall seconds.
    """

    engine: Engine
    status: Status | FrontStatus
    value: int | None
    bound: int | float | None
    agreement: Agreement
    reason: str
    solve_time_s: float


@dataclass(frozen=True)
class VerifiedRecord:
    """A layer's record that was checked, and its second proof (None: not proven again)."""

    checked: CheckedRecord
    reproof: Reproof | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing in it is wrong."""
        return not self.checked.problems

    @property
    def is_open(self) -> bool:
        """Whether its second proof was not finished."""
        return self.reproof is not None and self.reproof.agreement is Agreement.OPEN


@dataclass(frozen=True)
class Verification:
    """What verifying a result has shown.

    Attributes
    ----------
    digest
        Whether the contents are those that were written; `DigestState.NONE` where an older release
        wrote them, so that this cannot be said, and `DigestState.MISSING` where it was taken out.
    records
        The layers' records, each with what does not hold.
    problems
        Everything that does not hold, of records and beside them.
    interrupted
        The second proofs were stopped before all records had one.
    """

    digest: DigestState
    records: tuple[VerifiedRecord, ...]
    problems: tuple[Problem, ...]
    interrupted: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong and no second proof contradicts a first."""
        return not self.problems and not self.disagreements

    @property
    def disagreements(self) -> tuple[VerifiedRecord, ...]:
        """Records whose two proofs cannot both be right."""
        return self._with(Agreement.DIFFERS)

    @property
    def unfinished(self) -> tuple[VerifiedRecord, ...]:
        """Records whose second proof ran out of time."""
        return self._with(Agreement.OPEN)

    @property
    def not_reached(self) -> tuple[VerifiedRecord, ...]:
        """Records that have no second proof, because the proofs were stopped."""
        return tuple(r for r in self.records if self.interrupted and r.reproof is None)

    def _with(self, agreement: Agreement) -> tuple[VerifiedRecord, ...]:
        return tuple(r for r in self.records if r.reproof and r.reproof.agreement is agreement)
