"""The best mapping of every dataflow, and of every pair of dimensions that alone are unrolled.

Each is a proof of its own, within a pin. All of them start from what is known: no part has a
better mapping than the whole, whose bound is a bound of each, and the mapping of one may be one of
another. Dataflows share the lists of options and split the cases of one proof among them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import combinations

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints, Pin, SpatialPin, StationaryPin
from dmaze_cp.cost.terms import loops
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import SpecError
from dmaze_cp.levels import DRAM, NONE, OPERANDS, SPM
from dmaze_cp.mapper import map_layer
from dmaze_cp.objective import Objective
from dmaze_cp.pinning import check_pins
from dmaze_cp.result import Known, LayerResult, Slice, Status
from dmaze_cp.workload import Layer


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
    names = (*OPERANDS, NONE)
    parts = {
        (dram, spm): (StationaryPin(DRAM, (dram,)), StationaryPin(SPM, (spm,)))
        for dram in names
        for spm in names
    }
    return _best_of(
        parts.items(), layer, architecture, objective, constraints, time_limit, engine, known, stop
    )


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
        All pairs of dimensions that have more than one iteration, in the layer's order; where
        there is only one, that one.
    """
    dims = [d for d in loops(layer.kind) if layer.bounds[d] > 1] or list(loops(layer.kind))[:1]
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
    least = known.bound if known is not None and known.bound is not None else 0
    first = known.mapping if known is not None else None
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
            known=Known(first, least),
            stop=stop,
            tie_break=False,
            reasons=False,
        )
        first = first or result.mapping
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
