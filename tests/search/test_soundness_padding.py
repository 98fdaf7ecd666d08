"""The proof over padded layers: results equal brute force over each of them."""

from __future__ import annotations

import random
from functools import partial

import pytest

from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.constraints import padded as padded_with
from dmaze_cp.objective import Objective
from dmaze_cp.padding import parse_padding
from tests.kit.examples import MANY, complaints_of
from tests.kit.oracle.brute_force import every_cost
from tests.kit.oracle.padding import best_of_all, bounds_of, padded_layers, tilings_of_all
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import wide_machine
from tests.search.test_soundness import random_constraints, solve, wrong_with
from tests.search.test_soundness_wide import ENGINES, unplaced


def padded_question(seed: int, most: int = 6000):
    """A random layer, machine and padding; a third of them have search options too."""
    rng = random.Random(f"padded {seed}")
    while True:
        layer = random_layer(rng, (8, 3000))
        texts = ["auto"] if rng.random() < 0.5 else []
        raised = rng.sample(layer.dimensions, rng.randint(0 if texts else 1, 2))
        texts += [f"{d}={rng.randint(1, 4)}" for d in raised]
        if tilings_of_all(layer, texts) <= most and bounds_of(layer, texts) != bounds_of(layer, []):
            break
    limits = random_constraints(rng) if seed % 3 == 0 else NO_CONSTRAINTS
    return layer, wide_machine(rng, layer), limits, texts


def complaints(seed: int, settings: dict[str, object]) -> list[str]:
    """What is wrong with the results of one random question, for all three objectives."""
    layer, arch, limits, texts = padded_question(seed)
    best = best_of_all(layer, arch, limits, texts)
    padded = padded_with(limits, parse_padding(texts))
    found = []
    for objective in Objective:
        result = solve(layer, arch, objective, padded, settings)
        wrong = wrong_with(result, best[str(objective)], arch, limits) or unplaced(result, arch)
        if not wrong and result.mapping is not None:
            raised = [one.extents for one in padded_layers(layer, texts)]
            wrong = "" if result.mapping.layer.extents in raised else "bounds that are not allowed"
        if wrong:
            found.append(f"seed {seed}, {objective}: {wrong}; {layer} on {arch} with {padded}")
    return found


@pytest.mark.parametrize("settings", ENGINES.values(), ids=ENGINES)
def test_equals_brute_force_over_padded_layers(settings):
    for seed in range(6):
        assert complaints(seed, settings) == []


@pytest.mark.slow
@pytest.mark.parametrize("settings", ENGINES.values(), ids=ENGINES)
def test_equals_brute_force_over_many_more_padded_layers(settings):
    check = partial(complaints, settings=settings)
    assert complaints_of(check, range(10_000, 10_000 + MANY)) == []


def tie_complaints(seed: int, settings: dict[str, object]) -> list[str]:
    """Objectives for which a mapping of least cost has more than need be of what decides."""
    layer, arch, limits, texts = padded_question(seed, most=1500)
    costs = [c for one in padded_layers(layer, texts) for c in every_cost(one, arch, limits)]
    padded = padded_with(limits, parse_padding(texts))
    found = []
    for objective in Objective if costs else ():
        result = solve(layer, arch, objective, padded, settings)
        best = min((objective.of(*cost), objective.tie_break.of(*cost)) for cost in costs)
        if (result.value, result.tie_value) != best or result.tie_bound != best[1]:
            found.append(f"seed {seed}, {objective}: {result.tie_value} where {best} is possible")
    return found


@pytest.mark.parametrize("settings", ENGINES.values(), ids=ENGINES)
def test_ties_are_broken_over_all_padded_layers(settings):
    for seed in range(50, 54):
        assert tie_complaints(seed, settings) == []
