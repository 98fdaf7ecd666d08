"""What the engine needs of a place where tasks run, and the simplest such place."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from dmaze_cp.errors import DmazeError
from dmaze_cp.execution.task import Link, Message

_T = TypeVar("_T")


class WorkerDiedError(RuntimeError):
    """The worker that ran a task ended without a result; the text says how, if known."""


class BackendLostError(DmazeError):
    """The place where tasks run cannot be started, or has gone."""


@dataclass(frozen=True)
class Backend:
    """An executor, and a line to the tasks that run on it.

    Attributes
    ----------
    executor
        Where tasks are submitted.
    link
        Handed to each task.
    width
        How many tasks run side by side now; None while the backend does not answer.
        Raises `BackendLostError` once it will not come back.
    messages
        What running tasks have told since the last call.
    stop
        Ask all running tasks to finish with what they have; does not wait for them.
    deaths
        Exceptions of a future that mean that a worker has died.
    """

    executor: Executor
    link: Link
    width: Callable[[], int | None]
    messages: Callable[[], list[Message]]
    stop: Callable[[], None]
    deaths: tuple[type[Exception], ...] = (WorkerDiedError,)


class _ThreadLink:
    """Of a thread of this process."""

    def __init__(self) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.stop = threading.Event()

    def send(self, message: Message) -> None:
        self.messages.put(message)

    def stopped(self) -> bool:
        return self.stop.is_set()


@contextmanager
def in_this_process() -> Iterator[Backend]:
    """One task at a time, in a thread of this process.

    In a thread because the solver does not return to Python for long stretches, and the
    caller wants to go on: to show progress, and to answer Ctrl-C.
    """
    link = _ThreadLink()
    executor = ThreadPoolExecutor(1, thread_name_prefix="search")
    try:
        yield Backend(executor, link, lambda: 1, lambda: drain(link.messages), link.stop.set)
    finally:
        link.stop.set()
        executor.shutdown(cancel_futures=True)


def drain(messages: queue.SimpleQueue[_T]) -> list[_T]:
    """Everything that is in a queue now."""
    found = []
    while True:
        try:
            found.append(messages.get_nowait())
        except queue.Empty:
            return found
