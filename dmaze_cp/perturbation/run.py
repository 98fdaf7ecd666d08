"""Prove the optimum of layers on machines that differ in one figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dmaze_cp.architecture import Architecture
from dmaze_cp.desk import DEFAULT_SETTINGS, RunSettings
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.network import Answers, Event, answer
from dmaze_cp.objective import Objective
from dmaze_cp.perturbation.changes import Change, change_from, changes, energies, value_of
from dmaze_cp.perturbation.ranges import Edge, EnergyRange, edges
from dmaze_cp.perturbation.result import Changed, LayerSensitivity, Sensitivity, relative
from dmaze_cp.pinning import rule_problems
from dmaze_cp.question import Question, check_objects, checked_objective
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.search.reaching import unreachable
from dmaze_cp.store import Store
from dmaze_cp.workload import Workload

Ask = Callable[[Sequence[Question]], Answers]


def sensitivity(
    workload: Workload,
    architecture: Architecture,
    objective: Objective | str = Objective.EDP,
    settings: RunSettings = DEFAULT_SETTINGS,
    *,
    changed: Sequence[str] = (),
    ranges: bool = True,
    store: Store | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Sensitivity:
    """Prove each layer's optimum with one figure of the machine changed and all else equal.

    Each capacity is halved and doubled; each energy, clock, DMA and NoC figure is 10 % and 50 %
    lower and higher. What a change of a clock gives is compared in seconds.

    Parameters
    ----------
    workload, architecture, objective
        What is mapped onto what, and what is least.
    settings
        How each search runs, and where; the time for all of them is of each of its rounds.
    changed
        Further changes, as ``FIGURE=VALUE``, with names of figures as in design spaces.
    ranges
        Also look for the values of each energy over which each mapping stays optimal.
    store, on_event, stop
        As in `map_networks`.

    Raises
    ------
    SpecError
        When an option or a change makes no sense, or a layer is too large.
    """
    goal = checked_objective(objective)
    check_objects(Workload, workload)
    check_objects(Architecture, architecture)
    machines = (*changes(architecture), *_given(architecture, changed))
    problems = list(rule_problems([workload], settings.rules))
    problems += unreachable([workload], [architecture], settings.rules)
    problems += settings.rules.cost_problems()
    if problems:
        raise SpecError(problems)
    for machine in (Change("", 0, 0, architecture), *machines):
        for layer in workload:
            check_sizes([layer], machine.architecture, settings.rules.of(layer).padding)

    def ask(questions: Sequence[Question]) -> Answers:
        return answer(questions, settings, store=store, on_event=on_event, stop=stop)

    def question(layer_place: int, machine: Architecture) -> Question:
        layer = workload.layers[layer_place]
        return Question(layer, machine, goal, settings.rules.of(layer), settings.options)

    every = [architecture, *(machine.architecture for machine in machines)]
    places = range(len(workload.layers))
    found = ask([question(place, machine) for place in places for machine in every])
    rows = [found.results[place * len(every) : (place + 1) * len(every)] for place in places]
    limits: dict[int, tuple[EnergyRange, ...]] = {}
    interrupted = found.interrupted
    if ranges and goal is not Objective.LATENCY and not interrupted:
        bases = {place: row[0] for place, row in enumerate(rows)}
        limits, interrupted = _ranges(bases, ask, question)
    layers = tuple(
        LayerSensitivity(
            workload.layers[place],
            row[0],
            tuple(_changed(goal, row[0], m, r) for m, r in zip(machines, row[1:], strict=True)),
            limits.get(place, ()),
        )
        for place, row in enumerate(rows)
    )
    return Sensitivity(workload, architecture, goal, layers, settings.rules, interrupted)


def _given(architecture: Architecture, texts: Sequence[str]) -> tuple[Change, ...]:
    found: list[Change] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            found += change_from(architecture, text)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return tuple(found)


def _changed(
    objective: Objective, base: LayerResult | None, machine: Change, result: LayerResult | None
) -> Changed:
    return Changed(machine, result, relative(objective, base, result))


def _ranges(
    bases: dict[int, LayerResult | None],
    ask: Ask,
    question: Callable[[int, Architecture], Question],
) -> tuple[dict[int, tuple[EnergyRange, ...]], bool]:
    """The ranges by place of the layer, all ends side by side; whether they were interrupted."""
    sought: list[tuple[int, Edge, Edge]] = []
    for place, base in bases.items():
        if base is None or base.status is not Status.OPTIMAL or base.mapping is None:
            continue
        for name in energies(base.architecture):
            pair = edges(base, name, value_of(base.architecture, name))
            sought += [(place, *pair)] if pair else []  # type: ignore[list-item]
    interrupted = False
    while not interrupted:
        still = [(p, edge) for p, *pair in sought for edge in pair if not edge.over]
        if not still:
            break
        found = ask([question(place, edge.change.architecture) for place, edge in still])
        for (_, edge), result in zip(still, found.results, strict=True):
            edge.note(result)
        interrupted = found.interrupted
    ranges: dict[int, tuple[EnergyRange, ...]] = {}
    for place, low, high in sought:
        one = EnergyRange(low.parameter, low.value, low.end, high.end, low.ends, high.ends)
        ranges[place] = (*ranges.get(place, ()), one)
    return ranges, interrupted
