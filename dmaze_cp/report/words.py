"""Objectives, limits and accelerators in words."""

from __future__ import annotations

from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.levels import MAC, SPM
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.spec.constraint_files import constraints_to_dict
from dmaze_cp.spec.sizes import size_text

_NAMES: Final = {Objective.EDP: "EDP", Objective.ENERGY: "Energy", Objective.LATENCY: "Latency"}
_UNITS: Final = {
    Objective.EDP: "pJ x cycles",
    Objective.ENERGY: "pJ",
    Objective.LATENCY: "cycles",
}
_SETTINGS: Final = {
    "min_pe_utilization": "PE utilisation",
    "min_rf_utilization": "RF utilisation",
    "min_spm_utilization": "SPM utilisation",
    "no_feature_dram": "filter loops at DRAM",
    "no_spatial_reduction": "sums across PEs",
}
"""What limits are on, by their names in files."""


def objective_name(objective: Objective) -> str:
    """An objective at the beginning of a sentence."""
    return _NAMES[objective]


def in_sentence(objective: Objective) -> str:
    """An objective's name inside a sentence."""
    return "EDP" if objective is Objective.EDP else str(objective)


def objective_unit(objective: Objective) -> str:
    """Unit of an objective's values."""
    return _UNITS[objective]


def value_text(value: float, objective: Objective) -> str:
    """A value of an objective with its unit, in few characters."""
    if objective is Objective.ENERGY:
        return numbers.energy(value)
    if objective is Objective.LATENCY:
        return f"{numbers.count(value)} cycles"
    return numbers.scientific(value)


def constraint_texts(constraints: Constraints) -> tuple[str, ...]:
    """The limits that are set, such as ``at least 50 % PE utilisation``."""
    texts = []
    for name, value in constraints_to_dict(constraints).items():
        if value is True:
            texts.append(f"no {_SETTINGS[name]}")
        elif value:
            texts.append(f"at least {100 * value:.4g} % {_SETTINGS[name]}")
    return tuple(texts)


def architecture_in_short(architecture: Architecture) -> str:
    """What tells most accelerators apart: PEs and capacities."""
    a = architecture
    return f"{a.pes} PEs, RF {size_text(a.rf_bytes)}, SPM {_scratchpad(a)}"


def _scratchpad(architecture: Architecture) -> str:
    """Both buffers of the scratchpad together, and the banks of one."""
    both, bank = (size_text(n) for n in (2 * architecture.spm_bytes, architecture.spm_bank_bytes))
    return f"{both} (two buffers of {architecture.spm_banks} x {bank})"


def architecture_rows(architecture: Architecture) -> tuple[tuple[str, str], ...]:
    """All figures of an accelerator."""
    a, energy = architecture, architecture.energy
    return (
        ("PEs", f"{a.pes:,}"),
        ("RF of a PE", size_text(a.rf_bytes)),
        (SPM, _scratchpad(a)),
        ("word", size_text(a.word_bytes)),
        ("clock", f"{a.accelerator_mhz:g} MHz"),
        ("DMA clock", f"{a.dma_mhz:g} MHz"),
        ("DMA start-up", f"{a.dma_startup_cycles:g} DMA cycles"),
        ("DMA", f"{a.dma_cycles_per_byte:g} DMA cycles/B"),
        (MAC, f"{energy.mac_pj:g} pJ"),
        ("RF access", f"{energy.rf_pj:g} pJ"),
        ("NoC transfer", f"{energy.noc_pj:g} pJ"),
        ("SPM access", f"{energy.spm_pj:g} pJ"),
        ("DRAM access", f"{energy.dram_pj:g} pJ"),
        *((("leakage", f"{a.leakage_mw:g} mW"),) if a.leakage_mw else ()),
    )
