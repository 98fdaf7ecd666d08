"""Answers of `evaluate` that are read back, and the files that reports of them go to."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import COMPONENTS, OPERANDS
from dmaze_cp.report.formats import BY_SUFFIX, Format
from dmaze_cp.report.html.read import inside, is_finite, merge, texts
from dmaze_cp.report.records import Record
from dmaze_cp.spec.fields import Fields

_COSTS: Final = ("energy_pj", "latency_cycles", "edp", "spm_pass_cycles")


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


def answers_of(document: object) -> list[Record] | None:
    """The answers that a file of `evaluate` holds; None where it holds something else.

    Raises
    ------
    SpecError
        With every problem found.
    """
    is_list = isinstance(document, list)
    entries = list(document) if isinstance(document, list) else [document]
    if not any(isinstance(e, dict) and "index" in e and "schema" not in e for e in entries):
        return None
    problems: list[Problem] = []
    answers: list[Record] = []
    for position, entry in enumerate(entries):
        where = f"[{position}]" if is_list else ""
        spec = Fields(entry, "an answer of evaluate (index, valid, energy_pj, …)", where)
        if spec.is_mapping:
            _check(spec)
            answers.append({str(key): value for key, value in spec.data.items()})
        problems += spec.problems
    if problems:
        raise SpecError(problems)
    return answers


def _check(spec: Fields) -> None:
    """Note what is wrong with the fields that reports show."""
    spec.integer("index", 0)
    if "error" in spec:
        spec.text("error", "")
        return
    if not spec.missing("valid", "true or false") and not isinstance(spec.data["valid"], bool):
        spec.note("valid", "true or false")
    texts(spec, "reasons", "a list of texts")
    _check_numbers(spec, _COSTS)
    if not spec.missing("held", "an operand or null") and spec.data["held"] not in (
        *OPERANDS,
        None,
    ):
        spec.note("held", f"one of {', '.join(OPERANDS)}, or null")
    parts = inside(
        spec, "energy_breakdown_pj", f"a mapping of {', '.join(COMPONENTS)}", required=True
    )
    if "energy_breakdown_pj" in spec and parts.is_mapping:
        _check_numbers(parts, COMPONENTS)
    merge(spec, parts)


def _check_numbers(spec: Fields, keys: tuple[str, ...]) -> None:
    for key in keys:
        if not spec.missing(key, "a finite number") and not is_finite(spec.data[key]):
            spec.note(key, "a finite number")
