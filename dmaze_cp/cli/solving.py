"""Run the mapper beside the terminal: progress, results as they come, Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dmaze_cp.architecture import Architecture
from dmaze_cp.cli.live import NO_WORKER
from dmaze_cp.cli.progress import Progress
from dmaze_cp.cli.stopping import answering_interrupt
from dmaze_cp.constraints import padded_rules
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.padding import NO_PADDING
from dmaze_cp.workload import Workload

if TYPE_CHECKING:
    from dmaze_cp.desk import RunSettings
    from dmaze_cp.network import Event
    from dmaze_cp.result import LayerResult, WorkloadResult
    from dmaze_cp.store import Store


@dataclass(frozen=True)
class MapRequest:
    """What the mapper is asked."""

    workloads: tuple[Workload, ...]
    architectures: tuple[Architecture, ...]
    objectives: tuple[Objective, ...]
    settings: RunSettings
    given: tuple[Mapping, ...] = ()
    compares_unpadded: bool = False
    """Whether layers are mapped without padding too."""

    @property
    def is_single(self) -> bool:
        """Whether there is one network and one architecture."""
        return len(self.workloads) == len(self.architectures) == 1


def solve(
    question: MapRequest,
    store: Store | None,
    *,
    verbose: bool,
    show: Callable[[LayerResult], None] | None = None,
) -> tuple[WorkloadResult, ...]:
    """Map the networks, with progress on stderr and an answer to Ctrl-C.

    Parameters
    ----------
    show
        Called with each result, in the order of the layers, as soon as it is there and
        all before it are.

    Returns
    -------
    tuple of WorkloadResult
        What was finished, where Ctrl-C was pressed once. A second Ctrl-C ends the
        process.
    """
    if question.compares_unpadded:
        return _solve_both(question, store, verbose, show)
    from dmaze_cp.network import map_networks

    total_s = question.settings.total_time_limit_s
    progress = Progress(verbose=verbose, several=not question.is_single, total_s=total_s)
    shown = _InOrder(question, show)

    def told(event: Event) -> None:
        follow(event, progress)
        shown.add(event, progress)

    with answering_interrupt(progress) as stop:
        results = map_networks(
            question.workloads,
            question.architectures,
            question.objectives,
            question.settings,
            given=question.given,
            store=store,
            on_event=told,
            stop=stop,
        )
    shown.rest(results)
    return results


def _solve_both(
    question: MapRequest,
    store: Store | None,
    verbose: bool,
    show: Callable[[LayerResult], None] | None,
) -> tuple[WorkloadResult, ...]:
    """Map the networks without padding, then with it; results with it have both."""
    settings = question.settings
    if settings.total_time_limit_s is not None:
        # Each of the two runs gets half of the whole time.
        settings = replace(settings, total_time_limit_s=settings.total_time_limit_s / 2)
    constraints = padded_rules(settings.rules, NO_PADDING)
    asked = replace(question, settings=settings, compares_unpadded=False)
    without = replace(asked, settings=replace(settings, constraints=constraints))
    before = solve(without, store, verbose=verbose)
    if any(result.interrupted for result in before):
        return before
    known = {
        (result.workload.name, result.architecture.name, r.layer.name, r.objective): r
        for result in before
        for r in result.layers
    }

    def compared(result: LayerResult, network: str, accelerator: str) -> LayerResult:
        other = known.get((network, accelerator, result.layer.name, result.objective))
        return result if other is None else result.beside(other)

    def show_both(result: LayerResult) -> None:
        # Results are shown as they come only of one network on one accelerator.
        network, accelerator = question.workloads[0].name, question.architectures[0].name
        if show is not None:
            show(compared(result, network, accelerator))

    after = solve(asked, store, verbose=verbose, show=None if show is None else show_both)
    return tuple(
        replace(
            result,
            layers=tuple(
                compared(r, result.workload.name, result.architecture.name) for r in result.layers
            ),
        )
        for result in after
    )


def follow(event: Event, progress: Progress) -> None:
    """Pass on to the terminal what a run tells."""
    from dmaze_cp.desk import NoWorker, RowsDistrusted, StoreFailed
    from dmaze_cp.network import Finished, Planned, Searched, Searching

    match event:
        case Planned(results, searches):
            progress.planned(results, searches)
        case Searching(search, incumbent):
            progress.searching(search, incumbent)
        case Searched(search, _, last):
            progress.searched(search, last)
        case Finished(_, result):
            progress.finished(result)
        case RowsDistrusted(reasons):
            progress.warn_of_rows(reasons)
        case StoreFailed(reason):
            progress.warn(f"results are no longer kept: {reason}")
        case NoWorker():
            progress.warn(NO_WORKER)


class _InOrder:
    """Shows results in the order of the layers, though they come in another."""

    def __init__(self, question: MapRequest, show: Callable[[LayerResult], None] | None) -> None:
        self._show = show
        self._ready: dict[tuple[str, Objective], LayerResult] = {}
        self._order = self._expected(question)
        self._next = next(self._order, None)
        self._shown: set[tuple[str, Objective]] = set()

    @staticmethod
    def _expected(question: MapRequest) -> Iterator[tuple[str, Objective]]:
        for layer in question.workloads[0]:
            for objective in question.objectives:
                yield layer.name, objective

    def add(self, event: Event, progress: Progress) -> None:
        from dmaze_cp.network import Finished

        if self._show is None or not isinstance(event, Finished):
            return
        self._ready[event.result.layer.name, event.result.objective] = event.result
        if self._next not in self._ready:
            return
        with progress.paused():
            while self._next is not None and self._next in self._ready:
                self._give(self._ready.pop(self._next))
                self._next = next(self._order, None)

    def rest(self, results: Sequence[WorkloadResult]) -> None:
        """Show what an interrupted run has beyond a layer that is missing."""
        for result in results[0].layers if self._show else ():
            if (result.layer.name, result.objective) not in self._shown:
                self._give(result)

    def _give(self, result: LayerResult) -> None:
        if self._show is not None:
            self._show(result)
            self._shown.add((result.layer.name, result.objective))


@contextmanager
def closing(store: Store | None) -> Iterator[Store | None]:
    """Close a store, if there is one, at the end of the block."""
    try:
        yield store
    finally:
        if store is not None:
            store.close()
