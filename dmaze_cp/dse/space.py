"""Design spaces: accelerators that differ in some parameters, and which of them are valid."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.area import DEFAULT_AREA, AreaModel, no_area
from dmaze_cp.dse.build import Recipe, build_design, short
from dmaze_cp.dse.design import MAX_POINTS, Budgets, Design, InvalidDesign, Sample, WeightedModel
from dmaze_cp.dse.energy import (
    PUBLISHED_RF_PJ,
    PUBLISHED_SPM_PJ,
    EnergyByCapacity,
    EnergyModel,
)
from dmaze_cp.dse.parameters import SPM_SIZES, Parameter
from dmaze_cp.dse.parts import PARTS, whole_of
from dmaze_cp.dse.rules import Rule
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective

_MAX_SIZE: Final = 2**62


@dataclass(frozen=True)
class DesignSpace:
    """Accelerators that differ in some parameters.

    Attributes
    ----------
    name
        For reports.
    base
        The accelerator that all others are variants of.
    parameters
        What varies, and what is set. Of `SPM_SIZES` at most one: ``spm_kb`` and ``spm_bytes``
        are of both buffers of the scratchpad, ``spm_banks`` is of one.
    rules
        Conditions that a design has to meet.
    energy
        Energies by sizes. Where it is None, or an `EnergyByCapacity` that says nothing on RF
        or SPM, that energy comes from the published table if the space gives the capacity a
        value, and is the base's if not.
    area
        Area by sizes.
    sample
        Look at a random part only.
    models, objective, budgets
        What designs are judged by, where the space says so. A design over the area budget is
        left out; the power budget depends on the mappings.
    notes
        Where it comes from.

    Raises
    ------
    SpecError
        When parameters contradict each other or there are too many points.
    """

    name: str
    base: Architecture = field(default_factory=Architecture)
    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    energy: EnergyModel | None = None
    area: AreaModel = DEFAULT_AREA
    sample: Sample | None = None
    models: tuple[WeightedModel, ...] = ()
    objective: Objective | None = None
    budgets: Budgets = field(default_factory=Budgets)
    notes: str = ""

    def __post_init__(self) -> None:
        problems = list(_space_problems(self))
        if problems:
            raise SpecError(problems)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def swept(self) -> tuple[str, ...]:
        """The names of the parameters with more than one value."""
        return tuple(p.name for p in self.parameters if len(p.values) > 1)

    @property
    def size(self) -> int:
        """Points in the product of all values, valid or not, sampled or not."""
        return prod(len(parameter.values) for parameter in self.parameters)

    def __len__(self) -> int:
        """Points that are looked at: `size`, or as many as the sample has."""
        return self.size if self.sample is None else min(self.size, self.sample.count)

    def __bool__(self) -> bool:
        """Always true: a space has at least one point."""
        return True

    def point(self, index: int) -> Design | InvalidDesign:
        """The point at a position of the product.

        Raises
        ------
        IndexError
            When there is no such position.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"point {index} of {self.size}")
        values: dict[str, float] = dict.fromkeys(self.names, 0)
        rest = index
        for parameter in reversed(self.parameters):
            rest, position = divmod(rest, len(parameter.values))
            values[parameter.name] = parameter.values[position]
        return build_design(self._recipe, index, values)

    def points(self) -> Iterator[Design | InvalidDesign]:
        """Every point that is looked at, by ascending index."""
        return (self.point(index) for index in self._indices())

    def designs(self) -> Iterator[Design]:
        """Every valid point that is looked at, by ascending index."""
        return (point for point in self.points() if isinstance(point, Design))

    def survey(self) -> tuple[tuple[Design, ...], tuple[InvalidDesign, ...]]:
        """All valid designs, and all points that are left out.

        Raises
        ------
        SpecError
            When no design is valid; the line names what leaves out most.
        """
        designs: list[Design] = []
        invalid: list[InvalidDesign] = []
        for point in self.points():
            if isinstance(point, Design):
                designs.append(point)
            else:
                invalid.append(point)
        if not designs:
            raise SpecError(_emptiness(self.name, invalid))
        return tuple(designs), tuple(invalid)

    def with_parameters(self, changes: Sequence[Parameter]) -> DesignSpace:
        """The same space with other values for some parameters, or with more parameters.

        A new way to give the size of the SPM replaces the one that the space has, and an energy
        as a parameter what the space says of it.

        Raises
        ------
        SpecError
            When a parameter is given twice, or as for the space itself.
        """
        counts = Counter(change.name for change in changes)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            raise SpecError(Problem(n, "the parameter twice", "each parameter once") for n in twice)
        new = {change.name: change for change in changes}
        replaced = set(SPM_SIZES) if new.keys() & set(SPM_SIZES) else set()
        kept = [
            new.pop(parameter.name, parameter)
            for parameter in self.parameters
            if parameter.name in new or parameter.name not in replaced
        ]
        energy = self.energy
        if isinstance(energy, EnergyByCapacity):
            energy = energy.without(counts)
        return replace(self, parameters=(*kept, *new.values()), energy=energy)

    def _indices(self) -> Sequence[int]:
        if self.sample is None or self.sample.count >= self.size:
            return range(self.size)
        generator = random.Random(self.sample.seed)  # noqa: S311 - no secret
        return sorted(generator.sample(range(self.size), self.sample.count))

    @cached_property
    def _recipe(self) -> Recipe:
        energy = self.energy if self.energy is not None else EnergyByCapacity()
        if isinstance(energy, EnergyByCapacity):
            energy = _with_published(energy, self.names)
        limit = self.budgets.area_mm2
        return Recipe(self.base, self.name, self.swept, energy, self.area, self.rules, limit)


def _with_published(energy: EnergyByCapacity, names: Sequence[str]) -> EnergyByCapacity:
    """The published tables where a capacity has values and nothing is said on its energy."""
    wholes = {name.partition(".")[0] for name in names}
    given = {*wholes, *(name for name, _ in energy.fixed)}
    spm_has_values = bool({*SPM_SIZES, "spm_bank_bytes"} & wholes)
    if energy.rf is None and "rf_pj" not in given and "rf_bytes" in wholes:
        energy = replace(energy, rf=PUBLISHED_RF_PJ)
    if energy.spm is None and "spm_pj" not in given and spm_has_values:
        energy = replace(energy, spm=PUBLISHED_SPM_PJ)
    return energy


def _emptiness(name: str, invalid: Sequence[InvalidDesign]) -> Problem:
    """That no design is valid, and why most are not."""
    (cause, count), *others = Counter(point.cause for point in invalid).most_common()
    first = next(point for point in invalid if point.cause == cause)
    values = " ".join(f"{key}={short(value)}" for key, value in first.parameters.items())
    rest = f", other causes {len(invalid) - count}" if others else ""
    example = f"{values or 'the base'}: {first.reason}"
    found = f"no valid design; {cause!r} leaves out {count} of {len(invalid)}{rest} ({example})"
    return Problem("", found, "at least one valid design", f"design space {name}")


def _space_problems(space: DesignSpace) -> Iterator[Problem]:
    names = space.names
    yield from _given_twice(names)
    sizes = [name for name in SPM_SIZES if name in names]
    if len(sizes) > 1:
        found = f"the size of the SPM as {' and '.join(sizes)}"
        yield Problem("parameters", found, f"one of {', '.join(SPM_SIZES)}")
    if space.sample is None and space.size > MAX_POINTS:
        expected = f"at most {MAX_POINTS}, or random: {{count: COUNT}}"
        yield Problem("parameters", f"{space.size} points", expected)
    elif space.size > _MAX_SIZE:
        yield Problem("parameters", "more than 2**62 points", "fewer")
    if isinstance(space.energy, EnergyByCapacity):
        for name in sorted(space.energy.given & set(names)):
            yield Problem(f"energy.{name}", f"also parameters.{name}", "one of them")
    if space.area is no_area:
        yield from _missing_area(space)


def _given_twice(names: Sequence[str]) -> Iterator[Problem]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Problem(f"parameters.{name}", "the parameter twice", "each parameter once")
        if name in PARTS and whole_of(name) in names:
            yield Problem(f"parameters.{name}", f"also {whole_of(name)}", "one of them")


def _missing_area(space: DesignSpace) -> Iterator[Problem]:
    expected = "an area model"
    for k, rule in enumerate(space.rules):
        if "area_mm2" in rule.names:
            yield Problem(f"rules[{k}]", "area_mm2 in a space without areas", expected)
    if space.budgets.area_mm2 is not None:
        yield Problem("budgets.area_mm2", "a limit in a space without areas", expected)
