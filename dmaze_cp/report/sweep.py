"""A sweep as the content of a file: tables, JSON, CSV, Markdown or an Excel workbook."""

from __future__ import annotations

import io
import json
from enum import StrEnum
from typing import Final

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.report.console import make_console
from dmaze_cp.report.excel import sweep_workbook
from dmaze_cp.report.formats import TABLE_WIDTH, chosen_format
from dmaze_cp.report.sweep_flat import sweep_csv
from dmaze_cp.report.sweep_table import print_sweep, sweep_markdown


class SweepFormat(StrEnum):
    """How a sweep is written."""

    TABLE = "table"
    """What people see on a terminal, without colours."""
    JSON = "json"
    """Everything there is, for programs and for `dmaze-cp report`."""
    CSV = "csv"
    """A row for each point."""
    EXCEL = "excel"
    """A workbook: points, front, layers of the best design, invalid points."""
    MARKDOWN = "markdown"
    """The tables for documents."""


_BY_SUFFIX: Final = {
    ".csv": SweepFormat.CSV,
    ".xlsx": SweepFormat.EXCEL,
    ".md": SweepFormat.MARKDOWN,
    ".markdown": SweepFormat.MARKDOWN,
    ".txt": SweepFormat.TABLE,
}


def sweep_format_of(path: str | None, wanted: SweepFormat | None = None) -> SweepFormat:
    """The format of an output file; see `dmaze_cp.report.formats.format_of`."""
    return chosen_format(
        path, wanted, _BY_SUFFIX, terminal=SweepFormat.TABLE, otherwise=SweepFormat.JSON
    )


def render_sweep(result: SweepResult, form: SweepFormat, *, details: bool = False) -> str | bytes:
    """A sweep in a format; bytes for a workbook, for all others text with a line break at its end.

    Parameters
    ----------
    details
        In JSON, give the layers of every design.

    Raises
    ------
    MissingExtraError
        When the library that writes workbooks is not installed.
    """
    match form:
        case SweepFormat.TABLE:
            return sweep_text(result)
        case SweepFormat.CSV:
            return sweep_csv(result)
        case SweepFormat.MARKDOWN:
            return sweep_markdown(result)
        case SweepFormat.EXCEL:
            return sweep_workbook(result)
        case SweepFormat.JSON:
            record = sweep_record(result, details=details)
            return json.dumps(record, indent=1, allow_nan=False) + "\n"


def sweep_text(result: SweepResult, width: int = TABLE_WIDTH) -> str:
    """The report for people as plain text."""
    stream = io.StringIO()
    print_sweep(make_console(stream, width=width, plain=True), result)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().rstrip().split("\n"))


__all__ = [
    "SweepFormat",
    "print_sweep",
    "render_sweep",
    "sweep_format_of",
    "sweep_record",
    "sweep_text",
]
