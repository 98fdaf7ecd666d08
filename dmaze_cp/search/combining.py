"""Combinations of options that may be better than the incumbent.

They are made group by group. Two things keep them few: reduced costs that add up to more than the
room below the incumbent, and limits that are exceeded already.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from dmaze_cp.cost.batch import Bools, Floats, Ints, OptionTable, Picked
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.limits import Limit

CHECKED_EARLY = 2_000
"""Partial combinations are checked against the limits from so many on."""


def combinations(
    table: OptionTable,
    options: Sequence[Ints],
    limits: Sequence[Limit],
    reduced: Sequence[Floats] | None = None,
    room: float = inf,
    most: int | None = None,
    trim: bool = False,
) -> list[Ints] | None:
    """Combinations of options that satisfy all limits, one array of options a group.

    Parameters
    ----------
    table, options
        Options of each group that are left, as places in the table.
    limits
        Exact; each grows with every factor, so that partial combinations can be judged.
    reduced, room
        Only combinations whose reduced costs add up to at most `room`.
    most
        Give up (None) once there are more combinations than this at any stage; with `trim`,
        go on with less room instead, so that about so many of the cheapest are left.
    """
    count = len(options)
    order = sorted(range(count), key=lambda g: len(options[g]))
    picked: list[Ints | None] = [None] * count
    cost = np.zeros(1)
    for stage, g in enumerate(order):
        if reduced is None:
            ranked, costs = options[g], np.zeros(len(options[g]))
        else:
            by_cost = np.argsort(reduced[g], kind="stable")
            ranked, costs = options[g][by_cost], reduced[g][by_cost]
        each = np.searchsorted(costs, room - cost, side="right")
        total = int(each.sum())
        if total == 0:
            return [np.zeros(0, dtype=np.int64)] * count
        if most is not None and total > most:
            if not trim:
                return None
            room = _less_room(cost, costs, room, most)
            each = np.searchsorted(costs, room - cost, side="right")
            total = int(each.sum())
        before = np.repeat(np.arange(len(cost)), each)
        place = np.arange(total) - np.repeat(np.cumsum(each) - each, each)
        cost = cost[before] + costs[place]
        picked = [None if p is None else p[before] for p in picked]
        picked[g] = ranked[place]
        last = stage == count - 1
        if last or total >= CHECKED_EARLY:
            kept = np.flatnonzero(_possible(table, picked, options, limits, total))
            if len(kept) < total:
                cost = cost[kept]
                picked = [None if p is None else p[kept] for p in picked]
            if not len(kept):
                return [np.zeros(0, dtype=np.int64)] * count
    return [p for p in picked if p is not None]


def _less_room(first: Floats, second: Floats, room: float, most: int) -> float:
    """About the largest room that leaves at most so many pairs, but at least one."""
    low = float(first.min() + second[0])
    high = min(room, float(first.max() + second[-1]))
    for _ in range(20):
        middle = (low + high) / 2
        if int(np.searchsorted(second, middle - first, side="right").sum()) > most:
            high = middle
        else:
            low = middle
    return low


def _possible(
    table: OptionTable,
    picked: Sequence[Ints | None],
    options: Sequence[Ints],
    limits: Sequence[Limit],
    count: int,
) -> Bools:
    """Which partial combinations may satisfy the limits once they are complete."""
    good = np.ones(count, dtype=bool)
    smallest, largest = (Evaluation(Picked(table, picked, most, options)) for most in (False, True))
    for limit in limits:
        good &= limit.holds(largest if limit.most is None else smallest)
    return good
