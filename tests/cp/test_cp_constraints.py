"""Each family of constraints alone: what it allows and what it forbids."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from dmaze_cp.relaxation.relax import relax
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cp.constraints import (
    Limits,
    add_capacity,
    add_cut,
    add_demands,
    add_limits,
    add_reduced_costs,
    add_search_options,
    flat_latency,
)
from dmaze_cp.mapspace import build
from dmaze_cp.relaxation.cases import cases
from dmaze_cp.workload import Layer
from tests.cp.models import Tiny, is_feasible, narrowed
from tests.oracle import brute_force as oracle
from tests.relaxation.enumeration import combinations, relaxed, spaces, sum_of, tilings_at

GEMM = Layer.gemm("g", {"X": 6, "Y": 4, "K": 4})
ARCH = Architecture(pes=4, rf_bytes=24, spm_banks=8, spm_bank_bytes=8)


def whole_case(tiny, index=0):
    """The relaxation of a case over all options of a map-space."""
    case = cases(tiny.space.layer.kind)[index]
    return relax(tiny.space, tiny.choices.table, case)


def sample(space, rng, count=12):
    picked = combinations([len(g) for g in space.groups])
    return picked[rng.choice(len(picked), min(count, len(picked)), replace=False)]


@settings(max_examples=25)
@given(spaces(max_tilings=1000), st.integers(0, 2**32))
def test_capacities_allow_every_valid_tiling(space, seed):
    tiny = Tiny(space)
    for capacity in whole_case(tiny).capacities:
        add_capacity(tiny.terms, capacity)
    picked = sample(space, np.random.default_rng(seed))
    valid = oracle.is_valid(space.layer, space.architecture, tilings_at(space, picked))
    for options in picked[valid]:
        assert tiny.allows(options)


@pytest.mark.parametrize("name", ["PE", "RF"])
def test_capacities_forbid_what_is_clearly_too_large(name):
    space = build(GEMM, ARCH)
    tiny = Tiny(space)
    capacity = next(c for c in whole_case(tiny).capacities if c.name == name)
    add_capacity(tiny.terms, capacity)
    picked = combinations([len(g) for g in space.groups])
    atoms = np.array([tiny.choices.table.at(row) for row in picked])
    used = sum_of(capacity.terms, atoms)
    excess = picked[used > 1.1 * capacity.limit]
    assert len(excess) > 20
    for options in excess[::37]:
        assert not tiny.allows(options)


def test_the_scratchpad_counts_a_bank_for_each_operand():
    tight = Architecture(pes=4, rf_bytes=24, spm_banks=4, spm_bank_bytes=8)
    tiny = Tiny(build(GEMM, tight))
    capacity = next(c for c in whole_case(tiny).capacities if c.name == "SPM")
    add_capacity(tiny.terms, capacity)
    picked = combinations([len(g) for g in tiny.space.groups])
    tilings = tilings_at(tiny.space, picked)
    spm, rf, pe = (tilings[:, k] for k in (1, 2, 3))
    # Four elements a bank. Three banks' worth of outputs leave one for two operands.
    x, y, k = (spm * rf * pe).T
    three = picked[(x * y == 12) & (x * k <= 4) & (k * y <= 4)]
    assert len(three)
    assert not tiny.allows(three[0])


def test_demands_forbid_smaller_products():
    layer = Layer.gemm("g", {"X": 4, "Y": 2, "K": 4})
    case = next(c for c in cases(layer.kind) if (c.dram, c.spm) == ("O", "W") and c.reduces)
    tiny = Tiny(narrowed(build(layer, Architecture()), case))
    relaxation = relax(tiny.space, tiny.choices.table, case)
    add_demands(tiny.model, tiny.choices, relaxation)
    picked = combinations([len(g) for g in tiny.space.groups])
    tilings = tilings_at(tiny.space, picked)
    # O stationary at DRAM: K loops there. W at SPM: X loops there. Reduced: K across PEs.
    expected = (tilings[:, 0, 2] > 1) & (tilings[:, 1, 0] > 1) & (tilings[:, 3, 2] > 1)
    for row, good in zip(picked, expected, strict=True):
        assert tiny.allows(row) == good


@pytest.mark.parametrize(
    "limits",
    [
        Constraints(min_pe_utilization=0.5),
        Constraints(min_rf_utilization=0.6),
        Constraints(min_spm_utilization=0.4),
        Constraints(0.25, 0.3, 0.25),
        Constraints(no_spatial_reduction=True),
    ],
    ids=["pe", "rf", "spm", "all", "no-reduction"],
)
def test_search_options_allow_what_satisfies_them_and_forbid_the_rest(limits):
    # The map-space is built without them, so that the model has to enforce them alone.
    free = build(GEMM, ARCH)
    space = replace(free, constraints=limits)
    tiny = Tiny(space)
    add_search_options(tiny.model, tiny.terms, tiny.choices, space)
    picked = combinations([len(g) for g in space.groups])
    tilings = tilings_at(space, picked)
    allowed = oracle.is_allowed(GEMM, ARCH, limits, tilings)
    lower = Constraints(
        0.9 * limits.min_pe_utilization,
        0.9 * limits.min_rf_utilization,
        0.9 * limits.min_spm_utilization,
        limits.no_feature_dram,
        limits.no_spatial_reduction,
    )
    near = oracle.is_allowed(GEMM, ARCH, lower, tilings)
    assert 0 < allowed.sum() < len(picked)
    for options in picked[allowed][:: 1 + allowed.sum() // 25]:
        assert tiny.allows(options)
    # A product is bounded from above by steps: just below the limit may be allowed.
    far = ~near if limits.min_rf_utilization + limits.min_spm_utilization else ~allowed
    for options in picked[far][:: 1 + far.sum() // 25]:
        assert not tiny.allows(options)


def test_no_feature_dram_is_on_the_factors():
    layer = Layer.conv("c", {"Ox": 2, "Fx": 3, "Fy": 2})
    free = build(layer, Architecture())
    space = replace(free, constraints=Constraints(no_feature_dram=True))
    tiny = Tiny(space)
    add_search_options(tiny.model, tiny.terms, tiny.choices, space)
    picked = combinations([len(g) for g in space.groups])
    tilings = tilings_at(space, picked)
    good = (tilings[:, 0, layer.dimensions.index("Fx")] == 1) & (
        tilings[:, 0, layer.dimensions.index("Fy")] == 1
    )
    for row, expected in list(zip(picked, good, strict=True))[::11]:
        assert tiny.allows(row) == expected


def costs_of(tiny, relaxation, options):
    energy, _, latency = relaxed(relaxation, tiny.choices.table.at(options)[None, :])
    return float(energy[0]), float(latency[0])


@pytest.mark.parametrize("index", range(0, 26, 5))
def test_limits_follow_the_relaxed_costs(index):
    layer = Layer.gemm("g", {"X": 4, "Y": 4, "K": 4})
    case = cases(layer.kind)[index]
    space = narrowed(build(layer, Architecture(pes=8, rf_bytes=64)), case)
    rng = np.random.default_rng(index)
    for options in sample(space, rng, 4):
        for energy_share, latency_share, good in (
            (1.0, inf, True),
            (inf, 1.0, True),
            (1.0, 1.0, True),
            (0.95, inf, False),
            (inf, 0.95, False),
        ):
            tiny = Tiny(space)
            relaxation = relax(space, tiny.choices.table, case)
            energy, latency = costs_of(tiny, relaxation, options)
            add_limits(
                tiny.terms, relaxation, Limits(energy_share * energy, latency_share * latency)
            )
            assert tiny.allows(options) == good


@pytest.mark.parametrize("spread", [1.0, 3.0, 100.0, 1e5])
@pytest.mark.parametrize("share", [1.0, 0.9])
def test_the_product_of_energy_and_latency_is_limited(spread, share):
    """Also where little is known of the two: the least values are far below the product."""
    layer = Layer.gemm("g", {"X": 4, "Y": 4, "K": 8})
    case = cases(layer.kind)[1]
    space = narrowed(build(layer, Architecture(pes=8, rf_bytes=64)), case)
    for options in sample(space, np.random.default_rng(3), 4):
        tiny = Tiny(space)
        relaxation = relax(space, tiny.choices.table, case)
        energy, latency = costs_of(tiny, relaxation, options)
        edp = share * energy * latency
        # The energy is as low as was proven, the latency the largest that leaves room for it.
        least_e, least_l = energy * 0.999, latency / spread * 0.999
        limits = Limits(edp / least_l, edp / least_e, edp, least_e, least_l)
        add_limits(tiny.terms, relaxation, limits)
        if share == 1.0:
            assert tiny.allows(options)
        elif spread <= 3.0:
            assert not tiny.allows(options)


def test_latency_is_written_out_over_the_sums_of_a_pass():
    space = build(GEMM, ARCH)
    tiny = Tiny(space)
    for index in range(len(cases(GEMM.kind))):
        relaxation = whole_case(tiny, index)
        for options in sample(space, np.random.default_rng(index), 5):
            z = tiny.choices.table.at(options)[None, :]
            flat = max(sum_of(s, z)[0] for s in flat_latency(relaxation))
            assert flat == pytest.approx(relaxed(relaxation, z)[2][0], rel=1e-12)


def test_a_cut_leaves_out_its_block_only():
    tiny = Tiny(build(GEMM, ARCH))
    add_cut(tiny.model, tiny.choices, {0: 3, 2: 1})
    assert not tiny.allows([3, 0, 1])
    assert not tiny.allows([3, 5, 1])
    assert tiny.allows([3, 0, 2])
    assert tiny.allows([4, 0, 1])


def test_reduced_costs_share_the_room():
    tiny = Tiny(build(GEMM, ARCH))
    sizes = [len(g) for g in tiny.space.groups]
    reduced = tuple(np.linspace(0, 1, n) for n in sizes)
    add_reduced_costs(tiny.model, tiny.choices, reduced, 1.2)
    assert tiny.allows([sizes[0] - 1, 0, 0])
    assert not tiny.allows([sizes[0] - 1, sizes[1] - 1, 0])


def test_families_can_be_added_in_any_order():
    for order in ((0, 1, 2), (2, 1, 0)):
        tiny = Tiny(build(GEMM, ARCH))
        relaxation = whole_case(tiny)
        families = [
            lambda t=tiny, r=relaxation: [add_capacity(t.terms, c) for c in r.capacities],
            lambda t=tiny, r=relaxation: add_demands(t.model, t.choices, r),
            lambda t=tiny, r=relaxation: add_limits(t.terms, r, Limits(1.0, 1.0)),
        ]
        assert is_feasible(tiny.model)
        for k in order:
            families[k]()
        assert not is_feasible(tiny.model)
