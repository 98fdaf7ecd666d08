"""Results in the formats that they can be written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import Final

from dmaze_cp.digest import with_digest
from dmaze_cp.dse.result import SweepResult
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.given import Distance, distance_record
from dmaze_cp.perturbation import Sensitivity, sensitivity_record
from dmaze_cp.report import rows
from dmaze_cp.report.blocks import Block, Blocks
from dmaze_cp.report.comparison import comparison_blocks, comparison_records
from dmaze_cp.report.csv_file import rows_csv
from dmaze_cp.report.distance import distance_blocks
from dmaze_cp.report.evaluation import Evaluated, evaluation_blocks
from dmaze_cp.report.excel import workbook
from dmaze_cp.report.layer import layer_blocks
from dmaze_cp.report.markdown import markdown
from dmaze_cp.report.network import network_blocks
from dmaze_cp.report.sensitivity import sensitivity_blocks, sensitivity_rows
from dmaze_cp.report.sweep_blocks import sweep_blocks
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.terminal import text_of
from dmaze_cp.report.tradeoff import tradeoff_blocks, tradeoff_rows
from dmaze_cp.result import WorkloadResult, result_record
from dmaze_cp.spec import RecordsForm
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.mapping_files import RESULTS_SCHEMA
from dmaze_cp.tradeoff import WorkloadFront, front_record


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
    EXCEL = "excel"
    """A workbook of several sheets, of a sweep."""


BY_SUFFIX: Final = {
    ".csv": Format.CSV,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".txt": Format.TABLE,
}
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


def render(
    results: Sequence[WorkloadResult],
    form: Format,
    *,
    only_summary: bool = False,
    compared: Sequence[Distance] = (),
) -> str:
    """The text of results in a format, with a line break at its end.

    Parameters
    ----------
    compared
        Given mappings that are shown beside the best ones; CSV has no place for them.
    only_summary
        Of one result, leave out the layers' own reports (table) or their loops (Markdown); of
        several, write the comparison alone. CSV has then a row for each network, accelerator
        and objective. JSON always has everything.
    """
    loops = form is Format.MARKDOWN
    return _written(
        form,
        lambda: _record(results, compared),
        lambda: (rows.comparison_rows if only_summary else rows.layer_rows)(results),
        lambda: [*_report(results, only_summary, loops=loops), *distance_blocks(compared)],
    )


def _record(results: Sequence[WorkloadResult], compared: Sequence[Distance]) -> Record:
    records = []
    for result in results:
        record, layers = result_record(result), {id(layer) for layer in result.layers}
        own = [distance_record(each) for each in compared if id(each.result) in layers]
        records.append(with_digest({**record, "compared": own}) if own else record)
    return records[0] if len(records) == 1 else _results_record(results, records)


def _report(
    results: Sequence[WorkloadResult], only_summary: bool, *, loops: bool
) -> Iterator[Block]:
    """Layers in full or their loops, summaries, and the comparison."""
    single = len(results) == 1
    for result in results if single or not only_summary else ():
        for layer in result if single and not only_summary and not loops else ():
            yield from layer_blocks(layer)
        yield from network_blocks(result, mappings=loops and not only_summary)
    yield from comparison_blocks(results)


def results_record(results: Sequence[WorkloadResult]) -> Record:
    """Several results and their comparison (schema ``dmaze-cp/results/1``)."""
    return _results_record(results, [result_record(result) for result in results])


def _results_record(results: Sequence[WorkloadResult], records: Sequence[Record]) -> Record:
    record = {
        "schema": RESULTS_SCHEMA,
        "results": list(records),
        "comparison": comparison_records(results),
    }
    return with_digest(record)


def render_sweep(result: SweepResult, form: Format, *, details: bool = False) -> str | bytes:
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
    sweep = Sweep(result)
    if form is Format.EXCEL:
        sheets = (rows.point_rows, rows.front_rows, rows.best_design_rows, rows.invalid_rows)
        return workbook(sheet(sweep) for sheet in sheets)
    return _written(
        form,
        lambda: sweep_record(result, details=details),
        lambda: rows.sweep_rows(sweep),
        lambda: sweep_blocks(sweep),
    )


def render_answers(
    answers: Sequence[Record],
    form: Format,
    records: RecordsForm = RecordsForm.LIST,
    evaluated: Sequence[Evaluated] = (),
) -> str:
    """Answers to mapping records in a format, with a line break at the end.

    Parameters
    ----------
    records
        How the file held the records: JSON has the same form.
    evaluated
        Mappings that tables have in full, before all answers.
    """
    if form is Format.JSON and records is RecordsForm.JSON_LINES:
        return "".join(json.dumps(answer, allow_nan=False) + "\n" for answer in answers)
    return _written(
        form,
        lambda: answers[0] if records is RecordsForm.SINGLE else list(answers),
        lambda: rows.answer_rows(answers),
        lambda: evaluation_blocks(answers, () if form is Format.MARKDOWN else evaluated),
    )


def render_sensitivity(found: Sensitivity, form: Format) -> str:
    """A sensitivity analysis in a format, with a line break at its end."""
    return _written(
        form,
        lambda: sensitivity_record(found),
        lambda: sensitivity_rows(found),
        lambda: sensitivity_blocks(found),
    )


def render_tradeoff(found: WorkloadFront, form: Format) -> str:
    """Fronts of energy and latency in a format, with a line break at its end."""
    return _written(
        form,
        lambda: front_record(found),
        lambda: tradeoff_rows(found),
        lambda: tradeoff_blocks(found),
    )


def render_question(found: Sensitivity | WorkloadFront, form: Format) -> str:
    """What a question about a network has found in a format, with a line break at its end."""
    if isinstance(found, Sensitivity):
        return render_sensitivity(found, form)
    return render_tradeoff(found, form)


def question_blocks(found: Sensitivity | WorkloadFront) -> Iterator[Block]:
    """What a question about a network has found, for a terminal."""
    if isinstance(found, Sensitivity):
        return sensitivity_blocks(found)
    return tradeoff_blocks(found)


def _written(
    form: Format,
    record: Callable[[], object],
    flat: Callable[[], rows.Rows],
    blocks: Callable[[], Blocks],
) -> str:
    """A noun in a format, from its record, its rows or its blocks."""
    match form:
        case Format.JSON:
            return json.dumps(record(), indent=1, allow_nan=False) + "\n"
        case Format.CSV:
            return rows_csv(flat())
        case Format.MARKDOWN:
            return markdown(blocks())
        case _:
            return text_of(blocks())
