"""A case's model: what is good enough is allowed, at a cost that is never above the exact one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmaze_cp as dm
from dmaze_cp.architecture import Architecture
from dmaze_cp.cp.affine import Affine
from dmaze_cp.cp.integers import SAFE, IntegerModel
from dmaze_cp.cp.solve import Answer
from dmaze_cp.mapspace import build
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer
from tests.kit.examples import examples
from tests.kit.members import every_case, spaces

INF = float("inf")


def relaxed_costs(problem, members):
    """What the model says of every mapping of a case; inf where it does not allow it."""
    places = [np.searchsorted(o, p) for o, p in zip(members.options, members.picked.T, strict=True)]
    values = problem.integers.evaluate(places)
    allowed = np.broadcast_to(problem.integers.allows(values), len(members.picked))
    cost = np.broadcast_to(values[problem.cost.variable], len(members.picked))
    return np.where(allowed, cost / problem.cost.scale, np.inf)


@examples(6, 60)
@given(spaces(limited=True), st.sampled_from(Objective))
def test_no_mapping_is_cut_off_nor_costs_too_much(space, objective):
    for members in every_case(space):
        found = relaxed_costs(members.problem(objective), members)
        assert (found <= members.cost(objective) + members.slack(objective)).all(), members.case


@examples(6, 60)
@given(spaces(limited=True), st.sampled_from(Objective), st.floats(0, 1), st.booleans())
def test_nor_is_what_costs_at_most_the_limit(space, objective, share, known):
    for members in every_case(space):
        cost, slack = members.cost(objective), members.slack(objective)
        limit = float(np.quantile(cost + slack, share, method="lower"))
        least = (members.energy.min() - 1, float(members.latency.min())) if known else (0.0, 0.0)
        found = relaxed_costs(members.problem(objective, limit, least), members)
        good = cost + slack <= limit
        assert (found <= cost + slack)[good].all(), members.case


@settings(max_examples=8)
@given(spaces(), st.sampled_from([Objective.ENERGY, Objective.EDP]))
def test_where_nothing_is_of_interest_numbers_stay_in_range(space, objective):
    nothing = {Objective.ENERGY: (1e-3, (0.0, 0.0)), Objective.EDP: (1e9, (1e130, 1e130))}
    for members in every_case(space)[:4]:
        limit, least = nothing[objective]
        problem = members.problem(objective, limit, least)
        assert max(high for _, high in problem.integers.ranges) <= SAFE


@examples(5, 40)
@given(spaces())
def test_latency_is_exact(space):
    """Every mapping costs what it costs: no slack lets ties through."""
    for members in every_case(space):
        found = relaxed_costs(members.problem(Objective.LATENCY), members)
        assert (found == members.latency).all(), members.case


@examples(5, 40)
@given(spaces(), st.sampled_from([Objective.ENERGY, Objective.EDP]))
def test_energy_and_edp_are_nearly_exact(space, objective):
    for members in every_case(space):
        found = relaxed_costs(members.problem(objective), members)
        cost = members.cost(objective)
        assert (found >= (cost - members.slack(objective)) * 0.999 - 1).all(), members.case


@examples(5, 25)
@given(spaces(limited=True, max_tilings=1500), st.sampled_from(Objective), st.integers(0, 2**32))
def test_the_solver_finds_the_best_of_a_case(space, objective, seed):
    found = every_case(space)
    for i in np.random.default_rng(seed).permutation(len(found))[:4]:
        members = found[i]
        cost, slack = members.cost(objective), members.slack(objective)
        best = int(np.argmin(cost))
        solution = members.problem(objective).solve(INF)
        assert solution.answer is Answer.OPTIMAL
        assert solution.bound <= cost[best] + slack[best]
        exact = members.problem(objective, float(cost[best] + slack[best]))
        again = exact.solve(float(cost[best] + slack[best]), hint=members.picked[best])
        assert again.answer is Answer.OPTIMAL
        assert solution.candidate in set(map(tuple, members.picked.tolist()))
        less = members.problem(objective, float(cost[best]) * 0.99 - 2).solve(
            float(cost[best]) * 0.99 - 2
        )
        assert less.answer is Answer.NONE


@pytest.fixture(scope="module")
def example():
    layer = Layer.conv("c", {"M": 4, "C": 3, "Ox": 4, "Oy": 2, "Fx": 3})
    return every_case(
        build(layer, Architecture(pes=6, rf_bytes=64, spm_banks=9, spm_bank_bytes=32))
    )


@pytest.mark.parametrize("objective", Objective)
def test_excluding_every_candidate_ends_with_none(example, objective):
    """Rounds of candidates and exclusions visit every mapping below a limit, and then stop."""
    members = min(example, key=lambda m: len(m.picked))
    cost = members.cost(objective) + members.slack(objective)
    limit = float(np.sort(cost)[min(6, len(cost) - 1)])
    below = {tuple(o) for o in members.picked[cost <= limit].tolist()}
    problem, seen, bound = members.problem(objective, limit), set(), 0.0
    while (solution := problem.solve(limit)).answer is Answer.OPTIMAL:
        first = solution.candidate
        assert first not in seen
        assert solution.bound >= bound
        bound = solution.bound
        seen.add(first)
        problem.exclude(dict(enumerate(first)))
        assert problem.relaxed_cost(first) is None
    assert solution.answer is Answer.NONE
    assert below <= seen


def test_excluding_a_block_leaves_the_rest(example):
    members = max(example, key=lambda m: len(m.picked))
    problem = members.problem(Objective.ENERGY)
    one = members.picked[0]
    block = {1: int(one[1]), 3: int(one[3])}
    problem.exclude(block)
    for picked in members.picked:
        inside = all(picked[g] == o for g, o in block.items())
        assert (problem.relaxed_cost(picked) is None) == inside
    problem.exclude({})
    assert problem.solve(INF).answer is Answer.NONE


def test_options_that_are_not_left_have_no_cost(example):
    members = example[0]
    problem = members.problem(Objective.LATENCY)
    missing = [int(o.max()) + 1 for o in members.options]
    assert problem.relaxed_cost(missing) is None


def test_a_stopped_solve_keeps_its_bound(example):
    members = max(example, key=lambda m: len(m.picked))
    problem = members.problem(Objective.EDP)
    stopped = problem.solve(INF, stop=lambda: True, time_limit=0.01)
    least = float((members.cost(Objective.EDP) + members.slack(Objective.EDP)).min())
    assert stopped.bound <= least


def test_one_worker_and_one_seed_give_one_answer(example):
    members = max(example, key=lambda m: len(m.picked))
    answers = [members.problem(Objective.EDP).solve(INF).candidate for _ in range(2)]
    assert answers[0] == answers[1]


@examples(4, 30)
@given(spaces(max_tilings=800))
def test_numbers_stay_in_the_safe_range(space):
    for members in every_case(space)[:6]:
        for objective in Objective:
            integers = members.problem(objective).integers
            assert max(high for _, high in integers.ranges) <= SAFE


HUGE = (
    ({"X": 65521, "Y": 65536, "K": 65521}, {"rf_bytes": 6, "spm_banks": 3, "spm_bank_bytes": 2}),
    ({"X": 65521, "Y": 1048573, "K": 127}, {"rf_bytes": 40, "dma_mhz": 333.3}),
    ({"X": 1048576, "Y": 127, "K": 1048573}, {"word_bytes": 64, "rf_bytes": 2**12}),
)
"""Layers whose least costs are beyond the safe range."""


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("number", range(len(HUGE)))
def test_costs_beyond_the_range_are_cut_off_at_its_end(number, objective):
    bounds, figures = HUGE[number]
    chip = Architecture(**figures)
    found = dm.map_layer(Layer.gemm("g", bounds), chip, objective, engine="cp-sat", top_k=3)
    other = dm.map_layer(Layer.gemm("g", bounds), chip, objective, engine="bounds", top_k=3)
    assert (found.status, found.value, found.bound) == (other.status, other.value, other.bound)
    values = [[a.value(objective) for a in r.ranking.alternatives] for r in (found, other)]
    assert values[0] == values[1]
    for members in every_case(build(Layer.gemm("g", bounds), chip))[:6]:
        problem = members.problem(objective)
        assert max(high for _, high in problem.integers.ranges) <= SAFE
        assert (relaxed_costs(problem, members) <= members.cost(objective) * (1 + 1e-9)).all()


def test_what_is_left_out_of_a_sum_only_lowers_it():
    integers = IntegerModel([3])
    large = integers.variable(0, SAFE, lambda values: values[0])
    for terms, number in (
        (((large, 4),), 2**50),
        (((large, -1),), 2**50),
        (((large, 4), (integers.choices[0], -(2**20))), 2**47),
        (((large, 2),), -5),
    ):
        sizes = [(0, SAFE) if v == large else (0, 2) for v, _ in terms]
        ends = [
            sorted((c * low, c * high)) for (_, c), (low, high) in zip(terms, sizes, strict=True)
        ]
        low, high = (number + sum(end[k] for end in ends) for k in (0, 1))
        whole = Affine(terms, number, low, high)
        lower = integers.loosened(whole)
        assert max(abs(lower.constant), lower.high) <= SAFE or whole.high <= SAFE
        for first in (0, 1, 2):
            for value in (0, 1, SAFE):
                values = [first, value]
                assert lower.low <= lower.at(values) <= whole.at(values)
