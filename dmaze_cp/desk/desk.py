"""The desk: looks questions up, hands them out, and keeps the answers.

Whoever has questions, a run of networks or a sweep over designs, brings a schedule that says
which is searched for next; everything else about answering them is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from dmaze_cp.desk.events import DeskEvent, NoWorker, RowsDistrusted, StoreFailed
from dmaze_cp.desk.inquiry import Inquiry
from dmaze_cp.desk.settings import RunSettings
from dmaze_cp.errors import SpecError
from dmaze_cp.execution.backend import Backend, in_this_process
from dmaze_cp.execution.cluster import cluster
from dmaze_cp.execution.engine import Watcher, run_tasks
from dmaze_cp.execution.processes import processes
from dmaze_cp.execution.schedule import Schedule
from dmaze_cp.execution.server import cores
from dmaze_cp.execution.task import Message, Task
from dmaze_cp.question import Question
from dmaze_cp.result import Ending, Incumbent, LayerResult
from dmaze_cp.store import BadRowError, Store


class Client(Protocol):
    """Whoever brings the questions: told of what becomes of them, in one thread."""

    def inquiry(self, ticket: int) -> Inquiry:
        """What a ticket of the schedule stands for."""

    def heard(self, inquiry: Inquiry, incumbent: Incumbent | None) -> None:
        """A search has begun (no incumbent) or has come further."""

    def answered(self, ticket: int, last: bool) -> None:
        """A search has ended, and its result is noted and kept; whether no other follows."""


@dataclass(frozen=True)
class _Noting:
    """A schedule whose results are noted before it hears of them."""

    schedule: Schedule
    client: Client

    def room(self, width: int) -> int:
        return self.schedule.room(width)

    def next(self) -> tuple[int, Task] | None:
        following = self.schedule.next()
        if following is not None:
            self.client.inquiry(following[0]).running = True
        return following

    def done(self, ticket: int, result: LayerResult) -> bool:
        inquiry = self.client.inquiry(ticket)
        inquiry.running = False
        asked = inquiry.question
        inquiry.note(replace(result, layer=asked.layer, architecture=asked.architecture))
        return self.schedule.done(ticket, result)


class Desk:
    """Answers questions by a store, as long as there is one, and by searching.

    Parameters
    ----------
    settings
        How to search, and where.
    store
        The store, if there is one.
    tell
        Told of rows that are bad, of a store that fails and is not used any more, and of a
        cluster without workers.
    """

    def __init__(
        self, settings: RunSettings, store: Store | None, tell: Callable[[DeskEvent], None]
    ) -> None:
        self.settings = settings
        self._store = store
        self._tell = tell

    def look_up(self, inquiries: Iterable[Inquiry]) -> int:
        """Note what is known of each; of how many something is.

        What a bad row was for is searched anew, and `keep` replaces the row.
        """
        bad: list[str] = []
        found = 0
        for inquiry in inquiries:
            result = self._get(inquiry.question, bad)
            if result is None:
                continue
            found += 1
            inquiry.note(result)
            if inquiry.is_answered:
                inquiry.final = True
                inquiry.result = (inquiry.result or result).as_ended(Ending.GAP)
        if bad:
            self._tell(RowsDistrusted(tuple(bad)))
        return found

    def search(
        self, schedule: Schedule, client: Client, count: int, stop: Callable[[], bool]
    ) -> None:
        """Search as the schedule says until it has no more, or `stop` returns True.

        Parameters
        ----------
        count
            How many questions are open.
        """

        def heard(message: Message) -> None:
            client.heard(client.inquiry(message.ticket), message.incumbent)

        def found(ticket: int, result: LayerResult, last: bool) -> None:
            inquiry = client.inquiry(ticket)
            if not result.failed:
                # Another design may have proven more in the meantime.
                better = result.bound is not None and inquiry.bound > result.bound
                self.keep(inquiry, replace(result, bound=inquiry.bound) if better else result)
            client.answered(ticket, last)

        watcher = Watcher(heard, found, lambda: self._tell(NoWorker()))
        with backend_for(self.settings, count) as backend:
            run_tasks(_Noting(schedule, client), backend, watcher, stop)

    def keep(self, inquiry: Inquiry, result: LayerResult | None = None) -> None:
        """Put a result of a question into the store; by default the best that is known."""
        known = result or inquiry.result
        if self._store is None or known is None:
            return
        asked = inquiry.question
        try:
            self._store.put(replace(known, layer=asked.layer, architecture=asked.architecture))
        except SpecError as error:
            # A full disk, say, or a row that contradicts it: no reason to lose what is found.
            self._fail(error)

    def _get(self, question: Question, bad: list[str]) -> LayerResult | None:
        if self._store is None:
            return None
        try:
            return self._store.get(question)
        except BadRowError as error:
            bad.append(_line(error))
        except SpecError as error:
            self._fail(error)
        return None

    def _fail(self, error: SpecError) -> None:
        self._store = None
        self._tell(StoreFailed(_line(error)))


def backend_for(settings: RunSettings, tasks: int) -> AbstractContextManager[Backend]:
    """Where so many tasks run."""
    jobs = min(cores() if settings.jobs is None else settings.jobs, tasks)
    if settings.scheduler is not None:
        return cluster(settings.scheduler, jobs)
    return in_this_process() if jobs == 1 else processes(jobs)


def _line(error: SpecError) -> str:
    return "; ".join(str(problem) for problem in error.problems)
