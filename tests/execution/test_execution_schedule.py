"""Which task comes next, with a clock and results made up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmaze_cp.execution.schedule as module
from dmaze_cp.cost.cost import Cost
from dmaze_cp.execution.schedule import FIRST_SLICE_S, Budget, HardestFirst
from dmaze_cp.execution.task import Task
from dmaze_cp.mapper import map_layer
from dmaze_cp.result import Ending, LayerResult, Status
from tests.kit.works import answer, searching, task

ONE = map_layer(task("one").layer, task("one").question.architecture, "energy")
assert ONE.cost is not None


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def found(one: Task, value: int, bound: float) -> LayerResult:
    """A result of a given value: energy, with nothing else changed."""
    cost: Cost = replace(ONE.cost, energy_pj=value, latency_cycles=1)
    status = Status.OPTIMAL if bound >= value else Status.FEASIBLE
    return answer(one, status, bound, mapping=ONE.mapping, cost=cost)


def budget(count: int, total: float, **options: float) -> Budget:
    layers = [task(f"t{i}", size=8 + i).layer for i in range(count)]
    tasks = [searching(layer, **options) for layer in layers]
    return Budget(tasks, [{"net": 1}] * count, total)


def first_turns(schedule: Budget, values: dict[int, tuple[int, float]]) -> None:
    """Hand out and answer the quick turns."""
    for _ in values:
        ticket, one = schedule.next()
        assert one.quick
        schedule.done(ticket, found(one, *values[ticket]))


@given(st.lists(st.integers(1, 64), min_size=1, max_size=20))
def test_the_hardest_come_first_and_each_once(sizes) -> None:
    tasks = [task("t", size) for size in sizes]
    schedule = HardestFirst(tasks)
    order = []
    while (following := schedule.next()) is not None:
        ticket, one = following
        assert one is tasks[ticket]
        assert schedule.done(ticket, answer(one))
        order.append(ticket)
    assert sorted(order) == list(range(len(sizes)))
    hard = [tasks[t].difficulty for t in order]
    assert hard == sorted(hard, reverse=True)


def test_room_is_for_all_workers_and_a_few_more() -> None:
    schedule = HardestFirst([])
    assert schedule.room(3) > 3
    # Who comes next depends on the results: nothing waits.
    assert budget(2, 1.0).room(3) == 3


def test_every_task_gets_a_mapping_first(clock: Clock) -> None:
    schedule = budget(5, 10.0)
    begun = [schedule.next() for _ in range(5)]
    assert sorted(t for t, _ in begun) == list(range(5))
    assert all(one.quick for _, one in begun)
    assert schedule.next() is None
    hard = [one.difficulty for _, one in begun]
    assert hard == sorted(hard)


def test_first_mappings_are_found_even_when_the_time_is_over(clock: Clock) -> None:
    schedule = budget(3, 1.0)
    clock.now += 5
    for _ in range(3):
        ticket, one = schedule.next()
        assert one.quick
        assert schedule.done(ticket, found(one, 10, 5))
    assert schedule.next() is None


def test_the_largest_contribution_comes_next(clock: Clock) -> None:
    schedule = budget(4, 100.0)
    first_turns(schedule, {0: (100, 90), 1: (1000, 700), 2: (1000, 999), 3: (50, 50)})
    ticket, one = schedule.next()
    assert (ticket, one.quick) == (1, False)
    assert one.known.bound == 700
    assert one.known.mapping == ONE.mapping
    # The one that runs is not given twice.
    assert schedule.next()[0] == 0
    assert schedule.next()[0] == 2
    assert schedule.next() is None
    # Less is left of it: the turn is another's, once that is back.
    schedule.done(1, found(one, 1000, 995))
    schedule.done(0, found(one, 100, 90))
    assert schedule.next()[0] == 0


def test_a_share_counts_in_every_total(clock: Clock) -> None:
    """The same gap weighs more in a small network, and in several."""
    tasks = [task(f"t{i}", 8 + i) for i in range(3)]
    uses = [{"large": 1}, {"small": 1}, {"large": 20}]
    schedule = Budget(tasks, uses, 100.0)
    first_turns(schedule, {0: (1000, 900), 1: (100, 50), 2: (1000, 999)})
    assert [schedule.next()[0] for _ in range(3)] == [1, 0, 2]


def test_what_is_closed_gets_no_further_turn(clock: Clock) -> None:
    schedule = budget(4, 100.0, gap=0.05)
    results = [(100, 100.0), (100, 96.0), (100, 50.0), (100, 40.0)]
    last = []
    for _ in range(4):
        ticket, one = schedule.next()
        result = found(one, *results[ticket])
        if ticket == 2:
            result = replace(result, ended=Ending.FAILED)
        last.append((ticket, schedule.done(ticket, result)))
    assert dict(last) == {0: True, 1: True, 2: True, 3: False}
    ticket, one = schedule.next()
    assert ticket == 3
    assert schedule.done(3, found(one, 100, 100.0))
    assert schedule.next() is None


def test_a_bound_is_never_given_up(clock: Clock) -> None:
    schedule = budget(1, 100.0, time_limit_s=1000.0)
    first_turns(schedule, {0: (100, 60.0)})
    _, one = schedule.next()
    schedule.done(0, answer(one, bound=10.0))
    assert schedule.next()[1].known.bound == 60.0


@given(
    st.integers(1, 6), st.integers(1, 3), st.sampled_from([0.5, 3.0, 20.0]), st.floats(0.5, 30.0)
)
def test_no_limit_is_passed(count: int, width: int, total: float, limit: float) -> None:
    """Turns end when they must; nothing is ever proven."""
    clock, before = Clock(), module.time
    module.time = clock  # type: ignore[assignment]
    try:
        began = clock.now
        schedule = budget(count, total, time_limit_s=limit)
        schedule.room(width)
        spent = dict.fromkeys(range(count), 0.0)
        first_turns(schedule, dict.fromkeys(range(count), (100, 50.0)))
        turns = 0
        while True:
            running = [following for _ in range(width) if (following := schedule.next())]
            if not running:
                break
            turns += len(running)
            for ticket, one in running:
                assert 0 < one.time_limit_s <= began + total - clock.now + 1e-9
                spent[ticket] += one.time_limit_s
            clock.now += max(one.time_limit_s for _, one in running)
            for ticket, one in running:
                schedule.done(ticket, found(one, 100, 50.0))
        assert clock.now - began <= total + 1e-6
        assert all(s <= limit + 1e-6 for s in spent.values())
        assert turns <= count + (total + count * limit) / min(FIRST_SLICE_S, limit, total) + 2
    finally:
        module.time = before


def test_many_tasks_are_handed_out_once_each() -> None:
    schedule = HardestFirst([task("t")] * 5000)
    tickets = []
    while (following := schedule.next()) is not None:
        tickets.append(following[0])
        schedule.done(following[0], answer(following[1]))
    assert sorted(tickets) == list(range(5000))
    limited = Budget([task("t")] * 5000, [{"net": 1}] * 5000, 60.0)
    for _ in range(5000):
        ticket, one = limited.next()
        limited.done(ticket, answer(one))
        tickets.remove(ticket)
    assert tickets == []
    for _ in range(20):
        assert limited.next() is not None


def test_a_harder_shape_is_more_difficult() -> None:
    assert task("a", 48).difficulty > task("a", 8).difficulty
    assert searching(task("b").layer).difficulty == task("a").difficulty
