"""From networks and architectures to their results."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_RULES, ConstraintRules, Constraints, padded_rules, rules_for
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.desk import DEFAULT_SETTINGS, Desk, Inquiry, RunSettings
from dmaze_cp.engine import DEFAULT_ENGINE, DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.execution.schedule import Budget, HardestFirst, Schedule
from dmaze_cp.given import start
from dmaze_cp.mapping import Diversity, Mapping
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.network.events import Event, Finished, Planned, Searched, Searching
from dmaze_cp.network.plan import LayerInquiry, Use, plan
from dmaze_cp.objective import Objective
from dmaze_cp.padding import AsPadding
from dmaze_cp.pinning import rule_problems
from dmaze_cp.question import Question, check_objects
from dmaze_cp.result import Ending, Incumbent, LayerResult, WorkloadResult
from dmaze_cp.search.reaching import unreachable
from dmaze_cp.store import Store
from dmaze_cp.workload import Workload


def map_workload(
    workload: Workload,
    architecture: Architecture,
    objective: Objective | str | Iterable[Objective | str] = Objective.EDP,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    total_time_limit: float | None = None,
    gap: float = 0.0,
    constraints: Constraints | ConstraintRules = NO_RULES,
    engine: Engine | str = DEFAULT_ENGINE,
    workers: int = 1,
    seed: int = 0,
    solver_params: Sequence[tuple[str, str]] = (),
    jobs: int | None = 1,
    scheduler: str | None = None,
    tie_break: bool = True,
    top_k: int = 1,
    diverse: Diversity | str | None = None,
    store: Store | None = None,
    on_layer_done: Callable[[LayerResult], None] | None = None,
    stop: Callable[[], bool] | None = None,
    padding: AsPadding = None,
) -> WorkloadResult:
    """Map every layer of a network, for one objective or several.

    Equal layers are solved once; totals weigh a layer by its instances. With `jobs` above 1
    a script needs the usual ``if __name__ == "__main__":`` around what it does.

    Parameters
    ----------
    time_limit, total_time_limit, gap, constraints, engine, jobs, scheduler, tie_break
        See `RunSettings`.
    top_k, diverse
        See `RunSettings`.
    workers, seed, solver_params
        See `SolverOptions`.
    store
        Answers what has been proven before, and keeps what is found.
    on_layer_done
        Called with each result as soon as it is there.
    stop
        Polled; once it returns True, searches end and what is there is returned.
    padding
        What bounds of layers may be raised to, such as ``"auto"`` or ``{"C": 4}``; left out, what
        `constraints` say.

    Raises
    ------
    SpecError
        When an option makes no sense, a pin cannot hold or a layer is too large, before anything
        is solved.
    """
    solver = SolverOptions(workers, seed, tuple(solver_params))
    limits = padded_rules(rules_for(constraints), padding)
    settings = RunSettings(
        time_limit,
        total_time_limit,
        gap,
        limits,
        engine,
        solver,
        jobs,
        scheduler,
        tie_break,
        top_k,
        diverse,
    )

    def tell(event: Event) -> None:
        if isinstance(event, Finished) and on_layer_done is not None:
            on_layer_done(event.result)

    (result,) = map_networks(
        [workload], [architecture], objective, settings, store=store, on_event=tell, stop=stop
    )
    return result


def map_networks(
    workloads: Sequence[Workload],
    architectures: Sequence[Architecture],
    objectives: Objective | str | Iterable[Objective | str] = Objective.EDP,
    settings: RunSettings = DEFAULT_SETTINGS,
    *,
    given: Sequence[Mapping] = (),
    store: Store | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[WorkloadResult, ...]:
    """Map every network onto every architecture, for every objective, side by side.

    Parameters
    ----------
    objectives
        One, or several.
    given
        Mappings to start from: each for the layers of its shape, where it is valid.

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
    # The name of one is one problem, and not one of each of its letters.
    check_objects(Workload, *((workloads,) if isinstance(workloads, str) else workloads))
    check_objects(
        Architecture, *((architectures,) if isinstance(architectures, str) else architectures)
    )
    runs = [(workload, architecture) for workload in workloads for architecture in architectures]
    _check(runs, settings.rules)
    tell = on_event or (lambda _event: None)
    inquiries = plan(runs, wanted, settings.rules, settings.options)
    run = _Run(inquiries, Desk(settings, store, tell), tell)
    interrupted = run.run(stop or (lambda: False), given)
    return _assembled(runs, wanted, inquiries, interrupted)


@dataclass(frozen=True)
class Answers:
    """Answers to questions, and whether the run was stopped before it had all.

    Attributes
    ----------
    results
        In the order of the questions; None where a stopped run has nothing.
    interrupted
        Whether it was stopped.
    """

    results: tuple[LayerResult | None, ...]
    interrupted: bool = False


def answer(
    questions: Sequence[Question],
    settings: RunSettings = DEFAULT_SETTINGS,
    *,
    given: Sequence[Mapping] = (),
    store: Store | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Answers:
    """Answer questions that have nothing to do with each other, side by side, equal ones once.

    Parameters
    ----------
    questions
        Each with constraints and options of its own.
    settings
        Where searches run, and the time for all of them.
    given
        Mappings to start from, as in `map_networks`.
    """
    inquiries: dict[Hashable, LayerInquiry] = {}
    for place, question in enumerate(questions):
        inquiry = inquiries.setdefault(question.key, LayerInquiry(question))
        inquiry.uses.append(Use(place, question.layer))
    tell = on_event or (lambda _event: None)
    run = _Run(tuple(inquiries.values()), Desk(settings, store, tell), tell)
    interrupted = run.run(stop or (lambda: False), given)
    found = {place: each for i in run.inquiries for place, each in i.results()}
    results = (found.get(place) for place in range(len(questions)))
    asked = zip(questions, results, strict=True)
    return Answers(
        tuple(r and replace(r, architecture=q.architecture) for q, r in asked), interrupted
    )


def _objectives(given: Objective | str | Iterable[Objective | str]) -> tuple[Objective, ...]:
    several = [given] if isinstance(given, str) else list(given)
    unknown = [each for each in several if each not in list(Objective)]
    if unknown:
        expected = ", ".join(Objective)
        raise SpecError(Problem("objective", repr(each), expected) for each in unknown)
    return tuple(dict.fromkeys(Objective(each) for each in several))


def _check(runs: Sequence[tuple[Workload, Architecture]], rules: ConstraintRules) -> None:
    problems: dict[Problem, None] = {}
    networks = dict.fromkeys(workload for workload, _ in runs)
    problems |= dict.fromkeys(rule_problems(networks, rules))
    if not problems:
        machines = list(dict.fromkeys(architecture for _, architecture in runs))
        problems |= dict.fromkeys(unreachable(networks, machines, rules))
    for workload, architecture in runs:
        try:
            for layer in workload:
                check_sizes([layer], architecture, rules.of(layer).padding)
        except SpecError as error:
            problems |= dict.fromkeys(p.inside(workload.name) for p in error.problems)
    if problems:
        raise SpecError(problems)


class _Run:
    """From planned questions to their answers: what a desk is told and tells."""

    def __init__(
        self,
        inquiries: tuple[LayerInquiry, ...],
        desk: Desk,
        tell: Callable[[Event], None],
    ) -> None:
        self.inquiries = inquiries
        self._desk = desk
        self._tell = tell
        self._open: list[LayerInquiry] = []

    def run(self, stop: Callable[[], bool], given: Sequence[Mapping] = ()) -> bool:
        """Answer every question, by the store or by searching; whether it was stopped."""
        self._desk.look_up(self.inquiries)
        for inquiry in self.inquiries:
            _start(inquiry, given)
        self._open = [inquiry for inquiry in self.inquiries if not inquiry.final]
        results = sum(len(inquiry.uses) for inquiry in self.inquiries)
        self._tell(Planned(results, len(self._open)))
        for inquiry in self.inquiries:
            if inquiry.final:
                self._deliver(inquiry)
        if self._open:
            self._desk.search(self._schedule(), self, len(self._open), stop)
        stopped = stop()
        for inquiry in self._open:
            # Under a total time limit, some wait for a turn that never comes.
            if not inquiry.final and inquiry.result is not None:
                ending = Ending.INTERRUPTED if stopped else Ending.TOTAL_TIME_LIMIT
                if not inquiry.failed:
                    inquiry.result = inquiry.result.as_ended(ending)
                self._deliver(inquiry)
        return stopped

    def _schedule(self) -> Schedule:
        tasks = [inquiry.task for inquiry in self._open]
        total = self._desk.settings.total_time_limit_s
        if total is None:
            return HardestFirst(tasks)
        return Budget(tasks, [inquiry.instances() for inquiry in self._open], total)

    def inquiry(self, ticket: int) -> LayerInquiry:
        """Tickets are places in the list of what is open."""
        return self._open[ticket]

    def heard(self, inquiry: Inquiry, incumbent: Incumbent | None) -> None:
        """Pass on how far a search is."""
        self._tell(Searching(inquiry, incumbent))

    def answered(self, ticket: int, last: bool) -> None:
        """Deliver what gets no further search."""
        inquiry = self._open[ticket]
        result, settings = inquiry.result, self._desk.settings
        if result is None:
            return
        self._tell(Searched(inquiry, result, last))
        if last:
            had_all = result.solve_time_s >= 0.99 * settings.time_limit_s
            if result.ended is Ending.TIME_LIMIT and settings.total_time_limit_s and not had_all:
                inquiry.result = result.as_ended(Ending.TOTAL_TIME_LIMIT)
            self._deliver(inquiry)

    def _deliver(self, inquiry: LayerInquiry) -> None:
        inquiry.final = True
        for number, each in inquiry.results():
            self._tell(Finished(number, each))


def _start(inquiry: Inquiry, given: Sequence[Mapping]) -> None:
    """Take in the mappings that a search of a question can start from."""
    for mapping in given:
        if inquiry.final or mapping.of_layer.shape != inquiry.layer.shape:
            continue
        asked = inquiry.question
        first = start(mapping, asked.layer, asked.architecture, asked.objective, asked.constraints)
        if first is not None and (inquiry.value is None or (first.value or 0) < inquiry.value):
            inquiry.note(first)


def _assembled(
    runs: Sequence[tuple[Workload, Architecture]],
    objectives: tuple[Objective, ...],
    inquiries: Iterable[LayerInquiry],
    interrupted: bool,
) -> tuple[WorkloadResult, ...]:
    found: dict[tuple[int, str, Objective], LayerResult] = {}
    for inquiry in inquiries:
        for number, each in inquiry.results():
            found[number, each.layer.name, inquiry.objective] = each
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
