"""One search for one layer, as it is sent to a worker."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cp.parameters import DEFAULT_SOLVER, SolverOptions
from dmaze_cp.engine import DEFAULT_ENGINE, Engine
from dmaze_cp.errors import SpecError
from dmaze_cp.mapspace import tilings_count
from dmaze_cp.objective import Objective
from dmaze_cp.result import NOTHING_KNOWN, Ending, Incumbent, Known, LayerResult, Status
from dmaze_cp.workload import Layer

PROTOCOL: Final = 2
"""Raised when tasks or results change their form: coordinator and worker must agree."""

REPORT_EVERY_S: Final = 0.25
"""A running task tells how far it is at most this often."""

GROWTH: Final = 0.26
"""Time of a proof grows with this power of the number of tilings (docs/performance.md)."""


@dataclass(frozen=True)
class Task:
    """A layer, an architecture and an objective, and how to search.

    Attributes
    ----------
    layer
        Only its shape counts.
    time_limit_s, gap, engine, known, quick, cutoff
        As in `dmaze_cp.mapper.map_layer`.
    solver
        Settings of CP-SAT.
    """

    layer: Layer
    architecture: Architecture
    objective: Objective
    constraints: Constraints = NO_CONSTRAINTS
    time_limit_s: float = 60.0
    gap: float = 0.0
    engine: Engine | str = DEFAULT_ENGINE
    solver: SolverOptions = DEFAULT_SOLVER
    known: Known = NOTHING_KNOWN
    quick: bool = False
    cutoff: int | None = None
    protocol: int = PROTOCOL

    @property
    def difficulty(self) -> float:
        """How long it may take, in no particular unit."""
        return difficulty(self.layer)


@dataclass(frozen=True)
class Message:
    """What a worker tells of the task it works on; no incumbent when it has just begun."""

    ticket: int
    incumbent: Incumbent | None = None


class TaskError(RuntimeError):
    """A search has failed.

    Attributes
    ----------
    reason
        One line: type and text of the exception.
    details
        Its traceback.
    """

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason, details)
        self.reason = reason
        self.details = details

    def __str__(self) -> str:
        return self.reason

    @classmethod
    def of(cls, error: BaseException) -> TaskError:
        """An exception as text: not every one survives the way to another process."""
        text = " ".join(str(error).split()) or "no message"
        name = type(error).__name__
        return cls(f"{name}: {text}", "".join(traceback.format_exception(error)))


class Link(Protocol):
    """What a worker has of the coordinator."""

    def send(self, message: Message) -> None:
        """Tell the coordinator; never waits for it."""

    def stopped(self) -> bool:
        """Whether the coordinator asks to finish."""


def run_task(ticket: int, task: Task, link: Link) -> LayerResult:
    """Search, in a worker.

    Raises
    ------
    SpecError
        When the layer or an option is refused.
    TaskError
        When the search fails, or the coordinator runs another version of this package.
    """
    if task.protocol != PROTOCOL:
        raise TaskError(
            f"found a task of protocol {task.protocol}, expected {PROTOCOL}: "
            "workers and coordinator need the same version of dmaze-cp"
        )
    link.send(Message(ticket))
    try:
        return _search(ticket, task, link)
    except SpecError:
        raise
    except Exception as error:
        raise TaskError.of(error) from None


def _search(ticket: int, task: Task, link: Link) -> LayerResult:
    # Imported by workers only: the solver takes a while to load.
    from dmaze_cp.mapper import map_layer

    return map_layer(
        task.layer,
        task.architecture,
        task.objective,
        time_limit=task.time_limit_s,
        gap=task.gap,
        constraints=task.constraints,
        engine=task.engine,
        workers=task.solver.workers,
        seed=task.solver.seed,
        solver_params=task.solver.parameters,
        solver_log=task.solver.log,
        known=task.known,
        quick=task.quick,
        cutoff=task.cutoff,
        on_progress=_seldom(lambda incumbent: link.send(Message(ticket, incumbent))),
        stop=link.stopped,
    )


def _seldom(tell: Callable[[Incumbent], None]) -> Callable[[Incumbent], None]:
    last = -REPORT_EVERY_S

    def report(incumbent: Incumbent) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORT_EVERY_S:
            last = now
            tell(incumbent)

    return report


def difficulty(layer: Layer) -> float:
    """How long a layer's proof may take, in no particular unit."""
    return math.pow(tilings_count(layer), GROWTH)


def failure(task: Task, reason: str) -> LayerResult:
    """The result of a task whose search did not end by itself."""
    return LayerResult(
        task.layer,
        task.architecture,
        task.objective,
        Status.UNKNOWN,
        bound=task.known.bound,
        reason=reason,
        constraints=task.constraints,
        ended=Ending.FAILED,
    )
