"""`dmaze-cp report`: a result as one HTML page, answers of questions as tables, too."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from dmaze_cp.cli.output import OutputFile, show
from dmaze_cp.cli.parameters import output_option
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.report.suffixes import PAGE_SUFFIXES, Format, report_format_of

if TYPE_CHECKING:
    from dmaze_cp.documents import Reported
    from dmaze_cp.spec.documents import Record


@click.command("report")
@click.argument("result")
@output_option(
    "Write the page to FILE (default: RESULT with the suffix .html). Fronts and sensitivities also "
    "go to a .txt, .md, .csv or .json FILE, answers of `evaluate` to a .txt, .md or .csv FILE "
    "(default: tables on the terminal)."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["page", "table", "json", "csv", "markdown"]),
    help="Form of the report, whatever the suffix of FILE; without FILE it goes to standard "
    "output, but for a page.",
)
def report_command(result: str, output: str | None, form: str | None) -> None:
    """Write RESULT as one HTML page that needs no network.

    RESULT is a JSON file: the result of `dmaze-cp map -o`, a comparison of several, a
    sweep, fronts of `pareto`, or a sensitivity. The page has sortable tables and plots,
    and shows the tiling and the loop nest of each layer. Fronts and sensitivities are
    also written in all forms of their commands. Of the answers of `dmaze-cp evaluate
    -o`, tables are written.

    \b
    Examples:
      dmaze-cp map resnet18 -o result.json
      dmaze-cp report result.json -o report.html
      dmaze-cp report fronts.json --format table
      dmaze-cp report answers.json -o answers.md
    """  # noqa: D301 (click needs the character)
    if output is not None:
        OutputFile(output).check(inputs=(result,))
    document = _read(result)
    from dmaze_cp.result.answer_files import answers_of

    try:
        answers = answers_of(document)
    except SpecError as error:
        raise error.inside(result) from None
    if answers is not None:
        _write_answers(answers, output, form)
        return
    from dmaze_cp.documents import result_of

    try:
        found = result_of(document, "answers of `dmaze-cp evaluate`")
    except SpecError as error:
        raise error.inside(result) from None
    wanted = _wanted(found, output, form)
    if wanted is Format.PAGE:
        _write_page(found, result, output)
    else:
        _write_text(found, wanted, output)


def _read(path: str) -> object:
    from dmaze_cp.spec import load_mapping_records
    from dmaze_cp.spec.files import load_spec_object

    if PurePath(path).suffix.lower() == ".jsonl":
        return list(load_mapping_records(path).records)
    return load_spec_object(Path(path), (".json", ".jsonl"))


def _wanted(found: Reported, output: str | None, form: str | None) -> Format:
    """The form that is asked for: a page, unless something else is.

    Raises
    ------
    SpecError
        When what was found is not written in that form: a page under the name of another one could
        not be opened.
    """
    from dmaze_cp.perturbation import Sensitivity
    from dmaze_cp.tradeoff import WorkloadFront

    suffix = "" if output is None else PurePath(output).suffix.lower()
    wanted = PAGE_SUFFIXES.get(suffix) if form is None else Format(form)
    has_all_forms = isinstance(found, Sensitivity | WorkloadFront)
    if wanted is Format.PAGE or (wanted is not None and has_all_forms):
        return wanted
    what = f"the suffix {suffix!r}" if suffix and form is None else f"the form {form}"
    if has_all_forms:
        expected = "a .html, .txt, .md, .csv or .json file, or --format"
    else:
        expected = "a .html file (`map -o` and `dse -o` write all other forms themselves)"
    raise SpecError(Problem("-o" if form is None else "--format", what, expected, output or ""))


def _write_answers(answers: list[Record], output: str | None, form: str | None) -> None:
    from dmaze_cp.report.evaluation import answers_report

    if form == Format.PAGE:
        expected = "table, csv, markdown or json (answers of evaluate hold no mappings for a page)"
        raise SpecError(Problem("--format", "page", expected))
    wanted = report_format_of(output) if form is None else Format(form)
    _said(show(answers_report(answers), wanted, None if output is None else OutputFile(output)))


def _write_text(found: Reported, form: Format, output: str | None) -> None:
    from dmaze_cp.report.nouns import report_of

    _said(show(report_of(found), form, None if output is None else OutputFile(output)))


def _write_page(found: Reported, result: str, output: str | None) -> None:
    from dmaze_cp.report.nouns import report_of

    target = OutputFile(output if output is not None else _default_output(result))
    target.check(inputs=(result,))
    _said(show(report_of(found), Format.PAGE, target))


def _said(path: str | None) -> None:
    if path is not None:
        click.echo(f"wrote {path}", err=True)


def _default_output(result: str) -> str:
    return str(Path(result).with_suffix(".html")) if Path(result).name else f"{result}.html"
