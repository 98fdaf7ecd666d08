"""Every mapping of a case of a small layer, with exact costs from the oracle."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from dmaze_cp.cp.model import CaseProblem
from dmaze_cp.levels import OPERANDS
from dmaze_cp.mapspace import MapSpace, build, why_infeasible
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import AtomTable, atom_table
from dmaze_cp.relaxation.cases import Case, cases, options_of
from dmaze_cp.workload import Layer
from tests.kit.enumeration import is_member, reuse_of, tilings_at
from tests.kit.oracle import brute_force as oracle
from tests.kit.strategies import constraints, layers, louder, wide_architectures

LOUD = 2.0**20
"""Energies are multiplied by this, exactly, so that rounding the total hides nothing."""


@dataclass(frozen=True)
class Members:
    """All mappings of one case, as columns: one row a mapping."""

    space: MapSpace
    atoms: AtomTable
    case: Case
    options: tuple[np.ndarray, ...]
    picked: np.ndarray
    energy: np.ndarray
    latency: np.ndarray

    def cost(self, objective: Objective) -> np.ndarray:
        """Costs, within one unit of energy of those before rounding."""
        if objective is Objective.LATENCY:
            return self.latency.astype(float)
        return self.energy if objective is Objective.ENERGY else self.energy * self.latency

    def slack(self, objective: Objective) -> np.ndarray:
        """By how much the costs may be below those before rounding."""
        unit = {Objective.LATENCY: 0.0, Objective.ENERGY: 1.0, Objective.EDP: self.latency}
        return np.zeros(len(self.picked)) + unit[objective] + 1e-9 * self.cost(objective)

    def problem(
        self,
        objective: Objective,
        limit: float = float("inf"),
        least: tuple[float, float] = (0.0, 0.0),
    ) -> CaseProblem:
        """The model of the whole case."""
        return CaseProblem(self.space, self.atoms, self.case, self.options, objective, limit, least)


@st.composite
def spaces(draw: st.DrawFn, limited: bool = False, max_tilings: int = 2500) -> MapSpace:
    """The map-space of a random layer that fits a random architecture."""
    layer = draw(layers(max_tilings=max_tilings))
    arch = draw(wide_architectures().filter(lambda a: why_infeasible(a) is None))
    energy = louder(arch.energy, LOUD)
    leakage = LOUD * draw(st.sampled_from((0.0, 0.0, 0.25, 3.7, 120.0)))
    space = build(layer, replace(arch, energy=energy, leakage_mw=leakage))
    if not limited:
        return space
    limits = build(layer, space.architecture, draw(constraints()))
    return limits if all(len(group) for group in limits.groups) else space


def every_case(space: MapSpace) -> list[Members]:
    """The cases of a map-space that any mapping belongs to."""
    atoms = atom_table(space)
    found = []
    for case in cases(space.layer.kind):
        options = options_of(case, space)
        if options is not None:
            members = members_of(space, atoms, case, options)
            if len(members.picked):
                found.append(members)
    return found


def members_of(
    space: MapSpace, atoms: AtomTable, case: Case, options: tuple[np.ndarray, ...]
) -> Members:
    """The mappings of a case among some options."""
    grid = np.meshgrid(*options, indexing="ij")
    picked = np.stack([g.ravel() for g in grid], axis=1)
    tilings = tilings_at(space, picked)
    layer, arch = space.layer, space.architecture
    spm, dram = reuse_of(layer, case, tilings)
    good = oracle.is_valid(layer, arch, tilings) & is_member(layer, case, tilings)
    good &= oracle.is_allowed(layer, arch, space.constraints, tilings)
    picked = picked[good]
    energy, latency = np.zeros(0), np.zeros(0)
    if len(picked):
        energy, latency = oracle.costs(layer, arch, tilings[good], spm[good], dram[good])
    return Members(space, atoms, case, options, picked, energy, latency)


def free_product(layer: Layer, x: str, factors: np.ndarray) -> np.ndarray:
    """Iterations of the loops that operand `x` does not depend on."""
    depends = oracle.DEPENDS[str(layer.kind)][OPERANDS.index(x)].split()
    return factors[:, [d not in depends for d in layer.dimensions]].prod(1)
