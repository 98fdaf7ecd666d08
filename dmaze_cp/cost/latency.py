"""Where the cycles of a mapping go."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from dmaze_cp.cost.cost import Cost
from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.mapping import Mapping


@dataclass(frozen=True)
class Cycles:
    """Latency split into what adds up to it.

    Attributes
    ----------
    compute
        The PEs multiply and accumulate.
    noc
        PEs wait for operands, or partial sums are reduced.
    dma
        The array waits for the DMA.
    """

    compute: int
    noc: int
    dma: int

    @property
    def total(self) -> int:
        """Latency."""
        return self.compute + self.noc + self.dma


def cycles(mapping: Mapping, cost: Cost) -> Cycles:
    """Split the latency: what transfers hide behind computing counts as computing."""
    spm_passes = prod(mapping.level(DRAM).values())
    rf_passes = prod(mapping.level(SPM).values())
    compute = cost.rf_pass_cycles * rf_passes * spm_passes
    on_chip = cost.spm_pass_cycles * spm_passes
    return Cycles(compute, on_chip - compute, cost.latency_cycles - on_chip)
