"""Spatial accelerators: PE array, register files, scratchpad, DMA and energies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.figures import (
    Frozen,
    Pool,
    by_operand,
    by_pool,
    figure_problems,
    of_operand,
    pool_problems,
    pools,
)
from dmaze_cp.levels import OPERANDS
from dmaze_cp.showing import Shown
from dmaze_cp.workload import DIMENSIONS, Kind

MAX_COUNT: Final = 2**40
"""Largest count or capacity that is accepted: far above any chip, far below 2**63."""


DEFAULT_PES: Final = 256


@dataclass(frozen=True)
class AccessEnergy:
    """Energy of one access or operation, in pJ.

    Each but that of a MAC is a number, which is for a word of `word_bytes` and scales with the
    word of the operand; or one by operand (``{"O": 1.0, "I": 0.3, "W": 0.5}``), for one element.

    Attributes
    ----------
    rf_pj, noc_pj, spm_pj, dram_pj
        An access to the RF, a hop, an access to the scratchpad and to DRAM.
    mac_pj
        A multiply-accumulate.
    word_bytes
        The word that energies which are a number are for; None: the widest of the operands'.
    """

    rf_pj: float | Mapping[str, float] = 0.96
    noc_pj: float | Mapping[str, float] = 2.0
    spm_pj: float | Mapping[str, float] = 13.5
    dram_pj: float | Mapping[str, float] = 200.0
    mac_pj: float = 0.075
    word_bytes: int | None = None

    def __post_init__(self) -> None:
        for name in ENERGIES:
            _keep(self, name, by_operand(getattr(self, name), merge=False))
        _as_doubles(self, ENERGIES)


ENERGIES: Final = ("rf_pj", "noc_pj", "spm_pj", "dram_pj", "mac_pj")
"""Figures of energy."""


@dataclass(frozen=True)
class PEArray:
    """Rows and columns of processing elements, and what may be unrolled along each.

    Attributes
    ----------
    rows, cols
        How many there are.
    unroll_rows, unroll_cols
        Dimensions that may be unrolled over the rows, or over the columns; None: all. A list
        names dimensions of any kind of layer; those that a layer does not have mean nothing to it.
    """

    rows: int
    cols: int
    unroll_rows: tuple[str, ...] | None = None
    unroll_cols: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in UNROLL_LISTS:
            names = getattr(self, name)
            if isinstance(names, list | tuple) and all(d in DIMENSIONS for d in names):
                _keep(self, name, tuple(sorted(names, key=DIMENSIONS.index)))

    def lists(self) -> tuple[frozenset[str], frozenset[str]]:
        """The dimensions that may be unrolled over the rows, and over the columns."""
        every = DIMENSIONS
        rows, cols = (every if n is None else n for n in (self.unroll_rows, self.unroll_cols))
        return frozenset(rows), frozenset(cols)


UNROLL_LISTS: Final = ("unroll_rows", "unroll_cols")


@dataclass(frozen=True)
class Architecture(Shown):
    """A spatial accelerator: DRAM -> DMA -> SPM -> NoC -> PEs with an RF each.

    The defaults are dMazeRunner's default architecture.

    Attributes
    ----------
    name
        For reports.
    pes
        Number of processing elements; None where `pe_array` says it.
    pe_array
        Their rows and columns, in place of `pes`.
    rf_bytes
        Register file of one PE: one for all operands, or pools (``{"O": 64, "IW": 128}``).
    word_bytes
        Bytes of one element of every operand, or of each.
    spm_banks, spm_bank_bytes
        One of the two buffers of the double-buffered scratchpad; banks may be divided into pools.
    noc_elements_per_cycle
        What the network of an operand distributes in a cycle: one width, or one by operand.
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
    pes: int | None = None
    rf_bytes: int | Mapping[str, int] = 512
    word_bytes: int | Mapping[str, int] = 2
    spm_banks: int | Mapping[str, int] = 32
    spm_bank_bytes: int = 2048
    dma_startup_cycles: float = 291.0
    dma_cycles_per_byte: float = 0.24
    dma_mhz: float = 3200.0
    accelerator_mhz: float = 500.0
    energy: AccessEnergy = field(default_factory=AccessEnergy)
    leakage_mw: float = 0.0
    pe_pipeline_stages: int = 1
    notes: str = ""
    pe_array: PEArray | None = None
    noc_elements_per_cycle: int | Mapping[str, int] = 1

    def __post_init__(self) -> None:
        if self.pes is None and self.pe_array is None:
            _keep(self, "pes", DEFAULT_PES)
        for name in BY_OPERAND:
            _keep(self, name, by_operand(getattr(self, name), merge=True))
        for name in BY_POOL:
            _keep(self, name, by_pool(getattr(self, name)))
        _as_doubles(self, FIGURES)
        problems = list(_architecture_problems(self))
        if problems:
            raise SpecError(problems)

    @property
    def pe_count(self) -> int:
        """Number of processing elements."""
        if self.pe_array is not None:
            return self.pe_array.rows * self.pe_array.cols
        return self.pes or DEFAULT_PES

    def remarks(self) -> Iterator[str]:
        """What is no error, but hardly meant: an axis that layers of a kind cannot use."""
        for name in UNROLL_LISTS if self.pe_array is not None else ():
            names = getattr(self.pe_array, name)
            for kind in (Kind.CONV, Kind.GEMM):
                if names is not None and not set(names) & set(kind.dimensions):
                    missing = f"no dimension of {kind} layers ({', '.join(kind.dimensions)})"
                    yield f"pe_array.{name} has {missing}: they use one of these only"

    def word_of(self, operand: str) -> int:
        """Bytes of one element of an operand."""
        return of_operand(self.word_bytes, operand)

    @property
    def widest_word(self) -> int:
        """Bytes of the widest word of an operand."""
        return max(self.word_of(x) for x in OPERANDS)

    def noc_width(self, operand: str) -> int:
        """Elements of an operand that its network distributes in a cycle."""
        return of_operand(self.noc_elements_per_cycle, operand)

    @property
    def rf_pools(self) -> tuple[Pool, ...]:
        """The pools of a register file, in bytes."""
        return pools(self.rf_bytes)

    @property
    def spm_pools(self) -> tuple[Pool, ...]:
        """The pools of one of the two buffers of the scratchpad, in banks."""
        return pools(self.spm_banks)

    @property
    def rf_total_bytes(self) -> int:
        """Register file of one PE, all pools together."""
        return sum(pool.size for pool in self.rf_pools)

    @property
    def figures(self) -> Architecture:
        """The architecture without what is only reported: equal figures give equal answers."""
        return replace(self, name="", notes="", pe_pipeline_stages=1)

    @property
    def spm_bytes(self) -> int:
        """Capacity of one of the two buffers of the scratchpad, all pools together."""
        return self.banks * self.spm_bank_bytes

    @property
    def rf_words(self) -> int:
        """Whole elements of the widest word that fit the register file of one PE."""
        return self.rf_total_bytes // self.widest_word

    @property
    def banks(self) -> int:
        """Banks of one of the two buffers of the scratchpad, all pools together."""
        return sum(pool.size for pool in self.spm_pools)

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """PEs, bytes of an RF, of the widest word, banks, and bytes of a bank: the size of it."""
        sizes = self.pe_count, self.rf_total_bytes, self.widest_word, self.banks
        return (*sizes, self.spm_bank_bytes)

    @property
    def clock_ratio(self) -> float:
        """Accelerator cycles per DMA cycle."""
        return self.accelerator_mhz / self.dma_mhz


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


BY_OPERAND: Final = ("word_bytes", "noc_elements_per_cycle")
"""Counts that may differ by operand."""
BY_POOL: Final = ("rf_bytes", "spm_banks")
"""Capacities that may be divided into pools."""


def _keep(obj: object, name: str, value: object) -> None:
    object.__setattr__(obj, name, value)


def _as_doubles(obj: object, names: Iterable[str]) -> None:
    """Make doubles of integers: 64-bit integers would wrap where doubles only round."""
    for name in names:
        value = getattr(obj, name)
        if isinstance(value, Mapping):
            _keep(obj, name, Frozen({k: _as_double(v) for k, v in value.items()}))
        else:
            _keep(obj, name, _as_double(value))


COUNTS: Final = ("pes", "rf_bytes", "word_bytes", "spm_banks", "spm_bank_bytes")
"""Counts and capacities of an architecture: integers."""


def _as_double(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MAX_COUNT**4:
        return float(value)
    return value


def _architecture_problems(arch: Architecture) -> Iterator[Problem]:
    count = f"an integer from 1 to {MAX_COUNT}"
    for name in ("spm_bank_bytes", "pe_pipeline_stages"):
        yield from figure_problems(name, getattr(arch, name), _is_count, count)
    for name in BY_OPERAND:
        yield from figure_problems(name, getattr(arch, name), _is_count, count)
    for name in BY_POOL:
        yield from pool_problems(name, getattr(arch, name), _is_count, count)
    yield from _pe_problems(arch, count)
    for name in ("dma_startup_cycles", "dma_cycles_per_byte", "leakage_mw"):
        if not _is_figure(getattr(arch, name)):
            yield Problem(name, repr(getattr(arch, name)), "a number from 0 to 1e12")
    for name in ("dma_mhz", "accelerator_mhz"):
        if not _is_number(getattr(arch, name)) or not 1e-6 <= getattr(arch, name) <= 1e9:
            yield Problem(name, repr(getattr(arch, name)), "a number from 1e-6 to 1e9")
    yield from _energy_problems(arch.energy, count)


def _pe_problems(arch: Architecture, count: str) -> Iterator[Problem]:
    array = arch.pe_array
    if array is None:
        if not _is_count(arch.pes):
            yield Problem("pes", repr(arch.pes), count)
        return
    if arch.pes is not None:
        yield Problem("pes", f"{arch.pes!r} beside pe_array", "one of them")
    if not isinstance(array, PEArray):
        yield Problem("pe_array", repr(array), "rows and columns (PEArray)")
        return
    good = 0
    for name in ("rows", "cols"):
        good += _is_count(getattr(array, name))
        if not _is_count(getattr(array, name)):
            yield Problem(f"pe_array.{name}", repr(getattr(array, name)), count)
    if good == 2 and arch.pe_count > MAX_COUNT:
        yield Problem("pe_array", f"{arch.pe_count} PEs", f"at most {MAX_COUNT}")
    for name in UNROLL_LISTS:
        yield from _list_problems(f"pe_array.{name}", getattr(array, name))


def _list_problems(where: str, names: object) -> Iterator[Problem]:
    if names is None:
        return
    expected = f"a list of dimensions ({', '.join(DIMENSIONS)}), or none at all for all of them"
    if not isinstance(names, tuple) or not names:
        yield Problem(where, "an empty list" if names == () else repr(names), expected)
        return
    for name in names:
        if name not in DIMENSIONS:
            yield Problem(where, f"{name!r}, no dimension", expected)
        elif names.count(name) > 1:
            yield Problem(where, f"{name} twice", "each dimension once")
            return


def _energy_problems(energy: AccessEnergy, count: str) -> Iterator[Problem]:
    for name in ENERGIES:
        where, value, expected = f"energy.{name}", getattr(energy, name), "a number from 0 to 1e12"
        if name == "mac_pj":
            if not _is_figure(value):
                yield Problem(where, repr(value), expected)
        else:
            yield from figure_problems(where, value, _is_figure, expected)
    if energy.word_bytes is not None and not _is_count(energy.word_bytes):
        yield Problem("energy.word_bytes", repr(energy.word_bytes), count)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_COUNT


def _is_figure(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1e12


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < MAX_COUNT**4 and math.isfinite(value)
