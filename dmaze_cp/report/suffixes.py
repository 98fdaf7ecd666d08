"""Formats that results are written in, and which of them the suffix of a file stands for.

Commands choose a format before anything is searched: what writes it is loaded with the results.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath
from typing import Final

from dmaze_cp.errors import Problem, SpecError


class Format(StrEnum):
    """How results are written."""

    TABLE = "table"
    """What people see on a terminal, without colours."""
    JSON = "json"
    """Everything there is, for programs."""
    JSON_LINES = "jsonl"
    """The same, a record on each line."""
    CSV = "csv"
    """A row for each layer, for spreadsheets."""
    MARKDOWN = "markdown"
    """Tables for documents."""
    PAGE = "page"
    """One HTML page, of what questions have found."""
    EXCEL = "excel"
    """A workbook of several sheets, of a sweep."""


BY_SUFFIX: Final = {
    ".csv": Format.CSV,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".txt": Format.TABLE,
}
QUESTION_SUFFIXES: Final = {**BY_SUFFIX, ".html": Format.PAGE, ".htm": Format.PAGE}
PAGE_SUFFIXES: Final = {**QUESTION_SUFFIXES, ".json": Format.JSON, "": Format.PAGE}
SWEEP_SUFFIXES: Final = {**BY_SUFFIX, ".xlsx": Format.EXCEL}
ANSWER_SUFFIXES: Final = {**BY_SUFFIX, ".jsonl": Format.JSON}

_OTHER_FORMS: Final = {
    **dict.fromkeys((".html", ".htm"), "a .json file, from which `dmaze-cp report` makes a page"),
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".tsv"), "a .csv file, which spreadsheets read"),
    **dict.fromkeys((".yaml", ".yml", ".jsonl"), "a .json file"),
    **dict.fromkeys((".pdf", ".png", ".svg"), "a .json file, from which reports are made"),
}
"""Suffixes of what is not written: JSON under such a name could not be opened."""


def format_of(
    path: str | None,
    wanted: Format | None = None,
    by_suffix: Mapping[str, Format] = BY_SUFFIX,
) -> Format:
    """The format of an output: the user's choice, else what the file's suffix stands for.

    Parameters
    ----------
    path
        Where the results go; None is the terminal, which gets tables. Other files are JSON.
    wanted
        The user's choice.
    by_suffix
        Formats by suffix, in lower case.

    Raises
    ------
    SpecError
        When the suffix promises a format that is not written.
    """
    if wanted is not None:
        return wanted
    if path is None:
        return Format.TABLE
    suffix = PurePath(path).suffix.lower()
    if suffix in _OTHER_FORMS and suffix not in by_suffix:
        expected = f"{_OTHER_FORMS[suffix]}, or --format"
        raise SpecError(Problem("-o", f"the suffix {suffix!r}", expected, path))
    return by_suffix.get(suffix, Format.JSON)


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
