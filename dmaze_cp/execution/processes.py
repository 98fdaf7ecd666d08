"""Worker processes on this machine.

The standard `ProcessPoolExecutor` loses all its tasks when one of its processes dies. Here
each slot is such a pool with a single process, so that a death costs only the task that
ran there: it is tried once more in a new process, and fails with the second death.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, Final

from dmaze_cp.execution.backend import Backend, WorkerDiedError
from dmaze_cp.execution.task import Message

ATTEMPTS: Final = 2
"""A task is given to so many processes before it is their death's cause."""

STOP: Final = "stop"

_BLAS_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""One search uses one core; numpy's own threads would compete with the other searches."""


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def processes(jobs: int) -> Iterator[Backend]:
    """`jobs` tasks at a time, each in a process of its own.

    The processes end with this one, however it ends.
    """
    executor = Slots(jobs)
    backend = Backend(executor, ProcessLink(), lambda: jobs, executor.messages, executor.stop)
    try:
        yield backend
    except BaseException:
        executor.kill()
        raise
    executor.shutdown()


@dataclass(frozen=True)
class _Item:
    future: Future[Any]
    call: Callable[[], Any] | tuple[Any, ...]
    attempts: int


class _Slot:
    """One process and the line to it; a new one where it has died."""

    def __init__(self, context: BaseContext) -> None:
        self._context = context
        self.connection: Connection | None = None
        self._pool: ProcessPoolExecutor | None = None
        self.busy = False

    def submit(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        if self._pool is None:
            ours, theirs = self._context.Pipe()
            self.connection = ours
            self._pool = ProcessPoolExecutor(
                1, self._context, initializer=_start_worker, initargs=(theirs,)
            )
            with _quiet_start():
                future = self._pool.submit(fn, *args)
            # Only the worker holds its end now: its death is the end of the line.
            theirs.close()
            return future
        return self._pool.submit(fn, *args)

    def messages(self) -> list[Message]:
        found: list[Message] = []
        connection = self.connection
        with suppress(OSError, EOFError):
            while connection is not None and connection.poll():
                found.append(connection.recv())
        return found

    def stop(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.send(STOP)

    def discard(self, *, wait: bool) -> None:
        pool, connection = self._pool, self.connection
        self._pool = self.connection = None
        # The worker exits at once when the line is cut, and in order when it is not.
        if connection is not None and not wait:
            connection.close()
        if pool is not None:
            pool.shutdown(wait=wait, cancel_futures=True)
        if connection is not None and wait:
            connection.close()


class Slots(Executor):
    """Processes that run tasks first come, first served, and that may die."""

    def __init__(self, jobs: int) -> None:
        context = _context()
        self._lock = threading.RLock()
        self._waiting: deque[_Item] = deque()
        self._slots = [_Slot(context) for _ in range(jobs)]
        self._ending = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function in a process that is free, or in the first that becomes free."""
        future: Future[Any] = Future()
        with self._lock:
            if self._ending:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append(_Item(future, (_call, fn, args, kwargs), 0))
            self._dispatch()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes once they are done; those that are waiting are dropped."""
        with self._lock:
            self._ending = True
            waiting, self._waiting = list(self._waiting), deque()
        for item in waiting:
            item.future.cancel()
        for slot in self._slots:
            slot.discard(wait=wait)

    def kill(self) -> None:
        """End the processes now."""
        self.shutdown(wait=False)

    def messages(self) -> list[Message]:
        """What the workers have told since the last call."""
        with self._lock:
            return [message for slot in self._slots for message in slot.messages()]

    def stop(self) -> None:
        """Ask the running tasks to finish; no dead worker is replaced from now on."""
        with self._lock:
            self._ending = True
            for slot in self._slots:
                slot.stop()

    def _dispatch(self) -> None:
        for slot in self._slots:
            while not slot.busy and self._waiting:
                item = self._waiting.popleft()
                if item.attempts == 0 and not item.future.set_running_or_notify_cancel():
                    continue
                slot.busy = True
                inner = slot.submit(*item.call)  # type: ignore[misc]
                inner.add_done_callback(lambda f, s=slot, i=item: self._done(s, i, f))

    def _done(self, slot: _Slot, item: _Item, inner: Future[Any]) -> None:
        error = None if inner.cancelled() else inner.exception()
        with self._lock:
            slot.busy = False
            if isinstance(error, BrokenExecutor):
                slot.discard(wait=False)
                tried = _Item(item.future, item.call, item.attempts + 1)
                if tried.attempts < ATTEMPTS and not self._ending:
                    self._waiting.appendleft(tried)
                    self._dispatch()
                    return
            if not self._ending:
                self._dispatch()
        if inner.cancelled():
            item.future.set_exception(WorkerDiedError("it was stopped"))
        elif isinstance(error, BrokenExecutor):
            times = "twice" if item.attempts + 1 == ATTEMPTS else "once"
            text = f"its worker process died {times} (killed, or out of memory)"
            item.future.set_exception(WorkerDiedError(text))
        elif error is not None:
            item.future.set_exception(error)
        else:
            item.future.set_result(inner.result())


def _context() -> BaseContext:
    """Workers that start as fresh processes: forking one that has threads is not safe."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Loaded once, in the server: its workers then start in no time.
    context.set_forkserver_preload(["dmaze_cp.mapper", "dmaze_cp.execution.processes"])
    return context


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Processes started within get one BLAS thread, and no Ctrl-C of the terminal."""
    before = {name: os.environ.get(name) for name in _BLAS_THREADS}
    os.environ.update({name: "1" for name in _BLAS_THREADS if before[name] is None})
    masked = hasattr(signal, "pthread_sigmask")
    if masked:
        # Its tracker lifts the block when it starts, so it has to run before.
        _start_tracker()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if masked:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


def _start_tracker() -> None:
    if sys.platform != "win32":
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()


def _call(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return fn(*args, **kwargs)


class ProcessLink:
    """Of a worker process: its line is set up when it starts."""

    def send(self, message: Message) -> None:
        """Tell the coordinator."""
        if _worker is not None:
            with suppress(OSError):
                _worker.send(message)

    def stopped(self) -> bool:
        """Whether the coordinator asks to finish."""
        return _stopped.is_set()


_worker: Connection | None = None
_stopped = threading.Event()


def _start_worker(connection: Connection) -> None:
    global _worker  # noqa: PLW0603 (one line a process, known only here)
    _worker = connection
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_listen, args=(connection,), daemon=True).start()


def _listen(connection: Connection) -> None:
    """Wait for what the coordinator says; its death is the end of this process."""
    try:
        while connection.recv() == STOP:
            _stopped.set()
    except (EOFError, OSError):
        os._exit(1)
