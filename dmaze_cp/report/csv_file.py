"""Rows as CSV."""

from __future__ import annotations

import csv
import io
from typing import Final

from dmaze_cp.errors import printable
from dmaze_cp.report.rows import Rows

_FORMULA_STARTS: Final = ("=", "+", "-", "@")
"""A spreadsheet takes text that begins so for a formula."""


def rows_csv(rows: Rows) -> str:
    """A line for each row; the first line names the columns."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows.columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows.rows)
    return stream.getvalue()


def _cell(value: object) -> object:
    """A value as a cell: numbers with all their digits, text that stays text.

    Names come from anywhere. An apostrophe before what looks like a formula is what
    spreadsheets themselves mark text with; control characters are escaped.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA_STARTS) else text
