"""Results as the text of a file: tables, JSON, CSV or Markdown."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import Final, TypeVar

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.report.comparison import comparison_records, print_comparison
from dmaze_cp.report.console import make_console
from dmaze_cp.report.flat import comparison_csv, layers_csv
from dmaze_cp.report.layer import print_layer
from dmaze_cp.report.markdown import markdown
from dmaze_cp.report.summary import print_summary
from dmaze_cp.result import WorkloadResult, result_record
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.mapping_files import RESULTS_SCHEMA

TABLE_WIDTH: Final = 100
"""Columns of tables that go to a file."""


Form = TypeVar("Form")


class Format(StrEnum):
    """How results are written."""

    TABLE = "table"
    """What people see on a terminal, without colours."""
    JSON = "json"
    """Everything there is, for programs."""
    CSV = "csv"
    """A row for each layer, for spreadsheets."""
    MARKDOWN = "markdown"
    """Tables for documents."""


BY_SUFFIX: Final = {
    ".csv": Format.CSV,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".txt": Format.TABLE,
}

_OTHER_FORMS: Final = {
    **dict.fromkeys((".html", ".htm"), "a .json file, from which `dmaze-cp report` makes a page"),
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".tsv"), "a .csv file, which spreadsheets read"),
    **dict.fromkeys((".yaml", ".yml", ".jsonl"), "a .json file"),
    **dict.fromkeys((".pdf", ".png", ".svg"), "a .json file, from which reports are made"),
}
"""Suffixes of what is not written: JSON under such a name could not be opened."""


def format_of(path: str | None, wanted: Format | None = None) -> Format:
    """The format of an output file.

    Parameters
    ----------
    path
        Where the results go; None is the terminal.
    wanted
        The user's choice, which goes before what the file's suffix says.

    Raises
    ------
    SpecError
        When the suffix promises a format that is not written.
    """
    return chosen_format(path, wanted, BY_SUFFIX, terminal=Format.TABLE, otherwise=Format.JSON)


def chosen_format(
    path: str | None,
    wanted: Form | None,
    by_suffix: Mapping[str, Form],
    *,
    terminal: Form,
    otherwise: Form,
) -> Form:
    """What the user asked for, else what a file's suffix stands for.

    Parameters
    ----------
    path, wanted
        As for `format_of`.
    by_suffix
        Formats by suffix, in lower case.
    terminal, otherwise
        The format without a file, and of a file with another suffix.

    Raises
    ------
    SpecError
        When the suffix promises a format that is not written.
    """
    if wanted is not None:
        return wanted
    if path is None:
        return terminal
    suffix = PurePath(path).suffix.lower()
    if suffix in _OTHER_FORMS and suffix not in by_suffix:
        expected = f"{_OTHER_FORMS[suffix]}, or --format"
        raise SpecError(Problem("-o", f"the suffix {suffix!r}", expected, path))
    return by_suffix.get(suffix, otherwise)


def render(results: Sequence[WorkloadResult], form: Format, *, only_summary: bool = False) -> str:
    """The text of results in a format, with a line break at its end.

    Parameters
    ----------
    only_summary
        Of one result, leave out the layers' own reports (table, Markdown); of several,
        write the comparison alone. CSV has then a row for each network, accelerator and
        objective. JSON always has everything.
    """
    writers: dict[Format, Callable[[Sequence[WorkloadResult], bool], str]] = {
        Format.TABLE: _tables,
        Format.JSON: _json,
        Format.CSV: _csv,
        Format.MARKDOWN: _markdown,
    }
    return writers[form](results, only_summary)


def results_record(results: Sequence[WorkloadResult]) -> Record:
    """Several results and their comparison (schema ``dmaze-cp/results/1``)."""
    return {
        "schema": RESULTS_SCHEMA,
        "results": [result_record(result) for result in results],
        "comparison": comparison_records(results),
    }


def _json(results: Sequence[WorkloadResult], _only_summary: bool) -> str:
    record = result_record(results[0]) if len(results) == 1 else results_record(results)
    return json.dumps(record, indent=1, allow_nan=False) + "\n"


def _csv(results: Sequence[WorkloadResult], only_summary: bool) -> str:
    return comparison_csv(results) if only_summary else layers_csv(results)


def _markdown(results: Sequence[WorkloadResult], only_summary: bool) -> str:
    return markdown(results, only_summary=only_summary)


def _tables(results: Sequence[WorkloadResult], only_summary: bool) -> str:
    stream = io.StringIO()
    console = make_console(stream, width=TABLE_WIDTH, plain=True)
    single = len(results) == 1
    for result in results:
        if single and not only_summary:
            for layer in result:
                print_layer(console, layer)
        if single or not only_summary:
            print_summary(console, result)
    print_comparison(console, results)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().rstrip().split("\n"))
