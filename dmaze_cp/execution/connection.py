"""From an address to a Dask scheduler that answers and knows this package."""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.execution.task import PROTOCOL

LOCAL: Final = "local"
"""The address that stands for a cluster started on this machine."""

CONNECT_S: Final = 15.0
"""How long a scheduler may take to answer."""

_QUESTION: Final = (pkgutil.resolve_name, "dmaze_cp.execution.task:PROTOCOL")
"""A function of the standard library: one of ours may not be there to be called."""


def connect(distributed: Any, where: Any) -> Any:
    """A Dask client.

    Parameters
    ----------
    distributed
        The module.
    where
        A scheduler's address, or a cluster object of Dask.

    Raises
    ------
    SpecError
        When no scheduler answers, or it or a worker has another version of this package.
    """
    if isinstance(where, str):
        _check_address(distributed, where)
    client = distributed.Client(where, timeout=CONNECT_S, set_as_default=False)
    try:
        _check_versions(client)
    except BaseException:
        client.close()
        raise
    return client


def _check_address(distributed: Any, address: str) -> None:
    """Refuse an address where no scheduler answers; a client would take long to give up."""
    import asyncio

    problem = None
    # In a thread, as the caller may be in an event loop (a notebook is).
    with ThreadPoolExecutor(1) as thread:
        try:
            kind = thread.submit(asyncio.run, _kind(distributed, address)).result()
        except TimeoutError:
            problem = f"no scheduler answers (not within {CONNECT_S:g} s)"
        except (OSError, ValueError) as error:
            problem = f"no scheduler answers ({in_one_line(error)})"
        except Exception:  # whatever it takes to read what others send
            problem = "what answers is no Dask scheduler"
        else:
            problem = None if kind == "Scheduler" else f"a Dask {kind.lower()} answers"
    if problem is not None:
        expected = f"the address of a Dask scheduler, such as tcp://HOST:8786, or {LOCAL!r}"
        raise SpecError(Problem("scheduler", f"{address!r}, where {problem}", expected))


async def _kind(distributed: Any, address: str) -> str:
    """What answers at an address."""
    import asyncio

    security = distributed.Security().get_connection_args("client")
    async with distributed.rpc(address, timeout=CONNECT_S, connection_args=security) as remote:
        identity = await asyncio.wait_for(remote.identity(), CONNECT_S)
    return str(identity["type"])


def _check_versions(client: Any) -> None:
    """Refuse a cluster with another version of this package, or none.

    A task that cannot be read ends the worker that gets it. Workers that come later are
    not asked.
    """
    try:
        answers = {"the scheduler": client.run_on_scheduler(*_QUESTION)}
    except Exception as error:
        answers = {"the scheduler": error}
    for worker, answer in client.run(*_QUESTION, on_error="return", nanny=False).items():
        answers[f"worker {worker}"] = answer
    places: defaultdict[str, list[str]] = defaultdict(list)
    for place, answer in answers.items():
        if answer != PROTOCOL and not isinstance(answer, OSError):  # it has just gone
            wrong = isinstance(answer, BaseException)
            what = in_one_line(answer) if wrong else f"protocol {answer} instead of {PROTOCOL}"
            places[what].append(place)
    if places:
        expected = "the same version of dmaze-cp as here"
        raise SpecError(
            Problem("scheduler", f"{what} at {_listed(where)}", expected)
            for what, where in places.items()
        )


def _listed(places: list[str]) -> str:
    shown = ", ".join(places[:3])
    return shown if len(places) <= 3 else f"{shown} and {len(places) - 3} more"


def in_one_line(error: BaseException) -> str:
    """The text of an exception, shortened."""
    return " ".join(str(error).split())[:120] or type(error).__name__
