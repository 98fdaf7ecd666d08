"""From a network and an accelerator to fronts: the walks of all layers, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_RULES, ConstraintRules, Constraints, rules_for
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.desk import Desk, Inquiry, RunSettings
from dmaze_cp.engine import DEFAULT_ENGINE, DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import SpecError
from dmaze_cp.execution.task import Task
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.network import Event, Planned, Searched, Searching
from dmaze_cp.pinning import check_pins, rule_problems
from dmaze_cp.question import check_objects
from dmaze_cp.result import Alternative, Ending, Incumbent, LayerResult
from dmaze_cp.search.reaching import unreachable
from dmaze_cp.store import Store
from dmaze_cp.tradeoff.front import check_epsilon
from dmaze_cp.tradeoff.network import network_front
from dmaze_cp.tradeoff.result import LayerFront, WorkloadFront
from dmaze_cp.tradeoff.walk import Walk
from dmaze_cp.workload import Layer, Workload

OnPoint = Callable[[Layer, Alternative], None]


def pareto(
    workload: Workload | Layer,
    architecture: Architecture,
    *,
    epsilon: float = 0.0,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    constraints: Constraints | ConstraintRules = NO_RULES,
    engine: Engine | str = DEFAULT_ENGINE,
    workers: int = 1,
    seed: int = 0,
    solver_params: Sequence[tuple[str, str]] = (),
    solver_log: bool = False,
    jobs: int | None = 1,
    scheduler: str | None = None,
    store: Store | None = None,
    on_layer_done: Callable[[LayerFront], None] | None = None,
    on_point: OnPoint | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> WorkloadFront:
    """The energy-latency front of each layer, and of the network's totals, proven.

    No mapping is at least as good as a point in both costs and better in one. With `jobs` above 1
    a script needs the usual ``if __name__ == "__main__":`` around what it does.

    Parameters
    ----------
    workload
        A network, or one layer.
    epsilon
        0: exact. Else every mapping has at least the latency of some point and at least its
        energy divided by 1 + epsilon.
    time_limit
        Wall seconds for each layer; a front that is cut off says what is proven.
    constraints, engine, workers, seed, solver_params, solver_log
        As in `map_layer`.
    jobs, scheduler
        Layers that are searched side by side, and where (see `RunSettings`).
    store
        Answers what has been proven before, and keeps each point as soon as it is there.
    on_layer_done, on_point
        Called with each front, and with each point as soon as it is proven.
    on_event
        Told how far the run is, and what becomes of the store and of the workers.
    stop
        Polled; once it returns True, what is there is returned.

    Raises
    ------
    SpecError
        When an option makes no sense or a layer is too large, before anything is searched.
    """
    if isinstance(workload, Layer):
        workload = Workload(workload.name, (workload,))
    check_objects(Workload, workload)
    check_objects(Architecture, architecture)
    solver = SolverOptions(workers, seed, tuple(solver_params), solver_log)
    rules = rules_for(constraints)
    settings = RunSettings(
        time_limit, constraints=rules, engine=engine, solver=solver, jobs=jobs, scheduler=scheduler
    )
    check_epsilon(epsilon)
    for layer in workload:
        check_sizes([layer], architecture, rules.of(layer).padding)
    problems = [
        *rule_problems([workload], rules),
        *unreachable([workload], [architecture], rules),
    ]
    if problems:
        raise SpecError(problems)
    walks = [
        Walk(layer, architecture, check_pins(layer, rules.of(layer)), epsilon, settings.options)
        for layer in workload
    ]
    tell = on_event or (lambda _event: None)
    run = _Run(walks, Desk(settings, store, tell), tell, on_layer_done, on_point, stop)
    run.run()
    fronts = tuple(walk.front for walk in walks if walk.ended is not None)
    whole = len(fronts) == len(walks)
    cut = not whole or any(walk.ended is Ending.INTERRUPTED for walk in walks)
    return WorkloadFront(
        workload, architecture, rules, fronts, network_front(fronts, whole=whole), cut
    )


class _Run:
    """The walks of all layers, each question of a walk after the answer to the last.

    It is schedule and client of a desk; tickets are places of the walks.
    """

    def __init__(
        self,
        walks: Sequence[Walk],
        desk: Desk,
        tell: Callable[[Event], None],
        on_layer_done: Callable[[LayerFront], None] | None,
        on_point: OnPoint | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self._walks = walks
        self._desk = desk
        self._tell = tell
        self._on_layer_done = on_layer_done or (lambda _front: None)
        self._on_point = on_point or (lambda _layer, _point: None)
        self._stop = stop or (lambda: False)
        self._inquiries: list[Inquiry] = []
        self._waiting: list[int] = []

    def run(self) -> None:
        """Walk until every walk is over or the run is stopped."""
        for ticket, walk in enumerate(self._walks):
            self._inquiries.append(Inquiry(walk.question))
            if not self._stop():
                self._look_up(ticket)
        self._waiting = [k for k, walk in enumerate(self._walks) if walk.ended is None]
        # The hardest last, which is taken first.
        self._waiting.sort(key=lambda ticket: self._inquiries[ticket].difficulty)
        self._tell(Planned(len(self._walks), len(self._waiting)))
        if self._waiting and not self._stop():
            self._desk.search(self, self, len(self._waiting), self._stop)
        for walk in self._walks:
            if walk.ended is None and (walk.points or walk.searches):
                walk.end(Ending.INTERRUPTED)
                self._on_layer_done(walk.front)

    def room(self, width: int) -> int:
        """Only as many as run: the next question of a walk depends on the last answer."""
        return width

    def next(self) -> tuple[int, Task] | None:
        """The next question of the hardest layer that waits."""
        if not self._waiting:
            return None
        ticket = self._waiting.pop()
        walk, inquiry = self._walks[ticket], self._inquiries[ticket]
        # Where there are points, none with less energy is how a walk ends: nobody asks why.
        task = replace(inquiry.task, reasons=not walk.points)
        return ticket, task.within(max(walk.left_s, 1e-9))

    def done(self, ticket: int, result: LayerResult) -> bool:  # noqa: ARG002
        """Each result is the last of its question."""
        return True

    def inquiry(self, ticket: int) -> Inquiry:
        """The question that a walk is at."""
        return self._inquiries[ticket]

    def heard(self, inquiry: Inquiry, incumbent: Incumbent | None) -> None:
        """Pass on how far a search is."""
        self._tell(Searching(inquiry, incumbent))

    def answered(self, ticket: int, last: bool) -> None:  # noqa: ARG002
        """Go on from an answer, with what the store has of the next ones."""
        walk, inquiry = self._walks[ticket], self._inquiries[ticket]
        self._go_on(ticket)
        self._look_up(ticket)
        if walk.ended is None:
            self._waiting.append(ticket)
        if inquiry.result is not None:
            self._tell(Searched(inquiry, inquiry.result, walk.ended is not None))

    def _look_up(self, ticket: int) -> None:
        """Walk as far as the store knows the way."""
        while self._walks[ticket].ended is None:
            inquiry = self._inquiries[ticket]
            self._desk.look_up([inquiry])
            if not inquiry.is_answered:
                return
            self._go_on(ticket)

    def _go_on(self, ticket: int) -> None:
        walk, answer = self._walks[ticket], self._inquiries[ticket].result
        if answer is None:
            return
        point = walk.note(answer, stopped=self._stop())
        if point is not None:
            self._on_point(walk.layer, point)
        if walk.ended is None:
            self._inquiries[ticket] = Inquiry(walk.question, bound=walk.least)
        else:
            self._on_layer_done(walk.front)
