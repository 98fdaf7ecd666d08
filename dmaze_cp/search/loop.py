"""The loop over nodes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from dmaze_cp.cost.batch import Ints
from dmaze_cp.cp.parameters import DEFAULT_SOLVER, SolverOptions
from dmaze_cp.engine import DEFAULT_ENGINE, Engine
from dmaze_cp.errors import ProofError
from dmaze_cp.mapspace import tilings_count
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.relaxation.dual import Schedule
from dmaze_cp.result import NOTHING_KNOWN, Incumbent, Known, SearchStats
from dmaze_cp.search.bounding import AGAIN, FIRST, FULL, bound_nodes, within
from dmaze_cp.search.incumbent import Best, Found
from dmaze_cp.search.node import Node, anew, keep, root, split
from dmaze_cp.search.prepared import Prepared
from dmaze_cp.search.run import Run
from dmaze_cp.search.scoring import combinations, score, score_known
from dmaze_cp.search.settings import DEFAULTS, SearchSettings

HEADS = 5
"""In each round, nodes whose best mappings are scored for an incumbent."""

WORTHWHILE = 0.5
"""A node that has lost this share of its tilings is bounded again before it is split."""


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
    """

    best: Found | None
    bound: float
    complete: bool
    stats: SearchStats
    tie_bound: float | None = None


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
    best = Best(objective, gap, cutoff, within=within, tie_break=decider)
    run = Run(prepared, settings, engine, best, ended, time_left, report, floor=known.bound)
    run.stats = SearchStats(map_space=tilings_count(prepared.space.layer), engine=str(engine))
    if known.mapping is not None:
        score_known(best, prepared.space, known.mapping)
    if known.bound > best.target:
        return SearchResult(best.found, _checked(run, known, 0), True, run.stats)
    if decider is not None and _is_settled(best, known):
        return SearchResult(best.found, _checked(run, known, 0), True, run.stats, known.tie_bound)
    _start(run, insist=quick)
    run.tell()
    complete = not run.open or (not quick and _close_all(run, solver))
    bound = _checked(run, known, run.bound)
    tie_bound = None
    if decider is not None and best.value is not None and bound >= best.value:
        tie_bound = break_ties(run, solver)
    return SearchResult(best.found, bound, complete, run.stats, tie_bound)


def break_ties(run: Run, solver: SolverOptions) -> float:
    """Find the mapping that ties are decided for among those of least cost, and prove it.

    Where the first search has closed a node, every mapping in it that costs as little has been
    scored, and what decides was compared: a search that breaks ties is interested in costs up
    to the incumbent's. What is left are nodes that were set aside because their bound is the
    least cost. In these, what decides is minimised, with the least cost as a limit.

    Returns
    -------
    float
        Proven: among the mappings of least cost none has less of what decides.
    """
    best = run.best
    if best.value is None or best.tie_break is None:
        return 0.0
    only_best = (*best.within, CostLimit(best.objective, best.value))
    among = Best(best.tie_break, found=best.found, within=only_best)
    second = Run(
        run.prepared,
        run.settings,
        run.engine,
        among,
        run.ended,
        run.time_left,
        lambda _value, _bound: None,
        stats=run.stats,
    )
    waiting = run.tied + run.open
    second.open = [anew(node, best.tie_break) for node in waiting if not run.is_beyond(node)]
    if second.open and not second.ended():
        _close_all(second, solver)
    run.stats = second.stats
    if among.found is not None:
        if among.found.value(best.objective) < best.value:
            raise ProofError(
                f"a mapping ({among.found}) costs less than {best.value!r}, the proven "
                f"{best.objective} of {run.prepared.space.layer} on "
                f"{run.prepared.space.architecture} within {run.prepared.space.constraints}"
            )
        best.found = among.found
    return second.bound


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


def _start(run: Run, insist: bool) -> None:
    """Score small cases whole; open a node for every other, with a rough bound."""
    for case in run.prepared.cases:
        run.count(cases=1)
        node = root(run.prepared, case, run.best.objective)
        if node.size <= run.settings.scored and run.engine is not Engine.CP_SAT:
            _score(run, node, inf)
            run.close(node)
            run.count(cases_scored=1, nodes_scored=1)
        else:
            run.open.append(node)
    if run.open and (insist or not run.ended()):
        _bound(run, run.open, FIRST)
        _score_heads(run, run.open)


def _bound(run: Run, nodes: Sequence[Node], schedule: Schedule) -> None:
    began = time.monotonic()
    bound_nodes(run.prepared, run.best, nodes, schedule)
    run.count(bound_s=time.monotonic() - began)


def _score_heads(run: Run, nodes: Sequence[Node]) -> None:
    """Score the mappings around the least reduced costs of the nodes with the least bounds."""
    for node in sorted(nodes, key=lambda n: n.log_bound)[:HEADS]:
        if not run.is_beyond(node):
            room = run.log_target(node) - node.bound.log_value
            _score(run, node, room, run.settings.head, trim=True)


def _score(
    run: Run, node: Node, room: float, most: int | None = None, *, trim: bool = False
) -> int | None:
    """Score combinations within some room; of more than `most`, none or the cheapest."""
    began = time.monotonic()
    space = run.prepared.space
    picked = combinations(
        space.table, node.options, node.case.limits, node.bound.reduced, room, most, trim
    )
    scored = None if picked is None else score(run.best, space, node, picked)
    run.count(rescore_s=time.monotonic() - began, candidates=scored or 0)
    return scored


def _close_all(run: Run, solver: SolverOptions) -> bool:
    """Close all nodes; False if time runs out."""
    if run.engine is Engine.BOUNDS:
        return _close_by_splitting(run)
    if not _reduce(run):
        return False
    if not run.open:
        return True
    # The solver takes a while to load.
    from dmaze_cp.search.solving import close_by_solving

    return close_by_solving(run, solver)


def _reduce(run: Run) -> bool:
    """Bound all nodes, drop options, close what can be closed; False if time runs out."""
    fresh, schedule = list(run.open), FULL
    while fresh:
        if run.ended():
            return False
        _bound(run, fresh, schedule)
        schedule = AGAIN
        _score_heads(run, fresh)
        smaller = []
        for node in sorted(fresh, key=lambda n: n.log_bound):
            if run.ended():
                return False
            left = [] if _is_scored(run, node) else _pruned(run, node)
            run.open.remove(node)
            run.open += left
            smaller += [n for n in left if n.size <= WORTHWHILE * node.size]
        fresh = smaller
        run.tell()
    return True


def _is_scored(run: Run, node: Node) -> bool:
    """Close a node by scoring all that may be better, if the engine does and it is little."""
    if run.engine is Engine.CP_SAT or run.is_beyond(node):
        return False
    room = run.log_target(node) - node.bound.log_value
    if _score(run, node, room, run.settings.scored) is None:
        return False
    run.close(node)
    run.count(nodes_scored=1)
    return True


def _pruned(run: Run, node: Node) -> list[Node]:
    """What a bound leaves of a node: nothing, or the options that leave room."""
    if run.is_beyond(node):
        run.close(node)
        run.count(nodes_bounded=1)
        return []
    room = run.log_target(node) - node.bound.log_value
    kept = within(node, room)
    if run.engine is Engine.CP_SAT:
        kept = _joint(run, node, room) or kept
        if not len(kept[0]):
            run.close(node)
            run.count(nodes_bounded=1)
            return []
    if all(len(k) == len(o) for k, o in zip(kept, node.options, strict=True)):
        return _unless_tied(run, node)
    run.closed = min(run.closed, run.best.target + 1)
    return _unless_tied(run, keep(run.prepared, node, kept))


def _unless_tied(run: Run, node: Node) -> list[Node]:
    """A node, unless it holds nothing better, but perhaps equals: then it is set aside."""
    if not run.is_tied(node):
        return [node]
    run.tied.append(node)
    return []


def _joint(run: Run, node: Node, room: float) -> list[Ints] | None:
    """For each group, the options of the combinations that leave room; None if these are many.

    Like `within`, but reduced costs are added up over all groups, and limits count too.
    """
    places = [np.arange(len(o)) for o in node.options]
    picked = combinations(
        run.prepared.space.table,
        node.options,
        node.case.limits,
        node.bound.reduced,
        room,
        run.settings.scored,
    )
    if picked is None:
        return None
    return [p[np.isin(o, left)] for p, o, left in zip(places, node.options, picked, strict=True)]


def _close_by_splitting(run: Run) -> bool:
    """Bound, score and split nodes until all are closed; False if time runs out."""
    fresh, schedule = list(run.open), FULL
    while fresh:
        if run.ended():
            return False
        _bound(run, fresh, schedule)
        schedule = AGAIN
        _score_heads(run, fresh)
        following: list[Node] = []
        for node in sorted(fresh, key=lambda n: n.log_bound):
            if run.ended():
                return False
            parts = _advance(run, node)
            run.open.remove(node)
            run.open += parts
            following += parts
        fresh = following
        run.tell()
    return True


def _advance(run: Run, node: Node) -> list[Node]:
    """Close a node, or what is left of it: one smaller node, or two halves."""
    if _is_scored(run, node):
        return []
    left = _pruned(run, node)
    if left and left[0].size > WORTHWHILE * node.size:
        return split(run.prepared, left[0])
    return left
