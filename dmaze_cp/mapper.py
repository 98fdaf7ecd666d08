"""Map a layer to its proven best execution method."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, isfinite
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints, padded
from dmaze_cp.cost import Cost, evaluate, fits
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.engine import DEFAULT_ENGINE, DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import ProofError
from dmaze_cp.mapping import Diversity, Mapping
from dmaze_cp.mapspace import (
    MapSpace,
    broken_constraints,
    check_sizes,
    cost_limits,
    mapping_at,
    why_infeasible,
)
from dmaze_cp.objective import Objective
from dmaze_cp.padding import AsPadding
from dmaze_cp.pinning import check_padding, check_pins
from dmaze_cp.question import Options, check_objects, checked_objective
from dmaze_cp.result import (
    NOTHING_KNOWN,
    Alternative,
    Ending,
    Incumbent,
    Known,
    LayerResult,
    Ranking,
    SearchStats,
    Status,
)
from dmaze_cp.search import DEFAULTS, Found, SearchResult, SearchSettings, search
from dmaze_cp.search.prepared import Prepared, prepared
from dmaze_cp.search.why import why_none
from dmaze_cp.spec.documents import Reading
from dmaze_cp.workload import Layer


def map_layer(
    layer: Layer,
    architecture: Architecture,
    objective: Objective | str = Objective.EDP,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    gap: float = 0.0,
    constraints: Constraints = NO_CONSTRAINTS,
    engine: Engine | str = DEFAULT_ENGINE,
    workers: int = 1,
    seed: int = 0,
    solver_params: Sequence[tuple[str, str]] = (),
    solver_log: bool = False,
    known: Known = NOTHING_KNOWN,
    quick: bool = False,
    cutoff: int | None = None,
    on_progress: Callable[[Incumbent], None] | None = None,
    stop: Callable[[], bool] | None = None,
    tie_break: bool = True,
    top_k: int = 1,
    diverse: Diversity | str | None = None,
    reasons: bool = True,
    settings: SearchSettings = DEFAULTS,
    padding: AsPadding = None,
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
        Pins that mappings must satisfy.
    engine
        What decides the parts of the map-space that bounds leave open: ``auto``,
        ``cp-sat`` or ``bounds``. All prove the same optimum.
    workers, seed
        Threads and random seed of CP-SAT. One worker and the same seed give the same answer.
    solver_params, solver_log
        Further parameters of CP-SAT, as names and values of its text format, but none that
        would weaken a proof; whether its log goes to stderr.
    known
        A mapping and a bound to start from, of an earlier search for the same answer or
        proven in another way.
    quick
        Return with the first mapping and a rough bound, regardless of the time limit.
    cutoff
        Only mappings that cost less are of interest: where there is none, the search ends
        as soon as that is proven, with a bound of at least the cutoff.
    on_progress
        Called with incumbent and bound while the search runs.
    stop
        Polled; the search ends soon after it returns True, as at the time limit.
    tie_break
        Return, of all mappings of least cost, one of least energy (of least latency, where energy
        is minimised), and prove that too, within the same time. A gap above 0 leaves it out.
    top_k
        Find so many of the best mappings, pairs of a tiling and a dataflow, and prove that they
        are (`LayerResult.ranking`); not with a gap.
    diverse
        Of mappings that unroll the same dimensions (``unrolling``), or have the same dataflow
        (``dataflow``), only the best is ranked; with `top_k`.
    reasons
        Look for what makes it infeasible, where it is; else `reason` has all pins.
    settings
        Sizes that trade one part of the search for another; none changes the answer.
    padding
        What the layer's bounds may be raised to: ``"auto"``, ``{"C": 4}`` or texts such as
        ``["auto", "C=4"]``; left out, what `constraints` say. The answer is the best mapping
        of all the larger layers together, and the bound that of all.

    Returns
    -------
    LayerResult
        Also when there is no mapping: then `status` and `reason` say why.

    Raises
    ------
    SpecError
        When an option makes no sense, a pin cannot hold for the layer, or the layer is too
        large for the exact model.
    """
    began = time.monotonic()
    solver = SolverOptions(workers, seed, tuple(solver_params), solver_log)
    objective, options = _checked(
        objective,
        lambda: Options(time_limit, gap, engine, solver, top_k=top_k, diverse=diverse),
    )
    check_objects(Layer, layer)
    check_objects(Architecture, architecture)
    check_padding(layer, padding)
    constraints = padded(constraints, padding)

    check_sizes([layer], architecture, constraints.padding)
    constraints = check_pins(layer, constraints)

    def result(status: Status, **found: object) -> LayerResult:
        stats = SearchStats(engine=str(options.engine))
        fields = {"constraints": constraints, "stats": stats, **found}
        fields["solve_time_s"] = time.monotonic() - began
        return LayerResult(layer, architecture, objective, status, **fields)  # type: ignore[arg-type]

    def why() -> str:
        return why_none(layer, architecture, constraints) if reasons else str(constraints)

    reason = why_infeasible(architecture)
    space = None if reason else prepared(layer.shape, architecture, constraints, options.diversity)
    if space is None:
        return result(Status.INFEASIBLE, reason=reason or why())
    found = search(
        space,
        objective,
        time_limit=time_limit - (time.monotonic() - began),
        gap=gap,
        engine=Engine(options.engine),
        solver=solver,
        stop=stop,
        on_progress=on_progress,
        known=known,
        quick=quick,
        cutoff=cutoff,
        tie_break=objective.tie_break if tie_break or top_k > 1 else None,
        count=top_k,
        within=cost_limits(constraints),
        settings=settings,
    )
    return _to_result(layer, space, objective, found, result, stop, cutoff, options, why)


def top_k(
    layer: Layer,
    architecture: Architecture,
    k: int,
    objective: Objective | str = Objective.EDP,
    **options: Any,
) -> LayerResult:
    """The `k` best mappings of a layer, proven to be the best (`LayerResult.ranking`).

    Parameters
    ----------
    options
        As of `map_layer`.

    Raises
    ------
    SpecError
        As `map_layer`.
    """
    return map_layer(layer, architecture, objective, top_k=k, **options)


def _to_result(
    layer: Layer,
    prepared: Prepared,
    objective: Objective,
    found: SearchResult,
    result: Callable[..., LayerResult],
    stop: Callable[[], bool] | None,
    cutoff: int | None,
    options: Options,
    why: Callable[[], str],
) -> LayerResult:
    space = replace(prepared.space, layer=layer)
    if found.best is None and found.bound == inf:
        return result(Status.INFEASIBLE, reason=why(), stats=found.stats)
    bound: int | float = found.bound
    if objective is not Objective.EDP and isfinite(bound):
        bound = int(bound)
    if found.complete and cutoff is not None and found.bound >= cutoff:
        ended = Ending.CUTOFF
    elif found.complete and found.best is not None:
        ended = Ending.GAP
    else:
        ended = Ending.INTERRUPTED if stop is not None and stop() else Ending.TIME_LIMIT
    if found.best is None:
        text = ended.text(mapped=False)
        return result(Status.UNKNOWN, bound=bound, reason=text, ended=ended, stats=found.stats)
    mapping = mapping_at(space, found.best.options, found.best.dataflow)
    cost, value = evaluate(mapping, space.architecture), found.best.value(objective)
    _check(mapping, space.architecture, space.constraints, objective, cost, value)
    proven = found.bound >= value
    return result(
        Status.OPTIMAL if proven else Status.FEASIBLE,
        mapping=mapping,
        dataflow=found.best.dataflow,
        cost=cost,
        bound=value if proven else bound,
        reason=None if proven else ended.text(mapped=True),
        ended=Ending.PROVEN if proven else ended,
        stats=found.stats,
        tie_bound=None if found.tie_bound is None else int(found.tie_bound),
        ranking=_ranking(space, objective, found, options) if options.top_k > 1 else None,
    )


def _ranking(
    space: MapSpace, objective: Objective, found: SearchResult, options: Options
) -> Ranking:
    """The mappings after the best, each checked by itself."""
    others = tuple(priced(space, objective, each) for each in found.ranked[1:])
    counted = found.optima, found.optima_complete
    return Ranking(others, found.proven, *counted, options.diversity)


def priced(space: MapSpace, objective: Objective, found: Found) -> Alternative:
    """A mapping that a search has found, priced once more and checked by itself.

    Raises
    ------
    ProofError
        When it does not fit, breaks a limit, or costs something else.
    """
    mapping = mapping_at(space, found.options, found.dataflow)
    cost, value = evaluate(mapping, space.architecture), found.value(objective)
    _check(mapping, space.architecture, space.constraints, objective, cost, value)
    return Alternative(mapping, found.dataflow, cost)


def _check(
    mapping: Mapping,
    architecture: Architecture,
    constraints: Constraints,
    objective: Objective,
    cost: Cost,
    value: int,
) -> None:
    """Check a mapping by itself, in Python integers, whatever found it.

    Raises
    ------
    ProofError
        When it does not fit, breaks a limit, or costs something else.
    """
    again = objective.of(cost.energy_pj, cost.latency_cycles)
    wrong = [str(problem) for problem in fits(mapping, architecture)]
    if again != value:
        wrong.append(f"{objective}: found {again}, expected {value} as in the search")
    wrong += [str(problem) for problem in broken_constraints(mapping, architecture, constraints)]
    if wrong:
        raise ProofError(f"{'; '.join(wrong)}: {mapping} on {architecture}")


def _checked(
    objective: Objective | str, options: Callable[[], Options]
) -> tuple[Objective, Options]:
    reading = Reading()
    known, made = reading.part("", lambda: checked_objective(objective)), reading.part("", options)
    reading.end()
    assert known is not None and made is not None  # noqa: PT018, S101 - else problems
    return known, made
