"""Rankings of two searches beside each other: whether both can be right."""

from __future__ import annotations

from collections.abc import Hashable

from dmaze_cp.levels import PE
from dmaze_cp.mapping import Diversity
from dmaze_cp.result import Alternative, LayerResult


def ranking_is_covered(first: LayerResult, second: LayerResult) -> bool:
    """Whether a second search has proven as many ranks and counted as many optima as the first."""
    one, other = first.ranking, second.ranking
    if one is None or other is None:
        return second.is_final and second.mapping is None
    counted = other.optima_complete if one.optima_complete else other.optima >= one.optima
    return counted and other.proven >= one.proven


def ranking_contradiction(first: LayerResult, second: LayerResult) -> str:
    """What keeps two rankings of one map-space from both being right; empty where nothing does.

    The order is a complete one: by cost, by what decides between equals, by tiling, by dataflow. So
    what both have proven is the same mapping, rank by rank; and none but the mappings that are
    ranked before is better than a rank that one has proven.
    """
    if first.ranking is None or second.ranking is None:
        return ""
    mine, its = _ranked(first), _ranked(second)
    proven = first.ranking.proven, second.ranking.proven
    for rank, (one, other) in enumerate(zip(mine, its, strict=False), 1):
        if rank <= min(proven) and _key(one) != _key(other):
            costs = [_told(each, first) for each in (one, other)]
            return f"rank {rank}: a mapping of {costs[0]}, says one proof; one of {costs[1]}"
    for ranked, count, found in ((mine, proven[0], its), (its, proven[1], mine)):
        before = {_kind(each, first.ranking.diverse) for each in ranked[:count]}
        for each in found if before else ():
            is_new = _kind(each, first.ranking.diverse) not in before
            if is_new and _order(each, first) < _order(ranked[count - 1], first):
                told = _told(each, first)
                return f"rank {count}: nothing before it was left out; a mapping of {told} was"
    return _count_contradiction(first, second)


def _count_contradiction(first: LayerResult, second: LayerResult) -> str:
    """Numbers of mappings of least cost that cannot both be right."""
    for one, other in ((first.ranking, second.ranking), (second.ranking, first.ranking)):
        if one is None or other is None or not one.optima_complete:
            continue
        if one.optima < other.optima or (other.optima_complete and one.optima != other.optima):
            return f"mappings of least cost: {one.optima_text}; {other.optima_text}"
    return ""


def _ranked(result: LayerResult) -> tuple[Alternative, ...]:
    """All mappings of a ranking, from the best on."""
    if result.ranking is None or result.mapping is None:
        return ()
    assert result.dataflow is not None and result.cost is not None  # noqa: PT018, S101 - mapped
    best = Alternative(result.mapping, result.dataflow, result.cost)
    return (best, *result.ranking.alternatives)


def _key(each: Alternative) -> Hashable:
    """Which mapping it is; where on the array its loops are plays no part."""
    return each.mapping.factors, each.dataflow


def _kind(each: Alternative, diverse: Diversity | None) -> Hashable:
    """What tells ranked mappings apart."""
    if diverse is Diversity.DATAFLOW:
        return each.dataflow
    if diverse is Diversity.UNROLLING:
        return frozenset(d for d, factor in each.mapping.level(PE).items() if factor > 1)
    return _key(each)


def _order(each: Alternative, result: LayerResult) -> tuple[int, int]:
    """What mappings are ranked by first."""
    costs = each.cost.energy_pj, each.cost.latency_cycles
    return result.objective.of(*costs), result.objective.tie_break.of(*costs)


def _told(each: Alternative, result: LayerResult) -> str:
    value, decides = _order(each, result)
    return f"{result.objective} {value} and {result.objective.tie_break} {decides}"
