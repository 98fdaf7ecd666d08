"""A search that keeps its promises and not more: for what schedules make of results.

Bounds and mappings are drawn at random among those that a search may return; so rough
first searches, cutoffs, gaps and time limits matter for layers of any size.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from functools import cache

from dmaze_cp.cost import evaluate, fits
from dmaze_cp.engine import Engine
from dmaze_cp.levels import LEVELS, NONE, OPERANDS
from dmaze_cp.mapper import map_layer
from dmaze_cp.mapping import Dataflow, Mapping, stationary_order
from dmaze_cp.result import Ending, LayerResult, Status
from tests.kit.oracle.brute_force import BruteForce, all_tilings, brute_force, is_valid


class Adversary:
    """In the place of `dmaze_cp.mapper.map_layer`.

    Parameters
    ----------
    rng
        Where its whims come from.
    out_of_time
        How often a search that may take its time runs out of it.

    Attributes
    ----------
    asked
        How often it was asked each question, in the form (layer, architecture).
    rough
        How often for a rough first answer only.
    """

    def __init__(self, rng: random.Random, out_of_time: float = 0.0) -> None:
        self._rng = rng
        self._out_of_time = out_of_time
        self.asked: Counter = Counter()
        self.rough: Counter = Counter()

    def __call__(
        self, layer, architecture, objective, *, known, quick, cutoff, gap, **others
    ) -> LayerResult:
        figures = replace(architecture, name="", notes="")
        self.asked[layer.shape, figures] += 1
        self.rough[layer.shape, figures] += quick
        best = replace(_best(layer.shape, figures, objective), layer=layer)
        if best.status is Status.INFEASIBLE:
            return best
        assert known.bound <= best.value, "a bound that was passed on is wrong"
        assert cutoff is None or cutoff > known.bound, "nothing is left to show"
        whim = self._rng.random()
        if quick:
            return self._rough(best, known, known.bound, Ending.TIME_LIMIT)
        if whim < self._out_of_time:
            return self._rough(best, known, known.bound, Ending.TIME_LIMIT)
        if cutoff is not None and cutoff <= best.value and whim < 0.9:
            return self._rough(best, known, cutoff, Ending.CUTOFF)
        if gap > 0 and whim < 0.9:
            rough = self._rough(best, known, int(best.value * (1 - gap)) + 1, Ending.GAP)
            if rough.gap is not None and rough.gap <= gap:
                return rough
        return best

    def _rough(self, best: LayerResult, known, at_least: int, ended: Ending) -> LayerResult:
        """Any mapping no worse than the known one, and any bound from some bound on."""
        rng = self._rng
        kept = [m for m in (known.mapping, *_mappings(best)) if m is not None]
        found = best.mapping if rng.random() < 0.2 else rng.choice(kept)
        results = [_priced(best, each) for each in (found, known.mapping) if each is not None]
        result = min(results, key=lambda r: r.value)
        bound = rng.randint(at_least, best.value) if rng.random() < 0.8 else at_least
        if bound >= result.value:
            return best
        if known.mapping is None and rng.random() < 0.1:
            empty = replace(best, mapping=None, dataflow=None, cost=None, status=Status.UNKNOWN)
            return replace(empty, bound=bound).as_ended(ended)
        return replace(result, status=Status.FEASIBLE, bound=bound).as_ended(ended)


def exact(layer, architecture, objective, **others) -> LayerResult:
    """In the place of `dmaze_cp.mapper.map_layer`: what it proves of tiny layers, at once."""
    best = _best(layer.shape, replace(architecture, name="", notes=""), objective)
    mapping = best.mapping and replace(best.mapping, layer=layer)
    return replace(best, layer=layer, architecture=architecture, mapping=mapping)


@cache
def _best(layer, architecture, objective) -> LayerResult:
    """By brute force, which on layers so small takes a tenth of the time of a search."""
    best = getattr(_tried(layer, architecture), objective)
    if best is None:
        return map_layer(layer, architecture, objective, engine=Engine.BOUNDS)
    factors = tuple(tuple(best.tiling[level].values()) for level in LEVELS)
    # An order with no less reuse: where an operand is reused in part, all of its reuse.
    kept = [_stationary(reuse) for reuse in (best.reuse_dram, best.reuse_spm)]
    orders = (stationary_order(layer, each) for each in kept)
    mapping = Mapping(layer, factors, *orders)
    cost = evaluate(mapping, architecture)
    assert objective.of(cost.energy_pj, cost.latency_cycles) == best.value
    dataflow = Dataflow(*kept)
    return LayerResult(
        layer, architecture, objective, Status.OPTIMAL, mapping, dataflow, cost, bound=best.value
    )


@cache
def _tried(layer, architecture) -> BruteForce:
    return brute_force(layer, architecture)


def _stationary(reuse: tuple[int, ...]) -> str:
    return next((x for x, count in zip(OPERANDS, reuse, strict=True) if count > 1), NONE)


def _mappings(best: LayerResult) -> list[Mapping]:
    return _some_of(best.layer.shape, replace(best.architecture, name="", notes=""))


@cache
def _some_of(layer, architecture) -> list[Mapping]:
    """A few valid mappings, good or bad."""
    tilings = all_tilings(layer)
    valid = tilings[is_valid(layer, architecture, tilings)]
    some = valid[:: max(1, len(valid) // 6)]
    order = layer.dimensions
    return [Mapping(layer, tuple(map(tuple, t.tolist())), order, order) for t in some]


def _priced(best: LayerResult, mapping: Mapping) -> LayerResult:
    mapping = replace(mapping, layer=best.layer)
    assert not fits(mapping, best.architecture), "a mapping that was passed on does not fit"
    return replace(best, mapping=mapping, cost=evaluate(mapping, best.architecture))
