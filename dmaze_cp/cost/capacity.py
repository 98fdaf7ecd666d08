"""Whether a mapping fits an architecture, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from dmaze_cp.architecture import Architecture, PEArray
from dmaze_cp.cost.array import Unplaced, row_factors
from dmaze_cp.cost.cost import PerOperand
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.limits import PLACES, Limit, capacities
from dmaze_cp.cost.values import TilingValues
from dmaze_cp.errors import Problem
from dmaze_cp.levels import PE, PE_COLS, PE_ROWS
from dmaze_cp.mapping import Mapping


def spm_banks(spm_elements: PerOperand, architecture: Architecture) -> PerOperand:
    """Banks of one SPM buffer that each operand's tile occupies; banks are not shared."""
    bank = architecture.spm_bank_bytes
    return {
        x: -(-elements * architecture.word_of(x) // bank) for x, elements in spm_elements.items()
    }


def fits(mapping: Mapping, architecture: Architecture) -> tuple[Problem, ...]:
    """What of an architecture a mapping exceeds.

    Parameters
    ----------
    mapping
        Tiling of a layer; the loop orders play no part. Where it has row factors, these
        have to fit the rows and columns of the array; else any do.
    architecture
        Gives the number of PEs and the capacities of one RF and of one SPM buffer.

    Returns
    -------
    tuple of Problem
        One for each capacity that is exceeded (such as ``RF words``), with what was found and
        what was expected; empty when the mapping fits.
    """
    layer, array = mapping.layer, architecture.pe_array
    at = Evaluation(TilingValues(layer, architecture, mapping.tiling))
    broken = [limit for limit in capacities(layer, architecture) if not limit.holds(at)]
    if array is not None and mapping.row_factors is not None:
        broken = [limit for limit in broken if limit.name not in PLACES]
        return (*_misplaced(mapping, array), *(_reason(limit, at, mapping) for limit in broken))
    return tuple(_reason(limit, at, mapping) for limit in broken)


def placed(mapping: Mapping, architecture: Architecture) -> Mapping:
    """The mapping with row factors that fit the array, where there are any and it has none yet."""
    array = architecture.pe_array
    if array is None or mapping.row_factors is not None:
        return mapping
    rows = row_factors(mapping.layer.dimensions, mapping.level(PE), array)
    return mapping.on_rows(rows)


def _reason(limit: Limit, at: Evaluation, mapping: Mapping) -> Problem:
    if isinstance(limit.node, Unplaced):
        pes = " x ".join(f"{d} {n}" for d, n in mapping.level(PE).items() if n > 1)
        size = f"{limit.node.rows} rows and {limit.node.cols} columns"
        return Problem(limit.name, pes, f"row and column factors that fit {size}")
    by_operand = " + ".join(f"{x} {at(n)}" for x, n in limit.parts.items())
    found = f"{at(limit.node)}" + (f" ({by_operand})" if by_operand else "")
    return Problem(limit.name, found, f"at most {limit.most}{limit.size}")


def _misplaced(mapping: Mapping, array: PEArray) -> Iterator[Problem]:
    """What is wrong with the row and column factors of a mapping."""
    axes = zip((PE_ROWS, PE_COLS), (array.rows, array.cols), array.lists(), strict=True)
    for axis, size, unrolled in axes:
        factors = mapping.level(axis)
        used = prod(factors.values())
        if used > size:
            yield Problem(axis, str(used), f"at most {size}")
        bad = [d for d, n in factors.items() if n > 1 and d not in unrolled]
        if bad:
            good = ", ".join(d for d in mapping.layer.dimensions if d in unrolled) or "none"
            yield Problem(axis, f"{', '.join(bad)} unrolled", f"at most {good}")
