"""The exact cost of one mapping, in Python integers: whatever the size, no overflow."""

from __future__ import annotations

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.energy import access_counts, energy_breakdown, energy_by_operand, total_energy
from dmaze_cp.cost.latency import latency_cycles, spm_pass_cycles
from dmaze_cp.cost.quantities import quantities
from dmaze_cp.cost.report import Cost
from dmaze_cp.cost.transfer import transfer_cycles
from dmaze_cp.mapping import Mapping
from dmaze_cp.workload import OPERANDS


def evaluate(mapping: Mapping, architecture: Architecture) -> Cost:
    """Exact cost of a mapping under dMazeRunner's analytical model.

    Capacities play no part: a mapping that does not fit has a cost too (see `fits`).

    Parameters
    ----------
    mapping
        Tiling and loop orders of a layer.
    architecture
        Energies, word size, DMA and clocks.

    Returns
    -------
    Cost
        Energy, latency and every quantity they are made of. Counts and cycles are
        exact integers, energies are doubles.
    """
    q = quantities(mapping)
    counts = access_counts(q)
    breakdown = energy_breakdown(counts, architecture.energy)
    dma = {x: transfer_cycles(q.transfers[x], architecture) for x in OPERANDS}
    pass_cycles = spm_pass_cycles(q)
    return Cost(
        energy_pj=total_energy(breakdown),
        latency_cycles=latency_cycles(q, pass_cycles, dma),
        energy_breakdown_pj=breakdown,
        energy_by_operand_pj=energy_by_operand(counts, architecture.energy),
        reuse_dram=q.reuse_dram,
        reuse_spm=q.reuse_spm,
        rf_elements=q.rf_elements,
        array_elements=q.array_elements,
        spm_elements=q.spm_elements,
        noc_cycles=q.noc_cycles,
        reduction_cycles=q.reduction_cycles,
        dma_invocations={x: q.transfers[x].invocations for x in OPERANDS},
        dma_burst_elements={x: q.transfers[x].burst_elements for x in OPERANDS},
        dma_cycles=dma,
        spm_pass_cycles=pass_cycles,
        rf_pass_cycles=q.rf_pass_cycles,
        held=q.held,
    )
