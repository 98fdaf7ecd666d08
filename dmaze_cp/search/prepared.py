"""What the searches of one layer have in common, whatever is minimised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost.batch import Ints
from dmaze_cp.cost.expression import Product
from dmaze_cp.cost.limits import Limit
from dmaze_cp.cost.model import CostModel, cost_model
from dmaze_cp.mapspace import MapSpace, build
from dmaze_cp.relaxation.atoms import AtomTable, atom_table
from dmaze_cp.relaxation.cases import Case, cases, demands, options_of
from dmaze_cp.relaxation.rows import CaseRows, NodeRows, case_rows, node_rows
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
    """

    case: Case
    options: tuple[Ints, ...]
    model: CostModel
    limits: tuple[Limit, ...]
    rows: CaseRows
    whole: NodeRows


@dataclass(frozen=True, eq=False)
class Prepared:
    """A map-space with the atoms of its options and its cases."""

    space: MapSpace
    atoms: AtomTable
    cases: tuple[PreparedCase, ...]


@lru_cache(maxsize=4)
def prepared(layer: Layer, architecture: Architecture, constraints: Constraints) -> Prepared | None:
    """The map-space of a layer, ready to be searched; None where a group has no option.

    Parameters
    ----------
    layer
        Its name and its instances play no part: use `Layer.shape`, so that equal layers
        are prepared once.
    """
    space = build(layer, architecture, constraints)
    if not all(len(group) for group in space.groups):
        return None
    atoms = atom_table(space)
    found = []
    for case in cases(layer.kind):
        options = options_of(case, space)
        if options is None:
            continue
        needs = tuple(
            Limit("case", Product(d.product), least=d.least) for d in demands(case, layer.kind)
        )
        model = cost_model(layer, architecture, case.flow(layer.kind))
        rows = case_rows(space, atoms.basis, case, model)
        found.append(
            PreparedCase(
                case,
                options,
                model,
                (*space.limits, *needs),
                rows,
                node_rows(space, atoms.basis, rows, options),
            )
        )
    return Prepared(space, atoms, tuple(found))
