"""Why there is no mapping: clashes, and the least that each part has to give way."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from functools import cache

import pytest

import dmaze_cp as dm
from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints, UtilizationPin
from dmaze_cp.cp.clash import Capacity, Demand, FitModel, demands_on
from dmaze_cp.cp.relaxing import relaxed, with_demand
from dmaze_cp.errors import NoSolutionError
from dmaze_cp.result import layer_result_from_dict, layer_result_record
from dmaze_cp.result.clash import clash_from_dict, clash_record
from dmaze_cp.workload import Layer
from tests.kit.examples import PARTS, share
from tests.kit.oracle import brute_force as oracle
from tests.kit.patience import HANG_S
from tests.kit.pins import random_pins
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import wide_machine
from tests.search.test_soundness import random_architecture

PLENTY = 2**20


@cache
def question(seed: int) -> tuple[Layer, Architecture, Constraints]:
    """A random question in which something may well clash; every third machine is wide."""
    rng = random.Random(f"clash {seed}")
    layer = random_layer(rng, (30, 1500))
    arch = (wide_machine if seed % 3 == 0 else random_architecture)(rng, layer)
    return layer, arch, random_pins(rng, layer, 5)


def exists(layer: Layer, arch: Architecture, demands: tuple[Demand, ...]) -> bool:
    """Whether brute force finds a mapping that satisfies these demands, and no others."""
    for demand in demands_on(arch, Constraints()):
        if isinstance(demand, Capacity) and not any(
            isinstance(d, Capacity) and (d.level, d.pool) == (demand.level, demand.pool)
            for d in demands
        ):
            arch = with_demand(arch, replace(demand, size=PLENTY))
    for demand in demands:
        if isinstance(demand, Capacity):
            arch = with_demand(arch, demand)
    pins = Constraints(tuple(d for d in demands if not isinstance(d, Capacity)))
    return oracle.brute_force(layer, arch, pins).edp is not None


def without_shares(demands: tuple[Demand, ...]) -> bool:
    """Whether no share of a capacity is asked for: it would grow with what is left out."""
    return not any(isinstance(demand, UtilizationPin) for demand in demands)


def check(seed: int) -> str:
    layer, arch, pins = question(seed)
    demands = demands_on(arch, pins)
    model = FitModel(layer, arch, demands)
    deadline = time.monotonic() + HANG_S
    found = model.clash(deadline)
    best = oracle.brute_force(layer, arch, pins).edp
    if (found is None) != (best is not None):
        return f"clash {found}, brute force {best}"
    if found is None:
        return ""
    clash, irreducible = found
    if not irreducible:
        return "not proven irreducible"
    if without_shares(clash):
        if exists(layer, arch, clash):
            return f"{clash} have a mapping"
        for demand in clash:
            if not exists(layer, arch, tuple(d for d in clash if d is not demand)):
                return f"{clash} does not need {demand}"
    return "; ".join(filter(None, (wrong_relaxation(model, d, demands, deadline) for d in clash)))


def wrong_relaxation(model: FitModel, demand: Demand, demands, deadline: float) -> str:
    """What is wrong with how far a part of a clash has to give way."""
    if not without_shares(demands):
        return ""
    layer, arch = model.layer, model.architecture
    others = tuple(d for d in demands if d is not demand)
    instead = relaxed(model, demand, deadline)
    if instead is None:
        return f"{demand} has no relaxation" if exists(layer, arch, others) else ""
    if not exists(layer, arch, (*others, instead)):
        return f"{instead} leaves no mapping"
    if isinstance(instead, Capacity):
        less = replace(instead, size=instead.size - 1)
        if less.size >= 1 and exists(layer, arch, (*others, less)):
            return f"{instead} is not the least"
    return ""


@pytest.mark.parametrize("chunk", range(2))
def test_clashes_are_minimal_and_relaxations_are_least(chunk):
    for seed in range(6 * chunk, 6 * chunk + 6):
        assert check(seed) == "", f"seed {seed}: {question(seed)}"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_clashes_of_many_more(part):
    for seed in share(1000, part):
        assert check(seed) == "", f"seed {seed}: {question(seed)}"


SMALL = Layer.conv("small", {"M": 8, "C": 8, "Ox": 2, "Oy": 2, "Fx": 3})
CHIP = Architecture(pes=16, rf_bytes=32, spm_banks=8, spm_bank_bytes=64)


@pytest.mark.parametrize(
    ("pins", "text", "relaxations"),
    [
        (
            ["RF.C=8"],
            "an RF holds 16 words; one element of each operand and RF.C=8 need 17",
            ["an RF holds 17 words", "RF.C=4"],
        ),
        (
            ["PE.M=8", "PE.C=4"],
            "there are 16 PEs; PE.C=4 and PE.M=8 need 32",
            ["there are 32 PEs", "PE.C=2", "PE.M=4"],
        ),
        (
            ["util.PE>=0.9", "spatial=M"],
            "util.PE>=0.9 asks for 15 of 16; spatial=M leaves 8 at most",
            ["spatial=M,C", "util.PE>=0.5"],
        ),
        (
            ["stationary.DRAM=W", "DRAM.Ox=1", "DRAM.Oy=1"],
            "DRAM.Ox=1, DRAM.Oy=1 and stationary.DRAM=W exclude each other",
            ["DRAM.Ox=2", "DRAM.Oy=2", "stationary.DRAM=O|I"],
        ),
    ],
)
def test_what_is_said(pins, text, relaxations):
    limits = Constraints.parse(*pins)
    clash = dm.explain(SMALL, CHIP, limits, "energy", time_limit=HANG_S)
    assert clash is not None
    assert clash.text == text
    assert clash.irreducible
    found = [member.relaxation for member in clash.members]
    assert [each.text for each in found] == relaxations
    for member, instead in zip(clash.members, found, strict=True):
        assert instead.status == "optimal"
        if member.text in pins:
            other = limits.without(Constraints.parse(member.text).pins)
            other = other.and_also(*Constraints.parse(instead.text).pins)
            assert instead.value == oracle.brute_force(SMALL, CHIP, other).value("energy")
    assert dm.map_layer(SMALL, CHIP, constraints=limits).reason == text
    assert clash_from_dict(clash_record(clash)) == clash


def test_a_layer_that_fits_has_no_clash():
    assert dm.explain(SMALL, CHIP) is None


def test_a_machine_too_small_for_one_element():
    clash = dm.explain(SMALL, replace(CHIP, rf_bytes=4), time_limit=HANG_S)
    assert clash.text == "an RF holds 2 words; one element of each operand needs 3"
    (member,) = clash.members
    assert member.relaxation.text == "an RF holds 3 words"


def test_out_of_time_nothing_wrong_is_said():
    layer = dm.load_workload("mobilenetv2")["block12.project"]
    try:
        clash = dm.explain(
            layer, dm.Architecture(), Constraints.parse("util.PE>=0.99"), time_limit=1e-6
        )
    except NoSolutionError:
        return
    assert clash is None or clash.members


def test_a_clash_is_in_the_record():
    result = dm.map_layer(SMALL, CHIP, constraints=Constraints.parse("RF.C=8"))
    clash = dm.explain(SMALL, CHIP, result.constraints, time_limit=HANG_S)
    result = replace(result, clash=clash)
    assert layer_result_from_dict(layer_result_record(result), CHIP) == result
