"""The forms that a report can be written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from dmaze_cp.report.blocks import Blocks, Page
from dmaze_cp.report.csv_file import rows_csv
from dmaze_cp.report.excel import workbook
from dmaze_cp.report.figures import Figure
from dmaze_cp.report.html.page import html_page
from dmaze_cp.report.markdown import markdown
from dmaze_cp.report.rows import Rows
from dmaze_cp.report.suffixes import Format
from dmaze_cp.report.terminal import text_of
from dmaze_cp.spec.files import json_text


def _nothing() -> NoReturn:
    raise TypeError("it has no such form")


@dataclass(frozen=True)
class Report:
    """What there is to show of a noun, each part made when it is asked for.

    Attributes
    ----------
    blocks
        What people read.
    document
        The same in a document (Markdown), where it differs.
    page
        What a page shows.
    record, rows, sheets
        All there is, for programs; flat rows, and those of each sheet of a workbook.
    figures
        Plots, by the names of their files.
    """

    blocks: Callable[[], Blocks]
    document: Callable[[], Blocks] | None = None
    page: Callable[[], Page] = _nothing
    record: Callable[[], Any] = _nothing
    rows: Callable[[], Rows] = _nothing
    sheets: Callable[[], Iterable[Rows]] = _nothing
    figures: Callable[[], Mapping[str, Figure]] = _nothing


def written(report: Report, form: Format) -> str | bytes:
    """A report in a format: bytes for a workbook, else text with a line break at its end.

    Raises
    ------
    MissingExtraError
        When the library that writes workbooks is not installed.
    TypeError
        When there is no such form of its noun.
    """
    match form:
        case Format.JSON:
            return json_text(report.record())
        case Format.JSON_LINES:
            record = report.record()
            records = record if isinstance(record, list) else [record]
            return "".join(json.dumps(each, allow_nan=False) + "\n" for each in records)
        case Format.CSV:
            return rows_csv(report.rows())
        case Format.MARKDOWN:
            return markdown((report.document or report.blocks)())
        case Format.PAGE:
            return html_page(report.page())
        case Format.EXCEL:
            return workbook(report.sheets())
        case Format.TABLE:
            return text_of(report.blocks())
