"""What verifying a result has shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from dmaze_cp.checker import DigestState
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Cell, Note, Table, Tone, columns
from dmaze_cp.report.formats import Report
from dmaze_cp.report.words import value_text
from dmaze_cp.verification import (
    Agreement,
    Reproof,
    Verification,
    VerifiedRecord,
    verification_record,
)

_HEADS: Final = ("#", "layer", "objective", "status", "value", "check")
_TONES: Final = {
    Agreement.AGREES: Tone.GOOD,
    Agreement.OPEN: Tone.FAIR,
    Agreement.DIFFERS: Tone.BAD,
}
_DIGESTS: Final = {
    DigestState.EQUAL: "digest: equal, nothing that matters was changed",
    DigestState.NONE: "digest: none; verified but for the digest: a release without digests wrote "
    "the file, so that a change that keeps all sums right would not be seen",
    DigestState.MISSING: "digest: none, though the release that wrote the file writes one",
    DigestState.DIFFERS: "digest: not that of the contents",
}

_CLAIMS: Final = {
    "alternatives": "ranks and numbers of optima",
    "unpadded": "costs without padding",
    "dataflows": "dataflows",
    "unrollings": "unrollings",
}
"""What second proofs show of a record beside its bound, by its field."""


def verification_report(file: str, verification: Verification) -> Report:
    """The report of verifying a file."""
    return Report(
        lambda: verification_blocks(verification),
        record=lambda: verification_record(file, verification),
    )


def verification_blocks(verification: Verification) -> Iterator[Block]:
    """A row for each record, and what is said of all."""
    records = verification.records
    again = verification.interrupted or any(record.reproof for record in records)
    rows = [_row(number, record, again=again) for number, record in enumerate(records)]
    if rows:
        heads = (*_HEADS, "proven again") if again else _HEADS
        yield Table(columns(*heads, texts=(2, 3, 5, 6), folds=(1,)), rows, caption="records")
    for number, line in enumerate(_summary(verification)):
        yield Note(line, Tone.PLAIN, apart=bool(rows) and not number)


def _row(number: int, record: VerifiedRecord, *, again: bool) -> tuple[str | Cell, ...]:
    told = record.checked
    value = "-" if told.value is None else value_text(told.value, Objective(told.objective))
    check = Cell("holds", tone=Tone.GOOD) if record.holds else Cell("bad", tone=Tone.BAD)
    row = (str(number), told.name, told.objective, told.status, value, check)
    return (*row, _again(record.reproof)) if again else row


def _again(reproof: Reproof | None) -> Cell:
    if reproof is None:
        return Cell("interrupted", tone=Tone.FAIR)
    return Cell(f"{reproof.engine}: {reproof.agreement}", tone=_TONES[reproof.agreement])


def _summary(verification: Verification) -> Iterator[str]:
    records = verification.records
    bad = sum(not record.holds for record in records)
    yield f"{numbers.counted(len(records), 'record')} checked, {bad:,} bad"
    yield _DIGESTS[verification.digest]
    counts = Counter(record.reproof.agreement for record in records if record.reproof)
    if counts or verification.interrupted:
        yield (
            f"{counts[Agreement.AGREES]:,} proven again, "
            f"{counts[Agreement.OPEN]:,} left open by the second proof, "
            f"{counts[Agreement.DIFFERS]:,} where two proofs differ"
        )
        if verification.interrupted:
            count = numbers.counted(len(verification.not_reached), "record")
            yield f"interrupted: {count} not proven again"
    elif verification.holds:
        told = ", ".join(_claims(records))
        yield f"{told}: as the file says; --reprove proves each again with another engine"
    if verification.holds and any("clash" in record.checked.claims for record in records):
        yield "what makes layers infeasible: as the file says"


def _claims(records: Sequence[VerifiedRecord]) -> Iterator[str]:
    """What the records say that only another proof can confirm."""
    is_front = any(record.checked.objective == "front" for record in records)
    yield "that there are no other points" if is_front else "bounds"
    claims = {name for record in records for name in record.checked.claims}
    for name, words in _CLAIMS.items():
        if name in claims:
            yield words
