"""Where a mapping's resources, cycles and energy go, as plain figures."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.capacity import spm_banks
from dmaze_cp.cost.cost import Cost
from dmaze_cp.levels import DRAM, OPERANDS, OUTPUT, PE, RF
from dmaze_cp.mapping import Mapping


@dataclass(frozen=True)
class Usage:
    """How much of a resource is used.

    Attributes
    ----------
    resource, unit
        What it is, and in what it is counted.
    used, capacity
        In that unit.
    """

    resource: str
    unit: str
    used: int
    capacity: int

    @property
    def fraction(self) -> float:
        """Used part; above 1 where a mapping does not fit."""
        return self.used / self.capacity if self.capacity else float(self.used > 0)


def usages(mapping: Mapping, cost: Cost, architecture: Architecture) -> tuple[Usage, ...]:
    """Use of the PEs, of the words of one RF and of the bytes and banks of one SPM buffer."""
    spm_used = sum(cost.spm_elements.values()) * architecture.word_bytes
    banks_used = sum(spm_banks(cost.spm_elements, architecture).values())
    return (
        Usage("PEs", "PEs", prod(mapping.level(PE).values()), architecture.pes),
        Usage(RF, "words", sum(cost.rf_elements.values()), architecture.rf_words),
        Usage("SPM buffer", "bytes", spm_used, architecture.spm_bytes),
        Usage("SPM buffer", "banks", banks_used, architecture.spm_banks),
    )


def dram_bytes(mapping: Mapping, cost: Cost, architecture: Architecture) -> int:
    """Bytes that the DMA moves between DRAM and the SPM for one run of the layer.

    Every exchange of an operand's SPM tile moves it once. The output is also read back,
    but on a tile's first visit.
    """
    factors = mapping.level(DRAM)
    passes = prod(factors.values())
    elements = {x: cost.dma_invocations[x] * cost.dma_burst_elements[x] for x in OPERANDS}
    moved = sum(passes // cost.reuse_dram[x] * elements[x] for x in OPERANDS)
    tiles = prod(factors[d] for d in mapping.layer.depends[OUTPUT])
    read_back = passes // cost.reuse_dram[OUTPUT] - tiles
    return (moved + read_back * elements[OUTPUT]) * architecture.word_bytes
