"""The map-space: factorisations, dataflows, what fits and what users allow."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product as every
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost import fits, loop_reuse
from dmaze_cp.cost.array import divisors_of
from dmaze_cp.cost.batch import Picked
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.errors import SpecError
from dmaze_cp.levels import LEVELS, OPERANDS
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.mapspace import (
    at_least,
    build,
    count_factorisations,
    count_of_each,
    dataflow_exists,
    dataflows,
    factorisations,
    mapping_at,
    stationary_exists,
    tiling_at,
    tilings_count,
    why_infeasible,
)
from dmaze_cp.workload import Kind, Layer
from tests.kit.enumeration import combinations, tilings_at
from tests.kit.examples import examples
from tests.kit.oracle import brute_force as oracle
from tests.kit.strategies import architectures, constraints, layers

ROOMY = {"pes": 2**40, "rf_bytes": 2**40, "spm_banks": 2**40}


@pytest.mark.parametrize("bound", [1, 2, 7, 12, 64, 97, 112, 360, 1009])
def test_factorisations_are_all_of_them_once(bound):
    rows = factorisations(bound)
    assert rows.shape == (4, count_factorisations(bound))
    assert (rows.prod(axis=0) == bound).all()
    assert {tuple(r) for r in rows.T.tolist()} == set(oracle.factorisations(bound))
    assert rows.T.tolist() == sorted(rows.T.tolist())


def test_factorisations_counted_in_the_literature():
    assert count_factorisations(112) == 140
    assert count_factorisations(512) == 220
    assert count_factorisations(2**20) == 1771
    assert count_factorisations(1_048_573) == 4  # a prime


@pytest.mark.parametrize("parts", [1, 2, 4])
@pytest.mark.parametrize(("low", "high"), [(1, 1), (1, 300), (7, 260), (1_048_000, 2**20)])
def test_factorisations_of_a_range_are_counted_as_each_is(low, high, parts):
    expected = [count_factorisations(bound, parts) for bound in range(low, high + 1)]
    assert count_of_each(low, high, parts).tolist() == expected


@given(st.integers(1, 2**20))
def test_counting_needs_no_listing(bound):
    assume(count_factorisations(bound) < 20_000)
    assert count_factorisations(bound) == factorisations(bound).shape[1]


@given(st.integers(1, 2**20))
def test_divisors_ascend_and_divide(number):
    found = divisors_of(number)
    assert list(found) == sorted(set(found))
    assert all(number % d == 0 for d in found)
    assert {number // d for d in found} == set(found)
    assert found[0] == 1


@given(st.integers(1, 60))
def test_divisors_are_all(number):
    assert list(divisors_of(number)) == [d for d in range(1, number + 1) if number % d == 0]


def test_a_known_size():
    layer = Layer.conv("conv5_2", {"N": 4, "M": 512, "C": 512, "Ox": 7, "Oy": 7, "Fx": 3, "Fy": 3})
    assert tilings_count(layer) == 123_904_000
    assert tilings_count(layer) == prod(count_factorisations(b) for b in layer.extents)


@examples(20, 60)
@given(layers(), architectures(), constraints())
def test_the_space_holds_every_mapping_that_fits_and_is_allowed(layer, arch, limits):
    space = build(layer, arch, limits)
    picked = combinations([len(g) for g in space.groups])
    assert len(picked) == space.size
    tilings = tilings_at(space, picked)
    listed = {tuple(row.ravel()) for row in tilings}
    assert len(listed) == len(tilings), "a tiling is there twice"
    wanted = oracle.all_tilings(layer)
    wanted = wanted[oracle.is_valid(layer, arch, wanted)]
    wanted = wanted[oracle.is_allowed(layer, arch, limits, wanted)]
    assert {tuple(row.ravel()) for row in wanted} <= listed


@examples(16, 50)
@given(layers(max_tilings=1500), architectures(), constraints())
def test_limits_equal_an_independent_implementation(layer, arch, limits):
    assume(arch.rf_words > 0)
    space = build(layer, arch, limits)
    assume(space.size > 0)
    picked = combinations([len(g) for g in space.groups])
    at = Evaluation(Picked(space.table, list(picked.T)))
    got = np.all([np.broadcast_to(lim.holds(at), len(picked)) for lim in space.limits], axis=0)
    tilings = tilings_at(space, picked)
    expected = oracle.is_valid(layer, arch, tilings)
    expected &= oracle.is_allowed(layer, arch, limits, tilings)
    assert (got == expected).all()


@examples(20, 60)
@given(layers(max_tilings=1000), architectures(), constraints())
def test_only_options_that_cannot_be_in_a_tiling_are_dropped(layer, arch, limits):
    """Against the best that other groups have; what is left out exceeds or misses a limit."""
    space, free = build(layer, arch, limits), build(layer, replace(arch, **ROOMY))
    tilings = oracle.all_tilings(layer)
    good = tilings[oracle.is_valid(layer, arch, tilings)]
    good = good[oracle.is_allowed(layer, arch, limits, good)]
    for group, whole in zip(space.groups, free.groups, strict=True):
        columns = [layer.dimensions.index(d) for d in group.dimensions]
        needed = {tuple(t[:, columns].ravel()) for t in good}
        kept = {tuple(o.ravel()) for o in np.moveaxis(group.factors, 2, 0)}
        there = {tuple(o.ravel()) for o in np.moveaxis(whole.factors, 2, 0)}
        assert needed <= kept <= there


def test_a_utilisation_that_no_tiling_reaches_leaves_nothing_at_once():
    """5.4 KB of operands never fill half of a buffer of 128 KB: no option is left to try."""
    layer = Layer.conv("c", {"M": 24, "C": 16, "Ox": 8, "Oy": 8, "Fx": 1, "Fy": 1})
    arch = Architecture(spm_banks=64)
    assert (layer.bounds["M"], arch.spm_bytes) == (24, 128 * 1024)
    elements = 24 * 64 + 16 * 64 + 24 * 16
    assert 5_400 < elements * arch.word_bytes < 6_000
    space = build(layer, arch, Constraints.of_options(min_spm_utilization=0.5))
    assert [len(group) for group in space.groups] == [0] * 5
    assert space.size == 0
    assert build(layer, arch, Constraints.of_options(min_spm_utilization=0.04)).size > 0


def test_options_too_small_for_a_utilisation_are_left_out():
    """Of X, which has 8 at most, half of 16 PEs need 2 at least."""
    layer = Layer.gemm("g", {"X": 8, "Y": 4, "K": 1})
    space = build(layer, Architecture(pes=16), Constraints.of_options(min_pe_utilization=0.5))
    assert set(space.groups[0].factor("PE", "X").tolist()) == {2, 4, 8}
    assert set(space.groups[1].factor("PE", "Y").tolist()) == {1, 2, 4}


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_at_least_is_the_smallest_count(fraction, whole):
    count = at_least(fraction, whole)
    assert count / whole >= fraction
    assert count == 0 or (count - 1) / whole < fraction
    assert abs(count - Fraction(fraction) * whole) <= 1


@examples(16, 50)
@given(layers(), st.data())
def test_stationary_operands_exist_where_an_order_gives_full_reuse(layer, data):
    factors = [data.draw(st.sampled_from(oracle.factorisations(b)))[0] for b in layer.extents]
    named = {d: np.array([f]) for d, f in zip(layer.dimensions, factors, strict=True)}
    triples = oracle.reuse_triples(layer, tuple(factors))
    for x in OPERANDS:
        free = prod(
            f
            for d, f in zip(layer.dimensions, factors, strict=True)
            if d not in layer.depends[x] and (layer.kind, d) != (Kind.DEPTHWISE, "M")
        )
        full = tuple(free if y == x else 1 for y in OPERANDS)
        exists = bool(np.all(stationary_exists(layer.kind, x, named)))
        assert exists == (free > 1)
        if exists:
            assert full in triples
    assert bool(np.all(stationary_exists(layer.kind, "none", named))) == ((1, 1, 1) in triples)


@examples(13, 40)
@given(layers(max_tilings=1000), st.integers(0, 2**32))
def test_mappings_have_the_dataflow_they_are_made_with(layer, seed):
    space = build(layer, Architecture())
    rng = np.random.default_rng(seed)
    options = [int(rng.integers(len(g))) for g in space.groups]
    tiling = tiling_at(space, [np.array(o) for o in options])
    for flow in dataflows(layer.kind):
        if not bool(dataflow_exists(layer.kind, flow, tiling)):
            continue
        mapping = mapping_at(space, options, flow)
        for level, kept, order in (
            ("DRAM", flow.dram, mapping.dram_order),
            ("SPM", flow.spm, mapping.spm_order),
        ):
            factors = mapping.level(level)
            assert factors == {d: int(f) for d, f in tiling[level].items()}
            reuse = loop_reuse(layer, factors, order)
            free = {
                x: prod(f for d, f in factors.items() if d not in layer.depends[x])
                for x in OPERANDS
            }
            assert reuse == {x: free[x] if x == kept else 1 for x in OPERANDS}


@pytest.mark.parametrize("kind", [Kind.CONV, Kind.GEMM])
def test_any_operand_can_be_stationary_at_any_level(kind):
    names = ("O", "I", "W", "none")
    assert set(dataflows(kind)) == {Dataflow(a, b) for a, b in every(names, repeat=2)}


def test_the_input_of_a_depthwise_layer_is_never_stationary():
    # Every loop of a depthwise convolution moves its input: nothing keeps it in place.
    assert {f.dram for f in dataflows(Kind.DEPTHWISE)} == {"O", "W", "none"}


@examples(26, 80)
@given(layers(), architectures())
def test_why_infeasible_knows_when_nothing_fits(layer, arch):
    tilings = oracle.all_tilings(layer)
    anything = oracle.is_valid(layer, arch, tilings).any()
    reason = why_infeasible(arch)
    assert (reason is None) == anything
    if reason is not None:
        assert "found" in reason
        assert "expected" in reason
        assert reason.startswith(("rf_bytes", "spm_banks"))


def test_reasons_name_what_would_do():
    assert why_infeasible(Architecture(rf_bytes=5)) == (
        "rf_bytes: found 5 (2 words of 2 bytes), "
        "expected at least 6 for one element of each operand"
    )
    assert why_infeasible(Architecture(spm_banks=2)) == (
        "spm_banks: found 2 of 2048 bytes, expected at least 3 for one element of each operand"
    )
    assert why_infeasible(Architecture(rf_bytes=6)) is None
    assert why_infeasible(Architecture(spm_banks=3, rf_bytes=6)) is None


def test_options_that_never_fit_are_left_out():
    layer = Layer.gemm("g", {"X": 64, "Y": 1, "K": 1})
    space = build(layer, Architecture(pes=8, rf_bytes=2 * (16 + 16 + 1)))
    factors = space.groups[0].factors[:, 0]
    assert factors[LEVELS.index("PE")].max() == 8
    assert factors[LEVELS.index("RF")].max() == 16
    mapping = mapping_at(space, [int(np.argmax(factors[2])), 0, 0], Dataflow("none", "none"))
    assert isinstance(mapping, Mapping)
    assert fits(mapping, space.architecture) == ()


def test_flags_are_in_the_option_lists():
    layer = Layer.conv("c", {"M": 4, "C": 4, "Fx": 3, "Fy": 3, "Ox": 4})
    limits = Constraints.of_options(no_feature_dram=True, no_spatial_reduction=True)
    for group in build(layer, Architecture(), limits).groups:
        for d in group.dimensions:
            if d in ("Fx", "Fy"):
                assert (group.factor("DRAM", d) == 1).all()
            if d in ("C", "Fx", "Fy"):
                assert (group.factor("PE", d) == 1).all()
            if d in ("M", "Ox"):
                assert group.factor("PE", d).max() > 1


@pytest.mark.parametrize(
    "bounds",
    [
        {"X": 2**20, "Y": 2**20, "K": 2**20},
        {"X": 2**20, "Y": 2**20, "K": 2**13},
        {"X": 720_720, "Y": 720_720, "K": 720_720},
    ],
)
def test_layers_beyond_the_exact_integers_are_refused(bounds):
    with pytest.raises(SpecError, match=r"layer g: found .* expected at most"):
        build(Layer.gemm("g", bounds), Architecture())


def test_too_many_options_of_a_group_are_refused():
    layer = Layer.conv("c", {"Ox": 720_720, "Fx": 720_720})
    with pytest.raises(SpecError, match="factorisations of Ox and Fx"):
        build(layer, Architecture())


def test_slow_dma_is_refused_before_it_overflows():
    slow = Architecture(dma_startup_cycles=1e12, accelerator_mhz=1e9, dma_mhz=1e-6)
    with pytest.raises(SpecError, match="cycles of DMA"):
        build(Layer.gemm("g", {"X": 2**10, "Y": 2**10, "K": 2**10}), slow)
