"""Run a sweep beside the terminal: progress, Ctrl-C."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from dmaze_cp.cli.live import NO_WORKER, LiveDisplay, clock, one_line
from dmaze_cp.cli.stopping import answering_interrupt
from dmaze_cp.objective import Objective

if TYPE_CHECKING:
    from rich.text import Text

    from dmaze_cp.desk import RunSettings
    from dmaze_cp.dse.design import Design
    from dmaze_cp.dse.result import SweepPoint, SweepResult, WeightedWorkload
    from dmaze_cp.dse.space import DesignSpace
    from dmaze_cp.dse.sweep import SweepEvent
    from dmaze_cp.store import Store


@dataclass(frozen=True)
class SweepRequest:
    """What a sweep is asked."""

    space: DesignSpace
    networks: tuple[WeightedWorkload, ...]
    objective: Objective
    settings: RunSettings
    pareto: bool
    all_points: bool


def solve_sweep(question: SweepRequest, store: Store | None, *, verbose: bool) -> SweepResult:
    """Sweep, with progress on stderr and an answer to Ctrl-C.

    Returns
    -------
    SweepResult
        What was finished, where Ctrl-C was pressed once. A second Ctrl-C ends the
        process.
    """
    from dmaze_cp.dse.sweep import sweep

    progress = SweepProgress(verbose=verbose)
    with answering_interrupt(progress) as stop:
        return sweep(
            question.space,
            question.networks,
            question.objective,
            question.settings,
            pareto=question.pareto,
            all_points=question.all_points,
            store=store,
            on_event=progress.follow,
            stop=stop,
        )


class SweepProgress(LiveDisplay):
    """How many designs are done, how they came out, and which is best so far."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__()
        self._verbose = verbose
        self._points = 0
        self._searches = 0
        self._outcomes: dict[str, int] = {}
        self._best: Design | None = None

    def follow(self, event: SweepEvent) -> None:
        """Take in what the sweep tells."""
        from dmaze_cp.desk import NoWorker, RowsDistrusted, StoreFailed
        from dmaze_cp.dse.sweep import PointDone, SearchDone, SweepPlanned

        match event:
            case SweepPlanned(points, invalid, layers):
                self._planned(points, invalid, layers)
            case SearchDone(searches, _, best):
                self._searches, self._best = searches, best
            case PointDone(_, point):
                self._done(point)
            case RowsDistrusted(reasons):
                self.warn_of_rows(reasons)
            case StoreFailed(reason):
                self.warn(f"results are no longer kept: {reason}")
            case NoWorker():
                self.warn(NO_WORKER)

    def _planned(self, points: int, invalid: int, layers: int) -> None:
        self._points = points
        if self._verbose:
            more = f", {invalid} invalid points" if invalid else ""
            click.echo(f"{points} designs{more}, {layers} layers to map", err=True)

    def _done(self, point: SweepPoint) -> None:
        status = str(point.status)
        self._outcomes[status] = self._outcomes.get(status, 0) + 1
        if not self._verbose:
            return
        done = sum(self._outcomes.values())
        width = len(str(self._points))
        name = point.design.architecture.name
        text = f"{done:{width}}/{self._points} {name}: {status}"
        if point.reason and not point.is_mapped:
            text += f": {point.reason}"
        with self.paused():
            click.echo(text, err=True)

    def lines(self) -> list[Text]:
        """Counts, the time, and the best design so far."""
        done = sum(self._outcomes.values())
        parts = [f"{done}/{self._points} designs"]
        parts += [f"{count} {status}" for status, count in sorted(self._outcomes.items())]
        parts += [f"{self._searches} searches", clock(self.elapsed_s)]
        shown = [one_line("  ".join(parts), "bold")]
        if self._best is not None:
            shown.append(one_line(f"  best so far: {self._best.architecture.name}"))
        return shown
