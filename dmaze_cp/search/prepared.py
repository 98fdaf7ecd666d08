"""What the searches of one layer have in common, whatever is minimised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp

import numpy as np

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints, StationaryPin
from dmaze_cp.cost.batch import Ints
from dmaze_cp.cost.expression import Product
from dmaze_cp.cost.limits import Limit
from dmaze_cp.cost.model import CostModel
from dmaze_cp.mapping import Diversity
from dmaze_cp.mapspace import MapSpace, build
from dmaze_cp.relaxation.atoms import AtomTable, atom_table
from dmaze_cp.relaxation.cases import Case, cases, demands, options_of
from dmaze_cp.relaxation.rows import CaseRows, NodeRows, case_rows, node_rows
from dmaze_cp.search.incumbent import MARGIN
from dmaze_cp.search.kinds import ALL, Kinds, kinds_of
from dmaze_cp.workload import Layer


@dataclass(frozen=True, eq=False)
class PreparedCase:
    """A case that is not empty.

    Attributes
    ----------
    case
        The case.
    options
        For each group, places in the map-space's list of options.
    model
        The exact cost of its mappings.
    limits
        What its tilings satisfy: capacities, search options, and what makes it this case.
    rows, whole
        Its lower bounds, and these over all of its options.
    least_energy_pj
        No mapping of it has less energy.
    """

    case: Case
    options: tuple[Ints, ...]
    model: CostModel
    limits: tuple[Limit, ...]
    rows: CaseRows
    whole: NodeRows
    least_energy_pj: float


@dataclass(frozen=True, eq=False)
class Prepared:
    """A map-space with the atoms of its options, its cases, and how its mappings are told apart."""

    space: MapSpace
    atoms: AtomTable
    cases: tuple[PreparedCase, ...]
    kinds: Kinds = ALL


@lru_cache(maxsize=4)
def prepared(
    layer: Layer,
    architecture: Architecture,
    constraints: Constraints,
    diverse: Diversity | None = None,
) -> Prepared | None:
    """The map-space of a layer, ready to be searched; None where a group has no option.

    What is stationary decides nothing of the options: searches that differ in it share them.

    Parameters
    ----------
    layer
        Its name and its instances play no part: use `Layer.shape`, so that equal layers
        are prepared once.
    diverse
        Of mappings that are equal in this only the best counts.
    """
    free = constraints.without(p for p in constraints.pins if isinstance(p, StationaryPin))
    lists = _lists(layer, architecture, free)
    if lists is None:
        return None
    wanted = cases(layer.kind, constraints, apart=diverse is Diversity.DATAFLOW)
    every = (_prepared_case(layer, architecture, free, case) for case in wanted)
    found = tuple(case for case in every if case is not None)
    kinds = kinds_of(lists.space, diverse)
    return Prepared(replace(lists.space, constraints=constraints), lists.atoms, found, kinds)


@dataclass(frozen=True, eq=False)
class _Lists:
    """A map-space with the atoms of its options."""

    space: MapSpace
    atoms: AtomTable


@lru_cache(maxsize=4)
def _lists(layer: Layer, architecture: Architecture, constraints: Constraints) -> _Lists | None:
    space = build(layer, architecture, constraints)
    return None if space.is_empty else _Lists(space, atom_table(space))


@lru_cache(maxsize=64)
def _prepared_case(
    layer: Layer, architecture: Architecture, constraints: Constraints, case: Case
) -> PreparedCase | None:
    """A case of a map-space; None where it is empty."""
    lists = _lists(layer, architecture, constraints)
    options = None if lists is None else options_of(case, lists.space)
    if lists is None or options is None:
        return None
    space, basis = lists.space, lists.atoms.basis
    needs = tuple(
        Limit("case", Product(d.product), least=d.least) for d in demands(case, layer.kind)
    )
    model = space.cost_of(case.flow(layer.kind))
    rows = case_rows(space, basis, case, model)
    whole = node_rows(space, basis, rows, options)
    least = _least_energy(lists.atoms, whole, options)
    return PreparedCase(case, options, model, (*space.limits, *needs), rows, whole, least)


def _least_energy(atoms: AtomTable, whole: NodeRows, options: tuple[Ints, ...]) -> float:
    """A rough lower bound of the energy: the least of each of its terms, added up."""
    total, case = 0.0, whole.case
    lists = [values[o] for values, o in zip(atoms.values, options, strict=True)]
    for edge in np.flatnonzero((case.source == case.energy) & whole.present & (case.target < 0)):
        log_least = float(whole.constant[edge])
        for mine, values in zip(atoms.basis.slices, lists, strict=True):
            part = whole.rows[edge, mine]
            if part.any():
                log_least += float((values @ part).min())
        total += exp(log_least)
    return total * (1 - MARGIN)
