"""From the values of the parameters to a design, or to why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dmaze_cp.architecture import COUNTS, Architecture
from dmaze_cp.dse.area import AreaModel, LinearArea
from dmaze_cp.dse.capacity import OutOfRangeError
from dmaze_cp.dse.design import Cause, Design, InvalidDesign
from dmaze_cp.dse.energy import EnergyByCapacity, EnergyModel
from dmaze_cp.dse.parameters import ENERGIES, NUMBERS
from dmaze_cp.dse.parts import energy_with, sizes_with
from dmaze_cp.dse.quantities import quantities
from dmaze_cp.dse.rules import Rule
from dmaze_cp.errors import SpecError
from dmaze_cp.spec.expressions import ExpressionError
from dmaze_cp.spec.sizes import size_text


@dataclass(frozen=True)
class Recipe:
    """What all designs of a space are made by.

    Attributes
    ----------
    base
        The accelerator that they are variants of.
    name
        Name of the space; that of a design's accelerator where nothing varies.
    swept
        Names of the parameters that vary.
    energy, area
        Models of energy and area by sizes.
    rules
        Conditions to meet.
    area_limit_mm2
        Area that may not be exceeded.
    """

    base: Architecture
    name: str
    swept: tuple[str, ...]
    energy: EnergyModel
    area: AreaModel
    rules: tuple[Rule, ...]
    area_limit_mm2: float | None


class _LeftOutError(Exception):
    """A point is left out.

    Attributes
    ----------
    kind, reason, cause
        As of `InvalidDesign`; the kind is the cause where nothing else is said.
    """

    def __init__(self, kind: Cause, reason: str, cause: str = "") -> None:
        super().__init__(reason)
        self.kind, self.reason, self.cause = kind, reason, cause or str(kind)


def build_design(recipe: Recipe, index: int, values: dict[str, float]) -> Design | InvalidDesign:
    """The design with these values, if it is valid.

    Parameters
    ----------
    recipe
        What designs are made by.
    index
        Position of the point, for the result.
    values
        The value of each parameter.
    """
    try:
        architecture = _with_energies(recipe, _sized(recipe, values), values)
        area = _area(recipe, architecture)
        _check_rules(recipe, architecture, area)
        _check_area(recipe, area)
    except _LeftOutError as left:
        return InvalidDesign(index, values, left.cause, left.reason, left.kind)
    return Design(index, values, architecture, area, _interpolated(recipe, architecture))


def short(value: float) -> str:
    """A value of a parameter in a few characters."""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _sized(recipe: Recipe, values: Mapping[str, float]) -> Architecture:
    """The accelerator with its sizes and clocks, energies still those of the base."""
    whole = (*COUNTS, "noc_elements_per_cycle", *NUMBERS)
    changes: dict[str, Any] = {k: v for k, v in values.items() if k in whole}
    if "pes" in changes:
        changes["pe_array"] = None
    changes |= _banks(values, changes.get("spm_bank_bytes", recipe.base.spm_bank_bytes))
    shown = " ".join(f"{name}={short(values[name])}" for name in recipe.swept)
    try:
        changes |= sizes_with(recipe.base, values)
        return replace(recipe.base, name=shown or recipe.name, notes="", **changes)
    except SpecError as error:
        raise _LeftOutError(Cause.ARCHITECTURE, str(error.problems[0])) from None


def _banks(values: Mapping[str, float], bank_bytes: int) -> dict[str, int]:
    """Banks of one buffer for a scratchpad whose size is given for both."""
    key = next((name for name in ("spm_kb", "spm_bytes") if name in values), None)
    if key is None:
        return {}
    banks = values[key] * (1024 if key == "spm_kb" else 1) / (2 * bank_bytes)
    if banks < 1 or not float(banks).is_integer():
        reason = (
            f"{short(float(banks))} banks of {size_text(bank_bytes)} in each of the two buffers "
            f"with {key} {short(values[key])}"
        )
        raise _LeftOutError(Cause.WHOLE_BANKS, reason)
    return {"spm_banks": int(banks)}


def _with_energies(
    recipe: Recipe, architecture: Architecture, values: Mapping[str, float]
) -> Architecture:
    given: dict[str, Any] = {name: values[name] for name in ENERGIES if name in values}
    try:
        energy = replace(recipe.energy(architecture), **given)
        return replace(architecture, energy=energy_with(architecture, energy, values))
    except OutOfRangeError as error:
        raise _LeftOutError(Cause.ENERGY, str(error), error.subject) from None
    except SpecError as error:
        raise _LeftOutError(Cause.ENERGY, str(error.problems[0])) from None


def _area(recipe: Recipe, architecture: Architecture) -> float | None:
    try:
        return recipe.area(architecture)
    except OutOfRangeError as error:
        raise _LeftOutError(Cause.AREA, str(error), error.subject) from None


def _interpolated(recipe: Recipe, architecture: Architecture) -> tuple[str, ...]:
    """Figures between entries of tables; models of other kinds have none to tell of."""
    found: tuple[str, ...] = ()
    if isinstance(recipe.energy, EnergyByCapacity):
        found += recipe.energy.interpolated(architecture)
    if isinstance(recipe.area, LinearArea):
        found += recipe.area.interpolated(architecture)
    return found


def _check_area(recipe: Recipe, area: float | None) -> None:
    limit = recipe.area_limit_mm2
    if area is not None and limit is not None and area > limit:
        raise _LeftOutError(Cause.AREA_BUDGET, f"{area:.6g} mm2, more than {limit:.6g} mm2")


def _check_rules(recipe: Recipe, architecture: Architecture, area: float | None) -> None:
    known = quantities(architecture, area) if recipe.rules else {}
    for rule in recipe.rules:
        if not rule.names <= known.keys():
            missing = ", ".join(sorted(rule.names - known.keys())).replace("area_mm2", "area")
            reason = f"{rule.text!r} cannot be evaluated: no {missing}"
            raise _LeftOutError(Cause.RULE, reason, rule.name)
        try:
            holds = rule.holds(known)
        except ExpressionError as error:
            reason = f"{rule.text!r} cannot be evaluated: {error}"
            raise _LeftOutError(Cause.RULE, reason, rule.name) from None
        if not holds:
            shown = ", ".join(f"{name} = {short(known[name])}" for name in sorted(rule.names))
            reason = f"{rule.text!r} does not hold ({shown})"
            raise _LeftOutError(Cause.RULE, reason, rule.name)
