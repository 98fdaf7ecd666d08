"""Lagrangian bounds are below every mapping of their case, whatever the weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.mapspace import build
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.dual import Dual
from dmaze_cp.workload import Layer
from tests.relaxation.enumeration import every_case, spaces

OBJECTIVES = st.sampled_from(list(Objective))
SHORT = ((0.1, 6), (0.02, 6))
ROUNDING = 1e-9


def log_costs(members, objective):
    """Logarithms of the exact costs, energies as they are before rounding at most."""
    energy, latency = members.energy + 0.5, members.latency.astype(float)
    cost = {"energy": energy, "latency": latency, "edp": energy * latency}[objective]
    with np.errstate(divide="ignore"):
        return np.log(cost)


def with_reduced(bound, picked):
    """The bound of each mapping: the case's, raised by its options' reduced costs."""
    return bound.log_value + sum(r[p] for r, p in zip(bound.reduced, picked.T, strict=True))


@settings(max_examples=25)
@given(spaces(limited=True, max_tilings=1500), OBJECTIVES)
def test_bound_and_reduced_costs_are_below_every_mapping(space, objective):
    for members in every_case(space):
        bound = Dual(members.relaxation, members.table, objective).bound(schedule=SHORT)
        exact = log_costs(members, objective)
        assert bound.log_value <= exact.min() + ROUNDING
        assert (with_reduced(bound, members.picked) <= exact + ROUNDING).all()
        assert all((r >= 0).all() for r in bound.reduced)


@settings(max_examples=25)
@given(spaces(limited=True, max_tilings=600), OBJECTIVES, st.integers(0, 2**32))
def test_any_weights_give_a_bound(space, objective, seed):
    """The proof rests on no optimiser: arbitrary weights are as sound as good ones."""
    rng = np.random.default_rng(seed)
    for members in every_case(space):
        dual = Dual(members.relaxation, members.table, objective)
        theta = rng.normal(scale=3.0, size=dual.size)
        bound = dual.bound(theta, schedule=((0.05, 0),))
        exact = log_costs(members, objective)
        assert (with_reduced(bound, members.picked) <= exact + ROUNDING).all()


@pytest.mark.parametrize("objective", list(Objective))
def test_the_bound_is_useful(objective):
    layer = Layer.conv("conv", {"M": 8, "C": 6, "Ox": 4, "Oy": 4, "Fx": 3})
    arch = Architecture(pes=8, rf_bytes=64, spm_banks=12, spm_bank_bytes=64)
    gaps = []
    for members in every_case(build(layer, arch)):
        bound = Dual(members.relaxation, members.table, objective).bound()
        gaps.append(log_costs(members, objective).min() - bound.log_value)
    assert np.median(gaps) < 0.8
    assert max(gaps) < 2.5


def test_a_worthless_energy_bounds_nothing():
    layer = Layer.gemm("g", {"X": 4, "Y": 4, "K": 4})
    space = build(layer, Architecture(energy=AccessEnergy(0, 0, 0, 0, 0)))
    members = every_case(space)[0]
    for objective in (Objective.ENERGY, Objective.EDP):
        bound = Dual(members.relaxation, members.table, objective).bound()
        assert bound.log_value == -np.inf
        assert [len(r) for r in bound.reduced] == [len(o) for o in members.options]
    latency = Dual(members.relaxation, members.table, Objective.LATENCY).bound()
    assert latency.log_value > 0


def test_improving_stops_above_what_is_asked():
    layer = Layer.gemm("g", {"X": 16, "Y": 12, "K": 8})
    members = every_case(build(layer, Architecture(pes=8, rf_bytes=64)))[0]
    dual = Dual(members.relaxation, members.table, Objective.EDP)
    full = dual.bound()
    early = dual.bound(stop_above=full.log_value - 1.0)
    assert full.log_value - 1.0 < early.log_value <= full.log_value + ROUNDING
