"""The largest utilisation that a mapping has equals brute force over all tilings."""

from __future__ import annotations

import random

import pytest

from dmaze_cp.constraints import Constraints, UtilizationPin
from dmaze_cp.padding import NO_PADDING
from dmaze_cp.search.reaching import most
from tests.kit.examples import PARTS, share
from tests.kit.oracle import brute_force as oracle
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import wide_machine
from tests.search.test_soundness import random_architecture


def check(seed: int) -> None:
    rng = random.Random(f"reaching {seed}")
    layer = random_layer(rng, (20, 400))
    arch = (wide_machine if seed % 3 == 0 else random_architecture)(rng, layer)
    tilings = oracle.all_tilings(layer)
    valid = tilings[oracle.is_valid(layer, arch, tilings)]
    for level in ("PE", "RF", "SPM"):
        where = f"seed {seed}, {level}: {layer} on {arch}"

        def reaches(least, level=level) -> bool:
            pins = Constraints((UtilizationPin(level, least),))
            return bool(oracle.is_allowed(layer, arch, pins, valid).any())

        found = most(layer.shape, arch, UtilizationPin(level, 1.0), NO_PADDING)
        if not len(valid):
            assert found is None, where
            continue
        assert found is not None, where
        assert reaches(found), where
        assert found == 1.0 or not reaches(min(found * (1 + 1e-9), 1.0)), where
        lower = found * rng.random()
        assert most(layer.shape, arch, UtilizationPin(level, lower), NO_PADDING) == lower, where


@pytest.mark.parametrize("seed", range(6))
def test_the_largest_share_equals_brute_force(seed) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_the_largest_share_of_many_more_equals_brute_force(part) -> None:
    for seed in share(1000, part):
        check(seed)
