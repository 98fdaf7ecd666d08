"""Capacities, search options and what a case demands: constraints on products of factors."""

from __future__ import annotations

from collections.abc import Sequence

from dmaze_cp.cost.array import Unplaced
from dmaze_cp.cost.limits import Limit
from dmaze_cp.cp.integers import NO_BOUND, SAFE
from dmaze_cp.cp.reading import Reading
from dmaze_cp.relaxation.cases import Demand


def add_limits(reading: Reading, limits: Sequence[Limit]) -> None:
    """Capacities (PEs, RF, banks with their ceilings) and minimum utilisations, in integers.

    A product that may be too large to be stated counts for its least value, and a lower limit
    on it is not stated: either way tilings are allowed that are not valid, never fewer.
    """
    integers = reading.integers
    for limit in limits:
        if isinstance(limit.node, Unplaced):
            continue  # `dmaze_cp.cp.array` states it with variables of its own
        value = reading.exact(limit.node)
        if limit.most is not None:
            integers.cap(value, limit.most)
            integers.row(integers.loosened(value), most=limit.most)
        if limit.least is not None and value.exact and value.high <= SAFE:
            integers.row(value, least=limit.least)


def add_demands(
    reading: Reading, demands: Sequence[Demand], enforced_by: int | None = None
) -> None:
    """Products that are at least so large in a case."""
    for demand in demands:
        value = reading.factors.product(demand.product)
        if value.exact:
            reading.integers.row(value, demand.least, NO_BOUND, enforced_by)
