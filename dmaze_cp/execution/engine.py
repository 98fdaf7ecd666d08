"""The loop that keeps a backend busy until a schedule has no more tasks."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from dmaze_cp.errors import SpecError
from dmaze_cp.execution.backend import Backend, BackendLostError, WorkerDiedError, drain
from dmaze_cp.execution.schedule import Schedule
from dmaze_cp.execution.task import Link, Message, Task, TaskError, failure, run_task
from dmaze_cp.result import LayerResult

POLL_S: Final = 0.1
"""How often progress is passed on and the wish to stop is heard."""

ATTEMPTS: Final = 2
"""A task is begun so often before it is taken for the cause of its workers' deaths."""

PATIENCE: Final = 5
"""One that never began is submitted so often: it may have waited behind such a task."""

NO_WORKER_S: Final = 10.0
"""After so long without a worker the watcher is told; clusters that grow need a moment."""

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
    on_no_worker
        The run waits because no worker is there; told once.
    """

    on_message: Callable[[Message], None]
    on_result: Callable[[int, LayerResult, bool], None]
    on_no_worker: Callable[[], None] = lambda: None


Work = Callable[[int, Task, Link], LayerResult]
"""What a worker does with a task and its ticket."""


def run_tasks(
    schedule: Schedule,
    backend: Backend,
    watcher: Watcher,
    stop: Callable[[], bool],
    work: Work = run_task,
) -> None:
    """Run all tasks of a schedule; after `stop`, only end those that run.

    A task that fails is reported as failed; the others go on. One whose worker dies is
    tried once more. Where the backend itself is lost, all that is left has failed.

    Raises
    ------
    SpecError
        When a task is refused.
    BackendLostError
        When no worker can be started at all.
    """
    run = _Run(schedule, backend, watcher, work)
    while True:
        if not run.stopping and stop():
            run.stop()
        try:
            width = backend.width()
        except BackendLostError as error:
            run.give_up(str(error))
            return
        if run.stopping and width == 0:
            run.give_up("its worker died, and no other is left")
        run.fill(width)
        run.miss_workers(width)
        if run.over:
            return
        run.wait()


@dataclass
class _Turn:
    """A task that the backend has, or that waits to be tried again."""

    task: Task
    future: Future[LayerResult] | None = None
    submitted: int = 0
    begun: int = 0

    @property
    def deaths_left(self) -> bool:
        """Whether the worker may die once more."""
        return max(self.begun, self.submitted) < (ATTEMPTS if self.begun else PATIENCE)

    def cancel(self) -> None:
        """Take the task back, if the backend can do that."""
        if self.future is not None:
            self.future.cancel()


@dataclass(eq=False)
class _Run:
    schedule: Schedule
    backend: Backend
    watcher: Watcher
    work: Work
    turns: dict[int, _Turn] = field(default_factory=dict)
    again: deque[int] = field(default_factory=deque)
    ended: queue.SimpleQueue[tuple[int, Future[LayerResult]]] = field(
        default_factory=queue.SimpleQueue
    )
    exhausted: bool = False
    stopping: bool = False
    worker_seen: float = field(default_factory=time.monotonic)
    worker_missed: bool = False

    @property
    def over(self) -> bool:
        """Nothing runs and nothing follows."""
        return not self.turns and (self.stopping or self.exhausted)

    def fill(self, width: int | None) -> None:
        """Hand out tasks while the backend has room."""
        if self.stopping or width is None:
            return
        # A cluster without workers may start some when there is something to do.
        room = self.schedule.room(max(1, width))
        while self.again:
            self._submit(self.again.popleft())
        while len(self.turns) < room:
            following = self.schedule.next()
            self.exhausted = following is None
            if following is None:
                return
            ticket, task = following
            self.turns[ticket] = _Turn(task)
            self._submit(ticket)

    def miss_workers(self, width: int | None) -> None:
        """Tell, once, that there has been no worker for some time."""
        now = time.monotonic()
        if width != 0:  # None: not known
            self.worker_seen = now
        elif not self.worker_missed and now - self.worker_seen >= NO_WORKER_S:
            self.worker_missed = True
            self.watcher.on_no_worker()

    def _submit(self, ticket: int) -> None:
        turn = self.turns[ticket]
        turn.submitted += 1
        logger.debug("task %d: submitted, %s (%s)", ticket, *_named(turn.task))
        turn.future = self.backend.executor.submit(self.work, ticket, turn.task, self.backend.link)
        turn.future.add_done_callback(partial(_put, self.ended, ticket))

    def wait(self) -> None:
        """Pass on what the workers tell and what they have found."""
        ended = []
        with suppress(queue.Empty):
            ended.append(self.ended.get(timeout=POLL_S))
        # After the first came: what it told before is there as well.
        ended += drain(self.ended)
        for message in self.backend.messages():
            self._heard(message)
        for ticket, future in ended:
            turn = self.turns.get(ticket)
            if turn is not None and turn.future is future:
                self._ended(ticket, turn, future)

    def _heard(self, message: Message) -> None:
        turn = self.turns.get(message.ticket)
        if turn is None:
            return
        if message.incumbent is None:
            turn.begun += 1
            # A cluster replaces a dead worker by itself, and more patiently than we do.
            if turn.begun > ATTEMPTS:
                turn.cancel()
                self._finish(message.ticket, failure(turn.task, _died(turn.begun - 1)))
                return
            if self.stopping:
                self.backend.stop()  # a new worker has not heard it
        self.watcher.on_message(message)

    def _ended(self, ticket: int, turn: _Turn, future: Future[LayerResult]) -> None:
        turn.future = None
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            result = future.result()
        elif isinstance(error, SpecError | BackendLostError):
            raise error  # refused before any search: the same for every worker
        elif isinstance(error, (CancelledError, *self.backend.deaths)):
            if turn.deaths_left and not self.stopping:
                logger.info("task %d: its worker died; it is tried again", ticket)
                self.again.append(ticket)
                return
            how = str(error) if isinstance(error, WorkerDiedError) else ""
            result = failure(turn.task, _died(max(turn.submitted, turn.begun), how))
        else:
            result = failure(turn.task, _why(error))
        self._finish(ticket, result)

    def _finish(self, ticket: int, result: LayerResult) -> None:
        turn = self.turns.pop(ticket)
        what = (ticket, result.status, *_named(turn.task), result.solve_time_s)
        logger.info("task %d: %s, %s (%s) in %.2f s", *what)
        self.exhausted = False
        last = self.schedule.done(ticket, result) or self.stopping
        self.watcher.on_result(ticket, result, last)

    def stop(self) -> None:
        """Take back what has not begun, and ask the rest to finish."""
        self.stopping = True
        for message in self.backend.messages():
            self._heard(message)
        for ticket, turn in list(self.turns.items()):
            if turn.begun == 0 and (turn.future is None or turn.future.cancel()):
                del self.turns[ticket]
            elif turn.future is None:
                self._finish(ticket, failure(turn.task, _died(1)))
        self.again.clear()
        self.backend.stop()

    def give_up(self, reason: str) -> None:
        """Report all that is left as failed."""
        self.again.clear()
        for ticket, turn in list(self.turns.items()):
            turn.cancel()
            self._finish(ticket, failure(turn.task, reason))
        while not self.stopping and (following := self.schedule.next()) is not None:
            ticket, task = following
            self.turns[ticket] = _Turn(task)
            self._finish(ticket, failure(task, reason))


def _named(task: Task) -> tuple[str, str]:
    return task.layer.name, task.question.objective


def _put(
    ended: queue.SimpleQueue[tuple[int, Future[LayerResult]]],
    ticket: int,
    future: Future[LayerResult],
) -> None:
    ended.put((ticket, future))


def _died(times: int, how: str = "") -> str:
    """Why a task has failed; `how` is what the last death looked like."""
    return f"its worker died {'once' if times <= 1 else 'twice'} ({how or UNKNOWN_DEATH})"


UNKNOWN_DEATH: Final = "killed, or out of memory"


def _why(error: BaseException) -> str:
    cause = error.__cause__ or error
    if isinstance(cause, ImportError) and "'dmaze_cp" in str(cause):
        return f"{cause}: scheduler and workers need the same version of dmaze-cp"
    if not isinstance(error, TaskError):
        error = TaskError.of(error)
    logger.debug("a search failed: %s", error.details)
    return error.reason
