"""Spatial accelerators: PE array, register files, scratchpad, DMA and energies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.showing import html_of

MAX_COUNT: Final = 2**40
"""Largest count or capacity that is accepted: far above any chip, far below 2**63."""


@dataclass(frozen=True)
class AccessEnergy:
    """Energy of one access or operation on one word, in pJ."""

    rf_pj: float = 0.96
    noc_pj: float = 2.0
    spm_pj: float = 13.5
    dram_pj: float = 200.0
    mac_pj: float = 0.075

    def __post_init__(self) -> None:
        _as_doubles(self, [item.name for item in fields(self)])


@dataclass(frozen=True)
class Architecture:
    """A spatial accelerator: DRAM -> DMA -> SPM -> NoC -> PEs with an RF each.

    The defaults are dMazeRunner's default architecture.

    Attributes
    ----------
    name
        For reports.
    pes
        Number of processing elements.
    rf_bytes
        Register file of one PE.
    word_bytes
        Bytes of one element of every operand.
    spm_banks, spm_bank_bytes
        One of the two buffers of the double-buffered scratchpad.
    dma_startup_cycles, dma_cycles_per_byte
        In cycles of the DMA clock.
    dma_mhz, accelerator_mhz
        Clocks of the DMA and of everything else.
    energy
        Energy of one access.
    leakage_mw
        Power that is drawn in every cycle, whatever happens.
    pe_pipeline_stages
        Read and reported; enters no formula.
    notes
        Where the figures come from.

    Raises
    ------
    SpecError
        With every problem found.
    """

    name: str = "default"
    pes: int = 256
    rf_bytes: int = 512
    word_bytes: int = 2
    spm_banks: int = 32
    spm_bank_bytes: int = 2048
    dma_startup_cycles: float = 291.0
    dma_cycles_per_byte: float = 0.24
    dma_mhz: float = 3200.0
    accelerator_mhz: float = 500.0
    energy: AccessEnergy = field(default_factory=AccessEnergy)
    leakage_mw: float = 0.0
    pe_pipeline_stages: int = 1
    notes: str = ""

    def __post_init__(self) -> None:
        _as_doubles(self, FIGURES)
        problems = list(_architecture_problems(self))
        if problems:
            raise SpecError(problems)

    @property
    def figures(self) -> Architecture:
        """The architecture without what is only reported: equal figures give equal answers."""
        return replace(self, name="", notes="", pe_pipeline_stages=1)

    @property
    def rf_words(self) -> int:
        """Whole elements that fit the register file of one PE."""
        return self.rf_bytes // self.word_bytes

    @property
    def spm_bytes(self) -> int:
        """Capacity of one of the two buffers of the scratchpad."""
        return self.spm_banks * self.spm_bank_bytes

    @property
    def clock_ratio(self) -> float:
        """Accelerator cycles per DMA cycle."""
        return self.accelerator_mhz / self.dma_mhz

    def _repr_html_(self) -> str:
        return html_of(self)


ONLY_REPORTED: Final = ("name", "notes", "pe_pipeline_stages")
"""Fields of an architecture that enter no formula."""

FIGURES: Final = (
    "dma_startup_cycles",
    "dma_cycles_per_byte",
    "dma_mhz",
    "accelerator_mhz",
    "leakage_mw",
)
"""Figures of an architecture that are doubles."""


def _as_doubles(obj: object, names: Iterable[str]) -> None:
    """Make doubles of integers: 64-bit integers would wrap where doubles only round."""
    for name in names:
        value = getattr(obj, name)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MAX_COUNT**4:
            object.__setattr__(obj, name, float(value))


COUNTS: Final = ("pes", "rf_bytes", "word_bytes", "spm_banks", "spm_bank_bytes")
"""Counts and capacities of an architecture: integers."""


def _architecture_problems(arch: Architecture) -> Iterator[Problem]:
    for name in (*COUNTS, "pe_pipeline_stages"):
        value = getattr(arch, name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_COUNT:
            yield Problem(name, repr(value), f"an integer from 1 to {MAX_COUNT}")
    for name in ("dma_startup_cycles", "dma_cycles_per_byte"):
        if not _is_number(getattr(arch, name)) or not 0 <= getattr(arch, name) <= 1e12:
            yield Problem(name, repr(getattr(arch, name)), "a number from 0 to 1e12")
    for name in ("dma_mhz", "accelerator_mhz"):
        if not _is_number(getattr(arch, name)) or not 1e-6 <= getattr(arch, name) <= 1e9:
            yield Problem(name, repr(getattr(arch, name)), "a number from 1e-6 to 1e9")
    if not _is_number(arch.leakage_mw) or not 0 <= arch.leakage_mw <= 1e12:
        yield Problem("leakage_mw", repr(arch.leakage_mw), "a number from 0 to 1e12")
    for item in fields(AccessEnergy):
        value = getattr(arch.energy, item.name)
        if not _is_number(value) or not 0 <= value <= 1e12:
            yield Problem(f"energy.{item.name}", repr(value), "a number from 0 to 1e12")


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < MAX_COUNT**4 and math.isfinite(value)
