"""Text -> pin."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from dmaze_cp.constraints.pins import (
    CostPin,
    FactorPin,
    PaddingPin,
    Pin,
    Relation,
    SpatialPin,
    StationaryPin,
    UtilizationPin,
)
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import (
    AXES_OF_ARRAY,
    LEVELS,
    NONE,
    OPERANDS,
    ORDERED_LEVELS,
    PE,
    PE_COLS,
    PE_ROWS,
    RF,
    SPM,
)
from dmaze_cp.padding import parse_padding
from dmaze_cp.workload import MAX_BOUND, Kind

DIMENSIONS: Final = tuple(dict.fromkeys(d for kind in Kind for d in kind.dimensions))
"""Dimensions of any kind of layer."""

UTILIZED: Final = (PE, RF, SPM)
"""Levels of which a share is used."""

FORMS: Final = "PE.M=16, SPM.C<=8, RF.Fx=full, spatial=M,C, stationary.DRAM=W or util.PE>=0.8"

MOST_COST: Final = 2**62
"""Largest limit on a cost: more than any mapping costs."""

_LISTS: Final = {PE_ROWS: "unroll_rows", PE_COLS: "unroll_cols"}
"""Where a file of an accelerator says what may be unrolled on an axis."""

_PARTS: Final = re.compile(r"([^<>=]*?)\s*(<=|>=|=)\s*([^<>=]*)")
_DIGITS: Final = re.compile(r"[0-9]{1,7}")
_MOST_DIGITS: Final = 40


def parse_pin(text: str) -> Pin:
    """The pin that a text says.

    Raises
    ------
    SpecError
        With what is wrong with the text, which is where the problem is.
    """
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        raise _wrong(text, "a text without =, <= or >=", f"a pin such as {FORMS}")
    name, relation, value = parts[1], Relation(parts[2]), parts[3].strip()
    family, _, rest = name.partition(".")
    if family in _FAMILIES:
        return _FAMILIES[family](text, rest, relation, value)
    if family in AXES_OF_ARRAY:
        expected = "PE (rows times columns): what may lie on an axis stands in the accelerator's "
        raise _wrong(text, f"{family!r}, an axis of an array", f"{expected}{_LISTS[family]}")
    if family not in LEVELS:
        known = (*LEVELS, *_FAMILIES)
        raise _wrong(text, f"{family!r}, no level", _one_of(family, known))
    if rest not in DIMENSIONS:
        raise _wrong(text, f"{rest!r}, no dimension", _one_of(rest, DIMENSIONS))
    return FactorPin(family, rest, relation, _value(text, relation, value))


def _value(text: str, relation: Relation, value: str) -> int | None:
    if value == "full":
        if relation is not Relation.EQUAL:
            raise _wrong(text, f"{relation}full", "=full")
        return None
    if not _DIGITS.fullmatch(value) or not 1 <= int(value) <= MAX_BOUND:
        expected = f"a factor from 1 to {MAX_BOUND}, or full"
        raise _wrong(text, repr(value[:_MOST_DIGITS]), expected)
    return int(value)


def _spatial(text: str, rest: str, relation: Relation, value: str) -> SpatialPin:
    if rest or relation is not Relation.EQUAL:
        raise _wrong(text, "another form", "spatial= with dimensions, such as spatial=M,C")
    names = tuple(dict.fromkeys(each.strip() for each in value.split(",")))
    known = (*DIMENSIONS, *OPERANDS)
    _all_of(text, names, known, "no dimension")
    return SpatialPin(tuple(name for name in known if name in names))


def _stationary(text: str, level: str, relation: Relation, value: str) -> StationaryPin:
    if level not in ORDERED_LEVELS or relation is not Relation.EQUAL:
        expected = " or ".join(f"stationary.{each}=" for each in ORDERED_LEVELS)
        raise _wrong(text, f"'stationary.{level}{relation}'", expected)
    names = tuple(dict.fromkeys(each.strip() for each in value.split("|")))
    known = (*OPERANDS, NONE)
    _all_of(text, names, known, "no operand")
    return StationaryPin(level, tuple(name for name in known if name in names))


def _utilization(text: str, level: str, relation: Relation, value: str) -> UtilizationPin:
    if level not in UTILIZED or relation is not Relation.AT_LEAST:
        expected = " or ".join(f"util.{each}>=" for each in UTILIZED)
        raise _wrong(text, f"'util.{level}{relation}'", expected)
    try:
        least = float(value) if len(value) <= _MOST_DIGITS else -1.0
    except ValueError:
        least = -1.0
    if not 0 <= least <= 1:
        raise _wrong(text, repr(value[:_MOST_DIGITS]), "a fraction from 0 to 1")
    return UtilizationPin(level, least + 0.0)


def _cost(text: str, rest: str, relation: Relation, value: str) -> CostPin:
    cost = text.partition("<")[0].strip()
    if rest or relation is not Relation.AT_MOST:
        raise _wrong(text, "another form", "latency<= with cycles, or energy<= with pJ")
    if not value.isascii() or not value.isdecimal() or int(value[:_MOST_DIGITS]) > MOST_COST:
        raise _wrong(text, repr(value[:_MOST_DIGITS]), f"an integer from 0 to {MOST_COST}")
    return CostPin(cost, int(value))


def _padding(text: str, rest: str, relation: Relation, value: str) -> PaddingPin:
    if relation is not Relation.EQUAL:
        raise _wrong(text, f"'pad{relation}'", "pad=auto or pad.DIM=N, such as pad.C=4")
    try:
        padding = parse_padding([f"{rest}={value}" if rest else value])
    except SpecError as error:
        raise SpecError(replace(p, where=text) for p in error.problems) from None
    if padding.auto:
        return PaddingPin()
    return PaddingPin(rest, dict(padding.by).get(rest, 0))


_Parse = Callable[[str, str, Relation, str], Pin]
_FAMILIES: Final[dict[str, _Parse]] = {
    "spatial": _spatial,
    "stationary": _stationary,
    "util": _utilization,
    "latency": _cost,
    "energy": _cost,
    "pad": _padding,
}


def _all_of(text: str, names: Sequence[str], known: Sequence[str], what: str) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SpecError(
            Problem(text, f"{name!r}, {what}", _one_of(name, known)) for name in unknown
        )


def _one_of(name: str, known: Sequence[str]) -> str:
    lower = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), lower, 1, cutoff=0.5)
    hint = f" (did you mean {lower[near[0]]}?)" if near else ""
    return f"one of {' '.join(known)}{hint}"


def _wrong(text: str, found: str, expected: str) -> SpecError:
    return SpecError(Problem(text, found, expected))
