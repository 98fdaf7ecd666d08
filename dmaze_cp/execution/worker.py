"""A worker process of this machine, seen from inside."""

from __future__ import annotations

import gc
import os
import queue
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final

from dmaze_cp.execution.memory import keep_memory
from dmaze_cp.execution.task import Message, TaskError

STOP: Final = "stop"
"""Said to a worker instead of a call: finish with what you have."""

READY, TOLD, DONE, FAILED = "ready", "told", "done", "failed"
"""What a worker says: that it is there, a message of its task, the result, the exception."""

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class ProcessLink:
    """Of a task in a worker process: the line of the process leads to the coordinator."""

    def send(self, message: Message) -> None:
        """Tell the coordinator."""
        if _worker is not None:
            _worker.say(TOLD, message)

    def stopped(self) -> bool:
        """Whether the coordinator asks to finish."""
        return _worker is not None and _worker.stopped.is_set()


def serve(connection: Connection) -> None:
    """Call what comes along the line; end with the line."""
    global _worker  # noqa: PLW0603 (one line a process, known only here)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what is loaded stays
    keep_memory()
    _worker = _Worker(connection)
    _worker.say(READY, None)
    threading.Thread(target=_worker.listen, daemon=True).start()
    _worker.work()


class _Worker:
    def __init__(self, connection: Connection) -> None:
        self.stopped = threading.Event()
        self._connection = connection
        self._calls: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def listen(self) -> None:
        """Hear what the coordinator says; its death is the end of this process."""
        while True:
            try:
                said = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)
            except Exception as error:  # a task of another version, or of other code
                self._calls.put((_fail, (error,), {}))
                continue
            if said == STOP:
                self.stopped.set()
            else:
                self._calls.put(said)

    def work(self) -> None:
        """One call after the other."""
        while True:
            fn, args, kwargs = self._calls.get()
            try:
                outcome: tuple[str, Any] = DONE, fn(*args, **kwargs)
            except BaseException as error:
                outcome = FAILED, error
            try:
                self.say(*outcome)
            except Exception as error:  # what cannot be sent is told as text
                self.say(FAILED, TaskError.of(outcome[1] if outcome[0] == FAILED else error))

    def say(self, kind: str, what: Any) -> None:
        """Send, unless nobody is there."""
        with self._lock, suppress(OSError):
            self._connection.send((kind, what))


_worker: _Worker | None = None


def _fail(error: Exception) -> None:
    raise error
