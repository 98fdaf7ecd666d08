"""Tiny CP models and what CP-SAT says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ortools.sat.python import cp_model

from dmaze_cp.cp.constraints import Limits
from dmaze_cp.cp.model import Question, build_model
from dmaze_cp.cp.terms import TermBuilder
from dmaze_cp.cp.variables import Choices, add_choices
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.relaxation.atoms import atom_table
from dmaze_cp.relaxation.cases import Case, options_of
from tests.relaxation.enumeration import Members

ANYTHING = Limits(float("inf"), float("inf"))


class Tiny:
    """The choices of a map-space alone, to which single families are added."""

    def __init__(self, space: MapSpace) -> None:
        self.space = space
        self.model = cp_model.CpModel()
        self.choices = add_choices(self.model, space.groups, atom_table(space))
        self.terms = TermBuilder(self.model, self.choices)

    def allows(self, options: Sequence[int]) -> bool:
        return allows(self.model, self.choices, options)


def is_feasible(model: cp_model.CpModel) -> bool:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 20
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE), status
    return status != cp_model.INFEASIBLE


def allows(model: cp_model.CpModel, choices: Choices, options: Sequence[int]) -> bool:
    """Whether a model allows the tiling that picks these options."""
    fixed = model.clone()
    for literals, option in zip(choices.literals, options, strict=True):
        fixed.add(fixed.get_bool_var_from_proto_index(literals[int(option)].index) == 1)
    return is_feasible(fixed)


def narrowed(space: MapSpace, case: Case) -> MapSpace:
    """A map-space with the options of one case only."""
    options = options_of(case, space)
    assert options is not None, f"{case} is empty"
    groups = tuple(g.take(o) for g, o in zip(space.groups, options, strict=True))
    return replace(space, groups=groups)


def question_of(space: MapSpace, members: Members, limits: Limits = ANYTHING) -> Question:
    """The question of a whole case."""
    groups = tuple(g.take(o) for g, o in zip(space.groups, members.options, strict=True))
    return Question(replace(space, groups=groups), members.table, members.relaxation, limits)


def case_allows(question: Question, options: Sequence[int]) -> bool:
    built = build_model(question)
    return allows(built.model, built.choices, options)
