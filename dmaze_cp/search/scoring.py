"""Exact scores of combinations of options; the best becomes the incumbent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dmaze_cp.cost import evaluate
from dmaze_cp.cost.batch import BatchCost, Floats, Ints, Picked
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.errors import ProofError
from dmaze_cp.levels import NONE, SPM
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.mapspace import (
    MapSpace,
    dataflow_exists,
    mapping_at,
    options_of_mapping,
    stationary_exists,
    tiling_at,
)
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.relaxation.cases import Case
from dmaze_cp.search.incumbent import Best, Found
from dmaze_cp.search.node import Node

TIE = 1e-15
"""Products that differ relatively by less may be in the wrong order as doubles."""


def score(best: Best, space: MapSpace, node: Node, picked: Sequence[Ints]) -> int:
    """Score combinations of a node exactly, keep the best as incumbent; how many there were.

    What is not within the limits is left out.

    Raises
    ------
    ProofError
        When one of them costs less than the node's bound.
    """
    count = len(picked[0])
    if not count:
        return 0
    cost = BatchCost(space.table, node.case.model, picked)
    value, allowed = _values(best.objective, cost), _allowed(best.within, cost)
    if allowed is not None:
        if not len(allowed):
            return count
        value = value[allowed]
    least = float(value.min())
    if least < node.cost(best.objective) * (1 - 1e-14):
        raise ProofError(
            f"a mapping costs {least!r}, below the bound {node.cost(best.objective)!r} of its part "
            f"of the map-space ({node.case.case}) for {best.objective} of {space.layer} on "
            f"{space.architecture} within {space.constraints} and {best.within}"
        )
    last = best.last_of(node.kinds)
    if last is not None and least > last * (1 + TIE):
        return count
    if best.by_tiling or best.count > 1:
        first = _several(best, cost, value, allowed, picked, last)
    else:
        first = _first(best, cost, value, least, allowed)
    for place in first:
        best.offer(_found(space, node, picked, cost, int(place)))
    if len(best.optima) < best.most_optima and best.value is not None:
        _note_optima(best, space, node, picked, cost, allowed)
    return count


def _found(
    space: MapSpace, node: Node, picked: Sequence[Ints], cost: BatchCost, place: int
) -> Found:
    """One of a batch."""
    chosen = tuple(int(o[place]) for o in picked)
    energy, latency = int(cost.energy_pj[place]), int(cost.latency_cycles[place])
    case = node.case.case
    return Found(chosen, _flow_of(case, space, chosen), energy, latency, case)


def _several(
    best: Best,
    cost: BatchCost,
    value: Floats | Ints,
    allowed: Ints | None,
    picked: Sequence[Ints],
    last: int | None,
) -> Ints:
    """As many of a batch as are wanted, the best first, exactly.

    What decides between equals is what `Best` sorts by; the dataflow of a case's mappings
    follows from the tiling.

    Parameters
    ----------
    value, allowed
        Costs of the part of the batch that is within the limits, and which that is (None: all).
    last
        What mappings that are wanted cost at most (None: anything).
    """
    kinds = best.kinds.of_rows(picked)
    if kinds is not None and allowed is not None:
        kinds = kinds[allowed]
    least = _least_wanted(best, value, kinds)
    near = np.flatnonzero(value <= (least if last is None else np.minimum(least, last)) * (1 + TIE))
    kinds = None if kinds is None else kinds[near]
    if allowed is not None:
        near = allowed[near]
    exact: Any = _values(best.objective, cost)[near]
    if best.objective is Objective.EDP:
        exact = np.unique(_products(cost, near), return_inverse=True)[1]
    keys: list[Any] = [p[near] for p in reversed(picked)]
    if best.tie_break is not None:
        keys.append(_values(best.tie_break, cost)[near])
    order = np.lexsort((*keys, exact))
    if kinds is not None:
        first_of_each = np.unique(kinds[order], return_index=True)[1]
        order = order[np.sort(first_of_each)]
    chosen: Ints = near[order[: best.count]]
    return chosen


def _least_wanted(best: Best, value: Floats | Ints, kinds: Ints | None) -> Any:
    """What one of a batch costs at most that is among the best of the batch.

    Either a number, or one for each, where only the best of its kind counts (-1: none).
    """
    if kinds is None:
        if len(value) <= best.count:
            return float(value.max())
        return float(np.partition(value, best.count - 1)[best.count - 1])
    names, which = np.unique(kinds, return_inverse=True)
    least = np.full(len(names), np.inf)
    np.minimum.at(least, which, value)
    least[[name in best.settled for name in names.tolist()]] = -1.0
    return least[which]


def _note_optima(
    best: Best,
    space: MapSpace,
    node: Node,
    picked: Sequence[Ints],
    cost: BatchCost,
    allowed: Ints | None,
) -> None:
    """Note the mappings of a batch that cost as little as the best."""
    value, least = _values(best.objective, cost), best.value or 0
    if best.objective is Objective.EDP:
        same = np.flatnonzero((value >= least * (1 - TIE)) & (value <= least * (1 + TIE)))
        same = same[_products(cost, same) == least]
    else:
        same = np.flatnonzero(value == least)
    if allowed is not None:
        same = same[np.isin(same, allowed)]
    for place in same:
        if len(best.optima) >= best.most_optima:
            return
        best.optima.add(_found(space, node, picked, cost, int(place)).key)


def _allowed(within: Sequence[CostLimit], cost: BatchCost) -> Ints | None:
    """Which of a batch are within the limits, exactly; None: all."""
    if not within:
        return None
    good = np.ones(cost.shape, dtype=bool)
    for limit in within:
        value = _values(limit.objective, cost)
        if limit.objective is Objective.EDP:
            good &= (value <= limit.most * (1 + TIE)) & (value >= limit.least * (1 - TIE))
            inside = (value < limit.most * (1 - TIE)) & (value > limit.least * (1 + TIE))
            close = np.flatnonzero(good & ~inside)
            exact = _products(cost, close)
            good[close[(exact > limit.most) | (exact < limit.least)]] = False
        else:
            good &= (value <= limit.most) & (value >= limit.least)
    return np.flatnonzero(good)


def _first(
    best: Best, cost: BatchCost, value: Floats | Ints, least: float, allowed: Ints | None
) -> Ints:
    """The best of a batch, exactly, by what decides between equals as well.

    Doubles cannot tell products above 2**53 apart: the closest are compared as integers.
    """
    product = best.objective is Objective.EDP
    closest = np.flatnonzero(value <= least * (1 + TIE) if product else value == least)
    if allowed is not None:
        closest = allowed[closest]
    if product:
        exact = _products(cost, closest)
        closest = closest[exact == exact.min()]
    if best.tie_break is not None:
        closest = closest[[np.argmin(_values(best.tie_break, cost)[closest])]]
    return closest[:1]


def _products(cost: BatchCost, which: Ints) -> Any:
    """Exact energy times latency of some of a batch."""
    return _integers(cost.energy_pj[which]) * _integers(cost.latency_cycles[which])


def _values(objective: Objective, cost: BatchCost) -> Floats | Ints:
    if objective is Objective.ENERGY:
        return cost.energy_pj
    return cost.latency_cycles if objective is Objective.LATENCY else cost.edp


_integers = np.frompyfunc(int, 1, 1)
"""Python integers of any size, from doubles or 64-bit integers that hold integers."""


def _flow_of(case: Case, space: MapSpace, options: Sequence[int]) -> Dataflow:
    """The dataflow of one tiling of a case (a held operand may have no SPM loops)."""
    factors = tiling_at(space, [np.asarray(o) for o in options])
    exists = stationary_exists(space.layer.kind, case.spm, dict(factors[SPM]))
    return case.dataflow if bool(exists) else Dataflow(case.dram, NONE)


def score_known(best: Best, space: MapSpace, mapping: Mapping) -> None:
    """Make a known tiling the incumbent, with its best dataflow, if it is in the map-space."""
    options = options_of_mapping(space, mapping)
    if options is None:
        return
    picked = [np.array([o]) for o in options]
    at = Evaluation(Picked(space.table, picked))
    if not all(np.all(limit.holds(at)) for limit in space.limits):
        return
    tiling = tiling_at(space, picked)
    for flow in space.dataflows:
        if bool(np.all(dataflow_exists(space.layer.kind, flow, tiling))):
            cost = evaluate(mapping_at(space, options, flow), space.architecture)
            best.offer(Found(options, flow, cost.energy_pj, cost.latency_cycles))
