"""What bounds a cost from below: a maximum of sums of products of symbols.

The Lagrangian bounds and the CP-SAT model are made of these; `dmaze_cp.cost.expression` says how an
expression is bounded by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

Symbol = str
"""A tiling factor, or the extent of a tile's input along x or y."""

Powers = tuple[tuple[Symbol, int], ...]
"""A product of powers of symbols, sorted by symbol."""


@dataclass(frozen=True, eq=False)
class Less:
    """The factor ``1 - less / count``, for a count that is at least `less`."""

    count: Powers
    less: int


@dataclass(frozen=True, eq=False)
class Term:
    """``coefficient * product``, times ``1 - m/k``, times another form.

    Attributes
    ----------
    coefficient
        Positive.
    powers
        Exponents of symbols.
    less
        A factor ``1 - m/k``, still to be bounded over the range of the count.
    block
        The form that the product is multiplied with.
    """

    coefficient: float
    powers: Powers
    less: Less | None = None
    block: Form | None = None

    def times(self, coefficient: float, powers: Powers) -> Term:
        """The term multiplied with another product."""
        product = multiply(self.powers, powers)
        return Term(self.coefficient * coefficient, product, self.less, self.block)


Sum = tuple[Term, ...]


@dataclass(frozen=True, eq=False)
class Form:
    """The maximum of sums of terms."""

    sums: tuple[Sum, ...]

    def times(self, coefficient: float, powers: Powers) -> Form:
        """The form multiplied with a product."""
        return Form(tuple(tuple(t.times(coefficient, powers) for t in s) for s in self.sums))


def powers_of(symbols: Iterable[Symbol]) -> Powers:
    """The product of some symbols."""
    return tuple(sorted(Counter(symbols).items()))


@lru_cache(maxsize=65_536)
def multiply(first: Powers, second: Powers, sign: int = 1) -> Powers:
    """The product (or with ``sign=-1`` the quotient) of two products."""
    exponents = dict(first)
    for symbol, power in second:
        exponents[symbol] = exponents.get(symbol, 0) + sign * power
    return tuple(sorted((s, p) for s, p in exponents.items() if p))


ROUNDED = 1 - 2.0**-48
"""Coefficients that were computed are lowered by this factor."""


def collected(terms: Sequence[Term]) -> Sum:
    """Terms of a sum with equal products added, and differences paid by what they refer to."""
    plain: dict[Powers, float] = {}
    reduced: dict[tuple[Powers, Powers, int], float] = {}
    others: list[Term] = []
    for term in terms:
        if term.block is not None:
            others.append(term)
        elif term.less is None:
            plain[term.powers] = plain.get(term.powers, 0.0) + term.coefficient
        else:
            key = (term.powers, term.less.count, term.less.less)
            reduced[key] = reduced.get(key, 0.0) + term.coefficient
    for (powers, count, less), coefficient in reduced.items():
        rest = multiply(powers, count, -1)
        before = plain.get(rest, 0.0)
        paid = min(coefficient, before / less)
        if paid > 0:
            plain[rest] = before - paid * less
            plain[powers] = plain.get(powers, 0.0) + paid
            if plain[rest] < 1e-12 * before:  # rounding alone
                del plain[rest]
        if coefficient - paid > 1e-12 * coefficient:
            others.append(Term((coefficient - paid) * ROUNDED, powers, Less(count, less)))
    # The error of the differences is relative to what was there before: less than the sum.
    scale = ROUNDED if reduced else 1.0
    return (*(Term(c * scale, powers) for powers, c in plain.items() if c > 0), *others)
