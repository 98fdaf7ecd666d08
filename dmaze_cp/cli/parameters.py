"""Types of options, checked where they are parsed: a wrong value is wrong usage."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

from dmaze_cp.workload import MAX_BOUND

_MOST_DIGITS = 18
_MOST_SHOWN = 60
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Number(click.ParamType):  # type: ignore[type-arg]  # generic in new clicks only
    """A finite number in an interval.

    Parameters
    ----------
    low, high
        Ends of the interval.
    open_low, open_high
        Whether an end is left out.
    """

    name = "number"

    def __init__(
        self,
        low: float,
        high: float = math.inf,
        *,
        open_low: bool = False,
        open_high: bool = False,
    ) -> None:
        self.low, self.high = low, high
        self.open_low, self.open_high = open_low, open_high

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Parse and check."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            self.fail(f"found {value!r}, expected {self._expected()}", param, ctx)
        low_ok = number > self.low if self.open_low else number >= self.low
        high_ok = number < self.high if self.open_high else number <= self.high
        if not (math.isfinite(number) and low_ok and high_ok):
            self.fail(f"found {value!r}, expected {self._expected()}", param, ctx)
        return number

    def _expected(self) -> str:
        low = f"{'above' if self.open_low else 'at least'} {self.low:g}"
        if math.isinf(self.high):
            return f"a finite number {low}"
        return f"a number {low} and {'below' if self.open_high else 'at most'} {self.high:g}"


class Count(click.ParamType):  # type: ignore[type-arg]
    """A batch: what a loop can have, from 1 on."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse and check."""
        count = _natural(str(value))
        if not count or count > MAX_BOUND:
            self.fail(
                f"found {_shown(value)}, expected an integer from 1 to {MAX_BOUND}", param, ctx
            )
        return count


class Shape(click.ParamType):  # type: ignore[type-arg]
    """``NAME=VALUE``: a size that a network leaves open; which may be 0, the network knows."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Parse and check."""
        if isinstance(value, tuple):
            return value
        name, _, size = str(value).rpartition("=")
        number = _natural(size)
        if not name.strip() or number is None or number > MAX_BOUND:
            expected = f"NAME=VALUE with an integer from 0 to {MAX_BOUND}"
            self.fail(f"found {_shown(value)}, expected {expected}", param, ctx)
        return name.strip(), number


def _natural(text: str) -> int | None:
    """The integer that digits stand for; None for other texts, and for no end of digits."""
    digits = text.strip()
    if not digits.isdecimal():
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def _shown(value: object) -> str:
    """What was found; of a text without end, the beginning."""
    text = str(value)
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}...")


def shapes_dictionary(pairs: tuple[tuple[str, int], ...]) -> dict[str, int]:
    """Sizes by name.

    Raises
    ------
    click.BadParameter
        When one name is given two sizes.
    """
    shapes: dict[str, int] = {}
    for name, size in pairs:
        if shapes.setdefault(name, size) != size:
            text = f"found {name}={shapes[name]} and {name}={size}, expected one size"
            raise click.BadParameter(text, param_hint="'--shape'")
    return shapes


batch_option = click.option(
    "--batch",
    type=Count(),
    metavar="N",
    help="Batch size. An ONNX model has to leave its batch dimension open; a spec says what its "
    "gemm layers make of a batch.",
)

shape_option = click.option(
    "--shape",
    "shapes",
    type=Shape(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Size that a network leaves open, such as tokens=128: one that a spec declares, or a "
    "symbolic dimension of an ONNX model, which may also be called INPUT:AXIS. May be repeated.",
)


json_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    help="For people or for programs.",
)


def output_option(text: str) -> Callable[[_Function], _Function]:
    """``-o FILE``, described by `text`."""
    return click.option(
        "-o",
        "--output",
        metavar="FILE",
        help=f"{text} `-` is standard output.",
    )
