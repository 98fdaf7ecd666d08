"""The model of a whole map-space, solved by CP-SAT alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from dmaze_cp.architecture import Architecture
from dmaze_cp.cp.whole import whole_model
from dmaze_cp.mapspace import build, why_infeasible
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer
from tests.kit.examples import examples, first
from tests.kit.members import LOUD
from tests.kit.oracle.brute_force import brute_force
from tests.kit.strategies import layers, louder, wide_architectures


def optimum_of(text: bytes) -> float:
    """The optimum of a model as it is in a file."""
    model = cp_model.CpModel()
    assert model.Proto().parse_text_format(text.decode())
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 60
    # With large numbers OR-tools 9.15 finds feasible models infeasible otherwise.
    solver.parameters.presolve_inclusion_work_limit = 0
    assert solver.solve(model) == cp_model.OPTIMAL
    return solver.objective_value


@examples(4, 25)
@given(layers(max_tilings=800), st.data(), st.sampled_from(Objective))
def test_the_optimum_is_just_below_the_exact_one(layer, data, objective):
    arch = data.draw(wide_architectures().filter(lambda a: why_infeasible(a) is None))
    # Half a pJ is left for the rounding of exact energies, which must not count here.
    energy = louder(arch.energy, LOUD)
    arch = replace(arch, energy=energy)
    exact = brute_force(layer, arch).value(str(objective))
    assert exact is not None
    found = optimum_of(whole_model(build(layer, arch), objective).content(text=True))
    assert found <= exact
    assert found >= 0.9 * exact


@pytest.mark.parametrize("objective", first(1, reversed(Objective)))
def test_within_ten_percent_on_small_layers(objective):
    arch = Architecture(pes=16, rf_bytes=64, spm_banks=9, spm_bank_bytes=64)
    for layer in (
        Layer.gemm("g", {"X": 12, "Y": 8, "K": 16}),
        Layer.conv("c", {"M": 4, "C": 3, "Ox": 4, "Oy": 2, "Fx": 3}),
    ):
        exact = brute_force(layer, arch).value(str(objective))
        found = optimum_of(whole_model(build(layer, arch), objective).content(text=True))
        assert 0.9 * exact <= found <= exact


def test_factors_have_readable_names_and_cases_are_decisions():
    layer = Layer.gemm("g", {"X": 12, "Y": 8, "K": 16})
    model = whole_model(build(layer, Architecture()), Objective.LATENCY)
    names = {variable.name for variable in model.proto.variables}
    assert {f"{level}_{d}" for level in ("DRAM", "SPM", "RF", "PE") for d in "XYK"} <= names
    assert any(name.startswith("case_DRAM_O") for name in names)
    assert "latency" in names
