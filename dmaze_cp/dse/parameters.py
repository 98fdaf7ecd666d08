"""The parameters that a design space can vary, and how their values are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dmaze_cp.architecture import COUNTS, MAX_COUNT, AccessEnergy, Architecture
from dmaze_cp.dse.parts import COUNTS as PART_COUNTS
from dmaze_cp.dse.parts import ENERGIES_BY_OPERAND, ENERGY_WORD, PARTS
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.fields import Fields, describe, nearest
from dmaze_cp.spec.sizes import UNITS, number_and_unit

NUMBERS: Final = (
    *("accelerator_mhz", "dma_mhz", "dma_startup_cycles", "dma_cycles_per_byte"),
    "leakage_mw",
)
ENERGIES: Final = ("rf_pj", "noc_pj", "spm_pj", "dram_pj", "mac_pj")
SPM_SIZES: Final = ("spm_banks", "spm_kb", "spm_bytes")
"""Ways to give the size of the scratchpad, of which a space uses one.

``spm_banks`` is of one buffer, as in `Architecture`. ``spm_kb`` (KiB) and ``spm_bytes`` are of
both buffers together, as sizes are published; with the bank size they give ``spm_banks``.
"""
WHOLE: Final = (*COUNTS, "noc_elements_per_cycle", "spm_kb", "spm_bytes", *NUMBERS, *ENERGIES)
"""Figures that are one for the whole accelerator."""
PARAMETERS: Final = (*WHOLE, *PARTS)
"""The names that a space can give values to."""

MAX_VALUES: Final = 10_000
"""Values of one parameter."""

_SIZES: Final = {
    **dict.fromkeys(("rf_bytes", "word_bytes", "spm_bank_bytes", "spm_bytes"), 1),
    "spm_kb": UNITS["KiB"],
    **{n: 1 for n in PARTS if n.startswith(("rf_bytes.", "word_bytes."))},
    ENERGY_WORD: 1,
}
"""Parameters that are capacities, and what a value without a unit is in bytes."""
_INTEGERS: Final = (*COUNTS, "noc_elements_per_cycle", "spm_bytes", *PART_COUNTS)
_EXPECTED: Final = (
    "a value, a list, {from: A, to: B, factor: F} or {from: A, to: B, step: S}; "
    "as text 16,32,64 or A:B:*F or A:B:+S"
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a design space with the values it takes, in their order.

    Raises
    ------
    SpecError
        When the name is unknown, there is no value, a value occurs twice, or an
        architecture cannot have it.
    """

    name: str
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        problems = list(_parameter_problems(self.name, self.values))
        if problems:
            raise SpecError(problems)


def parse_parameter(text: str) -> Parameter:
    """A parameter from a command line.

    Parameters
    ----------
    text
        ``NAME=VALUES``, the values as one or more of ``16``, ``64KiB``, ``16:1024:*2`` (16, 32,
        ... up to 1024) and ``100:500:+100``, with commas between.

    Raises
    ------
    SpecError
        With every problem found.
    """
    name, equals, values = text.partition("=")
    if not equals:
        expected = "NAME=VALUES, such as rf_bytes=16,32,64 or rf_bytes=16:1024:*2"
        raise SpecError(Problem("", describe(text), expected))
    return parameter_from(name.strip(), values)


def parameter_from(name: str, value: object) -> Parameter:
    """A parameter from what a file or a command line gives as its values.

    Raises
    ------
    SpecError
        With every problem found, the name of the parameter as the field.
    """
    if name not in PARAMETERS:
        raise SpecError(_unknown(name))
    try:
        return Parameter(name, tuple(_values(name, value)))
    except SpecError as error:
        found = [p if p.where == name else p.under(name) for p in error.problems]
        raise SpecError(found) from None


def _unknown(name: str) -> Problem:
    close = nearest(name, PARAMETERS, count=3)
    parts = "parts such as word_bytes.O, rf_bytes.IW, pe_array.rows"
    return Problem(name, "an unknown parameter", close or f"one of {', '.join(WHOLE)}, or {parts}")


def _values(name: str, value: object) -> Iterator[float]:
    if isinstance(value, str):
        pieces = value.split(",")
        for piece in pieces:
            yield from _piece(name, piece.strip())
    elif isinstance(value, dict):
        yield from _range(name, Fields(value, "a range"))
    elif isinstance(value, list | tuple):
        for item in value:
            yield _scalar(name, item)
    else:
        yield _scalar(name, value)


def _piece(name: str, text: str) -> Iterator[float]:
    if ":" not in text:
        yield _scalar(name, text)
        return
    start, _, rest = text.partition(":")
    end, _, jump = rest.partition(":")
    key = {"*": "factor", "+": "step"}.get(jump[:1])
    if key is None:
        raise SpecError(Problem("", describe(text), "FROM:TO:*FACTOR or FROM:TO:+STEP"))
    yield from _range(name, Fields({"from": start, "to": end, key: jump[1:]}, "a range"))


def _range(name: str, spec: Fields) -> list[float]:
    spec.refuse_unknown(("from", "to", "factor", "step"))
    given = [key for key in ("factor", "step") if key in spec]
    if len(given) != 1:
        spec.problems.append(Problem("", " and ".join(given) or "no step", "a factor or a step"))
    numbers: dict[str, float] = {}
    for key in ("from", "to", *given):
        if not spec.missing(key, "a number"):
            try:
                numbers[key] = _scalar(name if key != "factor" else "factor", spec.data[key])
            except SpecError as error:
                spec.problems += [Problem(key, p.found, p.expected) for p in error.problems]
    spec.raise_problems()
    start, end, key = numbers["from"], numbers["to"], given[0]
    if start > end:
        raise SpecError(Problem("", f"from {start} to {end}", "from at most to"))
    if key == "step" and numbers[key] <= 0:
        raise SpecError(Problem("step", repr(numbers[key]), "a positive step"))
    if key == "factor" and (numbers[key] <= 1 or start <= 0):
        expected = "a factor above 1 and a positive from"
        raise SpecError(Problem("factor", f"{numbers[key]} from {start}", expected))
    walk = _walk(start, end, key, numbers[key])
    return [_whole(value) if name in _INTEGERS else value for value in walk]


def _walk(start: float, end: float, key: str, jump: float) -> Iterator[float]:
    """The values of a range; the last may pass its end by no more than rounding."""
    for k in range(MAX_VALUES + 1):
        try:
            value = start * jump**k if key == "factor" else start + k * jump
        except OverflowError:
            return
        if value > end + abs(end) * 1e-9:
            return
        yield min(value, end) if isinstance(value, float) else value
    raise SpecError(Problem("", "a range of very many values", f"at most {MAX_VALUES}"))


def _scalar(name: str, value: object) -> float:
    """A number, or text with one and, where the parameter is a capacity, a unit."""
    unit = ""
    number: object = value
    if isinstance(value, str):
        number, unit = number_and_unit(value)
    if number is None or isinstance(number, bool) or not isinstance(number, int | float):
        raise SpecError(Problem("", describe(value), _EXPECTED))
    if unit and name not in _SIZES:
        raise SpecError(Problem("", describe(value), "a number without a unit"))
    if not abs(number) <= MAX_COUNT**4:  # nor is NaN
        raise SpecError(Problem("", describe(value), "a number of a sensible size"))
    if unit:
        return _whole(number * UNITS[unit] / _SIZES[name])
    return _whole(number) if name in _INTEGERS else number


def _whole(number: float) -> float:
    """The number as an integer where it is one: files write 2 also as 2.0."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _parameter_problems(name: str, values: Sequence[float]) -> Iterator[Problem]:
    if name not in PARAMETERS:
        yield _unknown(name)
        return
    if not values:
        yield Problem(name, "no value", _EXPECTED)
    if len(values) > MAX_VALUES:
        yield Problem(name, f"{len(values)} values", f"at most {MAX_VALUES}")
        return
    twice = next((value for value, count in Counter(values).items() if count > 1), None)
    if twice is not None:
        yield Problem(name, f"the value {twice} twice", "each value once")
    # One line will do: a range that is wrong is wrong in many values.
    yield from next(filter(None, (list(_value_problems(name, v)) for v in values)), [])


def _value_problems(name: str, value: float) -> Iterator[Problem]:
    """What an architecture itself says about a value."""
    if name == "spm_kb" or name == "spm_bytes":
        largest = MAX_COUNT // (1024 if name == "spm_kb" else 1)
        kind = int if name == "spm_bytes" else int | float
        if not isinstance(value, kind) or isinstance(value, bool) or not 0 < value <= largest:
            yield Problem(name, repr(value), f"a positive size, at most {largest}")
        return
    try:
        if name in PARTS:
            _part_value(name, value)
        elif name in ENERGIES:
            replace(Architecture(), energy=replace(AccessEnergy(), **{name: value}))  # type: ignore[arg-type]
        else:
            replace(Architecture(), **{name: value})  # type: ignore[arg-type]
    except SpecError as error:
        yield from (Problem(name, p.found, p.expected) for p in error.problems)


def _part_value(name: str, value: float) -> None:
    """Refuse a value that no operand, pool or axis can have."""
    if name in ENERGIES_BY_OPERAND:
        replace(Architecture(), energy=AccessEnergy(rf_pj=value))
    else:
        replace(Architecture(), rf_bytes=value)  # type: ignore[arg-type]
