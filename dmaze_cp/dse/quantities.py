"""What rules and formulas can speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dmaze_cp.architecture import COUNTS, Architecture
from dmaze_cp.dse.parameters import ENERGIES, NUMBERS
from dmaze_cp.dse.parts import POOLS, SCALED, parts_of, whole_energy
from dmaze_cp.levels import OPERANDS

QUANTITIES: Final[Mapping[str, str]] = {
    "pes": "number of PEs",
    "rf_bytes": "register file of one PE",
    "rf_words": "whole words in the register file of one PE",
    "total_rf_bytes": "all register files together",
    "word_bytes": "bytes of a word",
    "spm_banks": "banks of one buffer of the scratchpad",
    "spm_bank_bytes": "bytes of a bank",
    "spm_buffer_bytes": "one buffer of the scratchpad",
    "spm_bytes": "both buffers of the scratchpad",
    "spm_kb": "both buffers, in KiB",
    "accelerator_mhz": "clock of all but the DMA",
    "dma_mhz": "clock of the DMA",
    "dma_startup_cycles": "start-up of a DMA burst",
    "dma_cycles_per_byte": "DMA cycles for a byte",
    "leakage_mw": "power drawn in every cycle",
    "rf_pj": "energy of an RF access",
    "noc_pj": "energy of a NoC transfer",
    "spm_pj": "energy of an SPM access",
    "dram_pj": "energy of a DRAM access",
    "mac_pj": "energy of a multiply-accumulate",
    "area_mm2": "chip area, where there is an area model",
    "noc_elements_per_cycle": "elements that the narrowest network distributes in a cycle",
    "pe_array.rows": "rows of the PE array, if it has any",
    "pe_array.cols": "its columns",
    **{f"word_bytes.{x}": f"bytes of an element of {x}" for x in OPERANDS},
    **{f"noc_elements_per_cycle.{x}": f"width of the network of {x}" for x in OPERANDS},
    **{f"rf_bytes.{pool}": f"the RF pool of {pool}, if it is one" for pool in POOLS},
    **{f"spm_banks.{pool}": f"banks of the pool of {pool}, if it is one" for pool in POOLS},
    "energy.word_bytes": "the word that energies are for",
    **{f"{name}.{x}": f"energy of an element of {x}" for name in SCALED for x in OPERANDS},
}
"""What rules can speak of, and what it is.

Where words or energies differ by operand, the name of the whole is the largest, and where a memory
is divided, all of it; ``rf_bytes.O`` is the pool that O is in.
"""


def quantities(architecture: Architecture, area_mm2: float | None = None) -> dict[str, float]:
    """What rules can speak of, for one accelerator (`QUANTITIES`).

    Without an area there is no ``area_mm2``.
    """
    values: dict[str, Any] = dict(zip(COUNTS, architecture.counts, strict=True))
    values |= {name: getattr(architecture, name) for name in NUMBERS}
    values |= {name: whole_energy(architecture, name) for name in ENERGIES}
    values["noc_elements_per_cycle"] = min(architecture.noc_width(x) for x in OPERANDS)
    values |= dict(parts_of(architecture))
    values["rf_words"] = architecture.rf_words
    values["total_rf_bytes"] = architecture.pe_count * architecture.rf_total_bytes
    values["spm_buffer_bytes"] = architecture.spm_bytes
    values["spm_bytes"] = 2 * architecture.spm_bytes
    values["spm_kb"] = 2 * architecture.spm_bytes / 1024
    if area_mm2 is not None:
        values["area_mm2"] = area_mm2
    return values
