"""Parameters of CP-SAT: what is none or would weaken a proof is refused, all at once."""

from __future__ import annotations

import pytest
from ortools.sat.python.cp_model import CpSolver

from dmaze_cp.cp.parameters import DEFAULTS, REFUSED, SolverOptions, apply, parse_solver_params
from dmaze_cp.errors import SpecError


def problems(*texts):
    with pytest.raises(SpecError) as caught:
        parse_solver_params(texts)
    return caught.value.problems


def test_parameters_reach_the_solver_over_the_defaults():
    read = parse_solver_params(
        ["linearization_level=1", "search_branching = FIXED_SEARCH", "linearization_level=2"]
    )
    options = SolverOptions(workers=3, seed=5, parameters=read)
    solver = CpSolver()
    apply(options, solver.parameters)
    assert solver.parameters.linearization_level == 2
    assert solver.parameters.num_workers == 3
    assert solver.parameters.random_seed == 5
    assert not solver.parameters.cp_model_presolve
    assert not solver.parameters.log_search_progress


def test_unknown_names_are_answered_with_the_nearest():
    (problem,) = problems("linearisation_level=1")
    assert "linearization_level" in problem.expected


def test_everything_wrong_is_said_at_once():
    found = problems("nonsense", "cp_model_presolve=maybe", "random_seed=3", "zzz=1")
    assert [p.where.rpartition(" ")[2] for p in found] == [
        "--solver-param",
        "cp_model_presolve",
        "random_seed",
        "zzz",
    ]


def test_names_of_an_enumeration_are_listed():
    (problem,) = problems("search_branching=WILD")
    assert "AUTOMATIC_SEARCH" in problem.expected


@pytest.mark.parametrize("value", ["1 use_lns_only: true", "1\nstop_after_presolve: true", ""])
def test_a_value_cannot_smuggle_in_another_parameter(value):
    assert problems(f"linearization_level={value}")


@pytest.mark.parametrize(
    "name",
    [
        *("max_time_in_seconds", "num_workers", "random_seed", "log_search_progress"),
        *("relative_gap_limit", "absolute_gap_limit", "max_number_of_conflicts"),
        *("max_deterministic_time", "stop_after_first_solution", "enumerate_all_solutions"),
        *("fix_variables_to_their_hinted_value", "use_lns_only", "debug_crash_on_bad_hint"),
        "presolve_inclusion_work_limit",
    ],
)
def test_what_weakens_a_proof_or_has_a_flag_is_refused_with_the_reason(name):
    (problem,) = problems(f"{name}=1")
    assert any(why in problem.expected for why in REFUSED.values())


def test_options_check_parameters_however_they_were_made():
    with pytest.raises(SpecError):
        SolverOptions(parameters=(("num_workers", "2"),))


def test_defaults_are_parameters():
    apply(SolverOptions(), CpSolver().parameters)
    assert "cp_model_presolve" in DEFAULTS
