"""`--per-dataflow` and `--per-unrolling`: tables of parts of the map-space, added to results."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dmaze_cp.cli.live import LiveDisplay, clock, one_line
from dmaze_cp.cli.output import OutputFolder

if TYPE_CHECKING:
    from rich.text import Text

    from dmaze_cp.result import LayerResult, Slice, WorkloadResult

_Function = TypeVar("_Function", bound=Callable[..., Any])


def slice_options(function: _Function) -> _Function:
    """``--per-dataflow`` and ``--per-unrolling``."""
    per_unrolling = click.option(
        "--per-unrolling",
        is_flag=True,
        help="Also prove the best mapping of every pair of dimensions, if no others are unrolled "
        "over PEs, within the same time limit again.",
    )
    per_dataflow = click.option(
        "--per-dataflow",
        is_flag=True,
        help="Also prove the best mapping of every dataflow: what is stationary at DRAM, and at "
        "SPM, within the same time limit again.",
    )
    plots = click.option(
        "--plots",
        metavar="FOLDER",
        help="Write these tables as heat maps to FOLDER, as PNG and SVG. Needs the extra `plot`.",
    )
    return per_dataflow(per_unrolling(plots(function)))


def plot_folder(options: dict[str, Any]) -> OutputFolder | None:
    """Where heat maps go, if they are asked for; a missing library is missed now.

    Raises
    ------
    click.UsageError
        When there is nothing to draw.
    """
    if options["plots"] is None:
        return None
    if not (options["per_dataflow"] or options["per_unrolling"]):
        raise click.UsageError("--plots needs --per-dataflow or --per-unrolling.")
    from dmaze_cp.report.plots import require_matplotlib

    require_matplotlib()
    return OutputFolder(options["plots"], "--plots")


def write_plots(results: Sequence[WorkloadResult], folder: OutputFolder | None) -> None:
    """Draw the tables of every layer."""
    if folder is None:
        return
    from dmaze_cp.report.plots import figure_files
    from dmaze_cp.report.slices import slices_figure

    layers = [layer for result in results for layer in result.layers]
    drawn = {f"slices-{k}": slices_figure(layer) for k, layer in enumerate(layers)}
    folder.write(figure_files({name: heats for name, heats in drawn.items() if heats}))


def with_slices(
    results: Sequence[WorkloadResult], options: dict[str, Any]
) -> tuple[WorkloadResult, ...]:
    """The results with the tables that are asked for, as far as Ctrl-C lets them come."""
    if not (options["per_dataflow"] or options["per_unrolling"]):
        return tuple(results)
    from dmaze_cp.cli.stopping import answering_interrupt

    known: dict[Hashable, LayerResult] = {}
    found = []
    progress = SlicesProgress(sum(len(each.layers) for each in results))
    with answering_interrupt(progress) as stop:
        for each in results:
            layers = []
            for layer in each.layers:
                progress.begin(layer)
                layers.append(_with_slices(layer, options, known, stop))
            interrupted = each.interrupted or stop()
            found.append(replace(each, layers=tuple(layers), interrupted=interrupted))
    return tuple(found)


class SlicesProgress(LiveDisplay):
    """Of how many results the tables are done, and of which they are made."""

    def __init__(self, results: int) -> None:
        super().__init__()
        self._results = results
        self._begun = 0
        self._name = ""

    def begin(self, result: LayerResult) -> None:
        """Go on to the tables of a result: those of the one before are done."""
        self._begun += 1
        self._name = f"{result.layer.name} on {result.architecture.name} ({result.objective})"

    def lines(self) -> list[Text]:
        """A count, the time, and what tables are made of."""
        done = max(0, self._begun - 1)
        count = f"tables of {done}/{self._results} layer results done  {clock(self.elapsed_s)}"
        return [one_line(count, "bold"), one_line(f"  {self._name}")]


def _with_slices(
    result: LayerResult,
    options: dict[str, Any],
    known: dict[Hashable, LayerResult],
    stop: Callable[[], bool],
) -> LayerResult:
    from dmaze_cp.question import Question
    from dmaze_cp.slices import per_dataflow, per_unrolling

    if stop() or result.failed:
        return result

    def table(make: Callable[..., tuple[Slice, ...]]) -> tuple[Slice, ...]:
        return make(
            result.layer,
            result.architecture,
            result.objective,
            constraints=result.constraints,
            time_limit=options["time_limit"],
            engine="bounds" if options["engine"] == "bounds" else "auto",
            known=result,
            stop=stop,
        )

    key = Question.of(result).key
    if key not in known:
        known[key] = replace(
            result,
            dataflows=table(per_dataflow) if options["per_dataflow"] else (),
            unrollings=table(per_unrolling) if options["per_unrolling"] else (),
        )
    same = known[key]
    return replace(result, dataflows=same.dataflows, unrollings=same.unrollings)
