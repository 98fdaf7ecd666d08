"""Worker processes on this machine.

The standard `ProcessPoolExecutor` loses all its tasks when one of its processes dies. Here
each process has a slot and a line of its own, so that a death costs only the task that ran
there: its future fails, and the next task of the slot gets a new process.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final

from dmaze_cp.execution.backend import Backend, BackendLostError, WorkerDiedError, drain
from dmaze_cp.execution.server import quiet_start, start_context
from dmaze_cp.execution.task import Message, Task
from dmaze_cp.execution.worker import DONE, FAILED, STOP, TOLD, ProcessLink, serve

END_S: Final = 2.0
"""A process may take so long to end before it is killed."""

_starting = threading.Lock()


@contextmanager
def processes(jobs: int) -> Iterator[Backend]:
    """`jobs` tasks at a time, each in a process of its own.

    The processes end with this one, however it ends.

    Raises
    ------
    BackendLostError
        When a script that is imported by its own workers calls this again.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        expected = '`if __name__ == "__main__":` around what the script does'
        raise BackendLostError(f"jobs: found a worker that runs the script, expected {expected}")
    executor = Slots(jobs)
    backend = Backend(executor, ProcessLink(), lambda: jobs, executor.messages, executor.stop)
    try:
        yield backend
    except BaseException:
        executor.kill()
        raise
    executor.shutdown()


class Slots(Executor):
    """Processes that run tasks, and that may die.

    A process that becomes free takes the first task that waits, or the first of the same case as
    its last: what that has prepared is still there. Tasks of what another process works on wait
    for that one as long as there are others. The future of a task whose process died raises
    `WorkerDiedError`.
    """

    def __init__(self, jobs: int) -> None:
        self._told: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._works = threading.Event()
        self._slots = [_Slot(self._told.put, self._works) for _ in range(jobs)]
        # The last that was used comes first: it has a process already.
        self._free = list(self._slots)
        self._waiting: list[_Call] = []
        self._choosing = threading.Lock()
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="slot")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function in a process that is free, or in one that becomes free."""
        call = _Call((fn, args, kwargs), next((a.case for a in args if isinstance(a, Task)), None))
        with self._choosing:
            self._waiting.append(call)
        self._threads.submit(self._run_one)
        return call.future

    def _run_one(self) -> None:
        with self._choosing:
            slot = self._free.pop()  # there are as many as threads
            call = self._next_for(slot)
            slot.case = call.case
        try:
            if call.future.set_running_or_notify_cancel():
                call.future.set_result(slot.run(call.what))
        except BaseException as error:
            call.future.set_exception(error)
        finally:
            with self._choosing:
                self._free.append(slot)

    def _next_for(self, slot: _Slot) -> _Call:
        elsewhere = [s.case for s in self._slots if s is not slot and s not in self._free]
        call = next(
            (c for c in self._waiting if c.case is not None and c.case == slot.case),
            next((c for c in self._waiting if c.case not in elsewhere), self._waiting[0]),
        )
        self._waiting.remove(call)
        return call

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes once their tasks are done."""
        if cancel_futures:
            with self._choosing:
                for call in self._waiting:
                    call.future.cancel()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for slot in self._slots:
            slot.close(kill=not wait)

    def kill(self) -> None:
        """End the processes now."""
        self.shutdown(wait=False, cancel_futures=True)

    def messages(self) -> list[Message]:
        """What the workers have told since the last call."""
        return drain(self._told)

    def stop(self) -> None:
        """Ask the running tasks to finish."""
        for slot in self._slots:
            slot.stop()


@dataclass(frozen=True, eq=False)
class _Call:
    """A function with arguments that waits for a process."""

    what: tuple[Any, ...]
    case: Hashable
    future: Future[Any] = field(default_factory=Future)


class _Slot:
    """One process, a new one where it has died, and the line to it.

    Attributes
    ----------
    case
        Of the task that it was given last.
    """

    def __init__(self, hear: Callable[[Message], None], works: threading.Event) -> None:
        self.case: Hashable = None
        self._hear = hear
        self._works = works
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self._closed = False

    def run(self, call: tuple[Any, ...]) -> Any:
        """Let the process call a function, and wait for the outcome."""
        with self._lock:
            connection = self._ready()
        try:
            with self._lock:
                connection.send(call)
            while True:
                kind, what = connection.recv()
                if kind == DONE:
                    return what
                if kind == FAILED:
                    break
                if kind == TOLD:
                    self._hear(what)
                self._works.set()
        except (EOFError, OSError):
            with self._lock:
                how = self._bury()
            if not self._works.is_set():
                raise BackendLostError(f"jobs: no worker process starts here ({how})") from None
            raise WorkerDiedError(how) from None
        raise what

    def _ready(self) -> Connection:
        if self._closed:
            raise WorkerDiedError("it was stopped")
        if self._process is not None and not self._process.is_alive():
            self._bury()
        if self._connection is None:
            try:
                self._process, self._connection = _start()
            except (OSError, EOFError) as error:
                raise WorkerDiedError(f"no process could be started: {error}") from error
            if self._closed:  # since
                self._process.kill()
            if self._stopped:
                self._connection.send(STOP)
        return self._connection

    def _bury(self) -> str:
        """Forget a process that has died; how it did."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        code = None
        if process is not None:
            process.join(END_S)
            code = process.exitcode
            if code is None:
                process.kill()
        if self._closed:
            return "it was stopped"
        return _how(code)

    def stop(self) -> None:
        """Ask the task that runs, and those to come, to finish."""
        self._stopped = True
        with self._lock, suppress(OSError):
            if self._connection is not None:
                self._connection.send(STOP)

    def close(self, *, kill: bool) -> None:
        """End the process; with `kill` also in the middle of a task."""
        self._closed = True
        process = self._process
        if kill:
            if process is not None:
                process.kill()  # its line breaks, and the thread at our end is freed
            return
        with self._lock:
            self._bury()


def _how(code: int | None) -> str:
    """The end of a process, for people."""
    if code is None or code >= 0:
        return "killed, or out of memory" if code is None else f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"{name}: killed, or out of memory" if name == "SIGKILL" else name


def _start() -> tuple[BaseProcess, Connection]:
    context = start_context()
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True, name="dmaze-cp worker")
    try:
        with _starting, quiet_start():
            process.start()
    except BaseException:
        ours.close()
        raise
    finally:
        # Only the worker holds its end now: its death is the end of the line.
        theirs.close()
    return process, ours
