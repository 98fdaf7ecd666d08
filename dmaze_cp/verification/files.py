"""What verifying has shown -> the records of files (schema ``dmaze-cp/verification/1``)."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypedDict

from dmaze_cp.checker import DigestState
from dmaze_cp.digest import COST_MODEL_VERSION
from dmaze_cp.engine import Engine
from dmaze_cp.result import Status
from dmaze_cp.spec.documents import Meaning, Record
from dmaze_cp.tradeoff import FrontStatus
from dmaze_cp.verification.result import Agreement, Reproof, Verification, VerifiedRecord

VERIFICATION_SCHEMA: Final = "dmaze-cp/verification/1"


class ReproofRecord(TypedDict):
    """A second proof."""

    engine: Engine
    status: Status | FrontStatus
    value: int | None
    bound: float | None
    agreement: Annotated[Agreement, Meaning("whether both proofs can be right")]
    reason: Annotated[str | None, Meaning("what differs, or what is not finished")]
    solve_time_s: Annotated[float, Meaning("wall seconds")]


class VerifiedLayerRecord(TypedDict):
    """A layer's record, and whether it holds."""

    result: Annotated[int, Meaning("place of its result in the file")]
    index: Annotated[int, Meaning("its own place in the result")]
    name: str
    objective: str
    status: str
    value: Annotated[int | None, Meaning("null where the record does not hold")]
    bound: float | None
    holds: bool
    problems: list[str]
    reproof: ReproofRecord | None


class VerificationRecord(TypedDict):
    """What verifying a file has shown."""

    schema: Literal["dmaze-cp/verification/1"]
    file: str
    cost_model: Annotated[int, Meaning("version of the model that it was verified by")]
    holds: Annotated[bool, Meaning("nothing is wrong, and no proofs differ")]
    interrupted: Annotated[bool, Meaning("second proofs were stopped before all had one")]
    digest: DigestState
    problems: Annotated[list[str], Meaning("of records and beside them")]
    records: list[VerifiedLayerRecord]


def verification_record(source: str, verification: Verification) -> Record:
    """What was shown of a file, as an object of JSON (schema ``dmaze-cp/verification/1``)."""
    return {
        "schema": VERIFICATION_SCHEMA,
        "file": source,
        "cost_model": COST_MODEL_VERSION,
        "holds": verification.holds,
        "interrupted": verification.interrupted,
        "digest": str(verification.digest),
        "problems": [str(problem) for problem in verification.problems],
        "records": [_record(record) for record in verification.records],
    }


def _record(record: VerifiedRecord) -> Record:
    told, again = record.checked, record.reproof
    names = ("result", "index", "name", "objective", "status", "value", "bound")
    return {
        **{name: getattr(told, name) for name in names},
        "holds": record.holds,
        "problems": [str(problem) for problem in told.problems],
        "reproof": None if again is None else _reproof_record(again),
    }


def _reproof_record(reproof: Reproof) -> Record:
    return {
        "engine": str(reproof.engine),
        "status": str(reproof.status),
        "value": reproof.value,
        "bound": reproof.bound,
        "agreement": str(reproof.agreement),
        "reason": reproof.reason or None,
        "solve_time_s": reproof.solve_time_s,
    }
