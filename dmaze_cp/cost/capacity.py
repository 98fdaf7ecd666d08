"""Whether a mapping fits an architecture, and if not, why."""

from __future__ import annotations

from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.elements import tile_elements
from dmaze_cp.cost.report import PerOperand
from dmaze_cp.mapping import Mapping


def spm_banks(spm_elements: PerOperand, architecture: Architecture) -> PerOperand:
    """Banks of one SPM buffer that each operand's tile occupies; banks are not shared."""
    bank, word = architecture.spm_bank_bytes, architecture.word_bytes
    return {x: -(-elements * word // bank) for x, elements in spm_elements.items()}


def fits(mapping: Mapping, architecture: Architecture) -> tuple[str, ...]:
    """Why a mapping does not fit an architecture.

    Parameters
    ----------
    mapping
        Tiling of a layer; the loop orders play no part.
    architecture
        Gives the number of PEs and the capacities of one RF and of one SPM buffer.

    Returns
    -------
    tuple of str
        One line for each capacity that is exceeded, with what was found and what was
        expected; empty when the mapping fits.
    """
    reasons = []
    pes = prod(mapping.level("PE").values())
    if pes > architecture.pes:
        reasons.append(f"PEs: found {pes}, expected at most {architecture.pes}")
    rf = tile_elements(mapping.layer, mapping.tile("RF"))
    if sum(rf.values()) > architecture.rf_words:
        reasons.append(
            f"RF words: found {sum(rf.values())} ({_by_operand(rf)}), "
            f"expected at most {architecture.rf_words}"
        )
    banks = spm_banks(tile_elements(mapping.layer, mapping.tile("SPM")), architecture)
    if sum(banks.values()) > architecture.spm_banks:
        reasons.append(
            f"SPM banks: found {sum(banks.values())} ({_by_operand(banks)}), "
            f"expected at most {architecture.spm_banks} of {architecture.spm_bank_bytes} bytes"
        )
    return tuple(reasons)


def _by_operand(counts: PerOperand) -> str:
    return " + ".join(f"{operand} {count}" for operand, count in counts.items())
