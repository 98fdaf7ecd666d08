"""Lagrangian bounds are below every mapping of their case, whatever the weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.mapspace import build
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import AtomTable, atom_table
from dmaze_cp.relaxation.dual import SCHEDULE, Duals
from dmaze_cp.relaxation.rows import node_rows
from dmaze_cp.workload import Layer
from tests.kit.enumeration import every_case, members_of, rows_of, spaces
from tests.kit.examples import examples, first

OBJECTIVES = st.sampled_from(list(Objective))
SHORT = ((0.1, 6), (0.02, 6))
SCHEDULES = st.sampled_from((SHORT, SCHEDULE, ((0.5, 2),), ((0.01, 15),), ((1e-3, 5), (0.3, 5))))
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


def alone(members, objective):
    """The dual function of one case."""
    return Duals([members.node], members.table, None, objective)


def side_by_side(cases, table: AtomTable, objective):
    """The dual functions of cases among all options, by masks."""
    masks = []
    for members in cases:
        mask = [np.zeros(len(v), dtype=bool) for v in table.values]
        for mine, options in zip(mask, members.options, strict=True):
            mine[options] = True
        masks.append(mask)
    return Duals([m.node for m in cases], table, masks, objective)


def check_below(bound, members, objective, picked=None):
    exact = log_costs(members, objective)
    assert bound.log_value <= exact.min() + ROUNDING
    picked = members.picked if picked is None else picked
    assert (with_reduced(bound, picked) <= exact + ROUNDING).all()
    assert all((r >= 0).all() for r in bound.reduced)


@examples(5, 25)
@given(spaces(limited=True, max_tilings=1500), OBJECTIVES, SCHEDULES)
def test_bound_and_reduced_costs_are_below_every_mapping(space, objective, schedule):
    for members in every_case(space):
        (bound,) = alone(members, objective).solve(schedule=schedule)
        check_below(bound, members, objective)


@examples(5, 25)
@given(spaces(limited=True, max_tilings=1000), OBJECTIVES, st.integers(0, 2**32))
def test_bounds_of_some_options_are_below_every_mapping_of_them(space, objective, seed):
    """Parts of cases, each with options of its own, side by side."""
    rng = np.random.default_rng(seed)
    table = atom_table(space)
    parts = []
    for members in every_case(space):
        keep = [np.flatnonzero(rng.random(len(o)) < 0.6) for o in members.options]
        options = tuple(o[k if len(k) else [0]] for o, k in zip(members.options, keep, strict=True))
        left = members_of(space, table, members.case, options)
        if len(left.picked):
            parts.append(left)
    assume(parts)
    bounds = side_by_side(parts, table, objective).solve(schedule=SHORT)
    for bound, members in zip(bounds, parts, strict=True):
        whole = np.stack([o[p] for o, p in zip(members.options, members.picked.T, strict=True)], 1)
        check_below(bound, members, objective, whole)
        for reduced, options in zip(bound.reduced, members.options, strict=True):
            others = np.setdiff1d(np.arange(len(reduced)), options)
            assert np.isinf(reduced[others]).all()


@examples(5, 25)
@given(spaces(limited=True, max_tilings=600), OBJECTIVES, st.integers(0, 2**32))
def test_any_weights_give_a_bound(space, objective, seed):
    """The proof rests on no optimiser: arbitrary weights are as sound as good ones."""
    rng = np.random.default_rng(seed)
    found = every_case(space)
    for members in found:
        duals = alone(members, objective)
        scale = rng.choice([0.1, 3.0, 30.0, 400.0])
        theta = rng.normal(scale=scale, size=(1, sum(duals.sizes)))
        (bound,) = duals.solve(theta, schedule=((0.05, 0),))
        check_below(bound, members, objective)


@examples(5, 25)
@given(spaces(limited=True, max_tilings=600), OBJECTIVES, st.integers(0, 2**32))
def test_a_case_is_bounded_beside_others_as_it_is_alone(space, objective, seed):
    """At the same weights, whatever the others are, and in whatever shape they come."""
    rng = np.random.default_rng(seed)
    table, found = atom_table(space), every_case(space)
    assume(found)
    together = side_by_side(found, table, objective)
    edges, capacities, demands = together.sizes
    theta = rng.normal(scale=2.0, size=(len(found), edges + capacities + demands))
    every = together.evaluate(theta, 0.05)
    order = rng.permutation(len(found))
    shuffled = together.select(order).evaluate(theta[order], 0.05)
    np.testing.assert_allclose(shuffled.hard, every.hard[order], rtol=1e-12, atol=1e-12)
    for i, members in enumerate(found):
        one = alone(members, objective)
        e, c, d = one.sizes
        mine = theta[i, np.r_[:e, edges : edges + c, edges + capacities : edges + capacities + d]]
        single = one.evaluate(mine[None], 0.05)
        for name in ("hard", "smooth", "prices"):
            got, expected = getattr(every, name)[i], getattr(single, name)[0]
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
        for scores, own, options in zip(every.scores, single.scores, members.options, strict=True):
            np.testing.assert_allclose(scores[i, options], own[0], rtol=1e-9, atol=1e-9)
            assert np.isinf(np.delete(scores[i], options)).all()
        used = np.r_[:e, edges : edges + c, edges + capacities : edges + capacities + d]
        np.testing.assert_allclose(every.gradient[i, used], single.gradient[0], atol=1e-8)
        assert (np.delete(every.gradient[i], used) == 0).all()


@examples(2, 8)
@given(spaces(limited=True, max_tilings=600), OBJECTIVES)
def test_solved_bounds_agree_alone_and_side_by_side(space, objective):
    found = every_case(space)
    assume(found)
    together = side_by_side(found, atom_table(space), objective).solve()
    for bound, members in zip(together, found, strict=True):
        (single,) = alone(members, objective).solve()
        if np.isfinite(single.log_value):
            assert bound.log_value == pytest.approx(single.log_value, abs=0.02)
        else:
            assert bound.log_value == single.log_value


@examples(5, 25)
@given(spaces(limited=True, max_tilings=300), OBJECTIVES, st.integers(0, 2**32))
def test_the_gradient_is_that_of_the_smoothed_function(space, objective, seed):
    rng = np.random.default_rng(seed)
    members = next(iter(every_case(space)), None)
    assume(members is not None)
    duals = alone(members, objective)
    theta = rng.normal(size=(1, sum(duals.sizes)))
    here = duals.evaluate(theta, 0.2)
    if not np.isfinite(here.smooth[0]):
        return
    for k in rng.choice(theta.shape[1], min(6, theta.shape[1]), replace=False):
        step = np.zeros_like(theta)
        step[0, k] = 1e-5
        after, before = (duals.evaluate(theta + s, 0.2).smooth[0] for s in (step, -step))
        slope = (after - before) / 2e-5
        scale = 1 + np.abs(here.gradient).max() + abs(here.smooth[0]) * 1e-3
        assert slope == pytest.approx(here.gradient[0, k], abs=1e-4 * scale)


@pytest.mark.parametrize(("leakage_mw", "worst"), [(0.0, 2.5), (20.0, 3.0)])
@pytest.mark.parametrize("objective", first(1, reversed(Objective)))
def test_the_bound_is_useful(objective, leakage_mw, worst):
    layer = Layer.conv("conv", {"M": 8, "C": 6, "Ox": 4, "Oy": 4, "Fx": 3})
    arch = Architecture(pes=8, rf_bytes=64, spm_banks=12, spm_bank_bytes=64, leakage_mw=leakage_mw)
    gaps = []
    for members in every_case(build(layer, arch)):
        (bound,) = alone(members, objective).solve()
        gaps.append(log_costs(members, objective).min() - bound.log_value)
    assert np.median(gaps) < 0.8
    assert max(gaps) < worst


def test_a_worthless_energy_bounds_nothing():
    layer = Layer.gemm("g", {"X": 4, "Y": 4, "K": 4})
    free = Architecture(energy=AccessEnergy(0, 0, 0, 0, 0))
    members = every_case(build(layer, free))[0]
    for objective in (Objective.ENERGY, Objective.EDP):
        (bound,) = alone(members, objective).solve()
        assert bound.log_value == -np.inf
        assert [len(r) for r in bound.reduced] == [len(o) for o in members.options]
    assert alone(members, Objective.LATENCY).solve()[0].log_value > 0


def test_an_energy_of_leakage_alone_is_worth_its_cycles():
    layer = Layer.gemm("g", {"X": 4, "Y": 4, "K": 4})
    leaks = Architecture(energy=AccessEnergy(0, 0, 0, 0, 0), leakage_mw=500.0)
    members = every_case(build(layer, leaks))[0]
    energy, latency = (
        alone(members, o).solve()[0].log_value for o in (Objective.ENERGY, Objective.LATENCY)
    )
    # 1000 pJ a cycle.
    assert energy == pytest.approx(latency + np.log(1000), abs=0.01)


def test_improving_stops_above_what_is_asked():
    layer = Layer.gemm("g", {"X": 16, "Y": 12, "K": 8})
    members = every_case(build(layer, Architecture(pes=8, rf_bytes=64)))[0]
    duals = alone(members, Objective.EDP)
    (full,) = duals.solve()
    (early,) = duals.solve(stop_above=full.log_value - 1.0)
    assert full.log_value - 1.0 < early.log_value <= full.log_value + ROUNDING


def test_each_case_stops_by_itself():
    layer = Layer.gemm("g", {"X": 16, "Y": 12, "K": 8})
    space = build(layer, Architecture(pes=8, rf_bytes=64))
    found, table = every_case(space), atom_table(space)
    duals = side_by_side(found, table, Objective.EDP)
    full = [b.log_value for b in duals.solve()]
    stops = np.where(np.arange(len(found)) % 2 == 0, np.array(full) - 1.0, np.inf)
    for bound, stop, most in zip(duals.solve(stop_above=stops), stops, full, strict=True):
        assert bound.log_value > min(stop, most - 0.02)


def test_known_weights_are_a_start_where_they_fit():
    layer = Layer.gemm("g", {"X": 16, "Y": 12, "K": 8})
    space = build(layer, Architecture(pes=8, rf_bytes=64))
    found, table = every_case(space), atom_table(space)
    duals = side_by_side(found, table, Objective.EDP)
    cold = duals.solve()
    known = [b.weights if i % 2 else np.zeros(3) for i, b in enumerate(cold)]
    theta = duals.start(known)
    warm = duals.solve(theta, schedule=((0.01, 0),))
    fresh = duals.start()
    for i, (before, after) in enumerate(zip(cold, warm, strict=True)):
        if i % 2:
            assert after.log_value == pytest.approx(before.log_value, abs=1e-9)
        else:
            assert (theta[i] == fresh[i]).all()


def test_a_demand_raises_the_bound():
    """What is asked for is not for nothing: a bound without it would be lower."""
    layer = Layer.gemm("g", {"X": 8, "Y": 8, "K": 8})
    arch = Architecture(pes=64, rf_bytes=64, spm_banks=12, spm_bank_bytes=64)
    space = build(layer, arch, Constraints.of_options(min_pe_utilization=0.8))
    raised = []
    for members in every_case(space):
        # The same options, with the limits and without.
        free = replace(rows_of(space, members.table, members.case), floored=())
        without = node_rows(space, members.table.basis, free, members.options)
        (high,) = alone(members, Objective.EDP).solve()
        (low,) = Duals([without], members.table, None, Objective.EDP).solve()
        raised.append(high.log_value - low.log_value)
    assert min(raised) > -0.05
    assert max(raised) > 0.2
