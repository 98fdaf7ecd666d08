"""Variables of a case: tiling factors, choices of options, and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from dmaze_cp.cost.batch import Floats
from dmaze_cp.cp.scaling import LOG_SCALE
from dmaze_cp.mapping import LEVELS
from dmaze_cp.mapspace import Group
from dmaze_cp.relaxation.atoms import AtomTable

Factors = dict[tuple[str, str], cp_model.IntVar]
"""Tiling factor variables by (level, dimension)."""


@dataclass(frozen=True, eq=False)
class Choices:
    """Which option of each group is taken, and the tiling factors that follow.

    Attributes
    ----------
    literals
        For each group one literal an option; exactly one of a group is true.
    factors
        Integer variables of the tiling.
    table
        Atoms of the options.
    """

    literals: tuple[list[cp_model.IntVar], ...]
    factors: Factors
    table: AtomTable

    def weighted(
        self, weights: Sequence[np.ndarray[tuple[int], np.dtype[np.int64]]], constant: int
    ) -> cp_model.LinearExpr:
        """``constant + sum of the chosen options' weights``."""
        variables: list[cp_model.IntVar] = []
        coefficients: list[int] = []
        for literals, weight in zip(self.literals, weights, strict=True):
            base = int(weight.min())
            constant += base
            used = np.flatnonzero(weight != base)
            variables += [literals[i] for i in used]
            coefficients += (weight[used] - base).tolist()
        return cp_model.LinearExpr.affine(
            cp_model.LinearExpr.weighted_sum(variables, coefficients), 1, constant
        )

    def logs(
        self, row: Floats, down: bool = True
    ) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
        """Integer logarithms of a product's part in each group, rounded down (or up)."""
        rounding, shift = (np.floor, -1e-3) if down else (np.ceil, 1e-3)
        return [
            rounding(values @ row[atoms] * LOG_SCALE + shift).astype(np.int64)
            for atoms, values in zip(self.table.basis.slices, self.table.values, strict=True)
        ]


def add_choices(model: cp_model.CpModel, groups: Sequence[Group], table: AtomTable) -> Choices:
    """Tiling factors as integer variables, tied to one choice literal an option.

    Divisibility: the four factors of a dimension take the values of one of its
    factorisations together.
    """
    literals = []
    factors: Factors = {}
    for group in groups:
        name = "".join(group.dimensions)
        mine = [model.new_bool_var(f"{name}{i}") for i in range(len(group))]
        model.add_exactly_one(mine)
        literals.append(mine)
        for d in group.dimensions:
            for level in LEVELS:
                column = group.factor(level, d)
                values = np.unique(column)
                domain = cp_model.Domain.from_values(values.tolist())
                variable = model.new_int_var_from_domain(domain, f"{level}_{d}")
                factors[level, d] = variable
                expression = cp_model.LinearExpr.weighted_sum(mine, column.tolist())
                model.add(variable == expression)
    return Choices(tuple(literals), factors, table)
