"""Figures of one operand, of a pool or of the array: their names, and how a machine has them.

``word_bytes.O`` is the word of the output, ``rf_bytes.IW`` the pool that input and weights share,
``pe_array.rows`` the rows. A design that gives one of these keeps what its base has of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

from dmaze_cp.architecture import AccessEnergy, Architecture, PEArray
from dmaze_cp.cost.energy import access_pj
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import DRAM, NOC, OPERANDS, RF, SPM

POOLS: Final = tuple("".join(letters) for k in (1, 2) for letters in combinations(OPERANDS, k))
"""Pools that are not the whole memory."""

SCALED: Final = {"rf_pj": RF, "noc_pj": NOC, "spm_pj": SPM, "dram_pj": DRAM}
"""Energies that may differ by operand, and where they are spent."""

BY_OPERAND: Final = tuple(
    f"{name}.{x}" for name in ("word_bytes", "noc_elements_per_cycle") for x in OPERANDS
)
BY_POOL: Final = tuple(f"{name}.{pool}" for name in ("rf_bytes", "spm_banks") for pool in POOLS)
SIDES: Final = ("pe_array.rows", "pe_array.cols")
ENERGIES_BY_OPERAND: Final = tuple(f"{name}.{x}" for name in SCALED for x in OPERANDS)
ENERGY_WORD: Final = "energy.word_bytes"

PARTS: Final = (*SIDES, *BY_OPERAND, *BY_POOL, ENERGY_WORD, *ENERGIES_BY_OPERAND)
"""All names."""

COUNTS: Final = (*SIDES, *BY_OPERAND, *BY_POOL, ENERGY_WORD)
"""Those of integers."""


def whole_of(name: str) -> str:
    """The figure that a part is of, which cannot have a value beside it: rows and `pes`."""
    return "pes" if name in SIDES else name.partition(".")[0]


def sizes_with(base: Architecture, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an accelerator with values for some parts of them.

    Parameters
    ----------
    base
        What has the other parts.
    values
        By names of `PARTS`; others are left alone.
    """
    parts: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if name in (*SIDES, *BY_OPERAND, *BY_POOL):
            whole, _, part = name.partition(".")
            parts.setdefault(whole, {})[part] = value
    changes: dict[str, Any] = {}
    for whole, given in parts.items():
        if whole == "pe_array":
            changes |= _array(base, given)
        elif whole in ("rf_bytes", "spm_banks"):
            changes[whole] = _pools(getattr(base, whole), given)
        else:
            before = getattr(base, whole)
            known = before if isinstance(before, Mapping) else dict.fromkeys(OPERANDS, before)
            changes[whole] = {**known, **given}
    return changes


def _array(base: Architecture, given: Mapping[str, Any]) -> dict[str, Any]:
    if base.pe_array is not None:
        return {"pe_array": replace(base.pe_array, **given)}
    missing = [name for name in ("rows", "cols") if name not in given]
    if missing:
        expected = "a value, as the base has no pe_array"
        raise SpecError(Problem(f"pe_array.{name}", "nothing", expected) for name in missing)
    return {"pe_array": PEArray(**given), "pes": None}


def _pools(before: object, given: Mapping[str, int]) -> dict[str, int]:
    """Pools with new sizes; those that have all operands replace whatever there was."""
    if sorted("".join(given)) == sorted(OPERANDS) or not isinstance(before, Mapping):
        return dict(given)
    return {**before, **given}


def energy_with(
    architecture: Architecture, energy: AccessEnergy, values: Mapping[str, Any]
) -> AccessEnergy:
    """Energies with values for some operands; those of the others stay what they are."""
    changes: dict[str, Any] = {}
    if ENERGY_WORD in values:
        changes["word_bytes"] = values[ENERGY_WORD]
    machine = replace(architecture, energy=replace(energy, **changes))
    for name, component in SCALED.items():
        given = {x: values[f"{name}.{x}"] for x in OPERANDS if f"{name}.{x}" in values}
        if given:
            known = {x: access_pj(machine, component, x) for x in OPERANDS}
            changes[name] = {**known, **given}
    return replace(energy, **changes)


def parts_of(architecture: Architecture) -> Iterator[tuple[str, float]]:
    """The parts that an accelerator has, by name, with their values.

    A memory of one operand is the pool that it is in; energies are those of one element.
    """
    array = architecture.pe_array
    if array is not None:
        yield from zip(SIDES, (array.rows, array.cols), strict=True)
    for x in OPERANDS:
        yield f"word_bytes.{x}", architecture.word_of(x)
        yield f"noc_elements_per_cycle.{x}", architecture.noc_width(x)
        for name, component in SCALED.items():
            yield f"{name}.{x}", access_pj(architecture, component, x)
    for name, pools in (("rf_bytes", architecture.rf_pools), ("spm_banks", architecture.spm_pools)):
        for pool in pools:
            yield from ((f"{name}.{x}", pool.size) for x in pool.operands)
            if len(pool.operands) == 2:
                yield f"{name}.{pool.name}", pool.size
    yield ENERGY_WORD, architecture.energy.word_bytes or architecture.widest_word


def whole_energy(architecture: Architecture, name: str) -> float:
    """An energy as one number: the largest, where it is given by operand."""
    value: float | Mapping[str, float] = getattr(architecture.energy, name)
    return max(value.values()) if isinstance(value, Mapping) else value
