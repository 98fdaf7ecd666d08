"""Where a mapping's resources, cycles and energy go, as plain figures."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.capacity import spm_banks
from dmaze_cp.cost.cost import Cost
from dmaze_cp.figures import Pool
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
    """Use of the PEs, of one RF and of one SPM buffer, pool by pool.

    RFs count in words, where words differ in bytes; scratchpads in bytes and in banks.
    """
    arch = architecture
    found = [Usage("PEs", "PEs", prod(mapping.level(PE).values()), arch.pe_count)]
    for pool in arch.rf_pools:
        words = {arch.word_of(x) for x in pool.operands}
        unit, name = (words.pop(), "words") if len(words) == 1 else (1, "bytes")
        used = sum(cost.rf_elements[x] * arch.word_of(x) for x in pool.operands) // unit
        found.append(Usage(RF + _of(pool), name, used, pool.size // unit))
    banks = spm_banks(cost.spm_elements, arch)
    for pool in arch.spm_pools:
        used = sum(cost.spm_elements[x] * arch.word_of(x) for x in pool.operands)
        taken = sum(banks[x] for x in pool.operands)
        whole = pool.size * arch.spm_bank_bytes
        found.append(Usage(f"SPM buffer{_of(pool)}", "bytes", used, whole))
        found.append(Usage(f"SPM buffer{_of(pool)}", "banks", taken, pool.size))
    return tuple(found)


def _of(pool: Pool) -> str:
    return "" if pool.operands == OPERANDS else f" of {pool.name}"


def dram_bytes(mapping: Mapping, cost: Cost, architecture: Architecture) -> int:
    """Bytes that the DMA moves between DRAM and the SPM for one run of the layer.

    Every exchange of an operand's SPM tile moves it once. The output is also read back,
    but on a tile's first visit.
    """
    factors = mapping.level(DRAM)
    passes = prod(factors.values())
    elements = {x: cost.dma_invocations[x] * cost.dma_burst_elements[x] for x in OPERANDS}
    sizes = {x: elements[x] * architecture.word_of(x) for x in OPERANDS}
    moved = sum(passes // cost.reuse_dram[x] * sizes[x] for x in OPERANDS)
    tiles = prod(factors[d] for d in mapping.layer.depends[OUTPUT])
    read_back = passes // cost.reuse_dram[OUTPUT] - tiles
    return moved + read_back * sizes[OUTPUT]
