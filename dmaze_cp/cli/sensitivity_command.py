"""`dmaze-cp sensitivity`: which figures of a machine a layer's optimum hangs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.one_network import Asked, asked, network_options, result_options
from dmaze_cp.cli.parameters import batch_option, shape_option
from dmaze_cp.cli.search_options import (
    constraint_options,
    limit_options,
    run_settings,
    running_options,
    solver_options,
)
from dmaze_cp.cli.settings import OneSetting
from dmaze_cp.cli.store_option import open_store
from dmaze_cp.errors import Problem, SpecError, printable
from dmaze_cp.objective import Objective

if TYPE_CHECKING:
    from dmaze_cp.architecture import Architecture
    from dmaze_cp.perturbation import Sensitivity


@click.command("sensitivity")
@network_options()
@click.option(
    "--objective",
    cls=OneSetting,
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
@result_options("a tornado plot of each layer")
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

    def wrong(architecture: Architecture) -> Iterator[Problem]:
        return _wrong(architecture, options["changed"])

    question = asked(options, wrong)
    found = _found(question, options)
    question.write(found)
    _end(found)


def _wrong(architecture: Architecture, changed: tuple[str, ...]) -> Iterator[Problem]:
    """What is wrong with given changes."""
    from dmaze_cp.perturbation import change_from

    for text in changed:
        try:
            change_from(architecture, text)
        except SpecError as error:
            yield from error.inside("--set").problems


def _found(question: Asked, options: dict[str, Any]) -> Sensitivity:
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
            question.workload,
            question.architecture,
            options["objective"],
            run_settings(options, question.rules),
            changed=options["changed"],
            ranges=not options["no_ranges"],
            store=store,
            on_event=lambda event: follow(event, progress),
            stop=stop,
        )


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
