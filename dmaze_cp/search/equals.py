"""Which of several mappings of equal cost is ranked before which, and how many are optimal.

Where the first search has closed a node, every mapping in it that costs at most as much as the
last that is wanted has been scored: it is interested in costs up to that, and what decides between
equals was compared. What is left are nodes that were set aside because their bound is that cost:
their mappings cost as much or more. Among these

1. what decides between equals is minimised, with the cost as a limit;
2. of several mappings, those that are equal in that as well are all scored: their tilings decide.

A node that CP-SAT has set aside may also hold mappings that cost less. These have been scored and
are ranked before: the limit has a lower end, too.

Where only the best of each kind counts, nodes are set aside at the cost of the best of their kinds
as well. So this is done for every cost that is ranked, from the least on: for the mappings that
cost so much, of kinds that are not ranked before. Those of a kind whose best costs less are of no
interest; those of one whose best costs this were scored, or are in a node that was set aside.

Each is a search of its own of the nodes that are left; none is interested in less than the one
before, so that nothing that it needs was closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.engine import Engine
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.search.incumbent import Best
from dmaze_cp.search.kinds import ALL
from dmaze_cp.search.loop import close_all
from dmaze_cp.search.node import Node, anew
from dmaze_cp.search.run import Run


@dataclass(frozen=True)
class Decision:
    """How far it is proven which of equal mappings is ranked before which.

    Attributes
    ----------
    ranks
        So many of the ranked mappings, from the first on.
    bound
        No mapping that costs as much as the first for which it was decided, of those that are not
        ranked before, has less of what decides.
    """

    ranks: int
    bound: float = 0.0


def among_equals(run: Run, solver: SolverOptions) -> Decision:
    """Find the best of mappings of equal cost, and prove it."""
    if run.best.tie_break is None:
        return Decision(len(run.best.ranked))
    return _decided(run, run.best.tie_break, solver)


def _decided(run: Run, decider: Objective | None, solver: SolverOptions) -> Decision:
    """Rank what costs equally much by what decides; without that, by tiling."""
    best = run.best
    ranks, bound = 0, inf
    for value in _open_values(best):
        before = tuple(f for f in best.ranked if f.value(best.objective) < value)
        equal = tuple(f for f in best.ranked if f.value(best.objective) == value)
        after = best.ranked[len(before) + len(equal) :]
        others = frozenset(map(best.kind_of, (*before, *after))) if best.kinds else frozenset()
        among = Best(
            decider or best.objective,
            within=(*best.within, CostLimit(best.objective, value, value)),
            count=len(equal),
            kinds=best.kinds,
            settled=best.settled | others,
            by_tiling=best.by_tiling,
            ranked=equal,
            equals=best.by_tiling,
            aside=best.by_tiling and decider is not None,
        )
        left = [n for n in run.tied + run.open if n.cost(best.objective) <= value]
        if after:
            mine = frozenset(map(best.kind_of, equal))
            left = [node for node in left if node.kinds & mine]
        second = _run(run, among, left, Engine.BOUNDS if decider is None else run.engine, solver)
        complete = not second.open
        if complete and decider is not None and best.by_tiling:
            complete = _decided(second, None, solver).ranks == len(equal)
        best.ranked = (*before, *among.ranked, *after)
        bound = second.bound if bound == inf else bound
        if not complete:
            return Decision(ranks, bound)
        ranks = len(before) + len(equal)
    return Decision(len(best.ranked), 0.0 if bound == inf else bound)


def _open_values(best: Best) -> list[int]:
    """Costs of ranked mappings for which nodes may have been set aside, from the least on."""
    if not best.kinds:
        return [] if best.last is None else [best.last]
    return sorted({f.value(best.objective) for f in best.ranked})


def count_optima(run: Run, solver: SolverOptions) -> bool:
    """Note all mappings of least cost, up to as many as are counted; whether these are all.

    Only nodes that were set aside can hold one that was not scored.
    """
    best = run.best
    if best.value is None or len(best.optima) >= best.most_optima:
        return False
    within = (*best.within, CostLimit(best.objective, best.value))
    first = best.ranked[:1]
    counting = replace(best, within=within, aside=False, count=1, ranked=first, kinds=ALL)

    def enough() -> bool:
        return len(counting.optima) >= counting.most_optima

    left = [node for node in run.tied if node.cost(best.objective) <= best.value]
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
    made.open = [node for node in made.open if not made.is_beyond(node)]
    if made.open and not made.ended():
        close_all(made, solver)
    run.stats = made.stats
    return made
