"""Tiling factors and choices are two views of one tiling."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from ortools.sat.python import cp_model

from dmaze_cp.architecture import Architecture
from dmaze_cp.mapping import LEVELS
from dmaze_cp.mapspace import build
from dmaze_cp.workload import Layer
from tests.cp.models import Tiny, is_feasible


class Tilings(cp_model.CpSolverSolutionCallback):
    def __init__(self, tiny):
        super().__init__()
        self.tiny, self.seen = tiny, []

    def on_solution_callback(self):
        choices = self.tiny.choices
        picked = [[self.boolean_value(b) for b in group] for group in choices.literals]
        factors = {key: self.value(v) for key, v in choices.factors.items()}
        self.seen.append((picked, factors))


@pytest.fixture
def tiny():
    return Tiny(build(Layer.gemm("g", {"X": 6, "Y": 1, "K": 4}), Architecture(pes=3)))


def all_solutions(tiny):
    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    found = Tilings(tiny)
    assert solver.solve(tiny.model, found) == cp_model.OPTIMAL
    return found.seen


def test_solutions_are_the_tilings_of_the_map_space(tiny):
    seen = all_solutions(tiny)
    assert len(seen) == tiny.space.size
    assert len({tuple(sorted(factors.items())) for _, factors in seen}) == len(seen)
    for picked, factors in seen:
        for d, bound in tiny.space.layer.bounds.items():
            assert prod(factors[level, d] for level in LEVELS) == bound
        for group, literals in zip(tiny.space.groups, picked, strict=True):
            (option,) = np.flatnonzero(literals)
            for d in group.dimensions:
                assert [factors[lv, d] for lv in LEVELS] == [
                    group.factor(lv, d)[option] for lv in LEVELS
                ]


def test_factors_can_be_constrained_directly(tiny):
    """A user's pin is an ordinary constraint on a tiling factor."""
    tiny.model.add(tiny.choices.factors["RF", "X"] == 3)
    tiny.model.add(tiny.choices.factors["DRAM", "K"] >= 3)
    assert {(f["RF", "X"], f["DRAM", "K"]) for _, f in all_solutions(tiny)} == {(3, 4)}
    tiny.model.add(tiny.choices.factors["SPM", "X"] == 4)
    assert not is_feasible(tiny.model)


def test_weighted_sums_follow_the_choices(tiny):
    weights = [np.arange(len(g), dtype=np.int64) * 10 - 7 for g in tiny.space.groups]
    total = tiny.model.new_int_var(-1000, 100_000, "total")
    tiny.model.add(total == tiny.choices.weighted(weights, 5))
    options = [3, 0, 2]
    expected = 5 + sum(int(w[o]) for w, o in zip(weights, options, strict=True))
    tiny.model.add(total == expected)
    assert tiny.allows(options)
    assert not tiny.allows([3, 0, 1])


def test_logarithms_are_rounded_to_the_side_asked_for(tiny):
    table = tiny.choices.table
    row = table.basis.elements("O", "array")
    exact = [v @ row[s] * 1e7 for s, v in zip(table.basis.slices, table.values, strict=True)]
    for low, high, true in zip(
        tiny.choices.logs(row[: table.basis.atoms]),
        tiny.choices.logs(row[: table.basis.atoms], down=False),
        exact,
        strict=True,
    ):
        assert (low <= true).all()
        assert (true <= high).all()
        assert (high - low <= 2).all()
