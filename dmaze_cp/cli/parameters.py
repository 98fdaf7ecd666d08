"""Types of options, checked where they are parsed: a wrong value is wrong usage."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

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


class Shape(click.ParamType):  # type: ignore[type-arg]
    """``NAME=VALUE``: the size of a symbolic dimension."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Parse and check."""
        if isinstance(value, tuple):
            return value
        name, _, size = str(value).rpartition("=")
        if not name or not size.strip().isdecimal() or int(size) < 1:
            expected = "NAME=VALUE with an integer of at least 1"
            self.fail(f"found {value!r}, expected {expected}", param, ctx)
        return name.strip(), int(size)


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
    type=click.IntRange(min=1),
    metavar="N",
    help="Batch size: the size of a model's symbolic batch dimension.",
)

shape_option = click.option(
    "--shape",
    "shapes",
    type=Shape(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Size of a symbolic dimension of an ONNX model, which may also be called INPUT:AXIS. "
    "May be repeated.",
)


json_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    help="For people or for programs.",
)


def json_text(value: object) -> str:
    """The text of a JSON file."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def output_option(text: str) -> Callable[[_Function], _Function]:
    """``-o FILE``, described by `text`."""
    return click.option(
        "-o",
        "--output",
        metavar="FILE",
        help=f"{text} `-` is standard output.",
    )
