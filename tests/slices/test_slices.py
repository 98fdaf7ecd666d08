"""The best of every dataflow and of every pair of unrolled dimensions equals brute force."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import pytest

import dmaze_cp as dm
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost import fits
from dmaze_cp.objective import Objective
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format
from dmaze_cp.result import Status, layer_result_from_dict, layer_result_record
from dmaze_cp.workload import Layer
from tests.kit.examples import PARTS, share
from tests.kit.oracle import brute_force as oracle
from tests.kit.patience import HANG_S
from tests.kit.pins import random_pins
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import wide_machine
from tests.search.test_soundness import random_architecture

FLOWS = [(dram, spm) for dram in ("O", "I", "W", "none") for spm in ("O", "I", "W", "none")]


def wrong_with(found, layer, arch, pins, objective, key_texts) -> str:
    """What a table says that brute force does not."""
    for each, texts in zip(found, key_texts, strict=True):
        within = Constraints((*pins.pins, *Constraints.parse(*texts).pins))
        exact = oracle.brute_force(layer, arch, within).value(objective)
        if each.value != exact or (each.status is Status.INFEASIBLE) != (exact is None):
            return f"{each.key}: {each.status} {each.value}, brute force {exact}"
        if exact is not None and (each.status is not Status.OPTIMAL or fits(each.mapping, arch)):
            return f"{each.key}: {each.status}"
    return ""


def check(seed: int) -> str:
    rng = random.Random(f"slices {seed}")
    layer = random_layer(rng, (20, 400))
    arch = (wide_machine if seed % 3 == 0 else random_architecture)(rng, layer)
    pins = random_pins(rng, layer, 1) if seed % 2 else Constraints()
    objective = list(Objective)[seed % 3]
    options = {"constraints": pins, "time_limit": HANG_S}
    known = None
    if seed % 4 < 2:
        known = dm.map_layer(layer, arch, objective, constraints=pins, engine="bounds")
    flows = dm.per_dataflow(layer, arch, objective, known=known, **options)
    if [each.key for each in flows] != FLOWS:
        return "other dataflows"
    texts = [(f"stationary.DRAM={dram}", f"stationary.SPM={spm}") for dram, spm in FLOWS]
    wrong = wrong_with(flows, layer, arch, pins, objective, texts)
    dims = [d for d in layer.dimensions if layer.bounds[d] > 1]
    pairs = list(combinations(dims, 2))
    if wrong or not pairs:
        return wrong
    unrolled = dm.per_unrolling(layer, arch, objective, known=known, **options)
    if [each.key for each in unrolled] != pairs:
        return "other pairs"
    texts = [(f"spatial={','.join(pair)}",) for pair in pairs]
    return wrong_with(unrolled, layer, arch, pins, objective, texts)


@pytest.mark.parametrize("seed", range(6))
def test_tables_equal_brute_force(seed):
    assert check(seed) == ""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_tables_of_many_more_equal_brute_force(part):
    for seed in share(1000, part):
        assert check(seed) == "", f"seed {seed}"


LAYER = Layer.gemm("g", {"X": 4, "Y": 6, "K": 8})


def test_the_best_of_all_is_the_optimum():
    best = dm.map_layer(LAYER, dm.Architecture())
    for table in (dm.per_dataflow, dm.per_unrolling):
        values = [each.value for each in table(LAYER, dm.Architecture()) if each.value is not None]
        assert min(values) == best.value


def test_out_of_time_nothing_wrong_is_said():
    layer = dm.load_workload("resnet18")["conv3_1a"]
    best = dm.map_layer(layer, dm.Architecture(), engine="auto")
    for each in dm.per_dataflow(layer, dm.Architecture(), time_limit=0.01, stop=lambda: True):
        assert each.status is not Status.OPTIMAL or each.bound == each.value
        if each.value is not None:
            assert each.bound is None or each.bound <= each.value
            assert each.value >= best.value


def test_tables_are_in_the_record():
    arch = dm.Architecture()
    result = dm.map_layer(LAYER, arch)
    result = replace(
        result,
        dataflows=dm.per_dataflow(LAYER, arch, known=result),
        unrollings=dm.per_unrolling(LAYER, arch, known=result),
    )
    record = layer_result_record(result)
    assert layer_result_from_dict(record, arch) == result
    assert min(each["relative"] for each in record["dataflows"] if each["value"]) == 0
    network = dm.WorkloadResult(dm.Workload("net", (LAYER,)), arch, (Objective.EDP,), (result,))
    assert '"is":"Heats","name":"slices"' in render(network, Format.PAGE)
    assert '"name":"slices"' not in render(
        replace(network, layers=(dm.map_layer(LAYER, arch),)), Format.PAGE
    )
    record["dataflows"][0] |= {"value": 1}
    with pytest.raises(dm.SpecError):
        layer_result_from_dict(record, arch)


PADDED = dm.Layer.gemm("g", {"X": 11, "Y": 12, "K": 14})
ARRAY = dm.Architecture()


def test_tables_of_padded_mappings_are_read_back():
    limits = dm.Constraints.parse("pad=auto")
    result = dm.map_layer(PADDED, ARRAY, constraints=limits)
    result = replace(
        result,
        dataflows=dm.per_dataflow(PADDED, ARRAY, constraints=limits, known=result),
        unrollings=dm.per_unrolling(PADDED, ARRAY, constraints=limits, known=result),
    )
    every = (*result.dataflows, *result.unrollings)
    assert any(each.mapping and each.mapping.padded_from for each in every)
    assert layer_result_from_dict(layer_result_record(result), ARRAY) == result


def test_loops_that_padding_makes_can_be_unrolled():
    layer, chip = dm.Layer.gemm("g", {"X": 1, "Y": 7, "K": 2}), dm.Architecture(pes=28)
    limits = dm.Constraints.parse("pad.X=3", "util.PE>=1")
    found = {each.key: each for each in dm.per_unrolling(layer, chip, "edp", constraints=limits)}
    assert found["X", "Y"].status is Status.OPTIMAL
    assert found["X", "Y"].mapping.level("PE") == {"X": 4, "Y": 7, "K": 1}
    assert found["X", "K"].status is found["Y", "K"].status is Status.INFEASIBLE
