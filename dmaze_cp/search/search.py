"""One search of a layer: for the best mapping, or several, and their proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace

from dmaze_cp.cp.parameters import DEFAULT_SOLVER, SolverOptions
from dmaze_cp.engine import DEFAULT_ENGINE, Engine
from dmaze_cp.errors import ProofError
from dmaze_cp.mapspace import tilings_count
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.result import NOTHING_KNOWN, Incumbent, Known, SearchStats
from dmaze_cp.search.equals import Decision, among_equals, count_optima
from dmaze_cp.search.incumbent import Best, Found
from dmaze_cp.search.loop import close_all, start
from dmaze_cp.search.prepared import Prepared
from dmaze_cp.search.run import Run
from dmaze_cp.search.scoring import score_known
from dmaze_cp.search.settings import DEFAULTS, SearchSettings


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What a search returns.

    Attributes
    ----------
    best
        The best mapping found, or None.
    bound
        Proven lower bound of the objective (inf: proven that no mapping fits).
    complete
        The search ended by itself, not at a limit.
    stats
        What was done and how long it took.
    tie_bound
        Proven lower bound of what decides between mappings of least cost; None where that is
        not asked or the least cost is not proven.
    ranked
        The best mappings, best first, as many as were asked for and are there.
    proven
        So many of them, from the first on, are proven to be the best.
    optima, optima_complete
        How many mappings of least cost were seen, and whether there are no others.
    kinds
        Where only the best of each kind counts: the kinds that may have something better, each
        with a proven lower bound of that.
    """

    best: Found | None
    bound: float
    complete: bool
    stats: SearchStats
    tie_bound: float | None = None
    ranked: tuple[Found, ...] = ()
    proven: int = 0
    optima: int = 0
    optima_complete: bool = False
    kinds: Mapping[Hashable, float] = field(default_factory=dict)


MOST_OPTIMA = 1000
"""Mappings of least cost are counted up to here."""


def search(
    prepared: Prepared,
    objective: Objective,
    *,
    time_limit: float,
    gap: float = 0.0,
    engine: Engine = DEFAULT_ENGINE,
    solver: SolverOptions = DEFAULT_SOLVER,
    stop: Callable[[], bool] | None = None,
    on_progress: Callable[[Incumbent], None] | None = None,
    known: Known = NOTHING_KNOWN,
    quick: bool = False,
    cutoff: int | None = None,
    within: tuple[CostLimit, ...] = (),
    tie_break: Objective | None = None,
    count: int = 1,
    settings: SearchSettings = DEFAULTS,
) -> SearchResult:
    """Find and prove the best mapping of a map-space.

    Parameters
    ----------
    prepared
        Tilings, what they must satisfy, and the cases of the cost.
    time_limit
        Wall seconds.
    gap
        Stop once ``(value - bound) / value`` is at most this.
    engine
        What decides the nodes that bounds leave open.
    solver
        Settings of CP-SAT.
    stop
        Polled; the search ends soon after it returns True.
    on_progress
        Called with the incumbent and the bound when one of them has changed.
    known
        Mapping and bound to start from.
    quick
        End after the first bound of every case and the mappings scored with it, however
        long these take.
    cutoff
        Mappings that cost so much or more are of no interest: the search ends with a bound
        of at least the cutoff if there is no cheaper one.
    within
        What else a mapping may cost at most: all else is as if these were all mappings.
    tie_break
        What the mapping has least of among those of least cost, and is proven to have; only
        where no gap is good enough.
    count
        How many of the best mappings are wanted. Of more than one, with what decides between
        equals, the tiling decides last, and mappings of least cost are counted. They are of
        different kinds, if the map-space is prepared so.
    settings
        Sizes that trade speed, none of which changes the answer.
    """
    began = time.monotonic()

    def time_left() -> float:
        return began + time_limit - time.monotonic()

    def ended() -> bool:
        return time_left() <= 0 or (stop is not None and stop())

    def report(value: int | None, bound: float) -> None:
        if on_progress is not None:
            bound = max(bound, known.bound)
            on_progress(Incumbent(value, bound, time.monotonic() - began))

    decider = tie_break if gap == 0 and not quick else None
    decides = decider is not None
    best = Best(
        objective,
        gap,
        cutoff,
        within=within,
        tie_break=decider,
        count=count,
        kinds=prepared.kinds,
        by_tiling=count > 1 and decides,
        equals=decides,
        aside=decides,
        most_optima=MOST_OPTIMA if count > 1 and decides else 0,
    )
    run = Run(prepared, settings, engine, best, ended, time_left, report, floor=known.bound)
    map_space = tilings_count(prepared.space.layer, prepared.space.constraints.padding)
    run.stats = SearchStats(map_space=map_space, engine=str(engine))
    if known.mapping is not None:
        score_known(best, prepared.space, known.mapping)
    if known.bound > best.target():
        return SearchResult(best.found, _checked(run, known, 0), True, run.stats)
    if count == 1 and _is_settled(best, known):
        return SearchResult(best.found, _checked(run, known, 0), True, run.stats, known.tie_bound)
    start(run, insist=quick)
    run.tell()
    complete = not run.open or (not quick and close_all(run, solver))
    bound = _checked(run, known, run.bound)
    found = SearchResult(best.found, bound, complete, run.stats, ranked=best.ranked)
    if best.kinds:
        kinds = {kind for node in run.open for kind in node.kinds}
        found = replace(found, kinds={kind: run.bound_of(kind) for kind in kinds})
    if not decides or best.value is None or bound < best.value:
        return found
    return _decided(run, solver, found)


def _decided(run: Run, solver: SolverOptions, found: SearchResult) -> SearchResult:
    """What a search has proven of a ranking, its best being proven: equals are decided for."""
    best, unseen = run.best, run.unseen
    # While the last is not yet known, those before what is left are proven all the same.
    waits = bool(run.open) and best.count > 1
    decision = Decision(0) if waits else among_equals(run, solver)
    proven = sum(each.value(best.objective) < unseen for each in best.ranked)
    if not run.open:
        proven = max(proven, decision.ranks)
    counted = best.most_optima > 0 and not run.open and count_optima(run, solver)
    least, first = decision.bound, best.found
    # All that cost as little as the first were scored: what is left costs more.
    scored = not run.open and not best.kinds and best.value != best.last
    scored = scored or (best.value is not None and best.value < unseen)
    if scored and first is not None and best.tie_break is not None:
        least = first.value(best.tie_break)
    return replace(
        found,
        best=first,
        stats=run.stats,
        tie_bound=least,
        ranked=best.ranked,
        proven=proven,
        optima=len(best.optima),
        optima_complete=counted,
    )


def _is_settled(best: Best, known: Known) -> bool:
    """Whether what is known is a proven optimum, and proven to be one that ties are decided for."""
    if best.found is None or best.tie_break is None or known.tie_bound is None:
        return False
    return known.bound >= best.found.value(best.objective) and known.tie_bound >= best.found.value(
        best.tie_break
    )


def _checked(run: Run, known: Known, bound: float) -> float:
    """The better of a bound and the one that was known, unless that contradicts a mapping."""
    found, value = run.best.found, run.best.value
    if value is not None and known.bound > value:
        space = run.prepared.space
        raise ProofError(
            f"the known bound {known.bound!r} is above the {run.best.objective} {value!r} of "
            f"a mapping ({found}) of {space.layer} on {space.architecture} within "
            f"{space.constraints}"
        )
    return max(bound, known.bound)
