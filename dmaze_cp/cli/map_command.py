"""`dmaze-cp map`: map layers of models."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from dmaze_cp.cli.completing import architectures_and_files, layer_names, models_and_files
from dmaze_cp.cli.explaining import Explainer
from dmaze_cp.cli.failure import TRACEBACK_HINT, ExitCode, report_error
from dmaze_cp.cli.given import distances, given_mappings
from dmaze_cp.cli.models import Wanted, distinct_files, load_models
from dmaze_cp.cli.output import OutputFile, print_report, say_written, show
from dmaze_cp.cli.parameters import (
    batch_option,
    output_option,
    shape_option,
    shapes_dictionary,
)
from dmaze_cp.cli.questions import collected, distinct_names, say_remarks
from dmaze_cp.cli.search_options import (
    constraint_options,
    constraint_rules,
    limit_options,
    run_settings,
    running_options,
    solver_options,
)
from dmaze_cp.cli.selection import select_layers
from dmaze_cp.cli.settings import Limit, Setting
from dmaze_cp.cli.slicing import plot_folder, slice_options, with_slices, write_plots
from dmaze_cp.cli.store_option import open_store, store_files
from dmaze_cp.errors import Problem, SpecError, printable
from dmaze_cp.execution.server import cores, start_early
from dmaze_cp.mapping import Diversity
from dmaze_cp.objective import Objective
from dmaze_cp.report.suffixes import Format, format_of

if TYPE_CHECKING:
    from dmaze_cp.architecture import Architecture
    from dmaze_cp.cli.solving import MapRequest
    from dmaze_cp.constraints import ConstraintRules
    from dmaze_cp.mapping import Mapping
    from dmaze_cp.report.blocks import Blocks
    from dmaze_cp.result import LayerResult, WorkloadResult
    from dmaze_cp.store import Store
    from dmaze_cp.workload import Workload


@click.command("map")
@click.argument(
    "models", metavar="MODEL...", nargs=-1, required=True, shell_complete=models_and_files
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    shell_complete=layer_names,
    metavar="L",
    help="Layer to map: a name, else an index from 0, else a glob such as 'conv4*'. "
    "May be repeated; all layers without it.",
)
@click.option(
    "--arch",
    "archs",
    cls=Setting,
    multiple=True,
    shell_complete=architectures_and_files,
    default=("default",),
    show_default="default",
    metavar="A",
    help="Accelerator: a built-in name (see `dmaze-cp archs`) or a spec file. May be repeated.",
)
@click.option(
    "--objective",
    cls=Setting,
    type=click.Choice([*(str(o) for o in Objective), "all"]),
    default="edp",
    show_default=True,
    help="What to minimise; `all` solves each of the three.",
)
@click.option(
    "--compare",
    metavar="FILE",
    help="Start from the mappings in FILE (as for `evaluate`), and say how far each is from the "
    "best, where they differ, and which single move would help it most.",
)
@slice_options
@limit_options()
@click.option(
    "--no-tie-break",
    cls=Limit,
    is_flag=True,
    help="Of mappings that are equally good return any. Without it, one of least energy (of least "
    "latency for --objective energy) is found, and proven to be one; a --gap leaves it out, too.",
)
@click.option(
    "--max-latency",
    cls=Limit,
    type=click.IntRange(min=1, max=2**62),
    metavar="CYCLES",
    help="Only mappings of at most so many cycles, each layer by itself.",
)
@click.option(
    "--max-energy",
    cls=Limit,
    type=click.IntRange(min=1, max=2**62),
    metavar="PJ",
    help="Only mappings of at most so much energy, each layer by itself.",
)
@click.option(
    "--top-k",
    type=click.IntRange(min=1, max=1000),
    metavar="K",
    default=1,
    show_default=True,
    help="Find the K best mappings, pairs of a tiling and a dataflow, prove that they are, and "
    "count how many share the optimum.",
)
@click.option(
    "--diverse",
    type=click.Choice([str(each) for each in Diversity]),
    help="With --top-k: rank only the best mapping of each unrolling (the set of dimensions that "
    "are unrolled over PEs), or of each dataflow.",
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
    "--summary",
    is_flag=True,
    help="Show only the summary, not each layer's report (but what is asked for beside it).",
)
@running_options()
@batch_option
@shape_option
@solver_options()
@constraint_options
@click.option(
    "--compare-unpadded",
    is_flag=True,
    help="With --pad: map every layer with its own bounds as well, and say what padding gains.",
)
def map_command(**options: Any) -> None:
    """Map layers of each MODEL to their proven best execution method.

    MODEL is an .onnx file, a spec file (YAML or JSON) or a built-in name (see
    `dmaze-cp models`).

    \b
    Examples:
      dmaze-cp map resnet18 --layer 3
      dmaze-cp map vgg16 --layer 'conv4*' --objective all
      dmaze-cp map net.onnx --batch 1 --arch edge -o result.json
      dmaze-cp map bert_base --total-time-limit 20 --summary
      dmaze-cp map resnet18 vgg16 --arch edge --arch server -o compared.md

    Without -o, each layer's tiling, loop nest, utilisation, cycles and energy are
    shown, then a summary; of several models or accelerators the summaries and a
    comparison (with --summary, only that). Progress goes to stderr, on a terminal
    only. Ctrl-C finishes with what there is; a second one stops at once. Results are
    kept (see `dmaze-cp store`): what was finished is not searched for again.
    """  # noqa: D301 (click needs the character)
    output = None if options["output"] is None else OutputFile(options["output"])
    if _is_shared(options):
        start_early()
    from dmaze_cp.cli.solving import closing

    wanted = None if options["form"] is None else Format(options["form"])
    form = format_of(options["output"], wanted)
    lost = {
        "--compare": options["compare"] is not None,
        "--per-dataflow": options["per_dataflow"],
        "--per-unrolling": options["per_unrolling"],
        "--top-k": options["top_k"] > 1,
    }
    for option in lost if form is Format.CSV else ():
        if lost[option]:
            text = f"{option} has no place in CSV: write JSON, Markdown or tables."
            raise click.UsageError(text)
    folder = plot_folder(options)
    question = _question(options, shapes_dictionary(options["shapes"]), output)
    if folder is not None:
        folder.prepare()
    with closing(open_store(options["store"], options["no_store"])) as store:
        if output is None and form is Format.TABLE:
            results = _map_for_people(question, store, options)
        else:
            results = _map_for_programs(question, store, options, output or OutputFile("-"), form)
    write_plots(results, folder)
    raise click.exceptions.Exit(_exit_code(results))


def _is_shared(options: dict[str, Any]) -> bool:
    """Whether processes share the searches, as it seems before models are read."""
    jobs = cores() if options["jobs"] is None else options["jobs"]
    several = not options["layers"] or options["objective"] == "all" or len(options["archs"]) > 1
    return jobs > 1 and several and options["scheduler"] is None


def _question(
    options: dict[str, Any], shapes: dict[str, int], output: OutputFile | None
) -> MapRequest:
    """What is asked; all that is wrong with output, accelerators and models at once."""
    from dmaze_cp.cli.solving import MapRequest
    from dmaze_cp.pinning import rule_problems
    from dmaze_cp.search.reaching import unreachable
    from dmaze_cp.spec.reading import files_read

    problems: list[Problem] = []
    with files_read() as files:
        architectures = _architectures(options["archs"], problems)
        workloads = _workloads(options, shapes, problems)
        given: tuple[Mapping, ...] = ()
        if options["compare"] is not None and architectures and workloads:
            with collected(problems):
                given = given_mappings(options["compare"], architectures[0], workloads)
        rules = constraint_rules(options, problems)
        costs = {"latency": options["max_latency"], "energy": options["max_energy"]}
        rules = _with_costs(rules, costs)
    if options["compare_unpadded"] and not options["padding"]:
        problems.append(Problem("--compare-unpadded", "no --pad", "padding to compare with"))
    with collected(problems):
        if output is not None:
            output.check([*files, *store_files(options["store"], options["no_store"])])
    if not problems:
        problems += rule_problems(workloads, rules)
        problems += unreachable(workloads, architectures, rules)
    if problems:
        raise SpecError(dict.fromkeys(problems))
    chosen = options["objective"]
    return MapRequest(
        workloads=tuple(workloads),
        architectures=tuple(architectures),
        objectives=tuple(Objective) if chosen == "all" else (Objective(chosen),),
        settings=replace(
            run_settings(options, rules),
            tie_break=not options["no_tie_break"],
            top_k=options["top_k"],
            diverse=options["diverse"],
        ),
        given=given,
        compares_unpadded=options["compare_unpadded"],
    )


def _with_costs(rules: ConstraintRules, costs: dict[str, int | None]) -> ConstraintRules:
    """The rules, and what a mapping may cost at most."""
    from dmaze_cp.constraints import ConstraintRules, CostPin, Rule

    pins = [CostPin(cost, most) for cost, most in costs.items() if most is not None]
    return ConstraintRules((*rules.rules, *(Rule(pin) for pin in pins)))


def _architectures(refs: Sequence[str], problems: list[Problem]) -> list[Architecture]:
    from dmaze_cp.loading import load_architecture

    found: dict[str, Architecture] = {}
    for ref in distinct_files(refs):
        with collected(problems):
            found[ref] = load_architecture(ref)
            say_remarks(found[ref])
    names = distinct_names(list(found), [arch.name for arch in found.values()])
    return [replace(arch, name=n) for n, arch in zip(names, found.values(), strict=True)]


def _workloads(
    options: dict[str, Any], shapes: dict[str, int], problems: list[Problem]
) -> list[Workload]:
    refs = distinct_files(options["models"])
    found = load_models([Wanted(ref, options["batch"]) for ref in refs], shapes, problems)
    names = distinct_names([refs[place] for place, _ in found], [w.name for _, w in found])
    workloads = [replace(w, name=n) for n, (_, w) in zip(names, found, strict=True)]
    with collected(problems):
        return select_layers(workloads, options["layers"], _say_left_out)
    return []


def _say_left_out(workload: Workload) -> None:
    what = "no layer that --layer asks for: left out"
    click.echo(f"warning: {printable(workload.name)}: {what}", err=True)


def _map_for_people(
    question: MapRequest, store: Store | None, options: dict[str, Any]
) -> Sequence[WorkloadResult]:
    from dmaze_cp.cli.solving import solve
    from dmaze_cp.report.distance import distance_blocks
    from dmaze_cp.report.layer import further_blocks, layer_blocks

    explainer = Explainer(options["time_limit"])

    def tell(result: LayerResult) -> None:
        print_report(layer_blocks(explainer.result(result)))

    each = question.is_single and not options["summary"]
    at_once = each and not (options["per_dataflow"] or options["per_unrolling"])
    results = solve(question, store, verbose=options["verbose"], show=tell if at_once else None)
    results = with_slices(results, options)
    for result in results[0].layers if each and not at_once else ():
        tell(result)
    for result in results[0].layers if question.is_single and options["summary"] else ():
        print_report(further_blocks(result))
    for report in _summaries(question, results, only_comparison=options["summary"]):
        print_report(report)
    print_report(distance_blocks(distances(question.given, results)))
    return results


def _map_for_programs(
    question: MapRequest,
    store: Store | None,
    options: dict[str, Any],
    output: OutputFile,
    form: Format,
) -> Sequence[WorkloadResult]:
    from dmaze_cp.cli.solving import solve
    from dmaze_cp.report.nouns import results_report

    results = solve(question, store, verbose=options["verbose"])
    results = Explainer(options["time_limit"]).results(with_slices(results, options))
    compared = distances(question.given, results)
    report = results_report(results, only_summary=options["summary"], compared=compared)
    written = show(report, form, output)
    if written is not None:
        if sys.stderr.isatty():
            for summary in _summaries(question, results, only_comparison=True):
                print_report(summary, sys.stderr)
        say_written(written, interrupted=any(result.interrupted for result in results))
    return results


def _summaries(
    question: MapRequest, results: Sequence[WorkloadResult], *, only_comparison: bool
) -> Iterator[Blocks]:
    from dmaze_cp.report.comparison import comparison_blocks
    from dmaze_cp.report.network import network_blocks

    if question.is_single or not only_comparison:
        yield from map(network_blocks, results)
    if not question.is_single:
        yield comparison_blocks(results)


def _exit_code(results: Sequence[WorkloadResult]) -> ExitCode:
    """Exit code of a run, saying on stderr what is missing."""
    from dmaze_cp.result import Status

    layers = [r for result in results for r in result.layers]
    for line in dict.fromkeys(_missing(results)):
        report_error(line)
    if any(result.interrupted for result in results):
        return ExitCode.INTERRUPTED
    if any(r.failed for r in layers):
        return ExitCode.INTERNAL
    statuses = {r.status for r in layers}
    if Status.UNKNOWN in statuses:
        return ExitCode.NO_SOLUTION
    return ExitCode.INFEASIBLE if Status.INFEASIBLE in statuses else ExitCode.OK


def _missing(results: Sequence[WorkloadResult]) -> Iterator[str]:
    """A line for each layer without a mapping, and for each search that failed."""
    from dmaze_cp.result import Status

    for result in results:
        network, accelerator = result.workload.name, result.architecture.name
        for r in result.layers:
            reason = r.reason or "no reason given"
            if r.failed:
                what = f"{r.layer.name} ({r.objective}): failed"
                reason += f" ({TRACEBACK_HINT})"
            elif r.status is Status.INFEASIBLE:
                # That nothing fits does not depend on the objective.
                what = f"{r.layer.name}: {r.status}"
            elif r.status is Status.UNKNOWN:
                what = f"{r.layer.name} ({r.objective}): {r.status}"
            else:
                continue
            yield f"{network}: {what} on {accelerator}: {reason}"
