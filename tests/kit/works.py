"""Tasks that do as the name of their layer says, and a watcher that keeps what it is told."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.execution.backend import Backend
from dmaze_cp.execution.engine import Watcher, run_tasks
from dmaze_cp.execution.schedule import HardestFirst, Schedule
from dmaze_cp.execution.task import Link, Message, Task, run_task
from dmaze_cp.objective import Objective
from dmaze_cp.question import Options, Question
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.workload import Layer
from tests.kit.patience import HANG_S, wait_for

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
    return searching(Layer.gemm(name, {"X": size, "Y": 6, "K": 4}))


def searching(layer: Layer, **options: object) -> Task:
    return Task(Question(layer, ARCH, Objective.EDP, options=Options(**options)))  # type: ignore[arg-type]


def play(ticket: int, task: Task, link: Link) -> LayerResult:
    """Begin, do what the layer's name says, and end; the bound is the process's number."""
    verb, _, what = task.layer.name.partition(" ")
    if verb not in VERBS:
        return run_task(ticket, task, link)
    link.send(Message(ticket))
    odd = VERBS[verb](what, link)
    return answer(task, bound=float(os.getpid())) if odd is None else odd


def _sleep(seconds: str, link: Link) -> None:
    time.sleep(float(seconds))


def _wait(path: str, link: Link) -> None:
    """As a search does: until it is asked to finish; say in a file that it was."""
    wait_for(link.stopped)
    if path:
        Path(path).write_text("asked to finish")


def _die(seconds: str, link: Link) -> None:
    time.sleep(float(seconds or 0.1))  # what has been told is under way
    os.kill(os.getpid(), signal.SIGKILL)


def _die_once(path: str, link: Link) -> None:
    if not Path(path).exists():
        Path(path).touch()
        _die("", link)


def _mark(path: str, link: Link) -> None:
    """Tell the process's number in a file, and wait."""
    Path(path).write_text(str(os.getpid()))
    _wait("", link)


def _stuck(path: str, link: Link) -> None:
    """Hear nothing."""
    Path(path).write_text(str(os.getpid()))
    time.sleep(2 * HANG_S)


def _raise(error: Callable[[str], Exception]) -> Callable[[str, Link], None]:
    def fail(what: str, link: Link) -> None:
        raise error(what)

    return fail


VERBS: dict[str, Callable[[str, Link], Any]] = {
    "ok": lambda _, link: None,
    "sleep": _sleep,
    "wait": _wait,
    "die": _die,
    "die-once": _die_once,
    "exit": lambda code, link: os._exit(int(code)),
    "mark": _mark,
    "stuck": _stuck,
    "raise": _raise(ValueError),
    "unpicklable": _raise(lambda _: RuntimeError(threading.Lock())),
    "one-way": _raise(lambda _: TwoPartError("half", "way")),
    "memory": _raise(lambda _: MemoryError()),
    "refuse": _raise(lambda _: SpecError(Problem("layer", "something", "something else"))),
    "odd-result": lambda _, link: threading.Lock(),
}


def answer(
    task: Task, status: Status = Status.UNKNOWN, bound: float = 0.0, **fields: object
) -> LayerResult:
    return LayerResult(
        task.layer,
        task.question.architecture,
        task.question.objective,
        status,
        bound=bound,
        **fields,  # type: ignore[arg-type]
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
