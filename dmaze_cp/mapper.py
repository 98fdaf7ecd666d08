"""Map a layer, or all layers of a network, to their proven best execution methods."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from math import inf, isfinite

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapspace import MapSpace, build, check_sizes, mapping_at, why_infeasible
from dmaze_cp.objective import Objective
from dmaze_cp.result import Incumbent, LayerResult, Status, WorkloadResult
from dmaze_cp.search import SearchResult, search
from dmaze_cp.workload import Layer, Workload

DEFAULT_TIME_LIMIT_S = 60.0


def map_layer(
    layer: Layer,
    architecture: Architecture,
    objective: Objective | str = Objective.EDP,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    gap: float = 0.0,
    constraints: Constraints = NO_CONSTRAINTS,
    workers: int = 1,
    seed: int = 0,
    on_progress: Callable[[Incumbent], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> LayerResult:
    """Find the mapping of a layer with the least cost, and prove it.

    Parameters
    ----------
    layer, architecture
        What is mapped onto what.
    objective
        ``edp``, ``energy`` or ``latency``.
    time_limit
        Wall seconds; at the limit the best mapping so far is returned with its bound.
    gap
        Stop once the proven relative gap is at most this; 0 asks for the optimum.
    constraints
        Limits on the map-space.
    workers, seed
        Threads and random seed of CP-SAT. One worker and the same seed give the same answer.
    on_progress
        Called with incumbent and bound while the search runs.
    stop
        Polled; the search ends soon after it returns True, as at the time limit.

    Returns
    -------
    LayerResult
        Also when there is no mapping: then `status` and `reason` say why.

    Raises
    ------
    SpecError
        When an option makes no sense, or the layer is too large for the exact model.
    """
    began = time.monotonic()
    objective = _checked(objective, time_limit, gap, workers)

    def result(status: Status, **found: object) -> LayerResult:
        fields = {"constraints": constraints, "solve_time_s": time.monotonic() - began, **found}
        return LayerResult(layer, architecture, objective, status, **fields)  # type: ignore[arg-type]

    space = build(layer, architecture, constraints)
    reason = why_infeasible(layer, architecture)
    if reason is None and not all(len(group) for group in space.groups):
        reason = _overconstrained(constraints)
    if reason is not None:
        return result(Status.INFEASIBLE, reason=reason)
    found = search(
        space,
        objective,
        time_limit=time_limit - (time.monotonic() - began),
        gap=gap,
        workers=workers,
        seed=seed,
        stop=stop,
        on_progress=on_progress,
    )
    return _to_result(space, objective, found, result, stop)


def _to_result(
    space: MapSpace,
    objective: Objective,
    found: SearchResult,
    result: Callable[..., LayerResult],
    stop: Callable[[], bool] | None,
) -> LayerResult:
    ended = "interrupted" if stop is not None and stop() else "time limit"
    if found.best is None and found.bound == inf:
        reason = _overconstrained(space.constraints)
        return result(Status.INFEASIBLE, reason=reason, stats=found.stats)
    bound: int | float = found.bound
    if objective is not Objective.EDP and isfinite(bound):
        bound = int(bound)
    if found.best is None:
        reason = f"{ended}: no mapping found yet"
        return result(Status.UNKNOWN, bound=bound, reason=reason, stats=found.stats)
    mapping = mapping_at(space, found.best.options, found.best.dataflow)
    cost = evaluate(mapping, space.architecture)
    if objective.of(cost.energy_pj, cost.latency_cycles) != found.best.value:
        raise RuntimeError(f"the two cost models disagree on {mapping}")
    proven = found.bound >= found.best.value
    return result(
        Status.OPTIMAL if proven else Status.FEASIBLE,
        mapping=mapping,
        dataflow=found.best.dataflow,
        cost=cost,
        bound=found.best.value if proven else bound,
        reason=None if proven else "gap reached" if found.complete else ended,
        stats=found.stats,
    )


def map_workload(
    workload: Workload,
    architecture: Architecture,
    objective: Objective | str | Iterable[Objective | str] = Objective.EDP,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    gap: float = 0.0,
    constraints: Constraints = NO_CONSTRAINTS,
    workers: int = 1,
    seed: int = 0,
    on_progress: Callable[[Incumbent], None] | None = None,
    on_layer_start: Callable[[Layer, Objective], None] | None = None,
    on_layer_done: Callable[[LayerResult], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> WorkloadResult:
    """Map every layer of a network, for one objective or several.

    The options are those of `map_layer`, `time_limit` for each layer and objective.
    Equal layers are solved once; totals weigh a layer by its instances.

    Raises
    ------
    SpecError
        When an option makes no sense or a layer is too large, before anything is solved.
    """
    several = [objective] if isinstance(objective, str) else list(objective)
    objectives = tuple(_checked(each, time_limit, gap, workers) for each in several)
    check_sizes(workload, architecture)
    results: list[LayerResult] = []
    for layer in workload:
        for each in objectives:
            if stop is not None and stop():
                return WorkloadResult(workload, architecture, objectives, tuple(results), True)
            if on_layer_start is not None:
                on_layer_start(layer, each)
            mapped = map_layer(
                layer,
                architecture,
                each,
                time_limit=time_limit,
                gap=gap,
                constraints=constraints,
                workers=workers,
                seed=seed,
                on_progress=on_progress,
                stop=stop,
            )
            results.append(mapped)
            if on_layer_done is not None:
                on_layer_done(mapped)
    interrupted = stop is not None and stop()
    return WorkloadResult(workload, architecture, objectives, tuple(results), interrupted)


def _checked(objective: Objective | str, time_limit: float, gap: float, workers: int) -> Objective:
    problems = []
    if objective not in list(Objective):
        problems.append(Problem("objective", repr(objective), ", ".join(Objective)))
    if not time_limit > 0:
        problems.append(Problem("time_limit", repr(time_limit), "seconds above 0"))
    if not 0 <= gap < 1:
        problems.append(Problem("gap", repr(gap), "a fraction from 0 to below 1"))
    if workers < 1:
        problems.append(Problem("workers", repr(workers), "an integer of at least 1"))
    if problems:
        raise SpecError(problems)
    return Objective(objective)


def _overconstrained(constraints: Constraints) -> str:
    """Why a layer that fits by itself has no mapping within the user's limits."""
    limits = []
    for level in ("pe", "rf", "spm"):
        least = getattr(constraints, f"min_{level}_utilization")
        if least > 0:
            limits.append(f"min_{level}_utilization {least:g}")
    flags = ("no_feature_dram", "no_spatial_reduction")
    limits += [name for name in flags if getattr(constraints, name)]
    return f"constraints: found {', '.join(limits)}, expected limits that leave a mapping"
