"""Every mapping of a case of a small layer: atoms, relaxed costs and exact costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from dmaze_cp.levels import OPERANDS
from dmaze_cp.mapspace import MapSpace, build, why_infeasible
from dmaze_cp.relaxation.atoms import AtomTable, atom_table
from dmaze_cp.relaxation.cases import Case, cases, options_of
from dmaze_cp.relaxation.rows import CaseRows, NodeRows, case_rows, node_rows
from dmaze_cp.workload import Layer
from tests.kit.oracle import brute_force as oracle
from tests.kit.strategies import constraints, layers, louder, wide_architectures

LOUD = 2.0**20
"""Energies are multiplied by this, exactly, so that rounding the total hides nothing."""


@dataclass(frozen=True)
class Members:
    """All mappings of one case, as columns: one row a mapping."""

    case: Case
    options: tuple[np.ndarray, ...]
    table: AtomTable
    node: NodeRows
    picked: np.ndarray
    tilings: np.ndarray
    atoms: np.ndarray
    energy: np.ndarray
    latency: np.ndarray


@st.composite
def spaces(draw: st.DrawFn, limited: bool = False, max_tilings: int = 2500) -> MapSpace:
    """The map-space of a random layer that fits a random architecture."""
    layer = draw(layers(max_tilings=max_tilings))
    arch = draw(wide_architectures().filter(lambda a: why_infeasible(a) is None))
    energy = louder(arch.energy, LOUD)
    space = build(layer, replace(arch, energy=energy, leakage_mw=LOUD * arch.leakage_mw))
    if not limited:
        return space
    limits = build(layer, space.architecture, draw(constraints()))
    return limits if all(len(group) for group in limits.groups) else space


def every_case(space: MapSpace) -> list[Members]:
    """The cases of a map-space that any mapping belongs to."""
    table = atom_table(space)
    found = []
    for case in cases(space.layer.kind):
        options = options_of(case, space)
        if options is not None:
            members = members_of(space, table, case, options)
            if len(members.picked):
                found.append(members)
    return found


def members_of(
    space: MapSpace, table: AtomTable, case: Case, options: tuple[np.ndarray, ...]
) -> Members:
    """The mappings of a case among some options, with exact costs from the oracle."""
    mine = table.take(options)
    picked = combinations([len(o) for o in options])
    whole = np.stack([o[p] for o, p in zip(options, picked.T, strict=True)], axis=1)
    tilings = tilings_at(space, whole)
    layer, arch = space.layer, space.architecture
    spm, dram = reuse_of(layer, case, tilings)
    good = oracle.is_valid(layer, arch, tilings) & is_member(layer, case, tilings)
    good &= oracle.is_allowed(layer, arch, space.constraints, tilings)
    picked, tilings, spm, dram = picked[good], tilings[good], spm[good], dram[good]
    energy, latency = np.zeros(0), np.zeros(0)
    if len(picked):
        energy, latency = oracle.costs(layer, arch, tilings, spm, dram)
    node = node_rows(space, table.basis, rows_of(space, table, case), options)
    atoms = atoms_of(mine, picked)
    return Members(case, options, mine, node, picked, tilings, atoms, energy, latency)


def rows_of(space: MapSpace, table: AtomTable, case: Case) -> CaseRows:
    """The lower bounds of a case."""
    model = space.cost_of(case.flow(space.layer.kind))
    return case_rows(space, table.basis, case, model)


def atoms_of(table: AtomTable, picked: np.ndarray) -> np.ndarray:
    """`AtomTable.at` for many choices of options."""
    parts = [values[option] for values, option in zip(table.values, picked.T, strict=True)]
    return np.concatenate(parts, axis=1)


def combinations(sizes: list[int]) -> np.ndarray:
    """Every choice of one index of each range: shape (choices, ranges)."""
    grid = np.meshgrid(*(np.arange(n) for n in sizes), indexing="ij")
    return np.stack([g.ravel() for g in grid], axis=1)


def tilings_at(space: MapSpace, picked: np.ndarray) -> np.ndarray:
    """Tilings in the oracle's form: shape (choices, levels, dimensions)."""
    order = [d for group in space.groups for d in group.dimensions]
    parts = [g.factors[:, :, o] for g, o in zip(space.groups, picked.T, strict=True)]
    columns = np.concatenate(parts, axis=1)
    place = [order.index(d) for d in space.layer.dimensions]
    return np.moveaxis(columns[:, place], 2, 0)


def free_product(layer: Layer, x: str, factors: np.ndarray) -> np.ndarray:
    """Iterations of the loops that operand `x` does not depend on."""
    return factors[:, [d not in oracle_depends(layer, x) for d in layer.dimensions]].prod(1)


def oracle_depends(layer: Layer, x: str) -> list[str]:
    return oracle.DEPENDS[str(layer.kind)][OPERANDS.index(x)].split()


def reuse_of(layer: Layer, case: Case, tilings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Reuse at SPM and at DRAM with the case's operands stationary."""
    result = []
    for level, kept in ((1, case.spm), (0, case.dram)):
        reuse = np.ones((len(tilings), 3), np.int64)
        if kept != "none":
            reuse[:, OPERANDS.index(kept)] = free_product(layer, kept, tilings[:, level])
        result.append(reuse)
    return result[0], result[1]


def flow_exists(layer: Layer, kept: str, factors: np.ndarray) -> np.ndarray:
    """Whether an order of these loops keeps `kept` stationary ('none': reuses nothing)."""
    if kept != "none":
        return free_product(layer, kept, factors) > 1
    rows, where = np.unique(factors, axis=0, return_inverse=True)
    triples = [oracle.reuse_triples(layer, tuple(row)) for row in rows.tolist()]
    exists: np.ndarray = np.array([(1, 1, 1) in t for t in triples], dtype=bool)[where]
    return exists


def is_member(layer: Layer, case: Case, tilings: np.ndarray) -> np.ndarray:
    """Which tilings, with the case's dataflow, are what the case says of itself."""
    dram, spm, _, pe = np.moveaxis(tilings, 1, 0)
    reuse_spm, reuse_dram = reuse_of(layer, case, tilings)
    exists = flow_exists(layer, case.dram, dram)
    at_spm = flow_exists(layer, case.spm, spm)
    exists &= (at_spm | (spm.prod(1) == 1)) if case.held else at_spm
    held = ((reuse_spm == spm.prod(1)[:, None]) & (reuse_dram > 1)).any(1)
    reduces = free_product(layer, "O", pe) > 1
    good = exists & (held == case.held) & (reduces == case.reduces)
    for kept, factors, looping in (
        (case.dram, dram, case.shared[0]),
        (case.spm, spm, case.shared[1]),
    ):
        if kept == "none":
            good &= (factors.prod(1) > 1) == looping
    return good


def block_values(node: NodeRows, atoms: np.ndarray) -> list[np.ndarray]:
    """The value of every block at each row of atoms, straight from the meaning of the graph."""
    case = node.case
    edges = np.exp(atoms @ node.rows.T + node.constant)
    found: dict[int, np.ndarray] = {}

    def value(block: int) -> np.ndarray:
        if block not in found:
            sums: dict[int, np.ndarray] = {}
            for e in np.flatnonzero((case.source == block) & node.present):
                inner = value(int(case.target[e])) if case.target[e] >= 0 else 1.0
                number = int(case.sums[e])
                sums[number] = sums.get(number, np.zeros(len(atoms))) + edges[:, e] * inner
            found[block] = np.max([*sums.values(), np.zeros(len(atoms))], axis=0)
        return found[block]

    return [value(block) for block in range(case.blocks)]


def relaxed(node: NodeRows, atoms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Relaxed energy and latency at each row of atoms."""
    values = block_values(node, atoms)
    return values[node.case.energy], values[node.case.latency]


def demands_hold(node: NodeRows, atoms: np.ndarray, rounding: float = 1e-9) -> np.ndarray:
    """Where the products and sums that are at least so large are."""
    good: np.ndarray = (atoms @ node.demands.T >= node.at_least - rounding).all(axis=1)
    return good
