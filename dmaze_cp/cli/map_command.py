"""`dmaze-cp map`: map layers of a model."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.output import OutputFile
from dmaze_cp.cli.parameters import (
    Number,
    batch_option,
    output_option,
    shape_option,
    shapes_dictionary,
)
from dmaze_cp.cli.selection import select_layers
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective

if TYPE_CHECKING:
    from rich.console import Console

    from dmaze_cp.cli.solving import Question
    from dmaze_cp.result import LayerResult, WorkloadResult

_FRACTION = Number(0, 1)


@click.command("map")
@click.argument("model")
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="L",
    help="Layer to map: a name, else an index from 0, else a glob such as 'conv4*'. "
    "May be repeated; all layers without it.",
)
@click.option(
    "--arch",
    default="default",
    show_default=True,
    metavar="A",
    help="Accelerator: a built-in name (see `dmaze-cp archs`) or a spec file.",
)
@click.option(
    "--objective",
    type=click.Choice([*(str(o) for o in Objective), "all"]),
    default="edp",
    show_default=True,
    help="What to minimise; `all` solves each of the three.",
)
@click.option(
    "--time-limit",
    type=Number(0, open_low=True),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Wall seconds for one layer and one objective.",
)
@click.option(
    "--gap",
    type=Number(0, 1, open_high=True),
    default=0.0,
    show_default=True,
    metavar="G",
    help="Stop when the proven relative gap is at or below this fraction; 0 asks for the optimum.",
)
@output_option("Write the result to FILE as JSON, instead of tables on standard output.")
@batch_option
@shape_option
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    default=1,
    show_default=True,
    help="Threads of the CP-SAT solver.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**31 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="Seed of the solver; with one worker, the same seed gives the same answer.",
)
@click.option(
    "--opt-min-utilization",
    type=(_FRACTION, _FRACTION, _FRACTION),
    default=(0.0, 0.0, 0.0),
    metavar="PE RF SPM",
    help="Use at least these fractions (0 to 1) of the PEs, of the words of an RF and of the "
    "bytes of an SPM buffer.",
)
@click.option(
    "--opt-no-feature-dram",
    is_flag=True,
    help="Do not tile the filter loops Fx and Fy at DRAM.",
)
@click.option(
    "--opt-no-spatial-reduction",
    is_flag=True,
    help="Do not spread over PEs what would have to be summed across them.",
)
@click.option("--summary", is_flag=True, help="Show only the summary, not each layer's report.")
def map_command(**options: Any) -> None:
    """Map layers of MODEL to their proven best execution method.

    MODEL is an .onnx file, a spec file (YAML or JSON) or a built-in name (see
    `dmaze-cp models`).

    \b
    Examples:
      dmaze-cp map resnet18 --layer 3
      dmaze-cp map vgg16 --layer 'conv4*' --objective all
      dmaze-cp map net.onnx --batch 1 --arch edge -o result.json
      dmaze-cp map bert_base --time-limit 10 --gap 0.01 --summary

    Without -o, each layer's tiling, loop nest, utilisation, cycles and energy are
    shown, then a summary. Progress goes to stderr, on a terminal only. Ctrl-C
    finishes with what there is; a second one stops at once.
    """  # noqa: D301 (click needs the character)
    output = None if options["output"] is None else OutputFile(options["output"])
    question = _question(options, shapes_dictionary(options["shapes"]), output)
    if output is None:
        result = _map_for_people(question, only_summary=options["summary"])
    else:
        result = _map_for_programs(question, output)
    raise click.exceptions.Exit(_exit_code(result, options["arch"]))


def _question(
    options: dict[str, Any], shapes: dict[str, int], output: OutputFile | None
) -> Question:
    """What is asked; all that is wrong with output, accelerator and model at once."""
    from dmaze_cp.cli.solving import Question
    from dmaze_cp.constraints import Constraints
    from dmaze_cp.loading import load_architecture, load_workload
    from dmaze_cp.mapspace import check_sizes

    problems: list[Problem] = []
    with _collected(problems):
        if output is not None:
            output.check(inputs=(options["model"], options["arch"]))
    with _collected(problems):
        architecture = load_architecture(options["arch"])
    with _collected(problems):
        workload = load_workload(options["model"], batch=options["batch"], shapes=shapes)
        workload = select_layers(workload, options["layers"])
    if problems:
        raise SpecError(problems)
    try:
        check_sizes(workload, architecture)
    except SpecError as error:
        raise error.inside(options["model"]) from None
    chosen = options["objective"]
    pe, rf, spm = options["opt_min_utilization"]
    return Question(
        workload=workload,
        architecture=architecture,
        objectives=tuple(Objective) if chosen == "all" else (Objective(chosen),),
        constraints=Constraints(
            min_pe_utilization=pe,
            min_rf_utilization=rf,
            min_spm_utilization=spm,
            no_feature_dram=options["opt_no_feature_dram"],
            no_spatial_reduction=options["opt_no_spatial_reduction"],
        ),
        time_limit_s=options["time_limit"],
        gap=options["gap"],
        workers=options["workers"],
        seed=options["seed"],
    )


def _map_for_people(question: Question, *, only_summary: bool) -> WorkloadResult:
    from dmaze_cp.cli.solving import solve
    from dmaze_cp.report.console import make_console
    from dmaze_cp.report.layer import print_layer
    from dmaze_cp.report.summary import print_summary

    console = make_console(sys.stdout)

    def show(result: LayerResult) -> None:
        if not only_summary:
            print_layer(console, result)
            sys.stdout.flush()

    result = solve(question, show)
    print_summary(console, result)
    sys.stdout.flush()
    return result


def _map_for_programs(question: Question, output: OutputFile) -> WorkloadResult:
    from dmaze_cp.cli.solving import solve
    from dmaze_cp.report.records import result_record

    result = solve(question, lambda _result: None)
    output.write(json.dumps(result_record(result), indent=1, allow_nan=False) + "\n")
    if sys.stderr.isatty() and not output.is_stdout:
        _summary_on_stderr(result, output)
    return result


def _summary_on_stderr(result: WorkloadResult, output: OutputFile) -> None:
    from dmaze_cp.report.console import make_console
    from dmaze_cp.report.summary import print_summary

    console: Console = make_console(sys.stderr)
    print_summary(console, result)
    click.echo(f"wrote {output.path}", err=True)


@contextmanager
def _collected(problems: list[Problem]) -> Iterator[None]:
    """Note what is wrong, to say all of it together."""
    try:
        yield
    except SpecError as error:
        problems += error.problems


def _exit_code(result: WorkloadResult, architecture: str) -> ExitCode:
    """Exit code of a run, saying on stderr what is missing."""
    from dmaze_cp.result import Status

    without = [r for r in result.layers if r.status in {Status.INFEASIBLE, Status.UNKNOWN}]
    said = set()
    for r in without:
        infeasible = r.status is Status.INFEASIBLE
        # That nothing fits does not depend on the objective.
        which = "" if infeasible else f" ({r.objective})"
        line = f"{result.workload.name}: {r.layer.name}{which}: {r.status} on {architecture}"
        line = f"{line}: {r.reason or 'no reason given'}"
        if line not in said:
            report_error(line)
        said.add(line)
    if result.interrupted:
        return ExitCode.INTERRUPTED
    statuses = {r.status for r in without}
    if Status.UNKNOWN in statuses:
        return ExitCode.NO_SOLUTION
    return ExitCode.INFEASIBLE if statuses else ExitCode.OK
