"""Answers to mapping records as the text of a file: JSON, CSV, Markdown or tables."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final

from rich.console import Console

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.report.console import make_console
from dmaze_cp.report.evaluation import (
    COST_HEADERS,
    Evaluated,
    cost_cells,
    energy_cells,
    energy_components,
    print_answers,
    print_errors,
    print_evaluated,
)
from dmaze_cp.report.flat import records_csv
from dmaze_cp.report.formats import BY_SUFFIX, TABLE_WIDTH, Format, chosen_format
from dmaze_cp.report.markdown import escape, markdown_table
from dmaze_cp.spec import RecordsForm
from dmaze_cp.spec.documents import Record

_BY_SUFFIX: Final = {**BY_SUFFIX, ".jsonl": Format.JSON}


def answers_format_of(path: str | None, wanted: Format | None = None) -> Format:
    """The format of an output file; see `dmaze_cp.report.formats.format_of`."""
    return chosen_format(path, wanted, _BY_SUFFIX, terminal=Format.TABLE, otherwise=Format.JSON)


def report_format_of(path: str | None) -> Format:
    """The format of a report of answers: tables where there is no file.

    Raises
    ------
    SpecError
        When the suffix promises another format.
    """
    if path is None or path == "-":
        return Format.TABLE
    suffix = PurePath(path).suffix.lower()
    if suffix not in BY_SUFFIX:
        found = f"the suffix {suffix!r}" if suffix else "no suffix"
        expected = "a .txt, .md or .csv file (answers of evaluate hold no mappings for a page)"
        raise SpecError(Problem("-o", found, expected, path))
    return BY_SUFFIX[suffix]


def render_answers(
    answers: Sequence[Record],
    form: Format,
    records: RecordsForm = RecordsForm.LIST,
    evaluated: Sequence[Evaluated] = (),
) -> str:
    """Answers in a format, with a line break at the end.

    Parameters
    ----------
    records
        How the file held the records: JSON has the same form.
    evaluated
        Mappings that tables have in full, before all answers.
    """
    match form:
        case Format.JSON:
            return _json(answers, records)
        case Format.CSV:
            return records_csv([_row(answer) for answer in answers])
        case Format.MARKDOWN:
            return "\n\n".join(_markdown(answers)) + "\n"
        case Format.TABLE:
            stream = io.StringIO()
            console = make_console(stream, width=TABLE_WIDTH, plain=True)
            print_all(console, answers, evaluated)
            print_errors(console, answers)
            return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().rstrip().split("\n"))


def print_all(
    console: Console, answers: Sequence[Record], evaluated: Sequence[Evaluated] = ()
) -> None:
    """Write mappings in full, then all answers; one that is in full needs no table."""
    print_evaluated(console, evaluated)
    if len(evaluated) != 1:
        print_answers(console, answers)


def _json(answers: Sequence[Record], records: RecordsForm) -> str:
    if records is RecordsForm.JSON_LINES:
        return "".join(json.dumps(answer, allow_nan=False) + "\n" for answer in answers)
    whole = answers[0] if records is RecordsForm.SINGLE else list(answers)
    return json.dumps(whole, indent=1, allow_nan=False) + "\n"


def _row(answer: Record) -> Record:
    """What is text in several parts, as one."""
    row = dict(answer)
    if "reasons" in row:
        row["reasons"] = "; ".join(row["reasons"])
    if "error" in row:
        row["error"] = "; ".join(row["error"].split("\n"))
    return row


def _markdown(answers: Sequence[Record]) -> Iterator[str]:
    good = [answer for answer in answers if "error" not in answer]
    if good:
        rows = [cost_cells(answer) for answer in good]
        yield markdown_table(COST_HEADERS, rows, (True, False, False, True, True, True, False))
        components = energy_components(good)
        energies = [energy_cells(answer, components) for answer in good]
        yield markdown_table(("#", *components), energies, (True,) * (1 + len(components)))
    notes = [
        f"- record {answer['index']}{what}: {escape(line)}"
        for answer in answers
        for what, lines in (
            ("", answer.get("error", "").split("\n")),
            (" does not fit", answer.get("reasons", ())),
        )
        for line in lines
        if line
    ]
    if notes:
        yield "\n".join(notes)
