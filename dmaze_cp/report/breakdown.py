"""Where a mapping's resources, cycles and energy go, as plain figures."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.capacity import spm_banks
from dmaze_cp.cost.cost import Cost
from dmaze_cp.figures import Pool
from dmaze_cp.levels import OPERANDS, PE, RF
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
