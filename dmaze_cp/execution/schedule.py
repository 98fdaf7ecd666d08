"""Which task comes next.

`HardestFirst` gives each task all the time it may take, the longest first, so that no
core waits for a long one at the end. `Budget` divides a total time: every task first gets
a mapping and a bound, then the time goes where it lowers the total gap most.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, isinf
from typing import Final, Protocol

from dmaze_cp.execution.task import Task
from dmaze_cp.result import Known, LayerResult

QUEUED_PER_WORKER: Final = 4
"""Tasks a backend is given beyond those that run, so that no worker waits for the next."""

FIRST_SLICE_S: Final = 2.0
"""Least time of a search under a total time limit; most layers are proven in less."""

SLICE_GROWTH: Final = 2.0
"""A search begins anew from its mapping and bound each time, so it gets more time."""


class Schedule(Protocol):
    """Hands out tasks by ticket (their place in the list), and hears of the results."""

    def room(self, width: int) -> int:
        """How many tasks to hand to a backend that runs `width` at a time."""

    def next(self) -> tuple[int, Task] | None:
        """The next task, or None if there is none now."""

    def done(self, ticket: int, result: LayerResult) -> bool:
        """Note a result; whether it is the task's last."""


class HardestFirst:
    """Every task once, the longest first."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        order = sorted(range(len(tasks)), key=lambda t: tasks[t].difficulty)
        self._tasks = tasks
        self._waiting = order

    def room(self, width: int) -> int:
        """Enough that no worker waits."""
        return (1 + QUEUED_PER_WORKER) * width

    def next(self) -> tuple[int, Task] | None:
        """The longest task that is left."""
        if not self._waiting:
            return None
        ticket = self._waiting.pop()
        return ticket, self._tasks[ticket]

    def done(self, ticket: int, result: LayerResult) -> bool:  # noqa: ARG002
        """Note a result: each is final."""
        return True


@dataclass
class _Account:
    """What one task has had and what it has come to."""

    task: Task
    instances: Mapping[Hashable, int]
    known: Known
    value: int | None = None
    slice_s: float = FIRST_SLICE_S
    spent_s: float = 0.0
    begun: bool = False
    running: bool = False
    closed: bool = False

    @property
    def left_s(self) -> float:
        return self.task.time_limit_s - self.spent_s

    @property
    def open_cost(self) -> float:
        """How much less one instance may cost, as far as is known."""
        return inf if self.value is None else max(0.0, self.value - self.known.bound)


class Budget:
    """Divides a total time among tasks.

    Parameters
    ----------
    tasks
        The time limit of each holds for all its turns together.
    instances
        For each task, how often it occurs in each of the totals it is part of.
    total_s
        Wall seconds from now on; first mappings are found however long they take.
    """

    def __init__(
        self, tasks: Sequence[Task], instances: Sequence[Mapping[Hashable, int]], total_s: float
    ) -> None:
        self._deadline = time.monotonic() + total_s
        self._accounts = [
            _Account(task, counts, task.known)
            for task, counts in zip(tasks, instances, strict=True)
        ]
        # Quick ones first: as many layers as possible have a mapping as soon as possible.
        self._first = sorted(range(len(tasks)), key=lambda t: -tasks[t].difficulty)
        self._width = 1

    def room(self, width: int) -> int:
        """Only as many as run: who comes next depends on their results."""
        self._width = max(1, width)
        return width

    def next(self) -> tuple[int, Task] | None:
        """A task without a mapping, else the largest contribution to the total gap."""
        if self._first:
            ticket = self._first.pop()
            account = self._accounts[ticket]
            account.running = True
            return ticket, replace(account.task, quick=True)
        left = self._deadline - time.monotonic()
        ready = [
            t for t, a in enumerate(self._accounts) if not (a.closed or a.running) and a.left_s > 0
        ]
        if left <= 0 or not ready:
            return None
        totals = self._totals()
        ticket = max(ready, key=lambda t: self._contribution(self._accounts[t], totals))
        account = self._accounts[ticket]
        account.running = True
        fair = left * self._width / sum(not a.closed for a in self._accounts)
        account.slice_s = min(max(account.slice_s, fair), left, account.left_s)
        task = replace(account.task, known=account.known).within(account.slice_s)
        return ticket, task

    def done(self, ticket: int, result: LayerResult) -> bool:
        """Note a result; whether the task gets no further turn."""
        account = self._accounts[ticket]
        account.running = False
        account.known = Known(result.mapping or account.known.mapping, _bound(account, result))
        if account.begun:
            account.spent_s += account.slice_s
            account.slice_s *= SLICE_GROWTH
        account.begun = True
        account.value = result.value
        account.closed = account.task.question.is_answered_by(result) or result.failed
        over = time.monotonic() >= self._deadline or account.left_s <= 0
        return account.closed or over

    def _totals(self) -> Counter[Hashable]:
        """Cost of each network so far."""
        totals: Counter[Hashable] = Counter()
        for account in self._accounts:
            for total, count in account.instances.items():
                totals[total] += count * (account.value or 0)
        return totals

    @staticmethod
    def _contribution(account: _Account, totals: Counter[Hashable]) -> float:
        """The sum of the task's shares in the relative gaps of the totals it is part of."""
        open_cost = account.open_cost
        if isinf(open_cost):
            return inf
        return sum(n * open_cost / (totals[t] or 1) for t, n in account.instances.items())


def _bound(account: _Account, result: LayerResult) -> float:
    bound = result.bound if result.bound is not None and isfinite(result.bound) else 0.0
    return max(account.known.bound, bound)
