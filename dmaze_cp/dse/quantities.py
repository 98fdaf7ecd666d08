"""What rules and formulas can speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dmaze_cp.architecture import COUNTS, Architecture
from dmaze_cp.dse.parameters import ENERGIES, NUMBERS

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
}
"""What rules can speak of, and what it is."""


def quantities(architecture: Architecture, area_mm2: float | None = None) -> dict[str, float]:
    """What rules can speak of, for one accelerator (`QUANTITIES`).

    Without an area there is no ``area_mm2``.
    """
    values: dict[str, Any] = {name: getattr(architecture, name) for name in (*COUNTS, *NUMBERS)}
    values |= {name: getattr(architecture.energy, name) for name in ENERGIES}
    values["rf_words"] = architecture.rf_words
    values["total_rf_bytes"] = architecture.pes * architecture.rf_bytes
    values["spm_buffer_bytes"] = architecture.spm_bytes
    values["spm_bytes"] = 2 * architecture.spm_bytes
    values["spm_kb"] = 2 * architecture.spm_bytes / 1024
    if area_mm2 is not None:
        values["area_mm2"] = area_mm2
    return values
