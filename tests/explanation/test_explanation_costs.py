"""Limits on costs that leave no mapping: clashes and relaxations equal brute force."""

from __future__ import annotations

import random
from functools import cache, partial

import pytest

import dmaze_cp as dm
from dmaze_cp.constraints import Constraints, CostPin, FactorPin, Pin, Relation
from tests.kit.examples import PARTS, share
from tests.kit.oracle import brute_force as oracle
from tests.kit.patience import HANG_S
from tests.kit.pins import random_pins
from tests.kit.random_layers import random_layer
from tests.search.test_soundness import random_architecture


@cache
def question(seed: int):
    """A layer, machine and pins with one or two limits near what is possible at all."""
    rng = random.Random(f"cost clash {seed}")
    while True:
        layer = random_layer(rng, (30, 800))
        arch = random_architecture(rng, layer)
        pins = tuple(p for p in random_pins(rng, layer, 3).pins if not isinstance(p, CostPin))
        best = oracle.brute_force(layer, arch, Constraints(pins))
        if best.edp is not None:
            break
    limits = [
        CostPin(cost, int(best.value(cost) * rng.choice((0.6, 0.9, 0.999, 1, 1.02))))
        for cost in rng.choice((("energy",), ("latency",), ("energy", "latency")))
    ]
    return layer, arch, (*pins, *limits)


def costs_under(layer, arch, pins: tuple[Pin, ...]) -> list[tuple[int, int]]:
    """Energies and latencies of all mappings that satisfy pins, limits included."""
    limits = [p for p in pins if isinstance(p, CostPin)]
    others = Constraints(tuple(p for p in pins if not isinstance(p, CostPin)))
    return [
        cost
        for cost in oracle.every_cost(layer, arch, others)
        if all(cost[p.cost == "latency"] <= p.most for p in limits)
    ]


def value_of(pin: FactorPin, layer) -> int:
    return layer.bounds[pin.dimension] if pin.value is None else pin.value


def complaint(seed: int) -> str:
    layer, arch, pins = question(seed)
    under = partial(costs_under, layer, arch)
    clash = dm.explain(layer, arch, Constraints(pins), "energy", time_limit=HANG_S)
    if (clash is None) != bool(under(pins)):
        return f"{clash} for {pins}"
    if clash is None:
        return ""
    if not clash.irreducible:
        return "not proven irreducible"
    by_text = {str(pin): pin for pin in pins}
    core = tuple(by_text[member.text] for member in clash.members)
    if under(core):
        return f"{core} have a mapping"
    found = (
        f"{core} does not need {pin}"
        if not under(tuple(p for p in core if p is not pin))
        else wrong_relaxation(
            layer, pin, member.relaxation, tuple(p for p in pins if p != pin), under
        )
        for member, pin in zip(clash.members, core, strict=True)
    )
    return "; ".join(filter(None, found))


def wrong_relaxation(layer, pin, relaxation, others, under) -> str:
    """What is wrong with how far a part of a clash has to give way."""
    left = under(others)
    if relaxation is None or not left:
        return f"{pin} becomes {relaxation}" if relaxation or left else ""
    (instead,) = Constraints.parse(relaxation.text).pins
    possible = under((*others, instead))
    if not possible or relaxation.value != min(energy for energy, _ in possible):
        return f"{pin} becomes {relaxation}"
    if isinstance(pin, CostPin) and instead.most != min(c[pin.cost == "latency"] for c in left):
        return f"{pin} becomes {instead}, which is not the least"
    if isinstance(pin, FactorPin) and pin.relation is not Relation.EQUAL:
        low, high = sorted((value_of(pin, layer), instead.value))
        for value in range(low + 1, high):
            nearer = FactorPin(pin.level, pin.dimension, pin.relation, value)
            if under((*others, nearer)):
                return f"{pin} becomes {instead}, {nearer} is nearer"
    return ""


@pytest.mark.parametrize("seed", [*range(8), 1059])
def test_clashes_of_limits_are_minimal_and_relaxations_least(seed):
    assert complaint(seed) == "", f"{question(seed)}"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_clashes_of_limits_of_many_more(part):
    for seed in share(1000, part):
        assert complaint(seed) == "", f"seed {seed}: {question(seed)}"


def test_what_is_said_of_a_limit():
    layer = dm.Layer.gemm("small", {"X": 8, "Y": 8, "K": 8})
    least = dm.map_layer(layer, dm.Architecture(), "latency").value
    clash = dm.explain(layer, dm.Architecture(), Constraints.parse("latency<=3"), "latency")
    assert clash.text == f"latency<=3: latency is at least {least}"
    assert clash.members[0].relaxation.text == f"latency<={least}"
    assert clash.members[0].relaxation.value == least
