"""`dmaze-cp pareto`: the trade-off of energy and latency."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dmaze_cp.cli.completing import architectures_and_files, layer_names, models_and_files
from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.output import OutputFile, OutputFolder
from dmaze_cp.cli.parameters import (
    Number,
    batch_option,
    output_option,
    shape_option,
    shapes_dictionary,
)
from dmaze_cp.cli.questions import collected, say_remarks
from dmaze_cp.cli.search_options import (
    constraint_options,
    constraint_rules,
    run_settings,
    solver_options,
)
from dmaze_cp.cli.selection import select_layers
from dmaze_cp.cli.settings import Limit, Setting
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S
from dmaze_cp.errors import Problem, SpecError, printable

if TYPE_CHECKING:
    from dmaze_cp.architecture import Architecture
    from dmaze_cp.constraints import ConstraintRules
    from dmaze_cp.report.formats import Format
    from dmaze_cp.tradeoff import LayerFront, WorkloadFront
    from dmaze_cp.workload import Workload


@click.command("pareto")
@click.argument("model", shell_complete=models_and_files)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    shell_complete=layer_names,
    metavar="L",
    help="Layer: a name, else an index from 0, else a glob. May be repeated; all without it.",
)
@click.option(
    "--arch",
    cls=Setting,
    shell_complete=architectures_and_files,
    default="default",
    show_default=True,
    metavar="A",
    help="Accelerator: a built-in name (see `dmaze-cp archs`) or a spec file.",
)
@click.option(
    "--epsilon",
    cls=Limit,
    type=Number(0, 1000),
    default=0.0,
    show_default=True,
    metavar="E",
    help="Leave out points that another matches in latency and, within a factor of 1 + E, in "
    "energy; 0 asks for the exact front.",
)
@click.option(
    "--time-limit",
    cls=Limit,
    type=Number(0, open_low=True),
    default=DEFAULT_TIME_LIMIT_S,
    show_default=True,
    metavar="S",
    help="Wall seconds for the front of one layer.",
)
@output_option(
    "Write the result to FILE, instead of tables on standard output: .csv, .md and .txt by "
    "suffix, every other FILE as JSON."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "markdown"]),
    help="Form of the result, whatever the suffix of FILE.",
)
@click.option(
    "--plots",
    metavar="FOLDER",
    help="Write plots of the fronts to FOLDER, as PNG and SVG. Needs the extra `plot`.",
)
@click.option("--verbose", "-v", is_flag=True, help="A line on stderr for each front.")
@batch_option
@shape_option
@solver_options()
@constraint_options
def pareto_command(**options: Any) -> None:
    """Prove each layer's trade-off of energy and latency, and the network's.

    No mapping is at least as good as a point of a front in both and better in one. Totals
    of the network are those of all choices of the layers' points, all instances of a
    layer mapped alike.

    \b
    Examples:
      dmaze-cp pareto resnet18 --layer conv5_1b
      dmaze-cp pareto bert_base --epsilon 0.01 -o fronts.json
      dmaze-cp pareto mobilenetv2 --layer block12.depthwise --plots plots
    """  # noqa: D301 (click needs the character)
    from dmaze_cp.report.formats import Format, format_of

    wanted = None if options["form"] is None else Format(options["form"])
    form = format_of(options["output"], wanted)
    output = None if options["output"] is None else OutputFile(options["output"])
    folder = None if options["plots"] is None else OutputFolder(options["plots"], "--plots")
    if folder is not None:
        from dmaze_cp.report.plots import require_matplotlib

        require_matplotlib()
    workload, architecture, rules = _asked(options, output, folder)
    found = _found(workload, architecture, rules, options)
    _write(found, form, output)
    if folder is not None:
        from dmaze_cp.report.plots import figure_files
        from dmaze_cp.report.tradeoff import tradeoff_figures

        folder.write(figure_files(tradeoff_figures(found)))
    _end(found)


def _asked(
    options: dict[str, Any], output: OutputFile | None, folder: OutputFolder | None
) -> tuple[Workload, Architecture, ConstraintRules]:
    """The layers and the machine; all that is wrong at once."""
    from dmaze_cp.loading import load_architecture, load_workload
    from dmaze_cp.pinning import rule_problems
    from dmaze_cp.spec.reading import files_read

    problems: list[Problem] = []
    shapes = shapes_dictionary(options["shapes"])
    architecture, chosen = None, None
    with files_read() as files:
        with collected(problems):
            architecture = load_architecture(options["arch"])
            say_remarks(architecture)
        with collected(problems):
            workload = load_workload(options["model"], batch=options["batch"], shapes=shapes)
            (chosen,) = select_layers([workload], options["layers"])
    with collected(problems):
        if output is not None:
            output.check(files)
    with collected(problems):
        if folder is not None:
            folder.prepare()
    rules = constraint_rules(options, problems)
    if chosen is not None and not problems:
        problems += rule_problems([chosen], rules)
    if problems or architecture is None or chosen is None:
        raise SpecError(dict.fromkeys(problems))
    return chosen, architecture, rules


def _found(
    workload: Workload,
    architecture: Architecture,
    rules: ConstraintRules,
    options: dict[str, Any],
) -> WorkloadFront:
    from dmaze_cp.cli.progress import Progress
    from dmaze_cp.cli.stopping import answering_interrupt
    from dmaze_cp.tradeoff import pareto

    own = {"total_time_limit": None, "gap": 0.0, "jobs": 1, "scheduler": None}
    settings = run_settings({**options, **own}, rules)

    def tell(front: LayerFront) -> None:
        if options["verbose"]:
            count = len(front.points)
            line = f"{front.layer.name}: {front.status}, {count} points, {front.solve_time_s:.1f} s"
            click.echo(printable(line), err=True)

    with answering_interrupt(Progress(verbose=False, several=True, total_s=None)) as stop:
        return pareto(
            workload,
            architecture,
            epsilon=options["epsilon"],
            time_limit=settings.time_limit_s,
            constraints=settings.constraints,
            engine=settings.engine,
            workers=settings.solver.workers,
            seed=settings.solver.seed,
            solver_params=settings.solver.parameters,
            on_layer_done=tell,
            stop=stop,
        )


def _write(found: WorkloadFront, form: Format, output: OutputFile | None) -> None:
    from dmaze_cp.report.console import make_console
    from dmaze_cp.report.formats import Format, render_tradeoff
    from dmaze_cp.report.terminal import print_blocks
    from dmaze_cp.report.tradeoff import tradeoff_blocks

    if output is None and form is Format.TABLE:
        print_blocks(make_console(sys.stdout), tradeoff_blocks(found))
        sys.stdout.flush()
        return
    target = output or OutputFile("-")
    target.write(render_tradeoff(found, form))
    if sys.stderr.isatty() and not target.is_stdout:
        click.echo(f"wrote {target.path}", err=True)


def _end(found: WorkloadFront) -> None:
    """Say what is missing, and exit with its code."""
    from dmaze_cp.tradeoff import FrontStatus

    missing = [front for front in found.layers if not front.points]
    infeasible = [front for front in missing if front.status is FrontStatus.COMPLETE]
    for front in missing:
        status = "infeasible" if front in infeasible else "unknown"
        report_error(printable(f"{front.layer.name}: {status}: {front.reason}"))
    if found.interrupted:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)
    if len(missing) > len(infeasible):
        raise click.exceptions.Exit(ExitCode.NO_SOLUTION)
    if infeasible:
        raise click.exceptions.Exit(ExitCode.INFEASIBLE)
