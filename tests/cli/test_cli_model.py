from __future__ import annotations

import json
from pathlib import Path

import pytest
from ortools.sat.python import cp_model

from dmaze_cp.architecture import Architecture
from dmaze_cp.spec import architecture_to_dict


def optimum(path: str) -> float:
    model = cp_model.CpModel()
    assert model.Proto().parse_text_format(Path(path).read_text())
    solver = cp_model.CpSolver()
    assert solver.solve(model) == cp_model.OPTIMAL
    return solver.objective_value


@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
def test_a_layers_model_is_written_and_solved_by_anyone(run, model, objective):
    answer = run("model", model("a"), "--layer", "a", "--objective", objective, "-o", "a.txt")
    assert answer.exit_code == 0, answer.output
    assert optimum("a.txt") > 1


def test_the_binary_form_is_shorter_and_written_too(run, model):
    path = model("a", "b")
    for name in ("b.txt", "b.pb"):
        assert run("model", path, "--layer", "1", "-o", name).exit_code == 0
    assert 0 < Path("b.pb").stat().st_size < Path("b.txt").stat().st_size


def test_all_that_is_wrong_is_said_at_once(run, model):
    answer = run("model", model("a"), "--layer", "z", "--arch", "nowhere", "-o", "no/x.pb")
    assert answer.exit_code == 1
    lines = [line for line in answer.output.splitlines() if line.startswith("error")]
    assert len(lines) == 3


def test_one_layer_only(run, model):
    answer = run("model", model("a", "b"), "--layer", "*", "-o", "x.pb")
    assert answer.exit_code == 1
    assert "--layer" in answer.output
    assert not Path("x.pb").exists()


def test_a_layer_that_fits_in_no_way_is_infeasible(run, model):
    Path("tiny.json").write_text(json.dumps(architecture_to_dict(Architecture(rf_bytes=2))))
    answer = run("model", model("a"), "--layer", "a", "--arch", "tiny.json", "-o", "x.pb")
    assert answer.exit_code == 3
    assert "rf_bytes" in answer.output
