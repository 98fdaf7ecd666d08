"""`dmaze-cp pareto`: the trade-off of energy and latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.one_network import Asked, asked, network_options, result_options
from dmaze_cp.cli.parameters import Number, batch_option, shape_option
from dmaze_cp.cli.search_options import (
    constraint_options,
    run_settings,
    running_options,
    solver_options,
)
from dmaze_cp.cli.settings import Limit
from dmaze_cp.cli.store_option import open_store
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S, MOST_EPSILON
from dmaze_cp.errors import printable

if TYPE_CHECKING:
    from dmaze_cp.tradeoff import LayerFront, WorkloadFront


@click.command("pareto")
@network_options()
@click.option(
    "--epsilon",
    cls=Limit,
    type=Number(0, MOST_EPSILON),
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
@result_options("plots of the fronts")
@running_options("A line on stderr for each front.")
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
    question = asked(options)
    found = _found(question, options)
    question.write(found)
    _end(found)


def _found(question: Asked, options: dict[str, Any]) -> WorkloadFront:
    from dmaze_cp.cli.progress import Progress
    from dmaze_cp.cli.solving import closing, follow
    from dmaze_cp.cli.stopping import answering_interrupt
    from dmaze_cp.tradeoff import pareto

    own = {"total_time_limit": None, "gap": 0.0}
    settings = run_settings({**options, **own}, question.rules)

    progress = Progress(verbose=False, several=False, total_s=None)

    def tell(front: LayerFront) -> None:
        from dmaze_cp.report.numbers import counted

        progress.one_done()
        if options["verbose"]:
            took = f"{front.solve_time_s:.1f} s" if front.searches else "stored"
            points = counted(len(front.points), "point")
            with progress.paused():
                line = f"{front.layer.name}: {front.status}, {points}, {took}"
                click.echo(printable(line), err=True)

    with (
        closing(open_store(options["store"], options["no_store"])) as store,
        answering_interrupt(progress) as stop,
    ):
        return pareto(
            question.workload,
            question.architecture,
            epsilon=options["epsilon"],
            time_limit=settings.time_limit_s,
            constraints=settings.constraints,
            engine=settings.engine,
            workers=settings.solver.workers,
            seed=settings.solver.seed,
            solver_params=settings.solver.parameters,
            solver_log=settings.solver.log,
            jobs=settings.jobs,
            scheduler=settings.scheduler,
            store=store,
            on_layer_done=tell,
            on_event=lambda event: follow(event, progress),
            stop=stop,
        )


def _end(found: WorkloadFront) -> None:
    """Say what is missing, and exit with its code."""
    from dmaze_cp.tradeoff import FrontStatus

    missing = [front for front in found.layers if not front.points]
    infeasible = [front for front in missing if front.status is FrontStatus.COMPLETE]
    for front in missing:
        status = "infeasible" if front in infeasible else "failed" if front.failed else "unknown"
        report_error(printable(f"{front.layer.name}: {status}: {front.reason}"))
    if found.interrupted:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)
    broken = [front for front in found.layers if front.failed]
    for front in broken:
        if front.points:
            report_error(printable(f"{front.layer.name}: failed: {front.reason}"))
    if broken:
        raise click.exceptions.Exit(ExitCode.INTERNAL)
    if len(missing) > len(infeasible):
        raise click.exceptions.Exit(ExitCode.NO_SOLUTION)
    if infeasible:
        raise click.exceptions.Exit(ExitCode.INFEASIBLE)
