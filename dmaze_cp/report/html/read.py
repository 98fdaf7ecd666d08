"""Read parts of a result document that may have been edited, cut short or made up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import SpecError
from dmaze_cp.levels import COMPONENTS, LEAKAGE
from dmaze_cp.spec import architecture_from_dict
from dmaze_cp.spec.fields import Fields, describe, is_integer

View = dict[str, Any]
"""What the page's script gets to see of an object: checked, and no more than it needs."""

_T = TypeVar("_T")

_LARGEST: Final = 1e300
"""Numbers beyond are refused: scripts would read them as infinite."""

_NUMBER: Final = "a finite number or null"


def views(
    spec: Fields,
    key: str,
    expected: str,
    view: Callable[[object], _T],
    *,
    required: bool = True,
) -> list[_T]:
    """Views of the items of a list; the problems of all items are noted, with their places."""
    made: list[_T] = []
    for position, item in enumerate(items(spec, key, expected, required=required)):
        try:
            made.append(view(item))
        except SpecError as error:
            spec.problems.extend(error.under(f"{key}[{position}]").problems)
    return made


def architecture(spec: Fields) -> Architecture:
    """The architecture of an object; the default where it is bad, and noted."""
    key = "architecture"
    if spec.missing(key, "an architecture"):
        return Architecture()
    try:
        return architecture_from_dict(spec.data[key])
    except SpecError as error:
        spec.problems.extend(error.under(key).problems)
        return Architecture()


def number(spec: Fields, key: str, *, required: bool = False) -> int | float | None:
    """A number, or None where it is null or left out; noted where it is anything else."""
    if spec.missing(key, _NUMBER, required=required):
        return None
    value = spec.data[key]
    if value is None or is_finite(value):
        return value  # type: ignore[return-value]  # narrowed
    found = "a number that is too large" if isinstance(value, int) and not _is_flag(value) else None
    spec.note(key, _NUMBER, found)
    return None


def numbers(spec: Fields, *keys: str) -> View:
    """Several optional numbers, by name."""
    return {key: number(spec, key) for key in keys}


def is_finite(value: object) -> bool:
    """Whether a value is a number that JSON and scripts can hold."""
    if _is_flag(value) or not isinstance(value, int | float):
        return False
    return abs(value) <= _LARGEST and math.isfinite(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def text(spec: Fields, key: str) -> str | None:
    """Text, or None where it is null or left out."""
    value = spec.data.get(key)
    if value is not None and not isinstance(value, str):
        spec.note(key, "text or null")
        return None
    return value


def flag(spec: Fields, key: str) -> bool:
    """A boolean; false where it is null or left out."""
    value = spec.data.get(key)
    if value is not None and not _is_flag(value):
        spec.note(key, "true or false")
    return value is True


def choice(spec: Fields, key: str, options: Iterable[str]) -> str:
    """One of some words; the first where it is something else (and noted)."""
    options = tuple(options)
    value = spec.data.get(key)
    if isinstance(value, str) and value in options:
        return value
    spec.note(key, f"one of {', '.join(options)}")
    return options[0]


def items(spec: Fields, key: str, expected: str, *, required: bool = True) -> list[object]:
    """A list; empty where it is left out and not required."""
    if spec.missing(key, expected, required=required):
        return []
    value = spec.data[key]
    if isinstance(value, list):
        return value
    if value is not None or required:
        spec.note(key, expected)
    return []


def texts(spec: Fields, key: str, expected: str) -> list[str]:
    """A list of texts."""
    found = items(spec, key, expected)
    if not all(isinstance(value, str) for value in found):
        spec.note(key, expected, describe(found))
        return []
    return [str(value) for value in found]


def indices(spec: Fields, key: str, known: Iterable[object]) -> list[int]:
    """A list of indices of points that there are; empty where it is null or left out."""
    expected = "indices of points"
    found, there = items(spec, key, expected, required=False), set(known)
    good = [value for value in found if is_integer(value) and value in there]
    if len(good) < len(found):
        spec.note(key, expected)
    return good  # type: ignore[return-value]  # only integers are left


def index(spec: Fields, key: str, known: Iterable[object]) -> int | None:
    """The index of a point that there is; None where it is null or left out."""
    value = spec.data.get(key)
    if value is not None and not (is_integer(value) and value in set(known)):
        spec.note(key, "the index of a point, or null")
        return None
    return value  # type: ignore[return-value]  # narrowed


def inside(spec: Fields, key: str, expected: str, *, required: bool = False) -> Fields:
    """The fields of an object inside an object; their problems have to be added by `merge`."""
    value = spec.data.get(key)
    if key not in spec and required:
        spec.missing(key, expected)
    return Fields({} if value is None else value, expected, spec.path(key))


def merge(spec: Fields, *others: Fields) -> None:
    """Add the problems of objects inside."""
    for other in others:
        spec.problems.extend(other.problems)


def energies(spec: Fields) -> list[float] | None:
    """Energy of each of `COMPONENTS` in pJ, and last what leaks, if anything does."""
    parts = spec.data.get("energy_breakdown_pj")
    leaks = isinstance(parts, Mapping) and LEAKAGE in parts
    return breakdown(spec, "energy_breakdown_pj", (*COMPONENTS, LEAKAGE) if leaks else COMPONENTS)


def breakdown(spec: Fields, key: str, names: Sequence[str]) -> list[float] | None:
    """A number for each name; None where there is none."""
    if spec.data.get(key) is None:
        return None
    parts = inside(spec, key, f"a mapping of {', '.join(names)} to numbers")
    values = [number(parts, name, required=parts.is_mapping) for name in names]
    merge(spec, parts)
    return [float(value or 0) for value in values]
