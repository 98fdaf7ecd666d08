"""The loop that keeps a backend busy until a schedule has no more tasks."""

from __future__ import annotations

import logging
import queue
from collections import Counter
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Final

from dmaze_cp.errors import SpecError
from dmaze_cp.execution.backend import Backend, WorkerDiedError
from dmaze_cp.execution.processes import ATTEMPTS
from dmaze_cp.execution.schedule import Schedule
from dmaze_cp.execution.task import Message, Task, failure, run_task
from dmaze_cp.result import LayerResult

POLL_S: Final = 0.1
"""How often progress is passed on and the wish to stop is heard."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watcher:
    """Who is told; all calls come from the thread of `run_tasks`.

    Attributes
    ----------
    on_message
        A task has begun or has come further.
    on_result
        A task has ended; the flag tells whether it gets no further turn.
    """

    on_message: Callable[[Message], None]
    on_result: Callable[[int, LayerResult, bool], None]


def run_tasks(
    schedule: Schedule, backend: Backend, watcher: Watcher, stop: Callable[[], bool]
) -> None:
    """Run all tasks of a schedule; after `stop`, only end those that run.

    A task that fails is reported as failed; the others go on.
    """
    run = _Run(schedule, backend, watcher)
    while True:
        if not run.stopping and stop():
            run.stop()
        run.fill()
        if not run.in_flight:
            return
        run.wait()


@dataclass(eq=False)
class _Run:
    schedule: Schedule
    backend: Backend
    watcher: Watcher
    in_flight: dict[int, tuple[Future[LayerResult], Task]] = field(default_factory=dict)
    begun: Counter[int] = field(default_factory=Counter)
    ended: queue.SimpleQueue[tuple[int, Future[LayerResult]]] = field(
        default_factory=queue.SimpleQueue
    )
    stopping: bool = False

    def fill(self) -> None:
        """Hand out tasks while the backend has room."""
        while not self.stopping and len(self.in_flight) < self.schedule.room(self.backend.width()):
            following = self.schedule.next()
            if following is None:
                return
            ticket, task = following
            self.begun[ticket] = 0
            future = self.backend.executor.submit(run_task, ticket, task, self.backend.link)
            self.in_flight[ticket] = (future, task)
            future.add_done_callback(lambda f, t=ticket: self.ended.put((t, f)))

    def wait(self) -> None:
        """Pass on what the workers tell and what they have found."""
        try:
            ended = [self.ended.get(timeout=POLL_S)]
        except queue.Empty:
            ended = []
        for message in self.backend.messages():
            self._heard(message)
        for ticket, future in ended:
            if self.in_flight.get(ticket, (None,))[0] is future:
                _, task = self.in_flight.pop(ticket)
                self._finish(ticket, _result(task, future))

    def _heard(self, message: Message) -> None:
        ticket = message.ticket
        if ticket not in self.in_flight:
            return
        if message.incumbent is None:
            self.begun[ticket] += 1
            # Some executors replace a dead worker more patiently than we do.
            if self.begun[ticket] > ATTEMPTS:
                future, task = self.in_flight.pop(ticket)
                future.cancel()
                reason = f"its worker died {ATTEMPTS} times (killed, or out of memory)"
                self._finish(ticket, failure(task, reason))
                return
        self.watcher.on_message(message)

    def _finish(self, ticket: int, result: LayerResult) -> None:
        last = self.schedule.done(ticket, result) or self.stopping
        self.watcher.on_result(ticket, result, last)

    def stop(self) -> None:
        """Take back what has not begun, and ask the rest to finish."""
        self.stopping = True
        for message in self.backend.messages():
            self._heard(message)
        for ticket, (future, _) in list(self.in_flight.items()):
            if self.begun[ticket] == 0 and future.cancel():
                del self.in_flight[ticket]
        self.backend.stop()


def _result(task: Task, future: Future[LayerResult]) -> LayerResult:
    try:
        return future.result()
    except CancelledError:
        return failure(task, "its executor has dropped it")
    except SpecError:
        raise  # refused before any search: the same for every worker
    except WorkerDiedError as error:
        return failure(task, str(error))
    except Exception as error:
        logger.debug("a search failed: %s", task, exc_info=error)
        text = " ".join(str(error).split()) or "no message"
        return failure(task, f"{type(error).__name__}: {text}")
