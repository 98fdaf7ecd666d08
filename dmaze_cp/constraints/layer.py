"""What a user demands of the mappings of one layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dmaze_cp.constraints.parsing import UTILIZED, parse_pin
from dmaze_cp.constraints.pins import (
    FactorPin,
    PaddingPin,
    Pin,
    Relation,
    SpatialPin,
    StationaryPin,
    UtilizationPin,
)
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import DRAM, NONE, OPERANDS, OUTPUT
from dmaze_cp.padding import AsPadding, Padding, as_padding
from dmaze_cp.workload import Kind


@dataclass(frozen=True)
class Constraints:
    """What a mapping must satisfy beyond fitting the architecture.

    Attributes
    ----------
    pins
        In one order, each once, so that equal constraints are equal; pins that every mapping
        satisfies (``util.PE>=0``) are left out.
    """

    pins: tuple[Pin, ...] = ()

    def __post_init__(self) -> None:
        kept = {str(pin): pin for pin in self.pins if not _is_idle(pin)}
        object.__setattr__(self, "pins", tuple(kept[text] for text in sorted(kept)))

    def __bool__(self) -> bool:
        return bool(self.pins)

    def __str__(self) -> str:
        return ", ".join(self.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every pin as a user writes it."""
        return tuple(str(pin) for pin in self.pins)

    @classmethod
    def parse(cls, *texts: str) -> Constraints:
        """The constraints that texts such as ``PE.M=16`` say.

        Raises
        ------
        SpecError
            With everything that is wrong with them.
        """
        pins: list[Pin] = []
        problems: list[Problem] = []
        for text in texts:
            try:
                pins.append(parse_pin(text))
            except SpecError as error:
                problems += error.problems
        if problems:
            raise SpecError(problems)
        return cls(tuple(pins))

    @classmethod
    def of_options(
        cls,
        min_pe_utilization: float = 0.0,
        min_rf_utilization: float = 0.0,
        min_spm_utilization: float = 0.0,
        no_feature_dram: bool = False,
        no_spatial_reduction: bool = False,
    ) -> Constraints:
        """DMazeRunner's search options as pins.

        Parameters
        ----------
        min_pe_utilization, min_rf_utilization, min_spm_utilization
            ``util.PE``, ``util.RF`` and ``util.SPM``: fractions from 0 to 1.
        no_feature_dram
            ``DRAM.Fx=1`` and ``DRAM.Fy=1``.
        no_spatial_reduction
            ``spatial=O``: what the output does not depend on is not unrolled.

        Raises
        ------
        SpecError
            Where a fraction is none.
        """
        least = (min_pe_utilization, min_rf_utilization, min_spm_utilization)
        problems = [
            Problem(f"util.{level}", repr(value), "a fraction from 0 to 1")
            for level, value in zip(UTILIZED, least, strict=True)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1
        ]
        if problems:
            raise SpecError(problems)
        pins: list[Pin] = [
            UtilizationPin(level, float(value))
            for level, value in zip(UTILIZED, least, strict=True)
        ]
        if no_feature_dram:
            pins += [FactorPin(DRAM, d, Relation.EQUAL, 1) for d in ("Fx", "Fy")]
        if no_spatial_reduction:
            pins.append(SpatialPin((OUTPUT,)))
        return cls(tuple(pins))

    def and_also(self, *pins: Pin) -> Constraints:
        """These constraints and more pins."""
        return Constraints((*self.pins, *pins))

    def without(self, pins: Iterable[Pin]) -> Constraints:
        """The other pins."""
        left_out = set(pins)
        return Constraints(tuple(pin for pin in self.pins if pin not in left_out))

    def concerning(self, kind: Kind) -> Constraints:
        """The pins that layers of this kind have."""
        return Constraints(tuple(pin for pin in self.pins if pin.concerns(kind)))

    def factors(self, kind: Kind, dimension: str) -> Iterator[FactorPin]:
        """What the pins say of the factors of one dimension."""
        for pin in self.pins:
            yield from (each for each in pin.factors(kind) if each.dimension == dimension)

    @cached_property
    def padding(self) -> Padding:
        """What bounds may be raised to; of several pins on a dimension the largest counts."""
        pins = [pin for pin in self.pins if isinstance(pin, PaddingPin)]
        by: dict[str, int] = {}
        for pin in pins:
            if pin.dimension is not None:
                by[pin.dimension] = max(by.get(pin.dimension, 0), pin.by)
        return Padding(any(pin.dimension is None for pin in pins), tuple(by.items()))

    def least(self, level: str) -> float:
        """The share of a level (PE, RF or SPM) that is used at least."""
        found = [p.least for p in self.pins if isinstance(p, UtilizationPin) and p.level == level]
        return max(found, default=0.0)

    def stationary(self, level: str) -> frozenset[str]:
        """What may be stationary at DRAM or SPM, ``none`` being a possibility."""
        left = frozenset((*OPERANDS, NONE))
        for pin in self.pins:
            if isinstance(pin, StationaryPin) and pin.level == level:
                left &= frozenset(pin.operands)
        return left


def _is_idle(pin: Pin) -> bool:
    if isinstance(pin, PaddingPin):
        return pin.dimension is not None and pin.by == 0
    return isinstance(pin, UtilizationPin) and pin.least == 0


NO_CONSTRAINTS: Final = Constraints()
"""Nothing beyond fitting the architecture."""


def padding_pins(padding: AsPadding) -> tuple[Pin, ...]:
    """Padding as pins.

    Raises
    ------
    SpecError
        With everything that is wrong with the padding.
    """
    found = as_padding(padding)
    auto: tuple[Pin, ...] = (PaddingPin(),) if found.auto else ()
    return (*auto, *(PaddingPin(d, n) for d, n in found.by))


def padded(constraints: Constraints, padding: AsPadding) -> Constraints:
    """The constraints with this padding in place of theirs; with None, as they are.

    Raises
    ------
    SpecError
        With everything that is wrong with the padding.
    """
    if padding is None:
        return constraints
    others = tuple(pin for pin in constraints.pins if not isinstance(pin, PaddingPin))
    return Constraints((*others, *padding_pins(padding)))
