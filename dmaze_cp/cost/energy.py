"""What costs energy, and how it is added up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.expression import (
    Node,
)
from dmaze_cp.levels import (
    COMPONENTS,
    DRAM,
    LEAKAGE,
    NOC,
    RF,
    SPM,
)


def components(*architectures: Architecture) -> tuple[str, ...]:
    """Where energy goes on any of some accelerators, in the order in which it is added up."""
    leaks = any(architecture.leakage_mw for architecture in architectures)
    return (*COMPONENTS, LEAKAGE) if leaks else COMPONENTS


def leakage_pj(architecture: Architecture) -> float:
    """Energy that leaks in a cycle.

    A milliwatt is 1000 pJ in a microsecond, and a megahertz one cycle in it.
    """
    return architecture.leakage_mw * 1000 / architecture.accelerator_mhz


def access_pj(architecture: Architecture, component: str, operand: str) -> float:
    """Energy of one access to an element of an operand in RF, NoC, SPM or DRAM, in pJ.

    An energy that is one number is for a word of so many bytes, and scales with the operand's.
    """
    energy = architecture.energy
    given = {
        RF: energy.rf_pj,
        NOC: energy.noc_pj,
        SPM: energy.spm_pj,
        DRAM: energy.dram_pj,
    }[component]
    if isinstance(given, Mapping):
        return given[operand]
    word = energy.word_bytes or architecture.widest_word
    return given * (architecture.word_of(operand) / word)


@dataclass(frozen=True, eq=False)
class Access:
    """Accesses, operations or cycles that cost energy.

    Attributes
    ----------
    component
        Where the energy goes.
    purpose
        The operand, or what it is for.
    price_pj
        Energy of one.
    count
        How many there are.
    """

    component: str
    purpose: str
    price_pj: float
    count: Node


def energy_breakdown(
    accesses: Sequence[Access], count: Callable[[Node], Any], key: str = "component"
) -> dict[str, Any]:
    """Energy in pJ, by component (or by what another attribute says).

    Counts of one price are added before they are multiplied, in the order of the accesses, so that
    any other implementation can repeat the rounding.
    """
    counts: dict[str, dict[float, Any]] = {}
    for access in accesses:
        mine, price = counts.setdefault(getattr(access, key), {}), access.price_pj
        mine[price] = mine[price] + count(access.count) if price in mine else count(access.count)
    return {name: _priced(mine) for name, mine in counts.items()}


def _priced(counts: Mapping[float, Any]) -> Any:
    first, *others = (count * price for price, count in counts.items())
    total: Any = first
    for part in others:
        total = total + part
    return total


def total_energy(breakdown: Mapping[str, Any]) -> Any:
    """Total in pJ, before it is rounded.

    The components are added in their order, each a double, so that any other
    implementation can repeat the rounding bit by bit.
    """
    total: Any = 0.0
    for part in breakdown.values():
        total = total + part
    return total
