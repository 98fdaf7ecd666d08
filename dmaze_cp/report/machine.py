"""An accelerator in a few words."""

from __future__ import annotations

from dmaze_cp.architecture import Architecture
from dmaze_cp.spec.sizes import size_text


def architecture_in_short(architecture: Architecture) -> str:
    """What tells most accelerators apart: PEs and capacities."""
    a = architecture
    return f"{a.pes} PEs, RF {size_text(a.rf_bytes)}, SPM {scratchpad_text(a)}"


def scratchpad_text(architecture: Architecture) -> str:
    """Both buffers of the scratchpad together, and the banks of one."""
    both, bank = (size_text(n) for n in (2 * architecture.spm_bytes, architecture.spm_bank_bytes))
    return f"{both} (two buffers of {architecture.spm_banks} x {bank})"
