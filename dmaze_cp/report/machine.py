"""An accelerator in a few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.levels import MAC, SPM
from dmaze_cp.spec.sizes import size_text

_PJ: Final = "{:g} pJ".format


def architecture_in_short(architecture: Architecture) -> str:
    """What tells most accelerators apart: PEs and capacities."""
    a = architecture
    return f"{pes_text(a, thousands=False)} PEs, RF {rf_text(a)}, SPM {scratchpad_text(a)}"


def pes_text(architecture: Architecture, *, thousands: bool = True) -> str:
    """How many PEs there are, as rows and columns if there are any."""
    array = architecture.pe_array
    if array is None and not thousands:
        return str(architecture.pe_count)
    return f"{architecture.pe_count:,}" if array is None else f"{array.rows} x {array.cols}"


def rf_text(architecture: Architecture) -> str:
    """The register file of a PE, pool by pool."""
    pools = architecture.rf_pools
    if len(pools) == 1:
        return size_text(pools[0].size)
    return " + ".join(f"{size_text(pool.size)} for {pool.name}" for pool in pools)


def figure_text(figure: float | Mapping[str, float], text: Callable[[Any], str]) -> str:
    """A figure that is one for all operands, or one for each."""
    if not isinstance(figure, Mapping):
        return text(figure)
    return ", ".join(f"{x} {text(value)}" for x, value in figure.items())


def scratchpad_text(architecture: Architecture) -> str:
    """Both buffers of the scratchpad together, and the banks of one."""
    both, bank = (size_text(n) for n in (2 * architecture.spm_bytes, architecture.spm_bank_bytes))
    pools = architecture.spm_pools
    if len(pools) == 1:
        return f"{both} (two buffers of {pools[0].size} x {bank})"
    banks = " + ".join(f"{pool.size} for {pool.name}" for pool in pools)
    return f"{both} (two buffers of banks of {bank}: {banks})"


def architecture_rows(architecture: Architecture) -> tuple[tuple[str, str], ...]:
    """All figures of an accelerator."""
    a, energy = architecture, architecture.energy
    return (
        ("PEs", pes_text(a)),
        ("RF of a PE", rf_text(a)),
        (SPM, scratchpad_text(a)),
        ("word", figure_text(a.word_bytes, size_text)),
        ("clock", f"{a.accelerator_mhz:g} MHz"),
        ("DMA clock", f"{a.dma_mhz:g} MHz"),
        ("DMA start-up", f"{a.dma_startup_cycles:g} DMA cycles"),
        ("DMA", f"{a.dma_cycles_per_byte:g} DMA cycles/B"),
        (MAC, f"{energy.mac_pj:g} pJ"),
        ("RF access", figure_text(energy.rf_pj, _PJ)),
        ("NoC transfer", figure_text(energy.noc_pj, _PJ)),
        ("SPM access", figure_text(energy.spm_pj, _PJ)),
        ("DRAM access", figure_text(energy.dram_pj, _PJ)),
        *((("leakage", f"{a.leakage_mw:g} mW"),) if a.leakage_mw else ()),
    )
