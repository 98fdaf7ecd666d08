"""The loop, with a backend that does as it is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from dmaze_cp.errors import SpecError
from dmaze_cp.execution import engine
from dmaze_cp.execution.backend import Backend, BackendLostError, WorkerDiedError, in_this_process
from dmaze_cp.execution.engine import ATTEMPTS, PATIENCE, run_tasks
from dmaze_cp.execution.schedule import HardestFirst
from dmaze_cp.execution.task import PROTOCOL, Message, Task, TaskError, run_task
from dmaze_cp.result import LayerResult, Status
from tests.kit.works import ENDLESS, Log, answer, run, searching, task


class Puppet(Executor):
    """Does with each submission what `act` says; counts them."""

    def __init__(self, act: Callable[[Puppet, int, Task, Future[LayerResult]], None]) -> None:
        self.act = act
        self.submitted: list[int] = []
        self.told: list[Message] = []
        self.stops = 0
        self.at_stop: Callable[[], None] = lambda: None
        self.widths: list[int | BackendLostError | None] = [2]

    def submit(self, fn, /, *args, **kwargs):
        ticket, one, _link = args
        self.submitted.append(ticket)
        future: Future[LayerResult] = Future()
        self.act(self, ticket, one, future)
        return future

    def width(self) -> int | None:
        now = self.widths.pop(0) if len(self.widths) > 1 else self.widths[0]
        if isinstance(now, BackendLostError):
            raise now
        return now

    def messages(self) -> list[Message]:
        told, self.told = self.told, []
        return told

    def stop(self) -> None:
        self.stops += 1
        self.at_stop()

    @property
    def backend(self) -> Backend:
        return Backend(self, None, self.width, self.messages, self.stop)  # type: ignore[arg-type]


def finish(puppet, ticket, one, future) -> None:
    puppet.told.append(Message(ticket))
    future.set_result(answer(one, bound=float(ticket)))


def hang(puppet, ticket, one, future) -> None:
    """Begun, and never heard of again."""
    puppet.told.append(Message(ticket))
    future.set_running_or_notify_cancel()


def test_each_result_goes_to_its_task() -> None:
    log = run(Puppet(finish).backend, [task("a")] * 20)
    assert {t: r.bound for t, r in log.results.items()} == {t: float(t) for t in range(20)}
    assert all(last for _, last in log.turns)
    assert sorted(log.begun) == list(range(20))


def test_no_tasks_is_no_wait() -> None:
    puppet = Puppet(finish)
    puppet.widths = [0]
    assert run(puppet.backend, []).results == {}


@pytest.mark.parametrize("error", [WorkerDiedError("SIGSEGV"), None])
def test_a_task_gets_a_second_worker_and_no_third(error) -> None:
    def die(puppet, ticket, one, future):
        if ticket == 1:
            puppet.told.append(Message(ticket))
            # Without an exception: the executor has dropped it by itself.
            future.set_exception(error) if error else future.cancel()
        else:
            finish(puppet, ticket, one, future)

    puppet = Puppet(die)
    log = run(puppet.backend, [task("a")] * 4)
    assert puppet.submitted.count(1) == ATTEMPTS
    assert sorted(log.results) == [0, 1, 2, 3]
    how = "SIGSEGV" if error else "killed, or out of memory"
    assert log.results[1].reason == f"its worker died twice ({how})"
    assert [r.failed for _, r in sorted(log.results.items())] == [False, True, False, False]


def test_a_task_that_never_began_is_not_blamed() -> None:
    def killed_in_the_queue(puppet, ticket, one, future):
        if len(puppet.submitted) < PATIENCE:
            future.set_exception(WorkerDiedError())
        else:
            finish(puppet, ticket, one, future)

    log = run(Puppet(killed_in_the_queue).backend, [task("a")])
    assert not log.results[0].failed
    doomed = Puppet(lambda p, t, o, future: future.set_exception(WorkerDiedError("x")))
    log = run(doomed.backend, [task("a")])
    assert log.results[0].failed
    assert len(doomed.submitted) == PATIENCE


def test_a_cluster_that_tries_again_by_itself_is_stopped() -> None:
    futures = []

    def begin_again(puppet, ticket, one, future):
        futures.append(future)
        puppet.told += [Message(ticket)] * (ATTEMPTS + 1)

    log = run(Puppet(begin_again).backend, [task("a")])
    assert log.results[0].reason == "its worker died twice (killed, or out of memory)"
    assert futures[0].cancelled()
    assert len(log.begun) == ATTEMPTS


def test_failures_are_text_and_refusals_are_raised() -> None:
    errors: list[Exception] = [TaskError("half a line"), ValueError("two\nlines"), KeyError()]

    def fail(puppet, ticket, one, future):
        future.set_exception(errors[ticket])

    log = run(Puppet(fail).backend, [task("a")] * 3)
    assert log.reasons() == ["half a line", "ValueError: two lines", "KeyError: no message"]
    errors[1] = SpecError([])
    with pytest.raises(SpecError):
        run(Puppet(fail).backend, [task("a")] * 3)


def test_stop_takes_back_what_has_not_begun() -> None:
    def first_begins(puppet, ticket, one, future):
        if not puppet.told and len(puppet.submitted) == 1:
            puppet.told.append(Message(ticket))
        futures[ticket] = future

    futures: dict[int, Future[LayerResult]] = {}
    puppet = Puppet(first_begins)

    def at_stop() -> None:
        (one,) = [t for t, f in futures.items() if not f.cancelled()]
        futures[one].set_result(answer(task("a"), bound=1.0))

    puppet.at_stop = at_stop
    log = run(puppet.backend, [task("a")] * 50, lambda log: bool(log.begun))
    assert len(log.results) == 1
    assert puppet.stops == 1
    assert len(puppet.submitted) < 50


def test_stop_before_anything_runs() -> None:
    puppet = Puppet(finish)
    assert run(puppet.backend, [task("a")], lambda _: True).results == {}
    assert puppet.submitted == []


@pytest.mark.parametrize("sign", ["an exception", "no worker left"])
def test_a_death_after_stop_is_not_waited_for(sign) -> None:
    futures = []

    def begin(puppet, ticket, one, future):
        futures.append(future)
        puppet.told.append(Message(ticket))

    def die() -> None:
        if sign == "an exception":
            futures[0].set_exception(WorkerDiedError())
        else:
            puppet.widths = [0]

    puppet = Puppet(begin)
    puppet.at_stop = die
    log = run(puppet.backend, [task("a")], lambda log: bool(log.begun))
    assert log.results[0].failed
    assert "its worker died" in log.results[0].reason
    assert puppet.submitted == [0]


def test_a_new_worker_is_told_to_stop_as_well() -> None:
    futures = []

    def begin(puppet, ticket, one, future):
        futures.append(future)
        puppet.told.append(Message(ticket))

    def again() -> None:
        if puppet.stops == 1:
            puppet.told.append(Message(0))
        else:
            futures[0].set_result(answer(task("a")))

    puppet = Puppet(begin)
    puppet.at_stop = again
    log = run(puppet.backend, [task("a")], lambda log: bool(log.begun))
    assert not log.results[0].failed
    assert puppet.stops == 2


def test_a_cluster_without_workers_gets_something_to_start_them_for() -> None:
    def act(puppet, ticket, one, future):
        if puppet.widths[0] == 0:
            puppet.waiting.append((ticket, one, future))
        else:
            finish(puppet, ticket, one, future)

    puppet = Puppet(act)
    puppet.waiting = []  # type: ignore[attr-defined]
    puppet.widths = [0]
    polls = 0

    def stop(_log) -> bool:
        nonlocal polls
        polls += 1
        if polls == 3:
            puppet.widths = [2]
            for ticket, one, future in puppet.waiting:
                finish(puppet, ticket, one, future)
        return False

    log = run(puppet.backend, [task("a")] * 30, stop)
    assert len(log.results) == 30
    assert 0 < len(puppet.waiting) < 30


class Clock:
    """Goes on by a tenth of a second with each turn of the loop, which asks it once."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.turns = 0

    def monotonic(self) -> float:
        self.turns += 1
        self.now += 0.1
        return self.now


def test_a_wait_for_workers_is_told_once(monkeypatch) -> None:
    monkeypatch.setattr(engine, "NO_WORKER_S", 0.25)
    monkeypatch.setattr(engine, "POLL_S", 0.001)
    clock = Clock()
    monkeypatch.setattr(engine, "time", clock)
    puppet = Puppet(hang)
    # There, not known, gone for good.
    puppet.widths = [2, None, None, 0]
    told: list[int] = []
    watcher = replace(Log().watcher, on_no_worker=lambda: told.append(clock.turns))
    run_tasks(HardestFirst([task("a")]), puppet.backend, watcher, lambda: clock.turns >= 12)
    # The last worker was there, as far as is known, when the third answer came.
    assert told == [6]


def test_no_wait_is_told_while_there_are_workers(monkeypatch) -> None:
    monkeypatch.setattr(engine, "NO_WORKER_S", 0.0)
    told: list[None] = []
    log = Log()
    watcher = replace(log.watcher, on_no_worker=lambda: told.append(None))
    run_tasks(HardestFirst([task("a")] * 3), Puppet(finish).backend, watcher, lambda: False)
    assert (len(log.results), told) == (3, [])


def test_a_cluster_without_workers_can_be_left() -> None:
    puppet = Puppet(lambda *_: None)
    puppet.widths = [0]
    asked = count()
    log = run(puppet.backend, [task("a")] * 30, lambda _: next(asked) == 3)
    assert log.results == {}


def test_a_lost_backend_fails_what_is_left() -> None:
    def act(puppet, ticket, one, future):
        (finish if ticket == 29 else hang)(puppet, ticket, one, future)

    puppet = Puppet(act)
    puppet.widths = [2, None, None, BackendLostError("gone")]
    log = run(puppet.backend, [task("a")] * 30)
    assert len(log.results) == 30
    reasons = log.reasons()
    assert reasons[29] is None
    assert set(reasons[:29]) == {"gone"}
    # While it does not answer, it is given nothing.
    assert len(puppet.submitted) <= 10


def test_an_interrupt_passes_through(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    def interrupted(log) -> bool:
        if log.begun:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt), in_this_process() as backend:
        run(backend, [task(f"wait {mark}")] * 3, interrupted)
    assert mark.read_text() == "asked to finish"


def test_in_this_process_searches_end_when_asked() -> None:
    with in_this_process() as backend:
        log = run(backend, [searching(ENDLESS), task("search")], lambda log: len(log.messages) > 1)
    # The second has not begun.
    assert {ticket: (r.status, r.reason) for ticket, r in log.results.items()} == {
        0: (Status.FEASIBLE, "interrupted")
    }


def test_a_task_of_another_version_is_refused() -> None:
    other = replace(searching(ENDLESS), protocol=PROTOCOL + 1)
    with in_this_process() as backend:
        log = run(backend, [other], work=run_task)
    assert log.results[0].failed
    assert "same version" in log.results[0].reason
