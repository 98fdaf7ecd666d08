"""A case's whole model: mappings that are good enough are never cut off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.cp.constraints import Limits
from dmaze_cp.cp.model import build_model
from dmaze_cp.cp.solve import Answer, SolverOptions, solve
from dmaze_cp.mapspace import build
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.dual import Dual
from dmaze_cp.workload import Layer
from tests.cp.models import case_allows, question_of
from tests.relaxation.enumeration import every_case, relaxed, spaces

INF = float("inf")


def limits_at(members, at):
    """Limits that the mapping just meets, one for each objective (least values: weak, tight)."""
    energy, latency = float(members.energy[at]) + 0.5, float(members.latency[at])
    least_e, least_l = float(members.energy.min()) - 0.5, float(members.latency.min())
    found = {"energy": Limits(energy, INF), "latency": Limits(INF, latency)}
    if least_e > 1:
        edp = energy * latency
        found["tight edp"] = Limits(edp / least_l, edp / least_e, edp, least_e, least_l)
        low_e, low_l = max(1.0, least_e / 50), max(1.0, least_l / 50)
        found["weak edp"] = Limits(edp / low_l, edp / low_e, edp, low_e, low_l)
    return found


@settings(max_examples=25)
@given(spaces(limited=True, max_tilings=1500), st.integers(0, 2**32))
def test_a_mapping_stays_feasible_at_its_own_cost(space, seed):
    rng = np.random.default_rng(seed)
    found = every_case(space)
    for members in [found[i] for i in rng.permutation(len(found))[:3]]:
        for at in rng.integers(len(members.picked), size=2):
            for name, limits in limits_at(members, at).items():
                question = question_of(space, members, limits)
                assert case_allows(question, members.picked[at]), (members.case, name)


@settings(max_examples=12)
@given(spaces(max_tilings=1500), st.integers(0, 2**32))
def test_tangents_and_reduced_costs_keep_it_too(space, seed):
    rng = np.random.default_rng(seed)
    found = every_case(space)
    members = found[rng.integers(len(found))]
    at = rng.integers(len(members.picked))
    others = members.picked[rng.integers(len(members.picked), size=4)]
    for objective in Objective:
        limits = limits_at(members, at).get(
            "tight edp" if objective is Objective.EDP else str(objective)
        )
        if limits is None:
            continue
        question = question_of(space, members, limits)
        question.tangents_at += [members.table.at(o) for o in (*others, members.picked[at])]
        bound = Dual(members.relaxation, members.table, objective).bound(schedule=((0.1, 6),))
        cost = limits.edp or min(limits.energy_pj, limits.latency_cycles)
        if np.isfinite(bound.log_value):
            question.bounds = [(bound, np.log(cost) - bound.log_value + 1e-9)]
        assert case_allows(question, members.picked[at])


@pytest.fixture(scope="module")
def example():
    layer = Layer.conv("c", {"M": 4, "C": 3, "Ox": 4, "Oy": 2, "Fx": 3})
    space = build(layer, Architecture(pes=6, rf_bytes=64, spm_banks=9, spm_bank_bytes=32))
    return space, every_case(space)


def ask(question):
    built = build_model(question)
    return solve(built.model, built.choices, SolverOptions(), 20.0)


def test_candidates_are_of_the_case_and_relaxed_costs_near_the_limit(example):
    space, found = example
    for members in found[::5]:
        limit = float(np.median(members.energy))
        solution = ask(question_of(space, members, Limits(limit, INF)))
        assert solution.answer is Answer.CANDIDATE
        atoms = members.table.at(solution.options)[None, :]
        assert relaxed(members.relaxation, atoms)[0][0] <= limit * 1.05


def test_nothing_is_left_below_the_relaxed_optimum(example):
    space, found = example
    for members in found[::3]:
        energy, _, latency = relaxed(members.relaxation, members.atoms)
        # Tilings that only nearly fit may be allowed, and cost a little less.
        for limits in (Limits(energy.min() * 0.5, INF), Limits(INF, latency.min() * 0.4)):
            assert ask(question_of(space, members, limits)).answer is Answer.NONE


def test_cutting_every_candidate_ends_with_none(example):
    """Rounds of candidate and cut visit every mapping below a limit, and then stop."""
    space, found = example
    members = min(found, key=lambda m: len(m.picked))
    limit = float(np.sort(members.energy)[min(6, len(members.energy) - 1)])
    below = {tuple(o) for o in members.picked[members.energy <= limit].tolist()}
    question = question_of(space, members, Limits(limit + 0.5, INF))
    seen = set()
    for _ in range(400):
        solution = ask(question)
        if solution.answer is Answer.NONE:
            break
        assert solution.options not in seen
        seen.add(solution.options)
        question.cuts.append(dict(enumerate(solution.options)))
    else:
        pytest.fail("never ended")
    assert below <= seen


def test_a_case_without_mappings_is_none():
    layer = Layer.gemm("g", {"X": 4, "Y": 4, "K": 4})
    roomy = build(layer, Architecture(pes=8, rf_bytes=64))
    members = every_case(roomy)[0]
    narrow = Limits(1e-3, INF)
    assert ask(question_of(roomy, members, narrow)).answer is Answer.NONE
    nothing_fits = replace(
        members.relaxation,
        capacities=tuple(replace(c, limit=c.limit / 1e3) for c in members.relaxation.capacities),
    )
    question = question_of(roomy, members)
    question.relaxation = nothing_fits
    assert ask(question).answer is Answer.NONE


def test_a_stopped_solve_says_so(example):
    space, found = example
    built = build_model(question_of(space, found[0]))
    for group in built.choices.literals:
        built.model.add_hint(group[0], 1)
    model = hard_model()
    solution = solve(model, built.choices, SolverOptions(), 30.0, stop=lambda: True)
    assert solution.answer is Answer.STOPPED
    assert solve(model, built.choices, SolverOptions(), 0.05).answer is Answer.STOPPED


def hard_model():
    """Pigeons and holes without the constraint that knows it: minutes for any solver."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    rng = np.random.default_rng(1)
    bits = [model.new_bool_var(f"b{i}") for i in range(120)]
    for _ in range(12):
        weights = rng.integers(10**6, 10**7, size=120).tolist()
        model.add(cp_model.LinearExpr.weighted_sum(bits, weights) == sum(weights) // 2)
    return model


def test_one_worker_and_one_seed_give_one_answer(example):
    space, found = example
    question = question_of(space, found[3])
    built = [build_model(question) for _ in range(2)]
    answers = [solve(b.model, b.choices, SolverOptions(seed=7), 20.0).options for b in built]
    assert answers[0] == answers[1]
