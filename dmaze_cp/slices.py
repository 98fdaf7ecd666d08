"""The best mapping of every dataflow, and of every pair of dimensions that alone are unrolled.

All of them start from what is known: no part has a better mapping than the whole, whose bound is a
bound of each. Dataflows split the cases of one proof among them: one search finds the best of each,
and what it is interested in is, in every case, what its dataflow has costs less. Of unrolled
dimensions each is a proof of its own, within a pin, and the mapping of one may be one of another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import combinations
from math import isfinite
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints, Pin, SpatialPin
from dmaze_cp.cost.terms import loops
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import SpecError
from dmaze_cp.levels import NONE, OPERANDS
from dmaze_cp.mapper import map_layer, priced
from dmaze_cp.mapping import Dataflow, Diversity
from dmaze_cp.mapspace import MapSpace, check_sizes, cost_limits, why_infeasible
from dmaze_cp.objective import Objective
from dmaze_cp.pinning import check_pins
from dmaze_cp.question import Options, check_objects, checked_objective
from dmaze_cp.result import NOTHING_KNOWN, Known, LayerResult, Slice, Status
from dmaze_cp.search import SearchResult, search
from dmaze_cp.search.prepared import prepared
from dmaze_cp.workload import Layer

_KEPT: Final = (*OPERANDS, NONE)


def per_dataflow(
    layer: Layer,
    architecture: Architecture,
    objective: Objective | str = Objective.EDP,
    *,
    constraints: Constraints = NO_CONSTRAINTS,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    engine: Engine | str = Engine.AUTO,
    known: LayerResult | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[Slice, ...]:
    """The best mapping of every dataflow: what is stationary at DRAM, and at SPM.

    Parameters
    ----------
    layer, architecture, objective, constraints, engine, stop
        As in `map_layer`.
    time_limit
        Wall seconds for all of them; at the limit each has the best mapping so far and its bound.
    known
        A result of the same question without the dataflow.

    Returns
    -------
    tuple of Slice
        All 16 pairs of O, I, W and none; `infeasible` where no mapping has it.

    Raises
    ------
    SpecError
        When an option makes no sense or a pin cannot hold.
    """
    began = time.monotonic()
    objective = checked_objective(objective)
    check_objects(Layer, layer)
    check_objects(Architecture, architecture)
    options = Options(time_limit, engine=engine)
    check_sizes([layer], architecture, constraints.padding)
    constraints = check_pins(layer, constraints)
    keys = [Dataflow(dram, spm) for dram in _KEPT for spm in _KEPT]
    space = None
    if why_infeasible(architecture) is None:
        space = prepared(layer.shape, architecture, constraints, Diversity.DATAFLOW)
    if space is None:
        return tuple(Slice((key.dram, key.spm), Status.INFEASIBLE) for key in keys)
    found = search(
        space,
        objective,
        time_limit=time_limit - (time.monotonic() - began),
        engine=Engine(options.engine),
        stop=stop,
        known=_known(known),
        within=cost_limits(constraints),
        count=len(keys),
    )
    return tuple(_of_dataflow(replace(space.space, layer=layer), objective, found, k) for k in keys)


def _of_dataflow(
    space: MapSpace, objective: Objective, found: SearchResult, flow: Dataflow
) -> Slice:
    """The best mapping of a dataflow, and how far it is proven to be that."""
    key, open_bound = (flow.dram, flow.spm), found.kinds.get(flow)
    best = next((each for each in found.ranked if each.dataflow == flow), None)
    bound: int | float | None = open_bound
    if bound is not None and objective is not Objective.EDP and isfinite(bound):
        bound = int(bound)
    if best is None:
        return Slice(key, Status.INFEASIBLE if bound is None else Status.UNKNOWN, bound=bound)
    priced_one = priced(space, objective, best)
    value, cost = best.value(objective), priced_one.cost
    proven = bound is None or bound >= value
    return Slice(
        key,
        Status.OPTIMAL if proven else Status.FEASIBLE,
        priced_one.mapping,
        cost.energy_pj,
        cost.latency_cycles,
        value,
        value if proven else bound,
    )


def _known(result: LayerResult | None) -> Known:
    """What a result of the whole says of its parts: none has a better mapping."""
    return NOTHING_KNOWN if result is None else Known(result.mapping, result.bound or 0)


def per_unrolling(
    layer: Layer,
    architecture: Architecture,
    objective: Objective | str = Objective.EDP,
    *,
    constraints: Constraints = NO_CONSTRAINTS,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    engine: Engine | str = Engine.AUTO,
    known: LayerResult | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[Slice, ...]:
    """The best mapping of every pair of dimensions, if no others are unrolled over PEs.

    Parameters and errors are those of `per_dataflow`.

    Returns
    -------
    tuple of Slice
        All pairs of dimensions that have more than one iteration, or may be padded to more, in the
        layer's order; where there is only one, that one.
    """
    check_objects(Layer, layer)
    largest = constraints.padding.largest(layer)
    dims = [d for d in loops(layer.kind) if largest[d] > 1] or list(loops(layer.kind))[:1]
    pairs = list(combinations(dims, min(2, len(dims))))
    parts = {pair: (SpatialPin(pair),) for pair in pairs}
    return _best_of(
        parts.items(), layer, architecture, objective, constraints, time_limit, engine, known, stop
    )


def _best_of(
    parts: Iterable[tuple[tuple[str, ...], tuple[Pin, ...]]],
    layer: Layer,
    architecture: Architecture,
    objective: Objective | str,
    constraints: Constraints,
    time_limit: float,
    engine: Engine | str,
    known: LayerResult | None,
    stop: Callable[[], bool] | None,
) -> tuple[Slice, ...]:
    """The best mapping within each of some sets of pins."""
    deadline = time.monotonic() + time_limit
    constraints, wanted = check_pins(layer, constraints), list(parts)
    start = _known(known)
    found: list[Slice] = []
    for key, pins in wanted:
        within = constraints.and_also(*pins)
        if not _can_hold(layer, within):
            found.append(Slice(key, Status.INFEASIBLE))
            continue
        left = (deadline - time.monotonic()) / (len(wanted) - len(found))
        result = map_layer(
            layer,
            architecture,
            objective,
            constraints=within,
            time_limit=max(left, 0.001),
            engine=engine,
            known=start,
            stop=stop,
            tie_break=False,
            reasons=False,
        )
        start = replace(start, mapping=start.mapping or result.mapping)
        found.append(_slice(key, result))
    return tuple(found)


def _can_hold(layer: Layer, constraints: Constraints) -> bool:
    """Whether pins do not exclude each other: a part that they leave nothing of is empty."""
    try:
        check_pins(layer, constraints)
    except SpecError:
        return False
    return True


def _slice(key: tuple[str, ...], result: LayerResult) -> Slice:
    cost = result.cost
    return Slice(
        key,
        result.status,
        result.mapping,
        None if cost is None else cost.energy_pj,
        None if cost is None else cost.latency_cycles,
        result.value,
        result.bound,
    )
