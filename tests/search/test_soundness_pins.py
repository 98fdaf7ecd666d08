"""The proof under random pins: results equal brute force over all mappings that satisfy them."""

from __future__ import annotations

import random
from functools import partial

import pytest

from dmaze_cp.cost import evaluate
from dmaze_cp.objective import Objective
from tests.kit.examples import MANY, complaints_of
from tests.kit.oracle import brute_force as oracle
from tests.kit.pins import random_pins
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import wide_machine
from tests.search.test_soundness import (
    AS_IT_IS,
    BY_CP_SAT,
    BY_SPLITTING,
    random_architecture,
    solve,
    wrong_with,
)

AUTO = {"engine": "auto"}
ENGINES = {"as it is": AS_IT_IS, "by CP-SAT": BY_CP_SAT, "by splitting": BY_SPLITTING, "auto": AUTO}


def pinned_question(seed: int, tilings: tuple[int, int] = (30, 3000)):
    """A random layer, machine and pins; a third of the machines are wide."""
    rng = random.Random(f"pins {seed}")
    layer = random_layer(rng, tilings)
    make = wide_machine if seed % 3 == 0 else random_architecture
    return layer, make(rng, layer), random_pins(rng, layer)


def complaints(seed: int, settings: dict[str, object]) -> list[str]:
    """What is wrong with the results of one random question, for all three objectives."""
    layer, arch, limits = pinned_question(seed)
    best = oracle.brute_force(layer, arch, limits)
    found = []
    for objective in Objective:
        result = solve(layer, arch, objective, limits, settings)
        wrong = wrong_with(result, best.value(objective), arch, limits) or broken(result)
        if wrong:
            found.append(f"seed {seed}, {objective}: {wrong}; {layer} on {arch} within {limits}")
    return found


def broken(result) -> str:
    """Pins that the mapping found does not satisfy, by the oracle."""
    if result.mapping is None:
        return ""
    layer = result.layer
    tiling = oracle.np.array([result.mapping.factors])
    good = oracle.is_allowed(layer, result.architecture, result.constraints, tiling)[0]
    cost = evaluate(result.mapping, result.architecture)
    for level, place, reuse in (("DRAM", 0, cost.reuse_dram), ("SPM", 1, cost.reuse_spm)):
        loops, triple = result.mapping.factors[place], tuple(reuse[x] for x in "OIW")
        kept = oracle.kept_by(layer, loops, triple)
        good &= kept in oracle.may_keep(result.constraints, level)
        good &= kept == getattr(result.dataflow, level.lower())
    return "" if good else "the mapping breaks a pin"


@pytest.mark.parametrize("settings", ENGINES.values(), ids=ENGINES)
def test_equals_brute_force_under_pins(settings):
    for seed in range(8):
        assert complaints(seed, settings) == []


def test_pins_of_the_sample_say_something():
    """Some leave no mapping, some leave the optimum dearer, some do not touch it."""
    seen = set()
    for seed in range(12):
        layer, arch, limits = pinned_question(seed)
        free, pinned = (
            oracle.brute_force(layer, arch, some).value("edp") for some in (None, limits)
        )
        seen.add("none" if pinned is None else "same" if pinned == free else "dearer")
    assert seen == {"none", "same", "dearer"}


@pytest.mark.slow
@pytest.mark.parametrize("settings", ENGINES.values(), ids=ENGINES)
def test_equals_brute_force_under_pins_on_many_more(settings):
    check = partial(complaints, settings=settings)
    assert complaints_of(check, range(10_000, 10_000 + MANY)) == []
