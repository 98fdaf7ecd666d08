"""The best mapping of each of the best unrollings or dataflows, against all mappings."""

from __future__ import annotations

import random

import pytest

from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.engine import Engine
from dmaze_cp.mapping import Diversity
from dmaze_cp.objective import Objective
from dmaze_cp.search import search
from dmaze_cp.search.prepared import prepared
from tests.kit.examples import PARTS, share
from tests.kit.oracle.brute_force import every_pair
from tests.kit.patience import HANG_S
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import wide_machine
from tests.search.test_search_several import identity
from tests.search.test_search_ties import SETTINGS
from tests.search.test_soundness import random_architecture

LEVEL_COUNT = 4


def kind_of(row, diverse):
    """What a mapping unrolls over PEs, or its dataflow."""
    *_, factors, dram, spm = row
    if diverse is Diversity.DATAFLOW:
        return dram, spm
    return tuple(factor > 1 for factor in factors[LEVEL_COUNT - 1 :: LEVEL_COUNT])


def check_diverse(seed: int) -> None:
    rng = random.Random(f"diverse {seed}")
    layer = random_layer(rng, (30, 2000))
    arch = (wide_machine if seed % 4 == 3 else random_architecture)(rng, layer)
    pairs = every_pair(layer, arch)
    for objective in Objective:
        diverse = rng.choice(list(Diversity))
        count = rng.choice((2, 3, 5, 20, 200))
        options = rng.choice(SETTINGS)
        chosen = {**options, "engine": Engine(options["engine"])}
        where = f"seed {seed}, {count} {diverse} for {objective}, {options}: {layer} on {arch}"
        ready = prepared(layer.shape, arch, NO_CONSTRAINTS, diverse)
        if not pairs or ready is None:
            assert not pairs, where
            return
        every = sorted(
            (objective.of(e, t), objective.tie_break.of(e, t), *rest) for e, t, *rest in pairs
        )
        best = {}
        for row in every:
            best.setdefault(kind_of(row, diverse), row)
        decides = {} if rng.random() < 0.3 else {"tie_break": objective.tie_break}
        found = search(ready, objective, time_limit=HANG_S, count=count, **decides, **chosen)
        assert found.complete, where
        assert not found.kinds, where
        mine = [(f.value(objective), *identity(ready, f)) for f in found.ranked]
        expected = list(best.values())[:count]
        if not decides:
            assert [value for value, *_ in mine] == [value for value, *_ in expected], where
            assert len({kind_of(row, diverse) for row in mine}) == len(mine), where
            continue
        assert found.proven == len(found.ranked), where
        assert mine == [(value, *rest) for value, _, *rest in expected], where
        assert found.tie_bound == every[0][1], where
        optima = sum(value == every[0][0] for value, *_ in every)
        assert found.optima == min(optima, 1000), where
        assert found.optima_complete == (optima < 1000), where


@pytest.mark.parametrize("seed", range(8))
def test_the_best_of_each_kind_are_those_of_brute_force(seed):
    check_diverse(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_the_best_of_each_kind_of_many_random_problems(part):
    for seed in share(7000, part):
        check_diverse(seed)
