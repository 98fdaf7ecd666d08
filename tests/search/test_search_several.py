"""The best mappings, and how many are optimal, against all pairs of a tiling and a dataflow."""

from __future__ import annotations

import random

import pytest

from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.engine import Engine
from dmaze_cp.objective import Objective
from dmaze_cp.search import search
from dmaze_cp.search.prepared import prepared
from tests.kit.examples import PARTS, share
from tests.kit.oracle.brute_force import every_pair
from tests.kit.patience import HANG_S
from tests.kit.random_layers import random_layer
from tests.search.test_search_ties import SETTINGS
from tests.search.test_soundness import random_architecture


def check_several(seed: int) -> None:
    rng = random.Random(seed)
    layer = random_layer(rng, (30, 2000))
    arch = random_architecture(rng, layer)
    pairs = every_pair(layer, arch)
    ready = prepared(layer.shape, arch, NO_CONSTRAINTS)
    if not pairs or ready is None:
        return
    for objective in Objective:
        count = rng.choice((2, 3, 10, 40))
        options = rng.choice(SETTINGS)
        chosen = {**options, "engine": Engine(options["engine"])}
        where = f"seed {seed}, {count} for {objective}, {options}: {layer} on {arch}"
        found = search(
            ready,
            objective,
            time_limit=HANG_S,
            tie_break=objective.tie_break,
            count=count,
            **chosen,
        )
        expected = sorted(
            ((objective.of(e, t), objective.tie_break.of(e, t), *rest) for e, t, *rest in pairs)
        )
        assert found.complete, where
        assert found.proven == len(found.ranked) == min(count, len(pairs)), where
        mine = [
            (f.value(objective), f.value(objective.tie_break), *identity(ready, f))
            for f in found.ranked
        ]
        assert mine == expected[:count], where
        assert found.tie_bound == expected[0][1], where
        optima = sum(value == expected[0][0] for value, *_ in expected)
        assert found.optima == min(optima, 1000), where
        assert found.optima_complete == (optima < 1000), where


def identity(ready, found):
    """Factors, dimension by dimension, and what is stationary."""
    factors = []
    for group, option in zip(ready.space.groups, found.options, strict=True):
        for d in range(len(group.dimensions)):
            factors += group.factors[:, d, option].tolist()
    return tuple(factors), found.dataflow.dram, found.dataflow.spm


@pytest.mark.parametrize("seed", [*range(3), 3005, 3044])
def test_the_best_are_those_of_brute_force(seed):
    check_several(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_the_best_of_many_random_problems(part):
    for seed in share(3000, part):
        check_several(seed)
