"""Workers of a Dask cluster, here or elsewhere."""

from __future__ import annotations

import json
import queue
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from dmaze_cp.errors import MissingExtraError, Problem, SpecError
from dmaze_cp.execution.backend import Backend, drain
from dmaze_cp.execution.processes import ATTEMPTS
from dmaze_cp.execution.task import Message
from dmaze_cp.result import Incumbent

if TYPE_CHECKING:
    from distributed import Client

LOCAL: Final = "local"
"""The address that stands for a cluster started on this machine."""

CONNECT_S: Final = 15.0
"""How long a scheduler may take to answer."""

SETTINGS: Final = {
    # One retry for a task whose worker died, as with processes.
    "distributed.scheduler.allowed-failures": ATTEMPTS - 1,
    # No task waits at a busy worker while another one is free.
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.logging.distributed": "critical",
}


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
        When no scheduler answers.
    """
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError(
            "--scheduler: found no module 'distributed', expected the extra "
            "'distributed' (pip install 'dmaze-cp[distributed]')"
        ) from error
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        where: Any = _local_cluster(stack, jobs) if address == LOCAL else address
        try:
            client = stack.enter_context(Client(where, timeout=CONNECT_S, set_as_default=False))
        except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
            found = f"{address!r}, where no scheduler answers ({_short(error)})"
            expected = f"the address of a Dask scheduler, such as tcp://HOST:8786, or {LOCAL!r}"
            raise SpecError(Problem("--scheduler", found, expected)) from error
        yield _backend(client, uuid.uuid4().hex)


def _local_cluster(stack: ExitStack, jobs: int) -> Any:
    from distributed import LocalCluster

    return stack.enter_context(
        LocalCluster(n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None)
    )


def _backend(client: Client, run: str) -> Backend:
    told: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def hear(event: tuple[float, str]) -> None:
        told.put(_decoded(event[1]))

    def stop() -> None:
        with suppress(Exception):  # workers that have gone need not be told
            client.run(_stop_here, run, on_error="ignore", nanny=False)

    client.subscribe_topic(run, hear)
    return Backend(
        executor=client.get_executor(pure=False),
        link=ClusterLink(run),
        width=lambda: sum(client.nthreads().values()),
        messages=lambda: drain(told),
        stop=stop,
    )


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
        from distributed import get_worker

        get_worker().log_event(self.run, _encoded(message))

    def stopped(self) -> bool:
        """Whether the coordinator asks to finish."""
        return self.run in _stopped


def _encoded(message: Message) -> str:
    """Text, as a scheduler may not have this package, nor integers as large as an EDP."""
    return json.dumps([message.ticket, message.incumbent and asdict(message.incumbent)])


def _decoded(text: str) -> Message:
    ticket, incumbent = json.loads(text)
    return Message(ticket, incumbent and Incumbent(**incumbent))


_stopped: set[str] = set()


def _stop_here(run: str) -> None:
    _stopped.add(run)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
