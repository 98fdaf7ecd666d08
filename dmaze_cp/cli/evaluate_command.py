"""`dmaze-cp evaluate`: exact cost of given mappings."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dmaze_cp.cli.completing import architectures_and_files
from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.output import OutputFile, print_report, say_written, show
from dmaze_cp.cli.parameters import Number, output_option
from dmaze_cp.cli.questions import collected, say_remarks
from dmaze_cp.cli.settings import was_typed
from dmaze_cp.cli.store_option import open_store, store_options
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.report.suffixes import ANSWER_SUFFIXES, Format, format_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmaze_cp.architecture import Architecture
    from dmaze_cp.constraints import Constraints
    from dmaze_cp.given import Evaluated
    from dmaze_cp.mapping import Mapping
    from dmaze_cp.question import Question
    from dmaze_cp.result import LayerResult
    from dmaze_cp.spec import RecordsForm
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
@click.option(
    "--against-optimum",
    type=click.Choice([str(o) for o in Objective]),
    metavar="OBJECTIVE",
    help="Also prove the best mapping of each layer, for edp, energy or latency, and say how far "
    "the given one is from it.",
)
@click.option(
    "--time-limit",
    type=Number(0, open_low=True),
    metavar="S",
    help="Wall seconds for each proof.  [default: 60]",
)
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    metavar="N",
    help="Proofs side by side.  [default: one for each core]",
)
@store_options
def evaluate_command(
    file: str,
    output: str | None,
    form: str | None,
    arch: str | None,
    summary: bool,
    **proof: Any,
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
      dmaze-cp evaluate mappings.json --against-optimum edp --summary
    """  # noqa: D301 (click needs the character)
    stored = proof["store"] is not None and was_typed("store")
    if proof["against_optimum"] is None and (proof["time_limit"] or proof["jobs"] or stored):
        raise click.UsageError("--time-limit, --jobs and --store are for --against-optimum.")
    from dmaze_cp.loading import load_architecture
    from dmaze_cp.spec import RecordsForm, load_mapping_records
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
        target = None if output is None else OutputFile(output)
        (target or OutputFile("-")).check(files)
    unfinished = 0
    if proof["against_optimum"] is not None:
        results, unfinished = _proven(results, proof)
    if wanted is Format.JSON and loaded.form is RecordsForm.JSON_LINES:
        wanted = Format.JSON_LINES
    written = _shown(results, wanted, target, loaded.form, summary=summary)
    if written is not None:
        say_written(written, interrupted=unfinished > 0)
    _end(file, results, unfinished)


def _shown(
    results: Sequence[Evaluated | Record],
    form: Format,
    output: OutputFile | None,
    records: RecordsForm,
    *,
    summary: bool,
) -> str | None:
    """Show or write the answers; the path of the file, if it is one."""
    from dmaze_cp.report.evaluation import answers_report, evaluation_blocks

    answers = [result if isinstance(result, dict) else result.record for result in results]
    in_full = [r for r in results if not isinstance(r, dict)] if not summary else []
    if output is None and form is Format.TABLE:
        # What is wrong with records goes to stderr.
        print_report(evaluation_blocks(answers, in_full, errors=False))
        return None
    return show(answers_report(answers, in_full, records), form, output)


def _end(file: str, results: Sequence[Evaluated | Record], unfinished: int) -> None:
    """Say what is wrong and what is missing, and exit with its code."""
    failed = [result for result in results if isinstance(result, dict)]
    for answer in failed:
        for line in answer["error"].split("\n"):
            report_error(f"{file}: record {answer['index']}: {line}")
    if unfinished:
        of = len(results) - len(failed)
        click.echo(f"interrupted: {unfinished} of {of} proofs are not finished", err=True)
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)
    if failed:
        raise click.exceptions.Exit(ExitCode.BAD_INPUT)


def _proven(
    results: Sequence[Evaluated | Record], proof: dict[str, Any]
) -> tuple[list[Evaluated | Record], int]:
    """The mappings beside the best ones of their layers, and how many proofs Ctrl-C cut off."""
    from dmaze_cp.cli.progress import Progress
    from dmaze_cp.cli.solving import closing, follow
    from dmaze_cp.cli.stopping import answering_interrupt
    from dmaze_cp.desk import RunSettings
    from dmaze_cp.given import distance
    from dmaze_cp.network import answer
    from dmaze_cp.question import Options, Question
    from dmaze_cp.result import Ending

    given = [r for r in results if not isinstance(r, dict)]
    limit = proof["time_limit"] or DEFAULT_TIME_LIMIT_S
    objective, options = Objective(proof["against_optimum"]), Options(limit)
    asked = [
        Question(r.mapping.of_layer, r.architecture, objective, _allowing(r.mapping), options)
        for r in given
    ]
    progress = Progress(verbose=False, several=True, total_s=None)
    with (
        closing(open_store(proof["store"], proof["no_store"])) as store,
        answering_interrupt(progress) as stop,
    ):
        found = answer(
            asked,
            RunSettings(limit, jobs=proof["jobs"]),
            given=[r.mapping for r in given],
            store=store,
            on_event=lambda event: follow(event, progress),
            stop=stop,
        )
    best = [r or _not_begun(q) for q, r in zip(asked, found.results, strict=True)]
    beside = {
        r.index: replace(r, distance=distance(r.mapping, own))
        for r, own in zip(given, best, strict=True)
    }
    unfinished = sum(r.ended is Ending.INTERRUPTED for r in best) if found.interrupted else 0
    return [r if isinstance(r, dict) else beside[r.index] for r in results], unfinished


def _not_begun(question: Question) -> LayerResult:
    """The result of a search that the run was stopped before."""
    from dmaze_cp.result import Ending, LayerResult, Status

    return LayerResult(
        question.layer,
        question.architecture,
        question.objective,
        Status.UNKNOWN,
        constraints=question.constraints,
        ended=Ending.INTERRUPTED,
        reason=Ending.INTERRUPTED.text(mapped=False),
    )


def _results(
    records: Sequence[object], base: Path, architecture: Architecture | None
) -> list[Evaluated | Record]:
    """The mappings with their costs; of records that are none, what is wrong."""
    from dmaze_cp.cost import evaluate, fits, placed
    from dmaze_cp.given import Evaluated
    from dmaze_cp.loading import load_workload
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


def _allowing(mapping: Mapping) -> Constraints:
    """Padding by up to as much as the bounds of a mapping were raised."""
    from dmaze_cp.constraints import Constraints, PaddingPin

    own = mapping.of_layer.bounds
    return Constraints(tuple(PaddingPin(d, n - own[d]) for d, n in mapping.layer.bounds.items()))
