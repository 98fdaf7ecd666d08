"""Run the mapper beside the terminal.

The search runs in a thread of its own, because the solver does not return to Python
for long stretches and Ctrl-C must be answered meanwhile. What it reports is put in a
queue; the main thread alone writes to the terminal.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from dmaze_cp.architecture import Architecture
from dmaze_cp.cli.failure import ExitCode
from dmaze_cp.cli.interrupt import Interruption, catch_interrupt
from dmaze_cp.cli.progress import ProgressLine
from dmaze_cp.constraints import Constraints
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer, Workload

if TYPE_CHECKING:
    from dmaze_cp.result import Incumbent, LayerResult, WorkloadResult

_POLL_S = 0.1


@dataclass(frozen=True)
class Question:
    """What the mapper is asked.

    Attributes
    ----------
    workload, architecture, objectives, constraints
        The problem.
    time_limit_s, gap
        When to stop before the proof; seconds for each layer and objective.
    workers, seed
        Passed on to CP-SAT.
    """

    workload: Workload
    architecture: Architecture
    objectives: tuple[Objective, ...]
    constraints: Constraints
    time_limit_s: float
    gap: float
    workers: int
    seed: int


@dataclass(frozen=True)
class _Started:
    layer: Layer
    objective: Objective


class _Search(threading.Thread):
    """The mapper at work; events for the main thread are in `events`."""

    def __init__(self, question: Question, stop: Interruption) -> None:
        super().__init__(name="search", daemon=True)
        self.events: queue.SimpleQueue[_Started | Incumbent | LayerResult] = queue.SimpleQueue()
        self.result: WorkloadResult | None = None
        self.error: BaseException | None = None
        self._question = question
        self._stop_asked = stop

    def run(self) -> None:
        from dmaze_cp.mapper import map_workload

        asked = self._question
        try:
            self.result = map_workload(
                asked.workload,
                asked.architecture,
                asked.objectives,
                time_limit=asked.time_limit_s,
                gap=asked.gap,
                constraints=asked.constraints,
                workers=asked.workers,
                seed=asked.seed,
                on_progress=self.events.put,
                on_layer_start=lambda layer, objective: self.events.put(_Started(layer, objective)),
                on_layer_done=self.events.put,
                stop=self._stop_asked,
            )
        except BaseException as error:
            self.error = error  # raised again in the main thread


def solve(question: Question, show: Callable[[LayerResult], None]) -> WorkloadResult:
    """Map the layers, with progress on stderr and an answer to Ctrl-C.

    Parameters
    ----------
    show
        Called in the main thread with each result, once, as soon as it is there.

    Returns
    -------
    WorkloadResult
        What was finished, where Ctrl-C was pressed once. A second Ctrl-C ends the
        process.
    """
    total = len(question.workload) * len(question.objectives)
    shown: set[tuple[str, Objective]] = set()
    with catch_interrupt() as stop, ProgressLine(total) as progress:
        search = _Search(question, stop)
        search.start()
        try:
            _follow(search, stop, progress, show, shown)
        except KeyboardInterrupt:
            _end_at_once(progress)
        except BaseException:
            stop.request()
            raise
    if search.error is not None:
        raise search.error
    if search.result is None:
        raise RuntimeError("the search ended without a result")
    # An interrupted search may hand over its last layer with the result only.
    for result in search.result.layers:
        if (result.layer.name, result.objective) not in shown:
            show(result)
    return search.result


def _follow(
    search: _Search,
    stop: Interruption,
    progress: ProgressLine,
    show: Callable[[LayerResult], None],
    shown: set[tuple[str, Objective]],
) -> None:
    """Handle events until the search has ended, noting in `shown` what was shown."""
    from dmaze_cp.report.numbers import percent
    from dmaze_cp.result import LayerResult

    told = False
    while True:
        alive = search.is_alive()
        try:
            event = search.events.get(timeout=_POLL_S)
        except queue.Empty:
            if not alive:
                return
        else:
            if isinstance(event, _Started):
                progress.start_layer(event.layer, event.objective)
            elif isinstance(event, LayerResult):
                progress.finish_layer()
                with progress.paused():
                    show(event)
                shown.add((event.layer.name, event.objective))
            else:
                progress.incumbent(percent(event.gap))
        if stop() and not told:
            told = True
            progress.message("interrupted, finishing (Ctrl-C again to stop at once)")


def _end_at_once(progress: ProgressLine) -> None:
    """Leave without waiting for the solver, which cannot be stopped from outside."""
    progress.__exit__()
    click.echo("error: interrupted twice, nothing more is written", err=True)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(ExitCode.INTERRUPTED)
