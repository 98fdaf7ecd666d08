"""`dmaze-cp evaluate`: exact cost of given mappings."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dmaze_cp.cli.completing import architectures_and_files
from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.output import OutputFile
from dmaze_cp.cli.parameters import output_option
from dmaze_cp.cli.questions import collected, say_remarks
from dmaze_cp.errors import Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmaze_cp.architecture import Architecture
    from dmaze_cp.report.evaluation import Evaluated
    from dmaze_cp.spec.documents import Record
    from dmaze_cp.workload import Workload


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
@click.option(
    "--arch",
    shell_complete=architectures_and_files,
    metavar="ARCH",
    help="Accelerator, instead of those of the records: a built-in name (see `dmaze-cp archs`) or "
    "a spec file.",
)
@click.option("--summary", is_flag=True, help="Tables of the costs alone, without loop nests.")
def evaluate_command(
    file: str, output: str | None, form: str | None, arch: str | None, summary: bool
) -> None:
    """Compute the exact cost of the mappings in FILE.

    FILE holds one mapping record, a list of them, JSON Lines (suffix .jsonl), or the
    result of `dmaze-cp map -o` or `dse -o`. A record is

    \b
      {"layer": {"kind": "gemm", "bounds": {"X": 8, "Y": 4, "K": 2}},
       "architecture": "default",
       "tiling": {"DRAM": {"X": 2}, "SPM": {"K": 2}, "RF": {"X": 4}, "PE": {"Y": 4}},
       "loop_order": {"DRAM": ["X"], "SPM": ["K"]}}

    Each level's factors of a dimension multiply up to its bound; what is left out is 1.
    The layer may be one of a network: {"model": "resnet18", "name": "conv5_1b"}.
    Mappings that do not fit the accelerator are costed too, and the reasons are given.
    Records that are no mapping are reported, the others are answered, and the exit
    code is 1.

    \b
    Examples:
      dmaze-cp evaluate mappings.json
      dmaze-cp evaluate mappings.json --arch edge --summary
      dmaze-cp evaluate mappings.jsonl -o answers.jsonl
      dmaze-cp evaluate result.json -o costs.csv
    """  # noqa: D301 (click needs the character)
    from dmaze_cp.loading import load_architecture
    from dmaze_cp.report.formats import ANSWER_SUFFIXES, Format, format_of, render_answers
    from dmaze_cp.spec import load_mapping_records
    from dmaze_cp.spec.reading import files_read

    wanted = format_of(output, None if form is None else Format(form), ANSWER_SUFFIXES)
    with files_read() as files:
        problems: list[Problem] = []
        architecture, loaded = None, None
        with collected(problems):
            architecture = None if arch is None else load_architecture(arch)
            if architecture is not None:
                say_remarks(architecture)
        with collected(problems):
            loaded = load_mapping_records(file)
        if loaded is None or problems:
            raise SpecError(problems)
        results = _results(loaded.records, Path(file).resolve().parent, architecture)
    answers = [result if isinstance(result, dict) else result.record for result in results]
    in_full = [r for r in results if not isinstance(r, dict)] if not summary else []
    if output is not None or wanted is not Format.TABLE:
        target = OutputFile(output or "-")
        target.check(files)
        target.write(render_answers(answers, wanted, loaded.form, in_full))
    else:
        from dmaze_cp.report.console import make_console
        from dmaze_cp.report.evaluation import evaluation_blocks
        from dmaze_cp.report.terminal import print_blocks

        # What is wrong with records goes to stderr.
        blocks = evaluation_blocks(answers, in_full, errors=False)
        print_blocks(make_console(sys.stdout), blocks)
        sys.stdout.flush()
    failed = [answer for answer in answers if "error" in answer]
    for answer in failed:
        for line in answer["error"].split("\n"):
            report_error(f"{file}: record {answer['index']}: {line}")
    if failed:
        raise click.exceptions.Exit(ExitCode.BAD_INPUT)


def _results(
    records: Sequence[object], base: Path, architecture: Architecture | None
) -> list[Evaluated | Record]:
    """The mappings with their costs; of records that are none, what is wrong."""
    from dmaze_cp.cost import evaluate, fits, placed
    from dmaze_cp.loading import load_workload
    from dmaze_cp.report.evaluation import Evaluated
    from dmaze_cp.spec import mapping_record_from_dict

    @cache
    def load_model(
        ref: str | Path, batch: int | None, shapes: tuple[tuple[str, int], ...]
    ) -> Workload:
        return load_workload(ref, batch=batch, shapes=dict(shapes))

    results: list[Evaluated | Record] = []
    for index, record in enumerate(records):
        try:
            mapping, machine = mapping_record_from_dict(
                record, base, architecture=architecture, load_model=load_model
            )
        except SpecError as error:
            results.append({"index": index, "error": str(error)})
            continue
        mapping = placed(mapping, machine)
        cost = evaluate(mapping, machine)
        results.append(Evaluated(index, mapping, machine, cost, fits(mapping, machine)))
    return results
