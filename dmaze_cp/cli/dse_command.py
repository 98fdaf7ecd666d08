"""`dmaze-cp dse`: find the best design of a space."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dmaze_cp.cli.completing import layer_names, models_and_files, spaces_and_files
from dmaze_cp.cli.dse_models import ModelOptions, load_networks, weighted_refs
from dmaze_cp.cli.dse_space import NO_SPACE, space_from_options, space_options
from dmaze_cp.cli.failure import TRACEBACK_HINT, ExitCode, report_error
from dmaze_cp.cli.output import OutputFile, OutputFolder, print_report, say_written, show
from dmaze_cp.cli.parameters import (
    batch_option,
    output_option,
    shape_option,
    shapes_dictionary,
)
from dmaze_cp.cli.questions import collected
from dmaze_cp.cli.search_options import (
    constraint_options,
    constraint_rules,
    limit_options,
    run_settings,
    running_options,
    solver_options,
)
from dmaze_cp.cli.store_option import open_store, store_files
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.report.suffixes import SWEEP_SUFFIXES, Format, format_of

if TYPE_CHECKING:
    from dmaze_cp.cli.sweeping import SweepRequest
    from dmaze_cp.dse.design import WeightedModel
    from dmaze_cp.dse.result import PointStatus, SweepResult, WeightedWorkload
    from dmaze_cp.dse.space import DesignSpace

_MOST_LINES = 5
"""So many designs of one sort are reported one by one on stderr."""


@click.command("dse")
@click.argument("space", required=False, shell_complete=spaces_and_files)
@click.argument("models", metavar="[MODEL[=WEIGHT]]...", nargs=-1, shell_complete=models_and_files)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    shell_complete=layer_names,
    metavar="L",
    help="Layer that counts: a name, else an index from 0, else a glob such as 'conv4*'. May be "
    "repeated; without it all layers, or those that SPACE selects.",
)
@click.option(
    "--objective",
    type=click.Choice([str(o) for o in Objective]),
    help="What to minimise. Without it what SPACE says, else edp.",
)
@click.option(
    "--pareto",
    type=click.Choice(["area"]),
    help="Find all designs that no other beats in both area and objective.",
)
@click.option(
    "--all",
    "all_points",
    is_flag=True,
    help="Map every design to the end, also those that are proven not to be best.",
)
@space_options
@limit_options("Wall seconds for the whole sweep, which ends with what is there.")
@output_option(
    "Write the result to FILE, instead of tables on standard output: .csv, .xlsx, .md and .txt "
    "by suffix, every other FILE as JSON."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "excel", "markdown"]),
    help="Form of the result, whatever the suffix of FILE. `excel` needs the extra `excel`.",
)
@click.option(
    "--details",
    is_flag=True,
    help="In JSON, give the mappings of every design, not of the best ones only.",
)
@click.option(
    "--plots",
    metavar="FOLDER",
    help="Write plots to FOLDER, as PNG and SVG. Needs the extra `plot`.",
)
@running_options("A line on stderr for each design that is finished.")
@batch_option
@shape_option
@solver_options("Seed of the solver and of --sample.")
@constraint_options
def dse_command(**options: Any) -> None:
    """Find the design of SPACE that is best for networks, with proof.

    SPACE is a built-in design space (see `dmaze-cp spaces`) or a file (YAML or JSON);
    `-`, or none at all, is one that --param describes alone. MODEL is as for `map`, with
    a weight if its costs are to count more or less; without any, the networks that SPACE
    names are used. Designs whose lower bound shows that they cannot be best (with
    --pareto: not on the front) are not searched to the end.

    \b
    Examples:
      dmaze-cp dse memory_tuning
      dmaze-cp dse chip resnet18 mobilenetv2=3 --pareto area -o front.json
      dmaze-cp dse - alexnet --param rf_bytes=32:512:*2 --param pes=64,128,256
      dmaze-cp dse my_space.yaml --area-budget 12 --plots plots -o sweep.xlsx

    Without -o, the best design, why it wins, and what became of the others are shown.
    Progress goes to stderr, on a terminal only. Ctrl-C finishes with what there is; a
    second one stops at once. Results of searches are kept (see `dmaze-cp store`).

    \b
    Exit codes:
      0  there is a best design          4  out of time before some design was mapped
      1  bad input                       70  a search failed
      2  wrong usage                     130  interrupted; what is finished is written
      3  no design can map the networks
    """  # noqa: D301 (click needs the character)
    output = None if options["output"] is None else OutputFile(options["output"])
    wanted = None if options["form"] is None else Format(options["form"])
    form = format_of(options["output"], wanted, SWEEP_SUFFIXES)
    if form is Format.EXCEL and (output is None or output.is_stdout):
        raise click.UsageError("--format excel needs -o FILE.")
    folder = None if options["plots"] is None else OutputFolder(options["plots"], "--plots")
    _require_extras(form, folder)
    question = _question(options, output, folder)
    result = _solved(question, options)
    _write(result, form, output, folder, details=options["details"])
    raise click.exceptions.Exit(_exit_code(result))


def _require_extras(form: Format, folder: OutputFolder | None) -> None:
    """Miss a library now rather than after the sweep."""
    from dmaze_cp.report.excel import require_openpyxl
    from dmaze_cp.report.plots import require_matplotlib

    if form is Format.EXCEL:
        require_openpyxl()
    if folder is not None:
        require_matplotlib()


def _question(
    options: dict[str, Any], output: OutputFile | None, folder: OutputFolder | None
) -> SweepRequest:
    """What is asked; all that is wrong with it at once."""
    from dmaze_cp.cli.sweeping import SweepRequest
    from dmaze_cp.pinning import rule_problems
    from dmaze_cp.spec.reading import files_read

    problems: list[Problem] = []
    with files_read() as files:
        space = space_from_options(options["space"], options, problems)
        networks = _networks(space, options, problems)
        rules = constraint_rules(options, problems)
    with collected(problems):
        if output is not None:
            output.check([*files, *store_files(options["store"], options["no_store"])])
    if space is not None and options["pareto"] and not problems:
        problems += _area_problems(space)
    with collected(problems):
        if folder is not None and not problems:
            folder.prepare()
    if not problems:
        problems += rule_problems((network.workload for network in networks), rules)
    if problems or space is None:
        raise SpecError(dict.fromkeys(problems))
    objective = Objective(options["objective"] or space.objective or Objective.EDP)
    pareto = options["pareto"] is not None
    settings = run_settings(options, rules)
    return SweepRequest(space, networks, objective, settings, pareto, options["all_points"])


def _networks(
    space: DesignSpace | None, options: dict[str, Any], problems: list[Problem]
) -> tuple[WeightedWorkload, ...]:
    """The networks that designs are judged by; what is wrong with them is noted."""
    models: tuple[WeightedModel, ...] = ()
    with collected(problems):
        models = weighted_refs(options["models"]) or (() if space is None else space.models)
    if space is not None and not models and not options["models"]:
        where = "MODEL" if options["space"] in {None, NO_SPACE} else "models"
        problems.append(Problem(where, "none", "a network that designs are judged by"))
    shapes = shapes_dictionary(options["shapes"])
    return load_networks(
        models, ModelOptions(options["layers"], options["batch"], shapes), problems
    )


def _area_problems(space: DesignSpace) -> Iterator[Problem]:
    from dmaze_cp.dse.area import no_area

    if space.area is no_area:
        yield Problem("--pareto", "area, in a space without areas", "an area model")


def _solved(question: SweepRequest, options: dict[str, Any]) -> SweepResult:
    from dmaze_cp.cli.solving import closing
    from dmaze_cp.cli.sweeping import solve_sweep

    # That no design is valid is said before the store is made.
    question.space.survey()
    with closing(open_store(options["store"], options["no_store"])) as store:
        return solve_sweep(question, store, verbose=options["verbose"])


def _write(
    result: SweepResult,
    form: Format,
    output: OutputFile | None,
    folder: OutputFolder | None,
    *,
    details: bool,
) -> None:
    from dmaze_cp.report.nouns import sweep_report

    report = sweep_report(result, details=details)
    written = show(report, form, output)
    if written is not None:
        if sys.stderr.isatty():
            print_report(report.blocks(), sys.stderr)
        say_written(written, interrupted=result.interrupted)
    if folder is not None:
        from dmaze_cp.report.plots import figure_files

        folder.write(figure_files(report.figures()))


def _exit_code(result: SweepResult) -> ExitCode:
    """Exit code of a sweep, saying on stderr which designs came to nothing."""
    from dmaze_cp.dse.result import PointStatus

    code = _code(result)
    for line in (*_left_out(result), *_without_mapping(result, PointStatus.INFEASIBLE)):
        # While others are mapped, such designs are no failure.
        _report(line, failure=result.best is None)
    for line in _without_mapping(result, PointStatus.UNKNOWN):
        _report(line, failure=code is not ExitCode.OK)
    for line in _without_mapping(result, PointStatus.FAILED):
        _report(line, failure=True)
    return code


def _code(result: SweepResult) -> ExitCode:
    from dmaze_cp.dse.result import PointStatus

    if result.interrupted:
        return ExitCode.INTERRUPTED
    if result.count(PointStatus.FAILED):
        return ExitCode.INTERNAL
    # Others of this status have mappings, of which no one knows whether they can keep a budget.
    if any(p.status is PointStatus.UNKNOWN and p.value is None for p in result.points):
        return ExitCode.NO_SOLUTION
    if result.best is not None:
        return ExitCode.OK
    if result.count(PointStatus.INFEASIBLE) == len(result.points):
        return ExitCode.INFEASIBLE
    return ExitCode.NO_SOLUTION


def _report(line: str, *, failure: bool) -> None:
    if failure:
        report_error(line)
    else:
        click.echo(f"warning: {line}", err=True)


def _left_out(result: SweepResult) -> Iterator[str]:
    """A line for each point that is left out for another reason than the user's own limits."""
    from dmaze_cp.errors import printable
    from dmaze_cp.report.sweep_figures import Sweep

    sweep = Sweep(result)
    own = {rule.name for rule in result.space.rules} | {"area budget"}
    causes = Counter(point.cause for point in result.invalid if point.cause not in own)
    for cause, count in causes.items():
        those = [point for point in result.invalid if point.cause == cause]
        for point in those[:_MOST_LINES]:
            yield printable(f"{sweep.values(point.parameters)}: left out: {point.reason}")
        if count > _MOST_LINES:
            yield printable(f"{count - _MOST_LINES:,} more designs are left out: {cause}")


def _without_mapping(result: SweepResult, status: PointStatus) -> Iterator[str]:
    """A line for each design that came to nothing in this way, the first few."""
    from dmaze_cp.dse.result import PointStatus
    from dmaze_cp.errors import printable
    from dmaze_cp.report.sweep_figures import Sweep

    sweep = Sweep(result)
    those = [position for position, p in enumerate(result.points) if p.status is status]
    hint = f" ({TRACEBACK_HINT})" if status is PointStatus.FAILED else ""
    for position in those[:_MOST_LINES]:
        reason = result.points[position].reason or "no reason given"
        yield printable(f"{sweep.label(position)}: {status}: {reason}{hint}")
    if len(those) > _MOST_LINES:
        yield f"{len(those) - _MOST_LINES:,} more designs are {status}"
