"""The search: bounds before and after rounding, settings, and mid-size layers."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from math import exp, inf, log
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate
from dmaze_cp.engine import Engine
from dmaze_cp.mapper import map_layer
from dmaze_cp.mapspace import mapping_at, options_of_mapping
from dmaze_cp.objective import Objective
from dmaze_cp.result import Known, Status
from dmaze_cp.search import DEFAULTS, SearchSettings, search
from dmaze_cp.search.incumbent import MARGIN, NO_LOG_COST, rounded, unrounded
from dmaze_cp.search.prepared import prepared
from dmaze_cp.workload import Layer
from tests.kit.oracle.brute_force import brute_force
from tests.kit.patience import HANG_S

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import exhaustive_search  # noqa: E402 - a script, not a package

LAYER = Layer.conv("c", {"M": 6, "C": 4, "Ox": 4, "Fx": 3}, stride=(2, 1))
ARCH = Architecture(pes=6, rf_bytes=48, spm_banks=10, spm_bank_bytes=32)
READY = prepared(LAYER.shape, ARCH, NO_CONSTRAINTS)
OPTIMA = {objective: brute_force(LAYER, ARCH).value(objective) for objective in Objective}
ENERGY = st.floats(1e-6, 1e12)


@given(ENERGY, st.integers(1, 10**9), st.floats(0, 1))
def test_a_bound_before_rounding_bounds_what_is_rounded(energy, latency, share):
    """For a mapping of this energy and latency, in a case of at least a share of the energy."""
    least = energy * share
    cost = {
        Objective.ENERGY: (energy, round(energy)),
        Objective.LATENCY: (float(latency), latency),
        Objective.EDP: (energy * latency, round(energy) * latency),
    }
    for objective, (before, after) in cost.items():
        bound = rounded(objective, log(before), least)
        assert bound <= after * (1 + 1e-15)
        assert bound >= 0


def test_a_known_mapping_that_does_not_fit_is_ignored() -> None:
    """Each of its options is in the map-space, but not all of them together: 64 PEs of 8."""
    layer = Layer.gemm("g", {"X": 8, "Y": 8, "K": 8})
    arch = Architecture(pes=8, rf_bytes=48, spm_banks=10, spm_bank_bytes=512)
    arch = replace(arch, dma_startup_cycles=0, dma_cycles_per_byte=0)
    ready = prepared(layer.shape, arch, NO_CONSTRAINTS)
    assert ready is not None
    roomy = map_layer(
        layer, replace(arch, pes=64), "latency", constraints=Constraints.parse("PE.X=8", "PE.Y=8")
    ).mapping
    assert roomy is not None
    assert options_of_mapping(ready.space, roomy) is not None
    found = search(ready, Objective.LATENCY, known=Known(roomy), time_limit=HANG_S).best
    assert found is not None
    assert found.latency_cycles == map_layer(layer, arch, "latency").value
    assert found.latency_cycles > evaluate(roomy, arch).latency_cycles


@given(ENERGY, st.integers(1, 10**9), st.floats(0, 1))
def test_a_mapping_that_is_good_enough_is_so_before_rounding(energy, latency, share):
    least = energy * share
    assert energy <= unrounded(Objective.ENERGY, round(energy), least) * (1 + MARGIN)
    assert latency <= unrounded(Objective.LATENCY, latency, least)
    edp = unrounded(Objective.EDP, round(energy) * latency, least)
    assert energy * latency <= edp * (1 + MARGIN)


def test_bounds_at_the_ends():
    for objective in Objective:
        assert rounded(objective, -inf, 0.0) == 0
        assert rounded(objective, NO_LOG_COST, 1.0) == inf
    assert rounded(Objective.LATENCY, log(10.5), 0.0) == 11
    assert rounded(Objective.ENERGY, log(10.6), 0.0) == 11
    assert rounded(Objective.ENERGY, log(10.4), 0.0) == 10
    assert rounded(Objective.EDP, log(100.0), 0.0) == 0


CHANGES: list[dict[str, int]] = [
    {"scored": 40},
    {"scored": 10**9},
    {"scored": 1, "head": 1, "block": 1},
    {"scored": 100, "head": 10**6, "block": 10**6},
]


@pytest.mark.parametrize(
    ("changes", "engine", "objective"),
    [  # every pair of a change and an engine, of an engine and an objective, and so on
        (changes, engine, list(Objective)[(i + j) % 3])
        for i, changes in enumerate(CHANGES)
        for j, engine in enumerate(Engine)
    ],
    ids=str,
)
def test_no_setting_changes_the_answer(changes, engine, objective):
    chosen = replace(DEFAULTS, **changes)
    found = search(READY, objective, time_limit=HANG_S, engine=engine, settings=chosen)
    assert found.complete
    assert found.best.value(objective) == found.bound == OPTIMA[objective]


def test_the_found_options_are_of_the_map_space():
    found = search(READY, Objective.EDP, time_limit=HANG_S)
    mapping = mapping_at(READY.space, found.best.options, found.best.dataflow)
    assert evaluate(mapping, ARCH).edp == found.best.value(Objective.EDP)


def test_cases_are_accounted_for():
    settings_ = SearchSettings(scored=16, head=4)
    auto = {"time_limit": HANG_S, "engine": Engine.AUTO}
    stats = search(READY, Objective.EDP, settings=settings_, **auto).stats
    assert stats.cases > 5
    assert stats.cases_scored < stats.cases
    assert stats.candidates > 0
    assert min(stats.nodes_bounded, stats.nodes_scored) > 0
    assert min(stats.bound_s, stats.rescore_s) > 0
    whole = SearchSettings(scored=10**9)
    stats = search(READY, Objective.EDP, settings=whole, **auto).stats
    assert stats.cases == stats.cases_scored == stats.nodes_scored == len(READY.cases)
    assert stats.cp_calls == stats.nodes_bounded == 0


@settings(max_examples=10)
@given(st.floats(1e-4, 0.2), st.sampled_from(list(Objective)))
def test_whenever_it_stops_the_bound_holds(limit, objective):
    best = OPTIMA[objective]
    forced = SearchSettings(scored=4, head=2)
    found = search(READY, objective, time_limit=limit, settings=forced)
    assert found.bound <= best
    assert found.best is None or found.best.value(objective) >= best
    assert not found.complete or found.best.value(objective) == best


def test_a_stop_is_obeyed_inside_the_solver():
    """The solver runs in a thread that is watched over."""
    layer = Layer.conv(
        "hard", {"M": 96, "C": 96, "Ox": 24, "Oy": 24, "Fx": 3, "Fy": 3}, padded_input=(26, 26)
    )
    before, solving = threading.active_count(), threading.Event()

    def stop() -> bool:
        if threading.active_count() > before:
            solving.set()
        return solving.is_set()

    result = map_layer(
        layer,
        Architecture(energy=AccessEnergy(0.1, 1.0, 2.0, 10.0, 0.01)),
        "latency",
        time_limit=HANG_S,
        stop=stop,
    )
    assert result.reason.startswith("interrupted")


MIDDLE = {
    "conv": Layer.conv(
        "conv", {"M": 12, "C": 16, "Ox": 12, "Oy": 6, "Fx": 3, "Fy": 3}, padded_input=(14, 8)
    ),
    "strided conv": Layer.conv(
        "strided",
        {"N": 2, "M": 16, "C": 12, "Ox": 8, "Oy": 8, "Fx": 5},
        stride=(2, 3),
        dilation=(2, 1),
        padded_input=(24, 23),
    ),
    "depthwise": Layer.depthwise(
        "dw", {"N": 4, "C": 24, "Ox": 16, "Oy": 12, "Fx": 3, "Fy": 3}, stride=(2, 2)
    ),
    "gemm": Layer.gemm("gemm", {"X": 120, "Y": 240, "K": 96}),
    "long gemm": Layer.gemm("gemm", {"X": 1, "Y": 5040, "K": 4096}),
}
CHIPS = {
    "default": Architecture(),
    "edge": Architecture(
        pes=64,
        rf_bytes=128,
        spm_banks=4,
        spm_bank_bytes=2048,
        energy=AccessEnergy(0.24, 1.5, 4.0, 150.0, 0.1),
    ),
    "odd": Architecture(
        pes=12,
        rf_bytes=101,
        word_bytes=1,
        spm_banks=7,
        spm_bank_bytes=333,
        dma_startup_cycles=7.5,
        dma_cycles_per_byte=3.0,
        dma_mhz=700,
        accelerator_mhz=1000,
        energy=AccessEnergy(5.0, 0.1, 0.3, 1.0, 0.0),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("name", MIDDLE)
def test_middle_sized_layers_equal_an_enumeration_of_all_tilings(name, chip):
    """Some 1e5 to 1e7 valid tilings each, tried one by one by an independent program."""
    layer, arch = MIDDLE[name], CHIPS[chip]
    shape = {
        "kind": str(layer.kind),
        "bounds": layer.bounds,
        "stride": list(layer.stride),
        "dilation": list(layer.dilation),
        "padded_input": layer.padded_input and list(layer.padded_input),
    }
    record = {**vars(arch), "energy": dict(vars(arch.energy))}
    best = exhaustive_search.search(exhaustive_search.Problem(shape, record))
    for objective in Objective:
        result = map_layer(layer, arch, objective, time_limit=HANG_S)
        assert result.status is Status.OPTIMAL
        assert result.value == best.value(objective), objective


@given(st.floats(1, 1e30))
def test_margins_cover_a_logarithm_and_back(value):
    assert value * (1 - MARGIN / 10) <= exp(log(value)) <= value * (1 + MARGIN / 10)


FORCED = SearchSettings(scored=1, head=0)
"""Every node is split, with no incumbent to begin with."""

FREE = replace(ARCH, energy=AccessEnergy(0, 0, 0, 0, 0))


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("pes", [0.5, 0.999])
def test_costs_of_nothing_need_no_incumbent(objective, pes):
    """With no energy at all there is no bound above 0, and no logarithm of one."""
    limits = Constraints.of_options(
        min_pe_utilization=pes, min_rf_utilization=0.7 if pes < 0.9 else 1
    )
    best = brute_force(LAYER, FREE, limits).value(objective)
    ready = prepared(LAYER.shape, FREE, limits)
    result = search(ready, objective, time_limit=HANG_S, settings=FORCED)
    assert result.complete
    assert (result.best.value(objective) if result.best else None) == best
    assert result.bound == (inf if best is None else best)


def test_near_ties_take_few_calls():
    """Thousands of mappings are within a millionth of the best: blocks hold many of them."""
    layer = Layer.depthwise(
        "ties",
        {"N": 816, "M": 1, "Ox": 186, "Oy": 186, "Fx": 1, "Fy": 1, "C": 14},
        padded_input=(186, 186),
    )
    architecture = Architecture(
        pes=32,
        rf_bytes=64,
        word_bytes=4,
        spm_banks=53,
        spm_bank_bytes=3795,
        dma_startup_cycles=0,
        dma_cycles_per_byte=3.3112616290658297,
        dma_mhz=3200,
        accelerator_mhz=1000,
        energy=AccessEnergy(rf_pj=0.96, noc_pj=2.0, spm_pj=13.5, dram_pj=200.0, mac_pj=0.075),
        leakage_mw=42.989571035196136,
    )
    result = map_layer(layer, architecture, "edp", engine="cp-sat")
    assert result.status is Status.OPTIMAL
    assert result.stats.cp_calls < 60
