"""The counts that both energy and latency are made of."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from dmaze_cp.cost.elements import tile_elements
from dmaze_cp.cost.report import PerOperand
from dmaze_cp.cost.reuse import held_operand, loop_reuse
from dmaze_cp.cost.transfer import Transfer, transfers
from dmaze_cp.mapping import Mapping
from dmaze_cp.workload import OPERANDS


@dataclass(frozen=True)
class Quantities:
    """What a mapping does, before any figure of the architecture but the PE array.

    Attributes
    ----------
    macs
        Multiply-accumulates of the layer.
    spm_passes
        Iterations of the DRAM loops: passes over an SPM tile.
    rf_passes
        Iterations of the SPM loops: RF passes within one SPM pass.
    rf_pass_cycles
        Iterations of the RF loops: cycles of one RF pass.
    output_tiles
        Iterations of the DRAM loops that the output depends on.
    reuse_dram, reuse_spm
        Reuse of each operand at the two ordered levels.
    held
        The operand that stays in the RFs across SPM passes, if any.
    rf_elements, array_elements, spm_elements
        Elements of each operand in the three tiles.
    receivers
        PEs that a distributed tile of each operand goes to.
    reduction_cycles
        Cycles to reduce the partial sums of one array tile across PEs.
    transfers
        How the SPM tile of each operand is moved.
    """

    macs: int
    spm_passes: int
    rf_passes: int
    rf_pass_cycles: int
    output_tiles: int
    reuse_dram: PerOperand
    reuse_spm: PerOperand
    held: str | None
    rf_elements: PerOperand
    array_elements: PerOperand
    spm_elements: PerOperand
    receivers: PerOperand
    reduction_cycles: int
    transfers: dict[str, Transfer]

    @property
    def noc_cycles(self) -> PerOperand:
        """Cycles to distribute an array tile: one element per cycle and network."""
        return self.array_elements


def quantities(mapping: Mapping) -> Quantities:
    """Count what a mapping does."""
    layer = mapping.layer
    dram, spm, pe = mapping.level("DRAM"), mapping.level("SPM"), mapping.level("PE")
    output = layer.depends["O"]
    reuse_dram = loop_reuse(layer, dram, mapping.dram_order)
    reuse_spm = loop_reuse(layer, spm, mapping.spm_order)
    rf_passes = prod(spm.values())
    rf_elements = tile_elements(layer, mapping.tile("RF"))
    spm_tile = mapping.tile("SPM")
    pes = prod(pe.values())
    output_pes = prod(pe[d] for d in output)
    reducing_pes = pes // output_pes
    return Quantities(
        macs=layer.macs,
        spm_passes=prod(dram.values()),
        rf_passes=rf_passes,
        rf_pass_cycles=prod(mapping.level("RF").values()),
        output_tiles=prod(dram[d] for d in output),
        reuse_dram=reuse_dram,
        reuse_spm=reuse_spm,
        held=held_operand(reuse_spm, reuse_dram, rf_passes),
        rf_elements=rf_elements,
        array_elements=tile_elements(layer, mapping.tile("array")),
        spm_elements=tile_elements(layer, spm_tile),
        # Only one PE of those that share an output keeps the sum.
        receivers={x: output_pes if x == "O" else pes for x in OPERANDS},
        reduction_cycles=rf_elements["O"] * (reducing_pes - 1) * output_pes,
        transfers=transfers(layer, spm_tile),
    )
