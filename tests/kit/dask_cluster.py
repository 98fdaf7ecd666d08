"""A Dask scheduler and its workers on loopback, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit.patience import HANG_S, wait_for

ROOT = Path(__file__).parents[2]


@dataclass
class DaskProcesses:
    """What was started; `address` is the scheduler's."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def is_known(self) -> bool:
        """Whether the scheduler has said where it is, all of it."""
        return self.file.exists() and self.file.read_text().rstrip().endswith("}")

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def add_worker(self, *options: str, **env: str) -> subprocess.Popen[bytes]:
        args = ("--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder))
        known = ("--scheduler-file", str(self.file))
        worker = _start(self.folder, "worker", *known, *args, *options, **env)
        self.workers.append(worker)
        return worker


@contextmanager
def dask_processes(
    folder: Path, workers: int, *options: str, **scheduler_env: str
) -> Iterator[DaskProcesses]:
    """A scheduler and workers, which end with the block."""
    file = ("--scheduler-file", str(folder / "scheduler.json"))
    where = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    cluster = DaskProcesses(folder, _start(folder, "scheduler", *where, *file, **scheduler_env))
    try:
        for _ in range(workers):  # they wait for the file
            cluster.add_worker(*options)
        wait_for(lambda: cluster.is_known, "the scheduler")
        yield cluster
    finally:
        for process in [*cluster.workers, cluster.scheduler]:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(HANG_S)


def _start(folder: Path, command: str, *args: str, **env: str) -> subprocess.Popen[bytes]:
    with (folder / "dask.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", command, *args],
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
