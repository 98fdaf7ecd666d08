"""Designs of a design space, and what they are judged by."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from math import inf
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.fields import describe

MAX_POINTS: Final = 1_000_000
"""Points of a space that are looked at; of a larger one a random sample can be."""

WEIGHTS: Final = (1e-9, 1e9)
"""Least and largest weight of a network: costs stay far from the limits of floats."""


@dataclass(frozen=True)
class Design:
    """A valid point of a design space.

    Attributes
    ----------
    index
        Its position in the product of the parameters' values, the last parameter fastest.
    parameters
        The value of each parameter of the space, by name.
    architecture
        The accelerator with these values; its name shows those that vary.
    area_mm2
        Its area, where there is an area model.
    interpolated
        Which of its energies and areas lie between entries of their tables: ``rf_pj``,
        ``spm_pj``, ``rf_mm2``, ``spm_mm2``.
    """

    index: int
    parameters: dict[str, float] = field(hash=False)
    architecture: Architecture
    area_mm2: float | None = None
    interpolated: tuple[str, ...] = ()


class Cause(StrEnum):
    """The kinds of what leaves a point out."""

    ARCHITECTURE = "architecture"
    """No accelerator has such sizes or clocks."""
    WHOLE_BANKS = "whole banks"
    """The scratchpad is no whole number of banks."""
    ENERGY = "energy"
    """The model of energy has none, or none that can be."""
    AREA = "area"
    """The model of area has none."""
    AREA_BUDGET = "area budget"
    """It is too large."""
    RULE = "rule"
    """It breaks a rule, or one cannot be evaluated."""


@dataclass(frozen=True)
class InvalidDesign:
    """A point of a design space that is left out.

    Attributes
    ----------
    index, parameters
        As of `Design`.
    cause
        What such points have in common, for people: the name of a rule, ``area budget``,
        ``RF energy``, ...
    reason
        What is wrong with this one, in a line.
    kind
        Of the cause.
    """

    index: int
    parameters: dict[str, float] = field(hash=False)
    cause: str
    reason: str
    kind: Cause = Cause.RULE


@dataclass(frozen=True)
class WeightedModel:
    """A network that designs are judged by.

    Attributes
    ----------
    model
        Built-in name or file.
    weight
        What its costs are multiplied by, within `WEIGHTS`.
    layers
        Names, indices or globs of the layers that count; all if empty.
    batch
        Batch size to give it, if any.
    shapes
        Values to give to sizes that it leaves open, by name.

    Raises
    ------
    SpecError
        When the weight is outside `WEIGHTS`.
    """

    model: str
    weight: float = 1.0
    layers: tuple[str, ...] = ()
    batch: int | None = None
    shapes: dict[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check_weight(self.weight)


def check_weight(weight: float) -> None:
    """Refuse a weight outside `WEIGHTS`.

    Raises
    ------
    SpecError
        When it is outside.
    """
    least, largest = WEIGHTS
    if not least <= weight <= largest:
        expected = f"a number from {least:g} to {largest:g}"
        raise SpecError(Problem("weight", describe(weight), expected))


@dataclass(frozen=True)
class Budgets:
    """Upper limits that a design has to keep: area (mm2) and power (mW).

    Raises
    ------
    SpecError
        When a limit is not positive.
    """

    area_mm2: float | None = None
    power_mw: float | None = None

    def __post_init__(self) -> None:
        problems = [
            Problem(name, repr(limit), "a positive number")
            for name, limit in asdict(self).items()
            if limit is not None and not 0 < limit < inf
        ]
        if problems:
            raise SpecError(problems)


@dataclass(frozen=True)
class Sample:
    """A random part of a space: so many distinct points, the same ones for the same seed.

    Raises
    ------
    SpecError
        When the count is not from 1 to `MAX_POINTS`.
    """

    count: int
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_POINTS:
            expected = f"an integer from 1 to {MAX_POINTS}"
            raise SpecError(Problem("count", str(self.count), expected))
