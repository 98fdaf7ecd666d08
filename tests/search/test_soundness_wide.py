"""The proof on wider machines: results equal brute force over all tilings and loop orders."""

from __future__ import annotations

import random
from functools import partial

import pytest

from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.cost import fits
from dmaze_cp.mapper import map_layer
from dmaze_cp.objective import Objective
from tests.kit.examples import MANY, complaints_of
from tests.kit.oracle import brute_force as oracle
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import larger, wide_machine
from tests.search.test_soundness import (
    AS_IT_IS,
    BY_CP_SAT,
    BY_SPLITTING,
    random_constraints,
    solve,
    wrong_with,
)

ENGINES = {"as it is": AS_IT_IS, "by CP-SAT": BY_CP_SAT, "by splitting": BY_SPLITTING}


def wide_question(seed: int, tilings: tuple[int, int] = (30, 4000)):
    """A random question; a third of them have search options."""
    rng = random.Random(f"wide {seed}")
    layer = random_layer(rng, tilings)
    arch = wide_machine(rng, layer)
    return layer, arch, random_constraints(rng) if seed % 3 == 0 else NO_CONSTRAINTS


def complaints(seed: int, settings: dict[str, object]) -> list[str]:
    """What is wrong with the results of one random question, for all three objectives."""
    layer, arch, limits = wide_question(seed)
    best = oracle.brute_force(layer, arch, limits)
    found = []
    for objective in Objective:
        result = solve(layer, arch, objective, limits, settings)
        wrong = wrong_with(result, best.value(objective), arch, limits) or unplaced(result, arch)
        if wrong:
            found.append(f"seed {seed}, {objective}: {wrong}; {layer} on {arch} within {limits}")
    return found


def unplaced(result, arch) -> str:
    """Whether a mapping fails to say which PE loops are on the rows of an array."""
    if result.mapping is None:
        return ""
    placed = result.mapping.row_factors is not None
    return "" if placed == (arch.pe_array is not None) else "no row factors"


@pytest.mark.parametrize("settings", ENGINES.values(), ids=ENGINES)
def test_equals_brute_force_on_wider_machines(settings):
    for seed in range(6):
        assert complaints(seed, settings) == []


@pytest.mark.slow
@pytest.mark.parametrize("settings", ENGINES.values(), ids=ENGINES)
def test_equals_brute_force_on_many_more_wider_machines(settings):
    check = partial(complaints, settings=settings)
    assert complaints_of(check, range(10_000, 10_000 + 2 * MANY)) == []


def worse_on_the_larger(seed: int) -> list[str]:
    """Objectives whose optimum is worse on a machine that has more of something."""
    rng = random.Random(f"pair {seed}")
    layer, arch, _ = wide_question(seed)
    name, other = larger(rng, arch)
    found = []
    for objective in Objective:
        few, many = (map_layer(layer, a, objective) for a in (arch, other))
        if few.mapping is None:
            continue
        if many.value is None or many.value > few.value:
            found.append(f"seed {seed}, more {name}: {objective} {few.value} -> {many.value}")
        assert fits(few.mapping.on_rows(None), other) == ()
    return found


def test_no_optimum_is_worse_on_a_larger_machine():
    assert [text for seed in range(500, 504) for text in worse_on_the_larger(seed)] == []


@pytest.mark.slow
def test_no_optimum_is_worse_on_many_more_larger_machines():
    assert complaints_of(worse_on_the_larger, range(20_000, 20_000 + 2 * MANY)) == []
