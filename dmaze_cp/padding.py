"""Larger layers in place of a layer: what a loop bound may be raised to.

A mapping of a larger layer also computes the layer; what it computes beyond is thrown away. A bound
such as 107, a prime, has two factors only: the larger product with 108 or 128 may well cost less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.workload import DIMENSIONS, MAX_BOUND, Kind, Layer

AUTO: Final = "auto"

NEVER_BY_ITSELF: Final = ("Fx", "Fy")
"""Filters are not raised by `Padding.auto`."""


@dataclass(frozen=True)
class Padding:
    """Which bounds a layer's loops may have instead of their own.

    Attributes
    ----------
    auto
        All but filter loops may be rounded up to a multiple of any power of two up to the least
        one that is not below the bound.
    by
        Dimensions and by how much each may be raised at most, to any bound on the way. A layer that
        has no such dimension is not concerned.

    Raises
    ------
    SpecError
        With every dimension that there is not and every number that is none.
    """

    auto: bool = False
    by: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        problems = list(_problems(self.by))
        if problems:
            raise SpecError(problems)
        given = sorted(((d, n) for d, n in self.by if n), key=lambda e: DIMENSIONS.index(e[0]))
        object.__setattr__(self, "by", tuple(given))

    def __bool__(self) -> bool:
        return self.auto or bool(self.by)

    def extents(self, layer: Layer, dimension: str) -> tuple[int, ...]:
        """Every bound that a dimension of a layer may have, ascending: its own is the first."""
        bound = layer.bounds[dimension]
        found = {bound}
        if layer.kind is Kind.DEPTHWISE and dimension == "M":
            return (bound,)
        if self.auto and dimension not in NEVER_BY_ITSELF:
            found |= {-(-bound // step) * step for step in _powers_of_two(bound)}
        found |= set(range(bound, bound + dict(self.by).get(dimension, 0) + 1))
        return tuple(sorted(found))

    def varying(self, layer: Layer) -> frozenset[str]:
        """Dimensions of a layer that may have several bounds."""
        return frozenset(d for d, most in self.largest(layer).items() if most > layer.bounds[d])

    def largest(self, layer: Layer) -> dict[str, int]:
        """The largest bound of each dimension of a layer, found without listing them."""
        return {d: self._most(layer, d) for d in layer.dimensions}

    def _most(self, layer: Layer, dimension: str) -> int:
        bound = layer.bounds[dimension]
        if layer.kind is Kind.DEPTHWISE and dimension == "M":
            return bound
        is_rounded = self.auto and dimension not in NEVER_BY_ITSELF
        rounded = 1 << (bound - 1).bit_length() if is_rounded else bound
        return max(rounded, bound + dict(self.by).get(dimension, 0))

    @property
    def texts(self) -> tuple[str, ...]:
        """What `parse_padding` makes it of."""
        return (*([AUTO] if self.auto else ()), *(f"{d}={n}" for d, n in self.by))


def _powers_of_two(bound: int) -> Iterator[int]:
    """2, 4, 8, ... up to the least that is not below a bound."""
    step = 2
    while step < 2 * bound:
        yield step
        step *= 2


def _problems(given: Sequence[tuple[object, object]]) -> Iterator[Problem]:
    seen = set()
    for dimension, by in given:
        if dimension not in DIMENSIONS:
            yield Problem(f"padding.{dimension}", "no dimension", f"one of {' '.join(DIMENSIONS)}")
            continue
        if not isinstance(by, int) or isinstance(by, bool) or not 0 <= by < MAX_BOUND:
            yield Problem(f"padding.{dimension}", repr(by), f"an integer from 0 to {MAX_BOUND - 1}")
        if dimension in seen:
            yield Problem(f"padding.{dimension}", "given twice", "once")
        seen.add(dimension)


NO_PADDING: Final = Padding()
"""Layers have the bounds that they have."""


def parse_padding(texts: Sequence[str]) -> Padding:
    """Padding from ``auto`` and ``DIM=N``, any number of them.

    Raises
    ------
    SpecError
        With every problem found.
    """
    given: list[tuple[str, object]] = []
    problems = []
    for text in texts:
        dimension, equals, number = text.partition("=")
        if text.strip() == AUTO:
            continue
        if not equals:
            problems.append(Problem("padding", repr(text), "auto or DIM=N, such as C=4"))
            continue
        number = number.strip()
        is_number = number.removeprefix("-").isascii() and number.removeprefix("-").isdigit()
        given.append((dimension.strip(), int(number) if is_number and len(number) < 20 else number))
    problems += _problems(given)
    if problems:
        raise SpecError(problems)
    auto = any(text.strip() == AUTO for text in texts)
    return Padding(auto, tuple((d, n) for d, n in given if isinstance(n, int)))


AsPadding = Padding | str | Mapping[str, int] | Sequence[str] | None
"""What the Python functions take for padding; None: none is asked for."""


def as_padding(given: AsPadding) -> Padding:
    """Padding from what the Python functions take: ``"auto"``, ``{"C": 4}``, ``["auto", "C=4"]``.

    Raises
    ------
    SpecError
        With every problem found.
    """
    if given is None:
        return NO_PADDING
    if isinstance(given, Padding):
        return given
    if isinstance(given, Mapping):
        return Padding(by=tuple(given.items()))
    texts = (given,) if isinstance(given, str) else given
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        expected = "'auto', a mapping of dimensions to numbers, or texts such as 'C=4'"
        raise SpecError(Problem("padding", repr(given), expected))
    return parse_padding(texts)
