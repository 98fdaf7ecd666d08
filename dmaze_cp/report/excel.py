"""Rows as an Excel workbook (extra ``excel``)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from dmaze_cp.errors import printable
from dmaze_cp.extras import load_extra
from dmaze_cp.report.rows import Rows

if TYPE_CHECKING:
    from openpyxl import Workbook

_WIDEST: Final = 40
_LONGEST_TEXT: Final = 32_767
"""Characters that a cell can hold."""

_MOST_ROWS: Final = 1_048_576
"""Rows of a sheet, with its header."""

_FORMATS: Final = {"gap": "0.00%", "ratio_to_best": "0.000"}
_LARGE: Final = ("value", "bound", "edp", "value of")


def require_openpyxl() -> Any:
    """The library, or the extra that it comes with.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    return load_extra("openpyxl", "excel", "Excel")


def workbook(sheets: Iterable[Rows]) -> bytes:
    """A workbook with a sheet for each set of rows.

    Numbers are numbers (Excel keeps 15 digits), names are text and never formulas. The
    headers stay in sight, and all columns can be filtered.

    Raises
    ------
    MissingExtraError
        When openpyxl is not installed.
    """
    openpyxl = require_openpyxl()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        _sheet(book, rows)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheet(book: Workbook, rows: Rows) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    columns = rows.columns
    sheet = book.create_sheet(rows.name)
    widths = [len(column) for column in columns]
    sheet.append([_text(column) for column in columns])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    count = 1
    for row in rows.rows:
        if count == _MOST_ROWS:
            break
        count += 1
        for k, column in enumerate(columns):
            value = row.get(column)
            if value is None:
                continue
            cell = sheet.cell(count, k + 1)
            if isinstance(value, str):
                cell.value = _text(value)
                # Text that begins with an equals sign is no formula.
                cell.data_type = "s"
            else:
                cell.value = float(value) if _is_large(value) else value
                cell.number_format = _format(column, value)
            widths[k] = max(widths[k], min(len(str(value)), 14 if _is_number(value) else _WIDEST))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count}"
    for k, width in enumerate(widths):
        sheet.column_dimensions[get_column_letter(k + 1)].width = width + 3


def _text(value: str) -> str:
    return printable(value)[:_LONGEST_TEXT]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_large(value: object) -> bool:
    """Whether an integer has more digits than Excel holds."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**15


def _format(column: str, value: object) -> str:
    if column in _FORMATS:
        return _FORMATS[column]
    if column.startswith(_LARGE) and isinstance(value, int | float) and abs(value) >= 1e9:
        return "0.0000E+00"
    return "General"
