"""How worker processes start: apart from what they do, as it begins before that is loaded."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

PRELOADED: Final = ["dmaze_cp.mapper", "dmaze_cp.search.solving", "dmaze_cp.execution.worker"]

_BLAS_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""One search uses one core; numpy's own threads would compete with the other searches."""


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def start_context() -> Any:
    """Workers that start as fresh processes: forking one that has threads is not safe."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Loaded once, in the server: its workers then start in no time.
    context.set_forkserver_preload(PRELOADED)
    return context


def start_early() -> None:
    """Start the server of worker processes, which loads what they need beside this process."""
    start_context()
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        with quiet_start():
            forkserver.ensure_running()


@contextmanager
def quiet_start() -> Iterator[None]:
    """Processes started within get one BLAS thread, and no Ctrl-C of the terminal."""
    absent = [name for name in _BLAS_THREADS if name not in os.environ]
    with _environment(dict.fromkeys(absent, "1")), without_interrupts():
        yield


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Threads and processes started within are not told of Ctrl-C."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    # Starting the tracker lifts the block, so it has to run before. When this process is
    # killed, it cleans up, and need not say so.
    with _environment({"PYTHONWARNINGS": "ignore:resource_tracker"}):
        resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes started within."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
