"""The exact cost of one mapping, with every quantity it is made of."""

from __future__ import annotations

from dataclasses import dataclass

PerOperand = dict[str, int]
"""A quantity of each operand: keys O, I, W."""


@dataclass(frozen=True)
class Cost:
    """Exact cost of a mapping under dMazeRunner's analytical model.

    Attributes
    ----------
    energy_pj
        Total, rounded to the nearest integer, halves to even.
    latency_cycles
        Accelerator cycles.
    energy_breakdown_pj
        By component (`COMPONENTS`, and ``leakage`` where the accelerator leaks); adds up
        to the total before rounding.
    energy_by_operand_pj
        By component, then by operand; RF energy of the MACs' own accesses
        and the MACs themselves are under ``compute``.
    reuse_dram, reuse_spm
        Consecutive iterations of the level's loops that use the same tile.
    rf_elements, array_elements, spm_elements
        Elements of each operand in the RF, array and SPM tile.
    noc_cycles
        Cycles to distribute one array tile.
    reduction_cycles
        Cycles to reduce partial sums across PEs, once.
    dma_invocations, dma_burst_elements, dma_cycles
        Of one transfer of the operand's SPM tile.
    spm_pass_cycles
        Cycles of one pass over the SPM tile.
    rf_pass_cycles
        Cycles of one RF pass (compute only).
    held
        The operand that stays in the RFs across SPM passes, if any.
    """

    energy_pj: int
    latency_cycles: int
    energy_breakdown_pj: dict[str, float]
    energy_by_operand_pj: dict[str, dict[str, float]]
    reuse_dram: PerOperand
    reuse_spm: PerOperand
    rf_elements: PerOperand
    array_elements: PerOperand
    spm_elements: PerOperand
    noc_cycles: PerOperand
    reduction_cycles: int
    dma_invocations: PerOperand
    dma_burst_elements: PerOperand
    dma_cycles: PerOperand
    spm_pass_cycles: int
    rf_pass_cycles: int
    held: str | None

    @property
    def edp(self) -> int:
        """Energy-delay product, pJ x cycles."""
        return self.energy_pj * self.latency_cycles
