"""What the engine needs of a place where tasks run, and the simplest such place."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from dmaze_cp.execution.task import Link, Message


class WorkerDiedError(RuntimeError):
    """The process that ran a task ended without a result, more than once."""


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
        How many tasks run side by side now.
    messages
        What running tasks have told since the last call.
    stop
        Ask all running tasks to finish with what they have.
    """

    executor: Executor
    link: Link
    width: Callable[[], int]
    messages: Callable[[], list[Message]]
    stop: Callable[[], None]


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
    with ThreadPoolExecutor(1, thread_name_prefix="search") as executor:
        try:
            yield Backend(executor, link, lambda: 1, lambda: drain(link.messages), link.stop.set)
        finally:
            link.stop.set()


def drain(messages: queue.SimpleQueue[Message]) -> list[Message]:
    """Everything that is in a queue now."""
    found = []
    while True:
        try:
            found.append(messages.get_nowait())
        except queue.Empty:
            return found
