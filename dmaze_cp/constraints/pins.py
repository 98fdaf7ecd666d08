"""Pins: what an architect says of mappings, one thing each.

``str`` of a pin is the text that `dmaze_cp.constraints.parse_pin` reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dmaze_cp.levels import PE
from dmaze_cp.workload import DEPENDS, Kind


class Relation(StrEnum):
    """How a factor compares with the value of its pin."""

    EQUAL = "="
    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True)
class FactorPin:
    """A tiling factor: ``PE.M=16``, ``SPM.C<=8``, ``RF.Fx=full``.

    Attributes
    ----------
    level, dimension
        Which factor.
    relation
        How it compares with the value.
    value
        At least 1; None stands for the whole loop (``full``).
    """

    level: str
    dimension: str
    relation: Relation
    value: int | None

    def __str__(self) -> str:
        value = "full" if self.value is None else self.value
        return f"{self.level}.{self.dimension}{self.relation}{value}"

    def holds(self, factor: Any, bound: Any) -> Any:
        """Whether factors of a loop satisfy it: integers, or arrays of them."""
        value = bound if self.value is None else self.value
        if self.relation is Relation.EQUAL:
            return factor == value
        return factor <= value if self.relation is Relation.AT_MOST else factor >= value

    def concerns(self, kind: Kind) -> bool:
        """Whether layers of this kind have the dimension."""
        return self.dimension in loops_of(kind)

    def factors(self, kind: Kind) -> Iterator[FactorPin]:
        """Itself, in layers that it concerns."""
        if self.concerns(kind):
            yield self


@dataclass(frozen=True)
class SpatialPin:
    """What may be unrolled over PEs, and nothing else: ``spatial=M,C``.

    Attributes
    ----------
    dimensions
        Dimensions, or operands (``O``, ``I``, ``W``) for all that they depend on.
    """

    dimensions: tuple[str, ...]

    def __str__(self) -> str:
        return f"spatial={','.join(self.dimensions)}"

    def unrolled(self, kind: Kind) -> frozenset[str]:
        """Dimensions of a kind of layer that may be unrolled."""
        named = [DEPENDS[kind].get(name, frozenset({name})) for name in self.dimensions]
        return frozenset[str]().union(*named) & frozenset(loops_of(kind))

    def concerns(self, kind: Kind) -> bool:
        """Whether layers of this kind have one of the dimensions."""
        return bool(self.unrolled(kind))

    def factors(self, kind: Kind) -> Iterator[FactorPin]:
        """That all other dimensions have factor 1, as pins."""
        if self.concerns(kind):
            unrolled = self.unrolled(kind)
            for d in kind.dimensions:
                if d not in unrolled:
                    yield FactorPin(PE, d, Relation.EQUAL, 1)


@dataclass(frozen=True)
class StationaryPin:
    """What is stationary at a level: ``stationary.DRAM=W``, ``stationary.SPM=O|none``.

    Attributes
    ----------
    level
        DRAM or SPM.
    operands
        The alternatives, ``none`` being one.
    """

    level: str
    operands: tuple[str, ...]

    def __str__(self) -> str:
        return f"stationary.{self.level}={'|'.join(self.operands)}"

    def concerns(self, _kind: Kind) -> bool:
        """Every layer."""
        return True

    def factors(self, _kind: Kind) -> Iterator[FactorPin]:
        """None: it is on loop orders."""
        yield from ()


@dataclass(frozen=True)
class UtilizationPin:
    """A share of a memory or of the PEs that is used at least: ``util.PE>=0.8``.

    Attributes
    ----------
    level
        PE (PEs), RF (words of one RF) or SPM (bytes of one SPM buffer).
    least
        From 0 to 1.
    """

    level: str
    least: float

    def __str__(self) -> str:
        return f"util.{self.level}>={self.least!r}"

    def concerns(self, _kind: Kind) -> bool:
        """Every layer."""
        return True

    def factors(self, _kind: Kind) -> Iterator[FactorPin]:
        """None: it is on a product of factors."""
        yield from ()


@dataclass(frozen=True)
class CostPin:
    """What a mapping costs at most, whatever is minimised: ``latency<=5000``.

    Attributes
    ----------
    cost
        ``latency`` (cycles) or ``energy`` (pJ).
    most
        At least 0.
    """

    cost: str
    most: int

    def __str__(self) -> str:
        return f"{self.cost}<={self.most}"

    def concerns(self, _kind: Kind) -> bool:
        """Every layer."""
        return True

    def factors(self, _kind: Kind) -> Iterator[FactorPin]:
        """None: it is on a cost."""
        yield from ()


@dataclass(frozen=True)
class PaddingPin:
    """What bounds may be raised to: ``pad=auto``, ``pad.C=4``. Not a demand: it permits.

    Attributes
    ----------
    dimension
        Whose bound may be raised; None: all, as `dmaze_cp.padding` says of ``auto``.
    by
        By how much at most.
    """

    dimension: str | None = None
    by: int = 0

    def __str__(self) -> str:
        return "pad=auto" if self.dimension is None else f"pad.{self.dimension}={self.by}"

    def concerns(self, kind: Kind) -> bool:
        """Whether layers of this kind have the dimension."""
        return self.dimension is None or self.dimension in loops_of(kind)

    def factors(self, _kind: Kind) -> Iterator[FactorPin]:
        """None: it is on bounds."""
        yield from ()


def loops_of(kind: Kind) -> tuple[str, ...]:
    """Dimensions that can have more than one iteration: M is none of a depthwise convolution."""
    return tuple(d for d in kind.dimensions if (kind, d) != (Kind.DEPTHWISE, "M"))


Pin = FactorPin | SpatialPin | StationaryPin | UtilizationPin | CostPin | PaddingPin
