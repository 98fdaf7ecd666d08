"""Which of the mappings that cost as much as the last that is wanted, and how many are optimal.

Where the first search has closed a node, every mapping in it that costs at most as much as the
last that is wanted has been scored: it is interested in costs up to that, and what decides between
equals was compared. What is left are nodes that were set aside because their bound is that cost:
their mappings cost as much or more. Among these

1. what decides between equals is minimised, with the cost as a limit;
2. of several mappings, those that are equal in that as well are all scored: their tilings decide.

A node that CP-SAT has set aside may also hold mappings that cost less. These have been scored and
are ranked before: the limit has a lower end, too.

Each is a search of its own of the nodes that are left; none is interested in less than the one
before, so that nothing that it needs was closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.engine import Engine
from dmaze_cp.objective import CostLimit
from dmaze_cp.search.incumbent import Best
from dmaze_cp.search.loop import close_all
from dmaze_cp.search.node import Node, anew
from dmaze_cp.search.run import Run


def among_equals(run: Run, solver: SolverOptions) -> tuple[float, bool]:
    """Find the best of the mappings that cost as much as the last that is wanted, and prove it.

    Returns
    -------
    tuple of float and bool
        Proven: none of those that cost as much, beyond those that are ranked before, has less of
        what decides; and whether the ranking is proven to its end.
    """
    best = run.best
    if best.last is None or best.tie_break is None:
        return 0.0, True
    before = tuple(f for f in best.ranked if f.value(best.objective) < best.last)
    equal = best.ranked[len(before) :]
    several = best.count > 1
    within = (*best.within, CostLimit(best.objective, best.last, best.last))
    among = Best(
        best.tie_break,
        within=within,
        count=len(equal),
        by_tiling=several,
        ranked=equal,
        equals=several,
        aside=several,
    )
    left = [node for node in run.tied + run.open if not run.is_beyond(node)]
    second = _run(run, among, left, run.engine, solver)
    complete, bound = not second.open, second.bound
    if complete and several and among.last is not None:
        limits = (*within, CostLimit(best.tie_break, among.last))
        last = replace(among, within=limits, aside=False)
        left = [node for node in second.tied if not second.is_beyond(node)]
        third = _run(run, last, left, Engine.BOUNDS, solver)
        among, complete = last, not third.open
    best.ranked = (*before, *among.ranked)
    return bound, complete


def count_optima(run: Run, solver: SolverOptions) -> bool:
    """Note all mappings of least cost, up to as many as are counted; whether these are all.

    Only nodes that were set aside can hold one that was not scored.
    """
    best = run.best
    if best.value is None or len(best.optima) >= best.most_optima:
        return False
    if best.last != best.value:
        return True
    within = (*best.within, CostLimit(best.objective, best.value))
    counting = replace(best, within=within, aside=False)

    def enough() -> bool:
        return len(counting.optima) >= counting.most_optima

    left = [node for node in run.tied if not run.is_beyond(node)]
    third = _run(run, counting, left, Engine.BOUNDS, solver, enough)
    return not third.open and not enough()


def _run(
    run: Run,
    best: Best,
    nodes: Sequence[Node],
    engine: Engine,
    solver: SolverOptions,
    enough: Callable[[], bool] = lambda: False,
) -> Run:
    """A search of some nodes of another; its time and statistics are shared."""
    made = Run(
        run.prepared,
        run.settings,
        engine,
        best,
        lambda: enough() or run.ended(),
        run.time_left,
        lambda _value, _bound: None,
        stats=run.stats,
    )
    made.open = [anew(node, best.objective) for node in nodes]
    if made.open and not made.ended():
        close_all(made, solver)
    run.stats = made.stats
    return made
