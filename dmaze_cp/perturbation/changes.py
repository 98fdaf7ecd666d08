"""Machines that differ from another in one figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.dse.design import InvalidDesign
from dmaze_cp.dse.parameters import ENERGIES, NUMBERS, Parameter, parse_parameter
from dmaze_cp.dse.parts import SIDES
from dmaze_cp.dse.quantities import quantities
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import Problem, SpecError

CAPACITIES: Final = (0.5, 2.0)
"""What a capacity is multiplied by: PEs, register files, the scratchpad."""
FIGURES: Final = (0.5, 0.9, 1.1, 1.5)
"""What energies, clocks, and figures of the DMA and the NoC are multiplied by."""


@dataclass(frozen=True)
class Change:
    """A machine, and the one figure in which it differs from the base.

    Attributes
    ----------
    parameter
        The figure, by its name in design spaces.
    before, after
        Its value at the base and on this machine.
    architecture
        The machine.
    """

    parameter: str
    before: float
    after: float
    architecture: Architecture

    @property
    def factor(self) -> float | None:
        """How many times the base's figure; None where that is 0."""
        return self.after / self.before if self.before else None


def changes(base: Architecture) -> Iterator[Change]:
    """Every figure changed as is usual; what no machine can have is left out.

    Figures that are integers are rounded, and one of 0 stays that.
    """
    for name in capacities(base):
        yield from _scaled(base, name, CAPACITIES)
    for name in (*energies(base), *NUMBERS, *noc_widths(base)):
        yield from _scaled(base, name, FIGURES)


def capacities(base: Architecture) -> tuple[str, ...]:
    """Names of its capacities: each pool, and the sides of an array, are one each."""
    sides = ("pes",) if base.pe_array is None else SIDES
    return (*sides, *_parts("rf_bytes", base.rf_bytes), *_parts("spm_banks", base.spm_banks))


def energies(base: Architecture) -> tuple[str, ...]:
    """Names of its energies, by operand where they are given so."""
    return tuple(each for name in ENERGIES for each in _parts(name, getattr(base.energy, name)))


def noc_widths(base: Architecture) -> tuple[str, ...]:
    """Names of the widths of its networks, by operand where they are given so."""
    return _parts("noc_elements_per_cycle", base.noc_elements_per_cycle)


def _parts(name: str, figure: object) -> tuple[str, ...]:
    return tuple(f"{name}.{part}" for part in figure) if isinstance(figure, Mapping) else (name,)


def value_of(base: Architecture, name: str) -> float:
    """The value of a figure.

    Raises
    ------
    SpecError
        When the machine has no such figure.
    """
    known = quantities(base)
    whole = getattr(base, name.partition(".")[0], None)
    if name not in known or (name == "pes" and base.pe_array is not None):
        raise SpecError(Problem(name, f"no such figure of {base.name}", "one that it has"))
    if "." in name and isinstance(whole, Mapping) and name.partition(".")[2] not in whole:
        pools = ", ".join(f"{name.partition('.')[0]}.{part}" for part in whole)
        raise SpecError(Problem(name, f"no pool of {base.name}", pools))
    return known[name]


def change(base: Architecture, name: str, value: float) -> Change:
    """The machine with another value of a figure, all else equal: energies do not follow sizes.

    Raises
    ------
    SpecError
        When the machine has no such figure, or none can have this value.
    """
    before = value_of(base, name)
    space = DesignSpace(
        name=base.name, base=base, parameters=(Parameter(name, (value,)),), energy=_unchanged
    )
    point = space.point(0)
    if isinstance(point, InvalidDesign):
        raise SpecError(Problem(name, point.reason, "a value that a machine can have"))
    title = f"{base.name}, {name}={value:g}"
    return Change(name, before, value, replace(point.architecture, name=title))


def change_from(base: Architecture, text: str) -> tuple[Change, ...]:
    """Changes from a command line: ``FIGURE=VALUE`` or ``FIGURE=VALUE,VALUE``.

    Raises
    ------
    SpecError
        When there is no such figure, or none can have such a value.
    """
    parameter = parse_parameter(text)
    return tuple(change(base, parameter.name, value) for value in parameter.values)


def _unchanged(architecture: Architecture, /) -> AccessEnergy:
    return architecture.energy


def _scaled(base: Architecture, name: str, factors: Iterable[float]) -> Iterator[Change]:
    before = value_of(base, name)
    whole = isinstance(before, int)
    values = [
        round(before * factor) if whole else float(f"{before * factor:.12g}") for factor in factors
    ]
    for value in dict.fromkeys(values):
        if value != before and value > 0:
            try:
                yield change(base, name, value)
            except SpecError:
                continue  # no machine can have it
