"""The CP-SAT model of one node, which asks for a mapping below given limits.

Variables: the tiling factors of every dimension at every level, tied to one choice
literal for each factorisation. Constraints, one function a family: capacities, what the
case demands, the user's search options, cost below the limits, and cuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from dmaze_cp.cost.batch import Floats
from dmaze_cp.cp.constraints import (
    Limits,
    add_capacity,
    add_cut,
    add_demands,
    add_limits,
    add_reduced_costs,
    add_search_options,
)
from dmaze_cp.cp.terms import TermBuilder
from dmaze_cp.cp.variables import Choices, add_choices
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.relaxation.atoms import AtomTable
from dmaze_cp.relaxation.dual import Bound
from dmaze_cp.relaxation.relax import Relaxation


@dataclass(frozen=True, eq=False)
class CaseModel:
    """A built model and its variables."""

    model: cp_model.CpModel
    choices: Choices


@dataclass
class Question:
    """What is asked about a case; grows by cuts and tangents from round to round.

    Attributes
    ----------
    space
        The map-space, with the options that are left.
    table, relaxation
        Their atoms and the case's relaxed cost.
    limits
        What a better mapping costs at most.
    bounds
        Lagrangian bounds with the room that the limits leave above them.
    cuts
        Blocks that were scored exactly: group to option.
    tangents_at
        Atoms of candidates, where tangents are added.
    """

    space: MapSpace
    table: AtomTable
    relaxation: Relaxation
    limits: Limits
    bounds: Sequence[tuple[Bound, float]] = ()
    cuts: list[dict[int, int]] = field(default_factory=list)
    tangents_at: list[Floats] = field(default_factory=list)


def build_model(question: Question) -> CaseModel:
    """The model of a case."""
    model = cp_model.CpModel()
    choices = add_choices(model, question.space.groups, question.table)
    terms = TermBuilder(model, choices, question.tangents_at)
    for capacity in question.relaxation.capacities:
        add_capacity(terms, capacity)
    add_demands(model, choices, question.relaxation)
    add_search_options(model, terms, choices, question.space)
    add_limits(terms, question.relaxation, question.limits)
    for bound, slack in question.bounds:
        add_reduced_costs(model, choices, bound.reduced, slack)
    for cut in question.cuts:
        add_cut(model, choices, cut)
    return CaseModel(model, choices)
