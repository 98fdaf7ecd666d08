"""What proofs for one accelerator say about another, against the exact model."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import ENERGIES, AccessEnergy, Architecture, PEArray
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.dse.monotone import (
    bound_transfers,
    costs_no_more,
    energy_ratio,
    larger_or_equal,
    mapping_transfers,
    transferred_bound,
)
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Kind, Layer
from tests.kit import strategies
from tests.kit.examples import examples
from tests.kit.oracle.brute_force import all_tilings, brute_force, is_allowed, is_valid
from tests.kit.oracle.padding import best_of_all
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import larger, wide_machine

CHIP = Architecture()
SAME_OR_MORE = st.sampled_from((1, 1, 2))


def banks_of(words_of_tiles: tuple[int, ...], arch: Architecture) -> int:
    return sum(-(-words * arch.word_bytes // arch.spm_bank_bytes) for words in words_of_tiles)


@st.composite
def spm(draw: st.DrawFn) -> Architecture:
    """A scratchpad of a few tiny banks; nothing else differs."""
    return replace(
        CHIP,
        rf_bytes=1024 * (word := draw(st.sampled_from((1, 2, 4)))),
        word_bytes=word,
        spm_banks=draw(st.integers(1, 9)),
        spm_bank_bytes=draw(st.integers(1, 9)),
    )


@given(spm(), st.integers(1, 12), st.integers(1, 9))
@examples(20, 60)
def test_banks_that_are_called_enough_are(small, banks, bank_bytes):
    """Of every bank size, the least number of banks that passes, against all triples of tiles."""
    large = replace(small, spm_bank_bytes=bank_bytes)
    enough = next(n for n in range(1, 200) if larger_or_equal(replace(large, spm_banks=n), small))
    large = replace(large, spm_banks=enough)
    most = small.spm_banks * small.spm_bank_bytes // small.word_bytes
    for tiles in product(range(1, most + 1), repeat=3):
        if tiles == tuple(sorted(tiles)) and banks_of(tiles, small) <= small.spm_banks:
            assert banks_of(tiles, large) <= large.spm_banks


@pytest.mark.parametrize(
    ("banks", "bank_bytes", "enough"),
    [
        *((32, 2048, True), (31, 2048, False), (64, 1024, True), (63, 1024, False)),
        *((17, 4096, True), (16, 4096, False), (44, 1536, True), (42, 1536, False)),
        *((32, 2049, True), (16, 8192, True)),
    ],
)
def test_banks_of_other_sizes(banks, bank_bytes, enough):
    other = replace(CHIP, spm_banks=banks, spm_bank_bytes=bank_bytes)
    assert larger_or_equal(other, CHIP) is enough


@st.composite
def related(draw: st.DrawFn) -> tuple[Architecture, Architecture]:
    """A small accelerator, and another that has more of some things and less of a few."""
    small = draw(strategies.architectures())
    more = {
        name: getattr(small, name) * draw(SAME_OR_MORE)
        for name in ("pes", "rf_bytes", "spm_banks", "spm_bank_bytes")
    }
    if draw(st.booleans()):
        more["word_bytes"] = draw(st.sampled_from((1, 2, 4)))
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(more)))
        more[name] = max(more[name] - draw(st.integers(0, 3)), 1)
    return small, replace(small, **more)


@given(st.data(), related(), st.just(NO_CONSTRAINTS) | strategies.constraints())
@examples(26, 80)
def test_what_fits_fits_on_what_is_larger(data, pair, limits):
    small, large = pair
    if not larger_or_equal(large, small, limits):
        return
    layer = data.draw(strategies.layers(max_tilings=1500))
    tilings = all_tilings(layer)
    allowed_small, allowed_large = (
        is_valid(layer, arch, tilings) & is_allowed(layer, arch, limits, tilings) for arch in pair
    )
    assert not (allowed_small & ~allowed_large).any()
    if allowed_small.any():
        factors = tilings[data.draw(st.sampled_from(list(allowed_small.nonzero()[0])))]
        order = layer.dimensions
        mapping = Mapping(layer, tuple(map(tuple, factors.tolist())), order, order)
        assert fits(mapping, small) == fits(mapping, large) == ()


def test_each_capacity_counts():
    assert larger_or_equal(CHIP, CHIP)
    for name in ("pes", "rf_bytes", "spm_banks"):
        larger = replace(CHIP, **{name: 2 * getattr(CHIP, name)})
        assert larger_or_equal(larger, CHIP)
        assert not larger_or_equal(CHIP, larger)
        assert mapping_transfers(CHIP, larger)
        assert not mapping_transfers(larger, CHIP)
    assert not larger_or_equal(replace(CHIP, word_bytes=4), CHIP)
    # A byte that makes no whole word is of no use.
    assert larger_or_equal(CHIP, replace(CHIP, rf_bytes=513))


@pytest.mark.parametrize(
    ("limit", "name"),
    [
        ("min_pe_utilization", "pes"),
        ("min_rf_utilization", "rf_bytes"),
        ("min_spm_utilization", "spm_banks"),
    ],
)
def test_a_least_utilisation_asks_for_more_of_a_larger_capacity(limit, name):
    limits = Constraints.of_options(**{limit: 0.5})
    larger = replace(CHIP, **{name: 2 * getattr(CHIP, name)})
    assert not larger_or_equal(larger, CHIP, limits)
    assert not mapping_transfers(CHIP, larger, limits)
    assert larger_or_equal(CHIP, CHIP, limits)


@st.composite
def prices(draw: st.DrawFn) -> tuple[Architecture, Architecture]:
    """Two accelerators of which the second is mostly dearer, with the same capacities."""
    cheap = draw(strategies.architectures())
    factor = st.sampled_from((1.0, 1.0, 1.0, 1.25, 2.0, 0.5))
    # With energies of a few pJ in all, rounding matters most.
    scale = draw(st.sampled_from((1.0, 1.0, 1e-3, 1e-5)))
    cheap = replace(cheap, energy=strategies.louder(cheap.energy, scale))
    energy = {k: getattr(cheap.energy, k) * draw(factor) for k in ENERGIES}
    other = {
        name: getattr(cheap, name) * draw(st.sampled_from((1, 1, 2)))
        for name in ("dma_startup_cycles", "dma_cycles_per_byte", "accelerator_mhz", "dma_mhz")
    }
    cheap = replace(cheap, leakage_mw=cheap.leakage_mw * scale)
    other["leakage_mw"] = cheap.leakage_mw * draw(factor)
    if draw(st.integers(0, 9)) == 0:
        other["leakage_mw"] = draw(st.sampled_from((0.0, 1.0)))
    return cheap, replace(cheap, energy=AccessEnergy(**energy), **other)


@given(st.data(), prices())
@examples(33, 100)
def test_no_mapping_costs_more_where_prices_are_no_higher(data, pair):
    cheap, dear = pair
    mapping = data.draw(strategies.mappings(data.draw(strategies.layers())))
    costs = [evaluate(mapping, arch) for arch in pair]
    values = {
        objective: [objective.of(c.energy_pj, c.latency_cycles) for c in costs]
        for objective in Objective
    }
    for objective, (one, other) in values.items():
        if costs_no_more(cheap, dear, objective):
            assert one <= other
        if costs_no_more(dear, cheap, objective):
            assert other <= one


def test_each_price_counts():
    for name in ENERGIES:
        energy = replace(CHIP.energy, **{name: 2 * getattr(CHIP.energy, name)})
        dear = replace(CHIP, energy=energy)
        assert costs_no_more(CHIP, dear, "energy")
        assert not costs_no_more(dear, CHIP, "energy")
        assert not costs_no_more(dear, CHIP, "edp")
        assert costs_no_more(dear, CHIP, "latency")
    for name in ("dma_startup_cycles", "dma_cycles_per_byte", "accelerator_mhz", "word_bytes"):
        slow = replace(CHIP, **{name: 2 * getattr(CHIP, name)})
        assert costs_no_more(CHIP, slow, "latency")
        assert not costs_no_more(slow, CHIP, "latency")
        assert not costs_no_more(slow, CHIP, "edp")
        assert costs_no_more(slow, CHIP, "energy")
        # What leaks does so for as long as it takes.
        leaking, slow_leaking = (replace(arch, leakage_mw=1.0) for arch in (CHIP, slow))
        if name != "accelerator_mhz":
            assert costs_no_more(leaking, slow_leaking, "energy")
        assert not costs_no_more(slow_leaking, leaking, "energy")
    leaky = replace(CHIP, leakage_mw=1.0)
    for objective, no_more in (("energy", False), ("edp", False), ("latency", True)):
        assert costs_no_more(CHIP, leaky, objective)
        assert costs_no_more(leaky, CHIP, objective) is no_more
    # Per cycle, not per second: the faster of two that leak alike leaks less in a cycle.
    faster = replace(leaky, accelerator_mhz=1000.0, dma_mhz=6400.0)
    assert costs_no_more(faster, leaky, "energy")
    assert not costs_no_more(leaky, faster, "energy")


@given(st.data(), prices(), st.sampled_from(Objective))
@examples(40, 120)
def test_a_bound_that_is_met_gives_one_that_holds(data, pair, objective):
    """Each mapping by itself: its cost as the bound here, and its exact cost there."""
    layer = data.draw(strategies.layers())
    mapping = data.draw(strategies.mappings(layer))
    for source, target in (pair, pair[::-1]):
        before, after = (evaluate(mapping, arch) for arch in (source, target))
        bound = objective.of(before.energy_pj, before.latency_cycles)
        found = transferred_bound(source, target, objective, bound, macs=layer.macs)
        if found is not None:
            assert found <= objective.of(after.energy_pj, after.latency_cycles)
            if bound_transfers(source, target, objective):
                assert found >= bound


@given(st.data(), st.sampled_from(Kind), related(), prices())
@examples(13, 40)
def test_bounds_that_transfer_hold_for_all_mappings(data, kind, sizes, pair):
    layer = data.draw(strategies.layers(kind, max_tilings=300))
    source = replace(sizes[1], energy=pair[0].energy, leakage_mw=pair[0].leakage_mw)
    target = replace(sizes[0], energy=pair[1].energy, leakage_mw=pair[1].leakage_mw)
    here, there = brute_force(layer, source), brute_force(layer, target)
    for objective in Objective:
        if larger_or_equal(source, target) and there.value(objective) is not None:
            value = here.value(objective)
            assert value is not None
            found = transferred_bound(source, target, objective, value, macs=layer.macs)
            if found is not None:
                assert found <= there.value(objective)
            if bound_transfers(source, target, objective):
                assert value <= there.value(objective)


def test_a_bound_over_padded_layers_holds_where_macs_alone_get_cheaper():
    # Larger layers do more MACs: what these cost less is not the same for all mappings.
    source = Architecture(pes=4, rf_bytes=64, energy=AccessEnergy(0.0, 0.1, 0.5, 30.0, 8.0))
    layer = Layer.gemm("g", {"X": 7, "Y": 5, "K": 3})
    limits = Constraints.parse("pad=auto")
    here = best_of_all(layer, source, NO_CONSTRAINTS, ["auto"])
    for price in (0.0, 0.5, 4.0):
        target = replace(source, energy=replace(source.energy, mac_pj=price))
        there = best_of_all(layer, target, NO_CONSTRAINTS, ["auto"])
        for objective in ("energy", "edp"):
            found = transferred_bound(
                source, target, objective, here[objective], macs=layer.macs, constraints=limits
            )
            assert found is not None
            assert found <= there[objective]


@given(st.data(), st.floats(0.01, 3.0), st.floats(0.01, 3.0), st.integers(1, 6))
@examples(26, 80)
def test_edp_of_a_few_picojoules(data, before, after, bound):
    """All prices by one factor, so that nothing but rounding makes the bound loose."""
    layer = Layer("gemm", Kind.GEMM, (bound, 1, 1))
    mapping = data.draw(strategies.mappings(layer))
    source, target = (
        replace(CHIP, energy=AccessEnergy(mac_pj=mac, rf_pj=0.0, noc_pj=0.0, spm_pj=0, dram_pj=0))
        for mac in (before, after)
    )
    here, there = evaluate(mapping, source).edp, evaluate(mapping, target).edp
    found = transferred_bound(source, target, "edp", here, macs=layer.macs)
    assert found is not None
    assert found <= there


def test_nothing_transfers_to_what_admits_more_or_is_cheaper():
    larger = replace(CHIP, pes=512)
    assert transferred_bound(CHIP, larger, "edp", 1000, macs=10) is None
    assert transferred_bound(larger, CHIP, "edp", 1000, macs=10) == 1000
    faster = replace(CHIP, dma_mhz=6400.0)
    assert transferred_bound(CHIP, faster, "latency", 1000, macs=10) is None
    assert transferred_bound(CHIP, faster, "edp", 1000, macs=10) is None
    assert transferred_bound(CHIP, faster, "energy", 1000, macs=10) == 1000
    assert transferred_bound(CHIP, CHIP, "edp", float("inf"), macs=10) is None
    assert not bound_transfers(CHIP, larger)
    assert bound_transfers(larger, CHIP)


def test_a_bound_keeps_most_of_its_worth_when_one_price_falls():
    """Half the RF price: MACs are known exactly, the rest falls by less than half."""
    cheap = replace(CHIP, energy=replace(CHIP.energy, rf_pj=0.48))
    ratio = energy_ratio(CHIP, cheap)
    assert ratio == (Fraction(0.075) + 4 * Fraction(0.48)) / (Fraction(0.075) + 4 * Fraction(0.96))
    macs, bound = 10**9, 10**10
    found = transferred_bound(CHIP, cheap, "energy", bound, macs=macs)
    known, rest = macs * (0.075 + 4 * 0.48), bound - macs * (0.075 + 4 * 0.96)
    assert found == pytest.approx(known + rest * (2.075 + 3 * 0.48) / (2.075 + 3 * 0.96))
    edp = transferred_bound(CHIP, cheap, "edp", 10**16, macs=macs)
    assert edp == pytest.approx(10**16 * float(ratio), rel=1e-8)


def test_ratios_of_prices():
    free = replace(CHIP, energy=AccessEnergy(0.0, 0.0, 0.0, 0.0, 0.0))
    assert energy_ratio(free, CHIP) == 0
    assert energy_ratio(CHIP, free) == 0
    assert energy_ratio(CHIP, CHIP) == 1
    double = replace(CHIP, energy=strategies.louder(AccessEnergy(), 2))
    assert energy_ratio(CHIP, double) == 2


def test_ratios_of_leakage():
    leaky = replace(CHIP, leakage_mw=4.0)
    assert energy_ratio(CHIP, leaky) == 1
    assert energy_ratio(leaky, replace(leaky, leakage_mw=3.0)) == Fraction(3, 4)
    assert energy_ratio(leaky, CHIP) == 0
    # Nothing is known of energy where a mapping may take fewer cycles.
    faster = replace(leaky, dma_startup_cycles=1.0)
    assert energy_ratio(leaky, faster) == 0
    assert energy_ratio(faster, leaky) == 1
    only = replace(leaky, energy=AccessEnergy(0.0, 0.0, 0.0, 0.0, 0.0))
    assert energy_ratio(only, replace(only, leakage_mw=2.0)) == Fraction(1, 2)
    bound = transferred_bound(leaky, faster, "energy", 10**9, macs=10)
    assert bound == round(10 * (0.075 + 4 * 0.96))


def test_every_figure_of_an_accelerator_is_compared():
    """A figure that is new is taken for equal until `monotone` compares it: then add it here."""
    named = {"name", "notes", "pe_pipeline_stages"}  # no part in any cost
    compared = {"pes", "rf_bytes", "word_bytes", "spm_banks", "spm_bank_bytes", "energy"}
    compared |= {"dma_startup_cycles", "dma_cycles_per_byte", "dma_mhz", "accelerator_mhz"}
    compared |= {"leakage_mw", "pe_array", "noc_elements_per_cycle"}
    assert {each.name for each in fields(Architecture)} == named | compared
    prices = {*ENERGIES, "word_bytes"}
    assert {each.name for each in fields(AccessEnergy)} == prices


def wide_pair(seed: int) -> tuple[Layer, Architecture, Architecture]:
    """A layer and two wide machines: one with more of something, or two that are any."""
    rng = random.Random(seed)
    layer = random_layer(rng, (20, 1500))
    arch = wide_machine(rng, layer)
    return layer, arch, larger(rng, arch)[1] if seed % 2 else wide_machine(rng, layer)


@pytest.mark.parametrize("chunk", range(5))
def test_what_a_wider_machine_contains(chunk):
    """Also where pools, rows and lists differ: what is said to be valid is."""
    known = 0
    for seed in range(chunk * 30, chunk * 30 + 30):
        layer, *pair = wide_pair(seed)
        tilings = all_tilings(layer)
        limits = Constraints.of_options(min_rf_utilization=0.3) if seed % 5 == 0 else NO_CONSTRAINTS
        valid = [is_valid(layer, a, tilings) & is_allowed(layer, a, limits, tilings) for a in pair]
        for one, other in ((0, 1), (1, 0)):
            if larger_or_equal(pair[one], pair[other], limits):
                known += 1
                assert not (valid[other] & ~valid[one]).any(), seed
    assert known > 5


@pytest.mark.parametrize("chunk", range(5))
def test_what_a_wider_machine_costs(chunk):
    known = 0
    for seed in range(chunk * 30, chunk * 30 + 30):
        layer, *pair = wide_pair(seed)
        rng = random.Random(seed)
        tilings = all_tilings(layer)
        for _ in range(8):
            factors = tuple(map(tuple, rng.choice(tilings).tolist()))
            orders = (tuple(rng.sample(layer.dimensions, len(layer.dimensions))) for _ in "ab")
            mapping = Mapping(layer, factors, *orders)
            costs = [evaluate(mapping, arch) for arch in pair]
            for objective in Objective:
                values = [objective.of(c.energy_pj, c.latency_cycles) for c in costs]
                for one, other in ((0, 1), (1, 0)):
                    if costs_no_more(pair[one], pair[other], objective):
                        known += 1
                        assert values[one] <= values[other], (seed, objective)
    assert known > 40


def test_a_wider_network_of_one_input_alone_may_cost_more():
    """An output that is held waits in what the slowest other network leaves of a pass."""
    base = replace(CHIP, noc_elements_per_cycle={"O": 1, "I": 1, "W": 1})
    for widths, better in (
        ({"O": 2, "I": 1, "W": 1}, True),
        ({"O": 2, "I": 2, "W": 2}, True),
        ({"O": 5, "I": 3, "W": 3}, True),
        ({"O": 1, "I": 2, "W": 1}, False),
        ({"O": 2, "I": 3, "W": 3}, False),
    ):
        wide = replace(base, noc_elements_per_cycle=widths)
        assert costs_no_more(wide, base, "latency") is better
        assert costs_no_more(wide, base, "energy")


def test_rows_and_columns_are_compared():
    def chip(rows, cols, *lists):
        return Architecture(pe_array=PEArray(rows, cols, *lists))

    assert larger_or_equal(chip(5, 4), chip(4, 4))
    assert not larger_or_equal(chip(8, 2), chip(4, 4))
    assert larger_or_equal(chip(4, 4, ("M", "C")), chip(4, 4, ("M",)))
    assert not larger_or_equal(chip(4, 4, ("M",)), chip(4, 4, ("M", "C")))
    assert larger_or_equal(chip(4, 4, None), chip(4, 4, ("M", "C")))
    assert larger_or_equal(Architecture(pes=16), chip(4, 4))
    assert not larger_or_equal(chip(4, 4), Architecture(pes=16))
    assert larger_or_equal(chip(16, 2), Architecture(pes=16))
