"""`dmaze-cp sensitivity`: which figures of a machine a layer's optimum hangs on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dmaze_cp.cli.completing import architectures_and_files, layer_names, models_and_files
from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.output import OutputFile, OutputFolder
from dmaze_cp.cli.parameters import batch_option, output_option, shape_option, shapes_dictionary
from dmaze_cp.cli.questions import collected, say_remarks
from dmaze_cp.cli.search_options import (
    constraint_options,
    constraint_rules,
    limit_options,
    run_settings,
    running_options,
    solver_options,
)
from dmaze_cp.cli.selection import select_layers
from dmaze_cp.cli.settings import Setting
from dmaze_cp.cli.store_option import open_store, store_files
from dmaze_cp.errors import Problem, SpecError, printable
from dmaze_cp.objective import Objective

if TYPE_CHECKING:
    from dmaze_cp.architecture import Architecture
    from dmaze_cp.constraints import ConstraintRules
    from dmaze_cp.perturbation import Sensitivity
    from dmaze_cp.report.formats import Format
    from dmaze_cp.workload import Workload


@click.command("sensitivity")
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
    "--objective",
    cls=Setting,
    type=click.Choice([str(o) for o in Objective]),
    default="edp",
    show_default=True,
    help="What is least.",
)
@click.option(
    "--set",
    "changed",
    multiple=True,
    metavar="FIGURE=VALUE",
    help="Also with this value of a figure, named as in design spaces, such as rf_bytes=768 or "
    "dram_pj=100,400. May be repeated.",
)
@click.option(
    "--no-ranges",
    is_flag=True,
    help="Do not look for the values of each energy over which a mapping stays the best.",
)
@limit_options("Wall seconds for each round of searches.")
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
    help="Write a tornado plot of each layer to FOLDER, as PNG and SVG. Needs the extra `plot`.",
)
@running_options("A line on stderr for each search that is finished.")
@batch_option
@shape_option
@solver_options()
@constraint_options
def sensitivity_command(**options: Any) -> None:
    """Prove what binds: each layer's optimum with one figure of the machine changed.

    Each capacity is halved and doubled; each energy, clock, DMA and NoC figure is 10 %
    and 50 % lower and higher; all else stays equal. Values are compared in seconds where
    a clock changes. For each energy the values are proven over which the mapping that
    was found stays the best.

    \b
    Examples:
      dmaze-cp sensitivity resnet18 --layer conv5_1b
      dmaze-cp sensitivity bert_base --objective energy --set dram_pj=100 -o bert.csv
      dmaze-cp sensitivity vgg16 --layer fc8 --no-ranges --plots plots
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
        _write_plots(found, folder)
    _end(found)


def _asked(
    options: dict[str, Any], output: OutputFile | None, folder: OutputFolder | None
) -> tuple[Workload, Architecture, ConstraintRules]:
    """The layers and the machine; all that is wrong at once."""
    from dmaze_cp.loading import load_architecture, load_workload
    from dmaze_cp.perturbation import change_from
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
    for text in options["changed"] if architecture is not None else ():
        with collected(problems):
            try:
                change_from(architecture, text)
            except SpecError as error:
                raise error.inside("--set") from None
    with collected(problems):
        if output is not None:
            output.check([*files, *store_files(options["store"], options["no_store"])])
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
) -> Sensitivity:
    from dmaze_cp.cli.progress import Progress
    from dmaze_cp.cli.solving import closing, follow
    from dmaze_cp.cli.stopping import answering_interrupt
    from dmaze_cp.perturbation import sensitivity

    progress = Progress(
        verbose=options["verbose"], several=True, total_s=options["total_time_limit"]
    )
    with (
        closing(open_store(options["store"], options["no_store"])) as store,
        answering_interrupt(progress) as stop,
    ):
        return sensitivity(
            workload,
            architecture,
            options["objective"],
            run_settings(options, rules),
            changed=options["changed"],
            ranges=not options["no_ranges"],
            store=store,
            on_event=lambda event: follow(event, progress),
            stop=stop,
        )


def _write(found: Sensitivity, form: Format, output: OutputFile | None) -> None:
    from dmaze_cp.report.console import make_console
    from dmaze_cp.report.formats import Format, render_sensitivity
    from dmaze_cp.report.sensitivity import sensitivity_blocks
    from dmaze_cp.report.terminal import print_blocks

    if output is None and form is Format.TABLE:
        print_blocks(make_console(sys.stdout), sensitivity_blocks(found))
        sys.stdout.flush()
        return
    target = output or OutputFile("-")
    target.write(render_sensitivity(found, form))
    if sys.stderr.isatty() and not target.is_stdout:
        click.echo(f"wrote {target.path}", err=True)


def _write_plots(found: Sensitivity, folder: OutputFolder) -> None:
    from dmaze_cp.report.plots import figure_files
    from dmaze_cp.report.sensitivity import tornado

    figures = {}
    for number, layer in enumerate(found.layers):
        figure = tornado(found, layer)
        if figure is not None:
            figures["tornado" if len(found.layers) == 1 else f"tornado-{number}"] = figure
    folder.write(figure_files(figures))


def _end(found: Sensitivity) -> None:
    """Say what is missing, and exit with its code."""
    from dmaze_cp.result import Status

    bases = [layer.base for layer in found.layers if layer.base is not None]
    missing = [base for base in bases if base.value is None]
    for base in missing:
        report_error(printable(f"{base.layer.name}: {base.status}: {base.reason or 'no reason'}"))
    every = [c.result for layer in found.layers for c in layer.changed if c.result] + bases
    if found.interrupted:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)
    if any(result.failed for result in every):
        raise click.exceptions.Exit(ExitCode.INTERNAL)
    if any(base.status is Status.UNKNOWN for base in missing):
        raise click.exceptions.Exit(ExitCode.NO_SOLUTION)
    if missing:
        raise click.exceptions.Exit(ExitCode.INFEASIBLE)
