"""What verifying a result has shown, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.text import Text

from dmaze_cp.checker import DigestState
from dmaze_cp.errors import printable
from dmaze_cp.report import numbers
from dmaze_cp.report.tables import Folded, fitting_tables, print_tables
from dmaze_cp.verification import Agreement, Reproof, Verification

_HEADERS: Final = ("#", "layer", "objective", "status", "value", "check")
_STYLES: Final = {
    "holds": "green",
    "bad": "red",
    "-": "",
    Agreement.AGREES: "green",
    Agreement.OPEN: "yellow",
    Agreement.DIFFERS: "red",
}
_DIGESTS: Final = {
    DigestState.EQUAL: "digest: equal, nothing that matters was changed",
    DigestState.NONE: "digest: none; verified but for the digest: a release without digests wrote "
    "the file, so that a change that keeps all sums right would not be seen",
    DigestState.DIFFERS: "digest: not that of the contents",
}


def print_verification(console: Console, verification: Verification) -> None:
    """Write a line for each record, and what is said of all."""
    records = verification.records
    again = any(r.reproof for r in records)
    rows: list[tuple[str | Text, ...]] = []
    for number, record in enumerate(records):
        told = record.checked
        value = "-" if told.value is None else numbers.compact(told.value)
        row = (str(number), printable(told.name), told.objective, told.status, value)
        cells = ["holds" if record.holds else "bad"]
        cells += [_again(record.reproof)] if again else []
        rows.append((*row, *(Text(cell, style=_STYLES[cell.split(": ")[-1]]) for cell in cells)))
    if rows:
        headers = (*_HEADERS, "proven again") if again else _HEADERS
        left = (2, 3, 5, 6) if again else (2, 3, 5)
        print_tables(console, fitting_tables(console, headers, rows, folds=(1,), left=left))
        console.print()
    for line in _summary(verification):
        console.print(Folded(line))


def _again(reproof: Reproof | None) -> str:
    return "-" if reproof is None else f"{reproof.engine}: {reproof.agreement}"


def _summary(verification: Verification) -> Iterator[str]:
    records = verification.records
    bad = sum(not record.holds for record in records)
    yield f"{numbers.counted(len(records), 'record')} checked, {bad:,} bad"
    yield _DIGESTS[verification.digest]
    counts = Counter(r.reproof.agreement for r in records if r.reproof)
    if counts:
        yield (
            f"{counts[Agreement.AGREES]:,} proven again, "
            f"{counts[Agreement.OPEN]:,} left open by the second proof, "
            f"{counts[Agreement.DIFFERS]:,} where two proofs differ"
        )
    elif verification.holds:
        yield "bounds: as the file says; --reprove proves each again with another engine"
