"""From networks and architectures to their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.engine import DEFAULT_ENGINE, Engine
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.execution.backend import Backend, in_this_process
from dmaze_cp.execution.cluster import cluster
from dmaze_cp.execution.engine import Watcher, run_tasks
from dmaze_cp.execution.processes import cores, processes
from dmaze_cp.execution.schedule import Budget, HardestFirst, Schedule
from dmaze_cp.execution.task import Message, Task
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.network.events import (
    Event,
    Finished,
    NoWorker,
    Planned,
    Searched,
    Searching,
)
from dmaze_cp.network.keeping import Keeper
from dmaze_cp.network.plan import Search, plan
from dmaze_cp.network.settings import DEFAULT_SETTINGS, DEFAULT_TIME_LIMIT_S, RunSettings
from dmaze_cp.objective import Objective
from dmaze_cp.result import Ending, LayerResult, Status, WorkloadResult
from dmaze_cp.store import Question, Store
from dmaze_cp.workload import Workload


def map_workload(
    workload: Workload,
    architecture: Architecture,
    objective: Objective | str | Iterable[Objective | str] = Objective.EDP,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    total_time_limit: float | None = None,
    gap: float = 0.0,
    constraints: Constraints = NO_CONSTRAINTS,
    engine: Engine | str = DEFAULT_ENGINE,
    workers: int = 1,
    seed: int = 0,
    solver_params: Sequence[tuple[str, str]] = (),
    jobs: int | None = 1,
    scheduler: str | None = None,
    store: Store | None = None,
    on_layer_done: Callable[[LayerResult], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> WorkloadResult:
    """Map every layer of a network, for one objective or several.

    Equal layers are solved once; totals weigh a layer by its instances. With `jobs` above 1
    a script needs the usual ``if __name__ == "__main__":`` around what it does.

    Parameters
    ----------
    time_limit, total_time_limit, gap, constraints, engine, jobs, scheduler
        See `RunSettings`.
    workers, seed, solver_params
        See `SolverOptions`.
    store
        Answers what has been proven before, and keeps what is found.
    on_layer_done
        Called with each result as soon as it is there.
    stop
        Polled; once it returns True, searches end and what is there is returned.

    Raises
    ------
    SpecError
        When an option makes no sense or a layer is too large, before anything is solved.
    """
    solver = SolverOptions(workers, seed, tuple(solver_params))
    settings = RunSettings(
        time_limit, total_time_limit, gap, constraints, engine, solver, jobs, scheduler
    )

    def tell(event: Event) -> None:
        if isinstance(event, Finished) and on_layer_done is not None:
            on_layer_done(event.result)

    several = [objective] if isinstance(objective, str) else list(objective)
    (result,) = map_networks(
        [workload], [architecture], several, settings, store=store, on_event=tell, stop=stop
    )
    return result


def map_networks(
    workloads: Sequence[Workload],
    architectures: Sequence[Architecture],
    objectives: Iterable[Objective | str] = (Objective.EDP,),
    settings: RunSettings = DEFAULT_SETTINGS,
    *,
    store: Store | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[WorkloadResult, ...]:
    """Map every network onto every architecture, for every objective, side by side.

    Returns
    -------
    tuple of WorkloadResult
        For the first network on each architecture, then for the second, and so on.

    Raises
    ------
    SpecError
        As `map_workload`.
    """
    wanted = _objectives(objectives)
    runs = [(workload, architecture) for workload in workloads for architecture in architectures]
    _check(runs)
    network = _Run(plan(runs, wanted), settings, store, on_event or (lambda _event: None))
    interrupted = network.run(stop or (lambda: False))
    return _assembled(runs, wanted, network.searches, interrupted)


def _objectives(given: Iterable[Objective | str]) -> tuple[Objective, ...]:
    several = list(given)
    unknown = [each for each in several if each not in list(Objective)]
    if unknown:
        expected = ", ".join(Objective)
        raise SpecError(Problem("objective", repr(each), expected) for each in unknown)
    return tuple(dict.fromkeys(Objective(each) for each in several))


def _check(runs: Sequence[tuple[Workload, Architecture]]) -> None:
    problems: dict[Problem, None] = {}
    for workload, architecture in runs:
        try:
            check_sizes(workload, architecture)
        except SpecError as error:
            problems |= dict.fromkeys(p.inside(workload.name) for p in error.problems)
    if problems:
        raise SpecError(problems)


def backend_for(settings: RunSettings, tasks: int) -> AbstractContextManager[Backend]:
    """Where so many tasks run."""
    jobs = min(cores() if settings.jobs is None else settings.jobs, tasks)
    if settings.scheduler is not None:
        return cluster(settings.scheduler, jobs)
    return in_this_process() if jobs == 1 else processes(jobs)


class _Run:
    """From planned searches to their results."""

    def __init__(
        self,
        searches: tuple[Search, ...],
        settings: RunSettings,
        store: Store | None,
        tell: Callable[[Event], None],
    ) -> None:
        self.searches = searches
        self._settings = settings
        self._keeper = Keeper(store, tell)
        self._tell = tell
        self._open: list[Search] = []

    def run(self, stop: Callable[[], bool]) -> bool:
        """Answer every search, by the store or by searching; whether it was stopped."""
        self._look_up()
        results = sum(len(search.uses) for search in self.searches)
        self._tell(Planned(results, len(self._open)))
        for search in self.searches:
            if search.final:
                self._deliver(search)
        if self._open:
            tasks = [self._task(search) for search in self._open]
            with backend_for(self._settings, len(tasks)) as backend:
                watcher = Watcher(self._heard, self._found, lambda: self._tell(NoWorker()))
                run_tasks(self._schedule(tasks), backend, watcher, stop)
        for search in self._open:
            # Under a total time limit, some wait for a turn that never comes.
            if not search.final and search.result is not None:
                self._deliver(search)
        return stop()

    def _look_up(self) -> None:
        limits = self._settings.constraints
        known = self._keeper.look_up(
            Question(search.layer, search.architecture, search.objective, limits)
            for search in self.searches
        )
        for search, result in zip(self.searches, known, strict=True):
            search.result = result
            search.final = search.result is not None and self._good_enough(search.result)
        self._open = [search for search in self.searches if not search.final]

    def _good_enough(self, result: LayerResult) -> bool:
        if result.status in {Status.OPTIMAL, Status.INFEASIBLE}:
            return True
        return result.gap is not None and result.gap <= self._settings.gap

    def _task(self, search: Search) -> Task:
        asked = self._settings
        return Task(
            search.layer,
            search.architecture,
            search.objective,
            asked.constraints,
            asked.time_limit_s,
            asked.gap,
            asked.engine,
            asked.solver,
            search.known,
        )

    def _schedule(self, tasks: Sequence[Task]) -> Schedule:
        total = self._settings.total_time_limit_s
        if total is None:
            return HardestFirst(tasks)
        return Budget(tasks, [search.instances() for search in self._open], total)

    def _heard(self, message: Message) -> None:
        self._tell(Searching(self._open[message.ticket], message.incumbent))

    def _found(self, ticket: int, result: LayerResult, last: bool) -> None:
        search = self._open[ticket]
        result = replace(result, layer=search.layer, architecture=search.architecture)
        if not result.failed:
            self._keeper.keep(result)
        search.result = _together(search.result, result)
        self._tell(Searched(search, search.result, last))
        if last:
            self._deliver(search)

    def _deliver(self, search: Search) -> None:
        search.final = True
        result = search.result
        total = self._settings.total_time_limit_s
        had_all = result is None or result.solve_time_s >= 0.99 * self._settings.time_limit_s
        if result is not None and result.ended is Ending.TIME_LIMIT and total and not had_all:
            search.result = result.as_ended(Ending.TOTAL_TIME_LIMIT)
        for number, each in search.results():
            self._tell(Finished(number, each))


def _together(before: LayerResult | None, result: LayerResult) -> LayerResult:
    """A new result, with what an earlier one knew better."""
    if before is None:
        return result
    seconds = result.solve_time_s + (0.0 if before.from_store else before.solve_time_s)
    if result.mapping is None and before.mapping is not None:
        # The search failed, or had no time to look at the mapping it was given.
        return replace(before, reason=result.reason, ended=result.ended, solve_time_s=seconds)
    return replace(result, solve_time_s=seconds)


def _assembled(
    runs: Sequence[tuple[Workload, Architecture]],
    objectives: tuple[Objective, ...],
    searches: Iterable[Search],
    interrupted: bool,
) -> tuple[WorkloadResult, ...]:
    found: dict[tuple[int, str, Objective], LayerResult] = {}
    for search in searches:
        for number, each in search.results():
            found[number, each.layer.name, search.objective] = each
    results = []
    for number, (workload, architecture) in enumerate(runs):
        keys = [(number, layer.name, o) for layer in workload for o in objectives]
        layers = tuple(
            replace(found[key], architecture=architecture) for key in keys if key in found
        )
        cut_short = any(r.ended is Ending.INTERRUPTED for r in layers)
        stopped = interrupted and (cut_short or len(layers) < len(keys))
        results.append(WorkloadResult(workload, architecture, objectives, layers, stopped))
    return tuple(results)
