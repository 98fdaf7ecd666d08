"""One search for one layer, as it is sent to a worker."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from dmaze_cp.errors import SpecError
from dmaze_cp.question import Question
from dmaze_cp.result import NOTHING_KNOWN, Ending, Incumbent, Known, LayerResult, Status
from dmaze_cp.workload import Layer

PROTOCOL: Final = 6
"""Raised when tasks or results change their form: coordinator and worker must agree."""

REPORT_EVERY_S: Final = 0.25
"""A running task tells how far it is at most this often."""


@dataclass(frozen=True)
class Task:
    """A question, and how it is searched this time.

    Attributes
    ----------
    question
        Of its layer, only the shape counts.
    known, quick, cutoff, reasons
        As in `dmaze_cp.mapper.map_layer`.
    """

    question: Question
    known: Known = NOTHING_KNOWN
    quick: bool = False
    cutoff: int | None = None
    reasons: bool = True
    protocol: int = PROTOCOL

    @property
    def layer(self) -> Layer:
        """Of the question."""
        return self.question.layer

    @property
    def difficulty(self) -> float:
        """How long it may take, in no particular unit."""
        return self.question.difficulty

    @property
    def case(self) -> Hashable:
        """Equal for tasks that share what is prepared before a search: of all objectives."""
        asked = self.question
        return asked.layer.shape, asked.architecture, asked.constraints

    @property
    def time_limit_s(self) -> float:
        """Wall seconds of this search."""
        return self.question.options.time_limit_s

    def within(self, time_limit_s: float) -> Task:
        """The same search with another time limit."""
        options = replace(self.question.options, time_limit_s=time_limit_s)
        return replace(self, question=replace(self.question, options=options))


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

    asked, options = task.question, task.question.options
    return map_layer(
        asked.layer,
        asked.architecture,
        asked.objective,
        time_limit=options.time_limit_s,
        gap=options.gap,
        constraints=asked.constraints,
        engine=options.engine,
        workers=options.solver.workers,
        seed=options.solver.seed,
        solver_params=options.solver.parameters,
        solver_log=options.solver.log,
        known=task.known,
        quick=task.quick,
        cutoff=task.cutoff,
        reasons=task.reasons,
        tie_break=options.tie_break,
        top_k=options.top_k,
        diverse=options.diverse,
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


def failure(task: Task, reason: str) -> LayerResult:
    """The result of a task whose search did not end by itself."""
    asked = task.question
    return LayerResult(
        asked.layer,
        asked.architecture,
        asked.objective,
        Status.UNKNOWN,
        bound=task.known.bound,
        reason=reason,
        constraints=asked.constraints,
        ended=Ending.FAILED,
    )
