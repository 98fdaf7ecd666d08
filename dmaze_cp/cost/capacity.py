"""Whether a mapping fits an architecture, and if not, why."""

from __future__ import annotations

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.cost import PerOperand
from dmaze_cp.cost.expression import Evaluation, Product
from dmaze_cp.cost.limits import capacities, used_banks
from dmaze_cp.cost.terms import elements
from dmaze_cp.cost.values import TilingValues
from dmaze_cp.errors import Problem
from dmaze_cp.levels import OPERANDS, RF
from dmaze_cp.mapping import Mapping


def spm_banks(spm_elements: PerOperand, architecture: Architecture) -> PerOperand:
    """Banks of one SPM buffer that each operand's tile occupies; banks are not shared."""
    bank, word = architecture.spm_bank_bytes, architecture.word_bytes
    return {x: -(-elements * word // bank) for x, elements in spm_elements.items()}


def fits(mapping: Mapping, architecture: Architecture) -> tuple[Problem, ...]:
    """What of an architecture a mapping exceeds.

    Parameters
    ----------
    mapping
        Tiling of a layer; the loop orders play no part.
    architecture
        Gives the number of PEs and the capacities of one RF and of one SPM buffer.

    Returns
    -------
    tuple of Problem
        One for each capacity that is exceeded (such as ``RF words``), with what was found and
        what was expected; empty when the mapping fits.
    """
    layer = mapping.layer
    at = Evaluation(TilingValues(layer, architecture, mapping.tiling))
    parts = {
        "RF words": {x: at(Product(elements(layer.kind, x, RF))) for x in OPERANDS},
        "SPM banks": {x: at(used_banks(layer, architecture, x)) for x in OPERANDS},
    }
    size = {"SPM banks": f" of {architecture.spm_bank_bytes} bytes"}
    problems = []
    for limit in capacities(layer, architecture):
        if not limit.holds(at):
            by_operand = " + ".join(f"{x} {n}" for x, n in parts.get(limit.name, {}).items())
            found = f"{at(limit.node)}" + (f" ({by_operand})" if by_operand else "")
            expected = f"at most {limit.most}{size.get(limit.name, '')}"
            problems.append(Problem(limit.name, found, expected))
    return tuple(problems)
