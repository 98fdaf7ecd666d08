"""`dmaze-cp evaluate`: exact cost of given mappings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.output import OutputFile
from dmaze_cp.cli.parameters import output_option
from dmaze_cp.errors import SpecError

if TYPE_CHECKING:
    from dmaze_cp.report.records import Record


@click.command("evaluate")
@click.argument("file")
@output_option(
    "Write the answers to FILE, instead of tables on standard output: .csv, .md and .txt by "
    "suffix, every other FILE as JSON in the same form as the records."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "markdown"]),
    help="Form of the answers, whatever the suffix of FILE.",
)
def evaluate_command(file: str, output: str | None, form: str | None) -> None:
    """Compute the exact cost of the mappings in FILE.

    FILE holds one mapping record, a list of them, JSON Lines (suffix .jsonl), or the
    result of `dmaze-cp map -o`. A record is

    \b
      {"layer": {"kind": "gemm", "bounds": {"X": 8, "Y": 4, "K": 2}},
       "architecture": "default",
       "tiling": {"DRAM": {"X": 2}, "SPM": {"K": 2}, "RF": {"X": 4}, "PE": {"Y": 4}},
       "loop_order": {"DRAM": ["X"], "SPM": ["K"]}}

    Each level's factors of a dimension multiply up to its bound; what is left out is 1.
    Mappings that do not fit the accelerator are costed too, and the reasons are given.
    Records that are no mapping are reported, the others are answered, and the exit
    code is 1.

    \b
    Examples:
      dmaze-cp evaluate mappings.json
      dmaze-cp evaluate mappings.jsonl -o answers.jsonl
      dmaze-cp evaluate result.json -o costs.csv
    """  # noqa: D301 (click needs the character)
    from dmaze_cp.report.answers import answers_format_of, render_answers
    from dmaze_cp.report.formats import Format
    from dmaze_cp.spec import load_mapping_records
    from dmaze_cp.spec.reading import files_read

    wanted = answers_format_of(output, None if form is None else Format(form))
    with files_read() as files:
        loaded = load_mapping_records(file)
        base = Path(file).resolve().parent
        answers = [_answer(index, record, base) for index, record in enumerate(loaded.records)]
    if output is not None or wanted is not Format.TABLE:
        target = OutputFile(output or "-")
        target.check(files)
        target.write(render_answers(answers, wanted, loaded.form))
    else:
        from dmaze_cp.report.console import make_console
        from dmaze_cp.report.evaluation import print_answers

        print_answers(make_console(sys.stdout), answers)
        sys.stdout.flush()
    failed = [answer for answer in answers if "error" in answer]
    for answer in failed:
        for line in answer["error"].split("\n"):
            report_error(f"{file}: record {answer['index']}: {line}")
    if failed:
        raise click.exceptions.Exit(ExitCode.BAD_INPUT)


def _answer(index: int, record: object, base: Path) -> Record:
    from dmaze_cp.cost import evaluate, fits
    from dmaze_cp.report.records import answer_record
    from dmaze_cp.spec import mapping_record_from_dict

    try:
        mapping, architecture = mapping_record_from_dict(record, base)
    except SpecError as error:
        return {"index": index, "error": str(error)}
    cost = evaluate(mapping, architecture)
    return answer_record(index, mapping, cost, fits(mapping, architecture))
