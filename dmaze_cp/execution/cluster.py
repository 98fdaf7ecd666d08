"""Workers of a Dask cluster, here or elsewhere."""

from __future__ import annotations

import importlib
import json
import logging
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from math import inf
from typing import Any, Final

from dmaze_cp.execution import connection
from dmaze_cp.execution.backend import Backend, BackendLostError, WorkerDiedError, drain
from dmaze_cp.execution.connection import LOCAL, connect, in_one_line
from dmaze_cp.execution.server import without_interrupts
from dmaze_cp.execution.task import Message
from dmaze_cp.extras import load_extra
from dmaze_cp.result import Incumbent

ANY_PORT: Final = "127.0.0.1:0"

WIDTH_EVERY_S: Final = 0.5
"""How often the scheduler is asked for its workers."""

SETTINGS: Final = {
    # One retry for a task whose worker died, as with processes.
    "distributed.scheduler.allowed-failures": 1,
    # No task waits at a busy worker while another one is free.
    "distributed.scheduler.worker-saturation": 1.0,
    # Of the processes of a local cluster.
    "distributed.nanny.pre-spawn-environ.DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical",
}

_LOGGERS: Final = ("distributed", "distributed.client", "tornado.application", "asyncio")


@contextmanager
def cluster(address: str, jobs: int) -> Iterator[Backend]:
    """The workers of a Dask scheduler.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.1:8786``; `LOCAL` starts one on this
        machine with `jobs` workers, and ends it.

    Raises
    ------
    MissingExtraError
        When Dask is not installed.
    SpecError
        When no scheduler answers, or it or a worker has another version of this package.
    BackendLostError
        When no cluster can be started here.
    """
    distributed = load_extra("distributed", "distributed", "scheduler")
    dask = load_extra("dask", "distributed", "scheduler")
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        stack.enter_context(dask.config.set(SETTINGS))
        where = _local_cluster(distributed, stack, jobs) if address == LOCAL else address
        cluster = _Cluster(stack.enter_context(connect(distributed, where)), address)
        try:
            yield cluster.backend(distributed)
        except BaseException:
            # Workers elsewhere do not end with this process.
            cluster.stop()
            raise


def _local_cluster(distributed: Any, stack: ExitStack, jobs: int) -> Any:
    try:
        with without_interrupts():
            local = distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=ANY_PORT
            )
    except (OSError, RuntimeError) as error:
        raise BackendLostError(
            f"scheduler: no cluster started here ({in_one_line(error)})"
        ) from error
    return stack.enter_context(local)


class _Cluster:
    """What `Backend` needs, in terms of a Dask client."""

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address
        self._run = uuid.uuid4().hex
        self._told: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._workers: int | None = None
        self._asked = self._answered = -connection.CONNECT_S

    def backend(self, distributed: Any) -> Backend:
        self._client.subscribe_topic(self._run, lambda event: self._told.put(_decoded(event[1])))
        return Backend(
            executor=self._client.get_executor(pure=False),
            link=ClusterLink(self._run),
            width=self.width,
            messages=lambda: drain(self._told),
            stop=self.stop,
            deaths=(WorkerDiedError, distributed.scheduler.KilledWorker),
        )

    def width(self) -> int | None:
        """Threads of all workers; None while the scheduler does not answer."""
        now = time.monotonic()
        if now - self._asked >= WIDTH_EVERY_S:
            self._workers = self._count()
            self._asked = time.monotonic()
            if self._workers is not None:
                self._answered = self._asked
            elif (
                self._client.status == "closed"
                or self._asked - self._answered > connection.CONNECT_S
            ):
                raise BackendLostError(f"the Dask scheduler {self._address} does not answer")
        return self._workers

    def _count(self) -> int | None:
        if self._client.status != "running":
            return None
        try:
            threads: dict[str, int] = self._client.nthreads(callback_timeout=connection.CONNECT_S)
        except (OSError, TimeoutError, RuntimeError, AttributeError):
            return None
        return sum(threads.values())

    def stop(self) -> None:
        """Tell the workers, without waiting for one that does not listen."""
        self._asked = -inf  # who is left counts from now on
        threading.Thread(target=self._tell_to_stop, daemon=True).start()

    def _tell_to_stop(self) -> None:
        with suppress(Exception):  # workers that have gone need not be told
            self._client.run(_stop_here, self._run, on_error="ignore", nanny=False)


@dataclass(frozen=True)
class ClusterLink:
    """Of a task on a Dask worker: events go through the scheduler.

    Attributes
    ----------
    run
        Name of this run, which tells it from others on the same cluster.
    """

    run: str

    def send(self, message: Message) -> None:
        """Tell the coordinator."""
        _this_worker().log_event(self.run, _encoded(message))

    def stopped(self) -> bool:
        """Whether the coordinator asks to finish, or has gone."""
        return self.run in _stopped or _is_abandoned()


def _this_worker() -> Any:
    return importlib.import_module("distributed").get_worker()


def _is_abandoned() -> bool:
    """Whether nobody waits for the task of this thread any more."""
    try:
        worker = _this_worker()
        task = worker.state.tasks.get(worker.get_current_task())
    except (AttributeError, KeyError, ValueError):
        return False  # in a thread that is not the task's
    return task is None or task.state == "cancelled"


def _encoded(message: Message) -> str:
    """Text, as Dask's events have no integers as large as an EDP."""
    return json.dumps([message.ticket, message.incumbent and asdict(message.incumbent)])


def _decoded(text: str) -> Message:
    ticket, incumbent = json.loads(text)
    return Message(ticket, incumbent and Incumbent(**incumbent))


_stopped: set[str] = set()


def _stop_here(run: str) -> None:
    _stopped.add(run)


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own log lines are not for the user of this package."""
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
