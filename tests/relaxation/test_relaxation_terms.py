"""Relaxed costs are never above the exact ones, at any mapping of any case."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.cost import evaluate
from dmaze_cp.mapping import LEVELS, Mapping, stationary_order
from dmaze_cp.mapspace import build
from dmaze_cp.relaxation.atoms import atom_table
from dmaze_cp.workload import Layer
from tests.relaxation.enumeration import every_case, members_of, relaxed, spaces, sum_of

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
    energy, _, latency = relaxed(members.relaxation, members.atoms)
    assert (energy <= members.energy * (1 + ROUNDING) + 0.5).all()
    assert (latency <= members.latency * (1 + ROUNDING)).all()


@settings(max_examples=150)
@given(spaces(limited=True))
def test_relaxed_costs_are_below_the_exact_ones(space):
    for members in every_case(space):
        check_below(members)


@settings(max_examples=80)
@given(st.data())
def test_they_stay_below_when_options_are_dropped(data):
    """Terms are fitted to the options that are left, so that they have to hold again."""
    space = data.draw(spaces(max_tilings=1200))
    table = atom_table(space)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    for members in every_case(space):
        keep = [np.flatnonzero(rng.random(len(o)) < 0.6) for o in members.options]
        options = tuple(o[k if len(k) else [0]] for o, k in zip(members.options, keep, strict=True))
        left = members_of(space, table, members.case, options)
        if len(left.picked):
            check_below(left)


@settings(max_examples=100)
@given(spaces(limited=True))
def test_capacities_hold_at_every_valid_tiling(space):
    for members in every_case(space):
        for capacity in members.relaxation.capacities:
            used = np.zeros(len(members.picked))
            for term in capacity.terms:
                part = sum_of((term,), members.atoms)
                used += np.maximum(part, 1.0) if capacity.at_least_one else part
            assert (used <= capacity.limit * (1 + ROUNDING)).all(), capacity.name


def test_capacities_forbid_what_does_not_fit():
    """They are no empty promise: without whole banks in play they are exact."""
    layer = SOME["gemm"]
    space = build(layer, Architecture(pes=6, rf_bytes=40, spm_banks=10**6, spm_bank_bytes=2))
    table = atom_table(space)
    for members in every_case(space):
        everything = np.stack(
            [g.ravel() for g in np.meshgrid(*(np.arange(len(o)) for o in members.options))], axis=1
        )
        picked = {tuple(row) for row in members.picked.tolist()}
        for row in everything:
            z = members.table.at(row)[None, :]
            good = all(
                sum(sum_of((t,), z)[0] for t in c.terms) <= c.limit * (1 + ROUNDING)
                for c in members.relaxation.capacities
            )
            good = good and demands_hold(members.relaxation, z)[0]
            assert good == (tuple(row.tolist()) in picked)
    assert table.basis is members.table.basis


def demands_hold(relaxation, atoms):
    good = np.ones(len(atoms), dtype=bool)
    for demand in relaxation.demands:
        row = relaxation.basis.factors(demand.level, demand.dimensions)
        good &= np.exp(atoms @ row) >= demand.least * (1 - ROUNDING)
    return good


@settings(max_examples=80)
@given(spaces())
def test_demands_hold_at_every_mapping_of_the_case(space):
    for members in every_case(space):
        assert demands_hold(members.relaxation, members.atoms).all()


@pytest.mark.parametrize("name", SOME)
def test_energy_is_exact_where_nothing_is_reduced_and_no_output_spilled(name):
    energy = AccessEnergy(1.0, 8.0, 64.0, 1024.0, 16.0)
    arch = Architecture(**{**vars(SMALL), "energy": energy})
    seen = 0
    for members in every_case(build(SOME[name], arch)):
        if not members.case.reduces and members.case.dram == "O":
            got = relaxed(members.relaxation, members.atoms)[0]
            assert got == pytest.approx(members.energy, rel=1e-9)
            seen += 1
    assert seen >= 2


@pytest.mark.parametrize("name", SOME)
def test_relaxed_costs_are_close_at_the_best_mappings(name):
    """A bound that is far off would be sound, and useless."""
    for members in every_case(build(SOME[name], SMALL)):
        energy, _, latency = relaxed(members.relaxation, members.atoms)
        assert energy.min() >= 0.9 * members.energy.min(), members.case
        assert latency.min() >= 0.7 * members.latency.min(), members.case


@pytest.mark.parametrize("name", SOME)
def test_cycles_of_all_passes_are_below_those_of_the_exact_model(name):
    layer = SOME[name]
    for members in every_case(build(layer, SMALL)):
        passes = relaxed(members.relaxation, members.atoms)[1]
        for at in range(0, len(members.picked), 1 + len(members.picked) // 8):
            tiling = members.tilings[at]
            mapping = Mapping(
                layer,
                tuple(tuple(int(f) for f in row) for row in tiling),
                stationary_order(layer, members.case.dram),
                stationary_order(layer, members.case.spm),
            )
            cost = evaluate(mapping, SMALL)
            times = int(tiling[LEVELS.index("DRAM")].prod())
            assert passes[at] <= cost.spm_pass_cycles * times * (1 + ROUNDING)
