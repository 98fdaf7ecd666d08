"""`dmaze-cp report`: a result as one HTML page, answers of `evaluate` as tables."""

from __future__ import annotations

import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from dmaze_cp.cli.output import OutputFile
from dmaze_cp.cli.parameters import output_option
from dmaze_cp.errors import Problem, SpecError

if TYPE_CHECKING:
    from dmaze_cp.spec.documents import Record


@click.command("report")
@click.argument("result")
@output_option(
    "Write the page to FILE (default: RESULT with the suffix .html); answers of `evaluate` to a "
    ".txt, .md or .csv FILE (default: tables on the terminal)."
)
def report_command(result: str, output: str | None) -> None:
    """Write RESULT as one HTML page that needs no network.

    RESULT is a JSON file: the result of `dmaze-cp map -o`, a comparison of several, or a
    sweep. The page has sortable tables and plots, and shows the tiling and the loop nest
    of each layer. Of the answers of `dmaze-cp evaluate -o`, tables are written.

    \b
    Examples:
      dmaze-cp map resnet18 -o result.json
      dmaze-cp report result.json -o report.html
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
        _write_answers(answers, output)
    else:
        _write_page(document, result, output)


def _read(path: str) -> object:
    from dmaze_cp.spec import load_mapping_records
    from dmaze_cp.spec.files import load_spec_object

    if PurePath(path).suffix.lower() == ".jsonl":
        return list(load_mapping_records(path).records)
    return load_spec_object(Path(path), (".json", ".jsonl"))


def _write_answers(answers: list[Record], output: str | None) -> None:
    from dmaze_cp.report.answers import print_all, render_answers, report_format_of

    form = report_format_of(output)
    if output is not None:
        _write(OutputFile(output), render_answers(answers, form))
        return
    from dmaze_cp.report.console import make_console
    from dmaze_cp.report.evaluation import print_errors

    console = make_console(sys.stdout)
    print_all(console, answers)
    print_errors(console, answers)
    sys.stdout.flush()


def _write_page(document: object, result: str, output: str | None) -> None:
    from dmaze_cp.report.formats import BY_SUFFIX
    from dmaze_cp.report.html import html_page

    target = OutputFile(output if output is not None else _default_output(result))
    suffix = PurePath(target.path).suffix.lower()
    if suffix in BY_SUFFIX:
        expected = f"a .html file (`map -o` and `dse -o` write {suffix} files themselves)"
        raise SpecError(Problem("-o", f"the suffix {suffix!r}", expected, target.path))
    target.check(inputs=(result,))
    try:
        page = html_page(document)  # type: ignore[arg-type]  # it says so if it is no object
    except SpecError as error:
        raise error.inside(result) from None
    _write(target, page)


def _write(target: OutputFile, text: str) -> None:
    target.write(text)
    if not target.is_stdout:
        click.echo(f"wrote {target.path}", err=True)


def _default_output(result: str) -> str:
    return str(Path(result).with_suffix(".html")) if Path(result).name else f"{result}.html"
