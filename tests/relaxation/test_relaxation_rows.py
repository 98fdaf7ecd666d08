"""Relaxed costs are never above the exact ones, at any mapping of any case."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost.forms import Less, powers_of
from dmaze_cp.mapspace import build
from dmaze_cp.relaxation.atoms import atom_table
from dmaze_cp.relaxation.rows import Floored, at_most_linear, chord
from dmaze_cp.workload import Layer
from tests.kit.enumeration import (
    block_values,
    combinations,
    demands_hold,
    every_case,
    members_of,
    relaxed,
    spaces,
)
from tests.kit.examples import examples

ROUNDING = 1e-9

SOME = {
    "conv": Layer.conv("conv", {"N": 2, "M": 4, "C": 3, "Ox": 4, "Oy": 2, "Fx": 3, "Fy": 1}),
    "strided": Layer.conv(
        "strided", {"M": 2, "C": 4, "Ox": 4, "Oy": 3, "Fx": 2, "Fy": 2}, stride=(2, 3)
    ),
    "depthwise": Layer.depthwise("dw", {"N": 2, "C": 4, "Ox": 3, "Oy": 4, "Fx": 3}),
    "gemm": Layer.gemm("gemm", {"X": 12, "Y": 10, "K": 8}),
}
SMALL = Architecture(pes=8, rf_bytes=40, spm_banks=12, spm_bank_bytes=32)


def check_below(members):
    energy, latency = relaxed(members.node, members.atoms)
    assert (energy <= members.energy * (1 + ROUNDING) + 0.5).all()
    assert (latency <= members.latency * (1 + ROUNDING)).all()


@examples(12, 150)
@given(spaces(limited=True))
def test_relaxed_costs_are_below_the_exact_ones(space):
    for members in every_case(space):
        check_below(members)


@examples(8, 80)
@given(st.data())
def test_they_stay_below_when_options_are_dropped(data):
    """Chords are fitted to the options that are left, so that they have to hold again."""
    space = data.draw(spaces(limited=True, max_tilings=1200))
    table = atom_table(space)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    for members in every_case(space):
        share = rng.uniform(0.1, 0.9)
        keep = [np.flatnonzero(rng.random(len(o)) < share) for o in members.options]
        options = tuple(o[k if len(k) else [0]] for o, k in zip(members.options, keep, strict=True))
        left = members_of(space, table, members.case, options)
        if len(left.picked):
            check_below(left)
            assert demands_hold(left.node, left.atoms).all()


@examples(6, 60)
@given(spaces(limited=True))
def test_energy_without_a_chord_is_exact(space):
    """Where nothing is left to be bounded, and no latency is in it, energy is no relaxation."""
    space = replace(space, architecture=replace(space.architecture, leakage_mw=0.0))
    for members in every_case(space):
        case = members.node.case
        if not any(case.source[edge] == case.energy for edge, _ in case.chords):
            got = relaxed(members.node, members.atoms)[0]
            np.testing.assert_allclose(got, members.energy, rtol=1e-9, atol=0.5)


@examples(9, 100)
@given(spaces(limited=True))
def test_capacities_hold_at_every_valid_tiling(space):
    for members in every_case(space):
        values = block_values(members.node, members.atoms)
        for capacity in members.node.case.ceiled:
            limit = np.exp(capacity.log_limit)
            assert (values[capacity.block] <= limit * (1 + ROUNDING)).all(), capacity.name


def test_capacities_forbid_what_does_not_fit():
    """They are no empty promise: without whole banks in play they are exact."""
    layer = SOME["gemm"]
    space = build(layer, Architecture(pes=6, rf_bytes=40, spm_banks=10**6, spm_bank_bytes=2))
    for members in every_case(space):
        everything = combinations([len(o) for o in members.options])
        atoms = np.stack([members.table.at(row) for row in everything])
        values = block_values(members.node, atoms)
        good = demands_hold(members.node, atoms)
        for capacity in members.node.case.ceiled:
            good &= np.log(values[capacity.block]) <= capacity.log_limit + ROUNDING
        picked = {tuple(row) for row in members.picked.tolist()}
        assert {tuple(row) for row in everything[good].tolist()} == picked


@examples(8, 80)
@given(spaces(limited=True))
def test_demands_hold_at_every_mapping_of_the_case(space):
    for members in every_case(space):
        assert demands_hold(members.node, members.atoms).all()


def test_a_demand_on_a_single_product_is_exact():
    space = build(SOME["gemm"], SMALL, Constraints.of_options(min_pe_utilization=0.7))
    for members in every_case(space):
        everything = combinations([len(o) for o in members.options])
        atoms = np.stack([members.table.at(row) for row in everything])
        pes = np.prod(
            [
                g.factor("PE", g.dimensions[0])[o][p]
                for g, o, p in zip(space.groups, members.options, everything.T, strict=True)
            ],
            axis=0,
        )
        assert (pes[demands_hold(members.node, atoms)] >= 0.7 * SMALL.pes).all()


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("leakage_mw", [0.0, 1024.0])
def test_energy_is_exact_where_nothing_is_reduced_and_no_output_spilled(name, leakage_mw):
    energy = AccessEnergy(1.0, 8.0, 64.0, 1024.0, 16.0)
    arch = replace(SMALL, energy=energy)
    seen = 0
    for members in every_case(build(SOME[name], arch)):
        if not members.case.reduces and members.case.dram == "O":
            got = relaxed(members.node, members.atoms)[0]
            assert got == pytest.approx(members.energy, rel=1e-9)
            seen += 1
    assert seen >= 2


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("leakage_mw", [0.0, 100.0])
def test_relaxed_costs_are_close_at_the_best_mappings(name, leakage_mw):
    """A bound that is far off would be sound, and useless."""
    for members in every_case(build(SOME[name], replace(SMALL, leakage_mw=leakage_mw))):
        energy, latency = relaxed(members.node, members.atoms)
        assert energy.min() >= 0.9 * members.energy.min(), members.case
        assert latency.min() >= 0.7 * members.latency.min(), members.case


def test_leakage_raises_the_relaxed_energy_by_that_of_the_relaxed_cycles():
    silent, leaking = (build(SOME["conv"], replace(SMALL, leakage_mw=mw)) for mw in (0.0, 3.5))
    for quiet, loud in zip(every_case(silent), every_case(leaking), strict=True):
        energy, latency = relaxed(quiet.node, quiet.atoms)
        expected = energy + latency * 3.5 * 1000 / SMALL.accelerator_mhz
        np.testing.assert_allclose(relaxed(loud.node, loud.atoms)[0], expected, rtol=1e-12)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 10**5))
def test_a_chord_is_below_over_its_whole_range(less, above, width):
    low = less + above
    high = low + width
    line = chord(Less(powers_of(["PE.C"]), less), low, high)
    if low == less:
        assert line is None
        return
    counts = np.unique(np.geomspace(low, high, 2000).round().clip(low, high))
    exact, (start, slope) = np.log1p(-less / counts), line
    assert (start + slope * np.log(counts) <= exact + 1e-12).all()
    for end in (low, high):
        assert start + slope * log(end) == pytest.approx(log(1 - less / end), abs=1e-12)


SPANS = st.tuples(st.integers(1, 1000), st.integers(0, 10**6), st.integers(1, 8))


@given(st.lists(SPANS, min_size=1, max_size=4))
def test_a_linear_bound_of_a_sum_is_above_over_all_ranges(spans):
    times = np.array([coefficient for _, _, coefficient in spans], dtype=float)
    spans = [span[:2] for span in spans]
    products = tuple(powers_of([f"RF.{i}"]) for i in range(len(spans)))
    known = {p: (low, low + width) for p, (low, width) in zip(products, spans, strict=True)}
    slopes, constant = at_most_linear(Floored(products, tuple(times), 1), known)
    axes = [np.geomspace(low, low + width, 12) for low, width in spans]
    points = np.stack([g.ravel() for g in np.meshgrid(*axes)], axis=1)
    assert (np.log(points @ times) <= constant + np.log(points) @ slopes + 1e-9).all()
    # It touches where all are at their upper ends, and where one of them is at its lower.
    top = np.array([low + width for low, width in spans])
    ends = np.where(np.eye(len(spans), dtype=bool), [low for low, _ in spans], top)
    for point in (top, *ends):
        assert constant + np.log(point) @ slopes == pytest.approx(np.log(point @ times), abs=1e-9)
