"""Sums of integer variables with coefficients, and the range that they are known to be in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Affine(NamedTuple):
    """``constant + sum of coefficient * variable``, and its range.

    Attributes
    ----------
    terms
        Pairs of variable and coefficient.
    constant
        What is added to them.
    low, high
        Least and largest value.
    exact
        The value is what it stands for (True), or at most that.
    """

    terms: tuple[tuple[int, int], ...]
    constant: int
    low: int
    high: int
    exact: bool = True

    @property
    def variable(self) -> int | None:
        """The variable that this is, if it is nothing more."""
        if self.constant == 0 and len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        return None

    def at(self, values: Sequence[Any]) -> Any:
        """The value where all variables have these."""
        total: Any = self.constant
        for variable, coefficient in self.terms:
            total = total + coefficient * values[variable]
        return total

    def plus(self, number: int) -> Affine:
        """The sum with a number."""
        low, high = self.low + number, self.high + number
        return Affine(self.terms, self.constant + number, low, high, self.exact)

    def times(self, number: int) -> Affine:
        """The product with a number that is not negative."""
        terms = tuple((v, c * number) for v, c in self.terms) if number else ()
        low, high = self.low * number, self.high * number
        return Affine(terms, self.constant * number, low, high, self.exact)


def constant(number: int, exact: bool = True) -> Affine:
    """A number."""
    return Affine((), number, number, number, exact)


def total(parts: Sequence[Affine]) -> Affine:
    """The sum of expressions."""
    terms: dict[int, int] = {}
    for part in parts:
        for variable, coefficient in part.terms:
            terms[variable] = terms.get(variable, 0) + coefficient
    return Affine(
        tuple((v, c) for v, c in terms.items() if c),
        sum(p.constant for p in parts),
        sum(p.low for p in parts),
        sum(p.high for p in parts),
        all(p.exact for p in parts),
    )


def negative(expression: Affine) -> Affine:
    """An expression with the other sign."""
    terms = tuple((v, -c) for v, c in expression.terms)
    low, high = -expression.high, -expression.low
    return Affine(terms, -expression.constant, low, high, expression.exact)
