"""Energies of one access, by the capacities of the memories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from dmaze_cp.architecture import ENERGIES, AccessEnergy, Architecture
from dmaze_cp.dse.capacity import ByCapacity, OutOfRangeError, Table, is_interpolated
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.figures import Pool
from dmaze_cp.levels import RF, SPM

PUBLISHED_RF_PJ: Final = Table(tuple((2**k, 0.001875 * 2**k) for k in range(11)))
"""RF access by bytes of one RF, from 1 to 1024: the table of dMazeRunner's design sweeps."""

PUBLISHED_SPM_PJ: Final = Table(
    tuple(
        (kb * 1024, pj)
        for kb, pj in (
            (16, 4.0),
            (32, 6.0),
            (64, 9.0),
            (128, 13.5),
            (256, 20.25),
            (512, 30.375),
            (1024, 45.5625),
            (2048, 68.3475),
            (4096, 99.0984375),
        )
    )
)
"""SPM access by bytes of both buffers, from 16 KiB to 4 MiB: the table of the same sweeps."""

COMPONENTS: Final = ENERGIES
"""``rf_pj``, ``noc_pj``, ``spm_pj``, ``dram_pj``, ``mac_pj``."""

SCALED: Final = tuple(name for name in ENERGIES if name != "mac_pj")
"""What depends on the word."""


class EnergyModel(Protocol):
    """The energies of an architecture; any callable of this form will do."""

    def __call__(self, architecture: Architecture, /) -> AccessEnergy:
        """Energies of one access, given sizes and clocks.

        Raises
        ------
        OutOfRangeError
            When the model says nothing about such an architecture: the design is left out.
        """


@dataclass(frozen=True)
class EnergyByCapacity:
    """Energies from tables or formulas; what has none stays as the architecture has it.

    Attributes
    ----------
    rf
        RF access (pJ) by bytes of one RF.
    spm
        SPM access (pJ) by bytes of *both* buffers together, as the published tables are.
    fixed
        Energies that do not depend on capacities: (name, pJ), names from `COMPONENTS`.
    word_bytes
        The word size that the energies of RF, NoC, SPM and DRAM are for. They are scaled by
        (word / word_bytes) for other words; mac_pj is not. None takes them to be for a word
        of whatever size the architecture has.

    Raises
    ------
    SpecError
        When an energy is given twice or no number from 0 to 1e12.
    """

    rf: ByCapacity | None = None
    spm: ByCapacity | None = None
    fixed: tuple[tuple[str, float], ...] = ()
    word_bytes: int | None = None

    def __post_init__(self) -> None:
        # One order, so that models that say the same are equal.
        known = sorted(self.fixed, key=lambda each: (*COMPONENTS, each[0]).index(each[0]))
        object.__setattr__(self, "fixed", tuple(known))
        by_capacity = {"rf_pj": self.rf, "spm_pj": self.spm}
        problems = []
        for name, pj in self.fixed:
            if name not in COMPONENTS:
                problems.append(Problem(name, "an unknown energy", ", ".join(COMPONENTS)))
            elif by_capacity.get(name) is not None:
                problems.append(Problem(name, "a constant and a table or formula", "one of them"))
            if not 0 <= pj <= 1e12:
                problems.append(Problem(name, repr(pj), "a number from 0 to 1e12"))
        if self.word_bytes is not None and self.word_bytes < 1:
            problems.append(Problem("word_bytes", str(self.word_bytes), "a positive word size"))
        if problems:
            raise SpecError(problems)

    @property
    def given(self) -> frozenset[str]:
        """The energies that this model decides."""
        by_capacity = {"rf_pj": self.rf, "spm_pj": self.spm}
        tables = {name for name, figures in by_capacity.items() if figures is not None}
        return frozenset(tables | {name for name, _ in self.fixed})

    def without(self, names: Iterable[str]) -> EnergyByCapacity:
        """The model without what it says about some energies."""
        left_out = set(names)
        return replace(
            self,
            rf=None if "rf_pj" in left_out else self.rf,
            spm=None if "spm_pj" in left_out else self.spm,
            fixed=tuple(figure for figure in self.fixed if figure[0] not in left_out),
        )

    def interpolated(self, architecture: Architecture) -> tuple[str, ...]:
        """The energies that lie between entries of a table."""
        tables = (("rf_pj", self.rf), ("spm_pj", self.spm))
        return tuple(
            name
            for name, figures in tables
            if any(is_interpolated(figures, pool.size) for pool in _memories(architecture, name))
        )

    def __call__(self, architecture: Architecture, /) -> AccessEnergy:
        """Energies of one access of an architecture with these capacities.

        Raises
        ------
        OutOfRangeError
            When a capacity is outside a table, or an energy is beyond any sense.
        """
        base = architecture.energy
        values: dict[str, Any] = {name: getattr(base, name) for name in COMPONENTS}
        values |= {name: float(pj) for name, pj in self.fixed}
        word = self.word_bytes or base.word_bytes
        for name, memory, figures in (("rf_pj", RF, self.rf), ("spm_pj", SPM, self.spm)):
            if figures is not None:
                values[name] = _by_pool(architecture, name, memory, figures, word)
        one_word = isinstance(architecture.word_bytes, int) and base.word_bytes is None
        if self.word_bytes is None or not one_word:
            return AccessEnergy(**values, word_bytes=word)
        scale = architecture.widest_word / self.word_bytes
        for name in SCALED:
            if not isinstance(values[name], Mapping):
                values[name] *= scale
        return AccessEnergy(**values)


def _memories(architecture: Architecture, name: str) -> tuple[Pool, ...]:
    """Memories of RF or SPM with the bytes that figures are for: of the SPM both buffers."""
    if name == "rf_pj":
        return architecture.rf_pools
    bank = 2 * architecture.spm_bank_bytes
    return tuple(Pool(pool.operands, pool.size * bank) for pool in architecture.spm_pools)


def _by_pool(
    architecture: Architecture, name: str, memory: str, figures: ByCapacity, word: int | None
) -> float | dict[str, float]:
    """The energy of an access: where there are pools, by operand, each for its own word."""
    pools = _memories(architecture, name)
    if len(pools) == 1:
        return _energy_at(memory, figures, pools[0].size)
    for_word = word or architecture.widest_word
    return {
        x: _energy_at(memory, figures, pool.size) * (architecture.word_of(x) / for_word)
        for pool in pools
        for x in pool.operands
    }


def _energy_at(memory: str, figures: ByCapacity, capacity_bytes: int) -> float:
    try:
        return figures.at(capacity_bytes)
    except OutOfRangeError as error:
        name = f"{memory.lower()}_pj"
        hint = f"--param {name}=PJ gives it, or energy.{name} of a design space"
        subject = f"{memory} energy"
        raise OutOfRangeError(f"{subject}: {error}: {hint}", subject) from None
