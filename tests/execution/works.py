"""Tasks that do as the name of their layer says, and a watcher that keeps what it is told."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.execution.backend import Backend
from dmaze_cp.execution.engine import Watcher, run_tasks
from dmaze_cp.execution.schedule import HardestFirst, Schedule
from dmaze_cp.execution.task import Link, Message, Task, run_task
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.workload import Layer

ARCH = Architecture()

ENDLESS = Layer.conv(
    "endless",
    {"N": 16, "M": 720, "C": 720, "Ox": 240, "Oy": 240, "Fx": 3, "Fy": 3},
    padded_input=(242, 242),
)
"""No search proves it within the time a test has; the first mapping takes 0.1 s."""


class TwoPartError(Exception):
    """Can be pickled, but not unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def task(name: str, size: int = 8) -> Task:
    """A task that `play` makes do what `name` says."""
    return Task(Layer.gemm(name, {"X": size, "Y": 6, "K": 4}), ARCH, Objective.EDP)


def searching(layer: Layer, **options: object) -> Task:
    return Task(layer, ARCH, Objective.EDP, **options)  # type: ignore[arg-type]


def play(ticket: int, task: Task, link: Link) -> LayerResult:
    """Begin, do what the layer's name says, and end; the value is the process's number."""
    link.send(Message(ticket))
    verb, _, what = task.layer.name.partition(" ")
    match verb:
        case "ok":
            pass
        case "sleep":
            time.sleep(float(what))
        case "wait":  # as a search does: until it is asked to finish
            until = time.monotonic() + float(what)
            while not link.stopped() and time.monotonic() < until:
                time.sleep(0.02)
        case "die":
            time.sleep(0.1)  # what has been told is under way
            os.kill(os.getpid(), signal.SIGKILL)
        case "die-once":
            try:
                Path(what).touch(exist_ok=False)
            except FileExistsError:
                pass
            else:
                time.sleep(0.1)
                os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(int(what))
        case "mark":
            Path(what).write_text(str(os.getpid()))
            until = time.monotonic() + 60
            while not link.stopped() and time.monotonic() < until:
                time.sleep(0.02)
        case "stuck":
            Path(what).write_text(str(os.getpid()))
            time.sleep(60)
        case "raise":
            raise ValueError(what)
        case "unpicklable":
            raise RuntimeError(threading.Lock())
        case "one-way":
            raise TwoPartError("half", "way")
        case "memory":
            raise MemoryError
        case "refuse":
            raise SpecError(Problem("layer", "something", "something else"))
        case "odd-result":
            return threading.Lock()  # type: ignore[return-value]
        case _:
            return run_task(ticket, task, link)
    return answer(task, bound=float(os.getpid()))


def answer(
    task: Task, status: Status = Status.UNKNOWN, bound: float = 0.0, **fields: object
) -> LayerResult:
    return LayerResult(
        task.layer, task.architecture, task.objective, status, bound=bound, **fields  # type: ignore[arg-type]
    )


@dataclass
class Log:
    """What a run has told."""

    results: dict[int, LayerResult] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    turns: list[tuple[int, bool]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    @property
    def watcher(self) -> Watcher:
        return Watcher(self._hear, self._keep)

    def _hear(self, message: Message) -> None:
        self.messages.append(message)
        if message.incumbent is None:
            self.begun.append(message.ticket)

    def _keep(self, ticket: int, result: LayerResult, last: bool) -> None:
        self.results[ticket] = result
        self.turns.append((ticket, last))

    def reasons(self) -> list[str | None]:
        return [self.results[t].reason if t in self.results else "-" for t in range(self.count)]

    @property
    def count(self) -> int:
        return max(self.results, default=-1) + 1


def run(
    backend: Backend,
    tasks: Sequence[Task],
    stop=lambda _log: False,
    schedule: Schedule | None = None,
    work=play,
) -> Log:
    """Run tasks on a backend; `stop` is asked with what the run has told so far."""
    log = Log()
    run_tasks(schedule or HardestFirst(tasks), backend, log.watcher, lambda: stop(log), work)
    return log


def session(leader: int) -> list[int]:
    """The processes of a session that are alive, its leader left out (Linux only)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if fields[0] != "Z" and int(fields[3]) == leader:
            found.append(int(path.parent.name))
    return [pid for pid in found if pid != leader]


def wait_for(condition, seconds: float = 10.0, what: str = "it") -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} has not come within {seconds} s"
        time.sleep(0.02)
