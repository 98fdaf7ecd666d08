"""Random expressions over a few symbols, and what a form of one is worth."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from hypothesis import strategies as st

from dmaze_cp.cost.expression import (
    Bounded,
    Ceiling,
    Excess,
    Largest,
    Node,
    Product,
    Reduced,
    Shared,
    Times,
    Total,
    add,
    largest,
    times,
)
from dmaze_cp.cost.forms import Form, Powers, powers_of

SYMBOLS = ("DRAM.C", "SPM.C", "RF.C", "PE.C")


class Symbols:
    """Values of symbols as Python integers."""

    def __init__(self, values: dict[str, int]) -> None:
        self.values = values

    def product(self, powers: Powers) -> int:
        result = 1
        for symbol, power in powers:
            result *= self.values[symbol] ** power
        return result

    def burst(self, operand: str) -> int:
        raise NotImplementedError


def exact(node: Node, values: dict[str, int]) -> Fraction:
    """The value of a node in rationals, written apart from `Node.value`."""

    def at(part: Node) -> Fraction:
        match part:
            case Product(powers, coefficient):
                return Fraction(coefficient) * Symbols(values).product(powers)
            case Reduced(rest, count, less):
                return at(rest) * (at(count) - less)
            case Total(parts):
                return sum(map(at, parts), Fraction(0))
            case Largest(parts):
                return max(map(at, parts))
            case Times(inner, by):
                return at(inner) * at(by)
            case Excess(first, second):
                return max(at(first) - at(second), Fraction(0))
            case Ceiling(product, numerator, denominator):
                return Fraction(ceil(at(product) * numerator / denominator))
            case Bounded(inner, _) | Shared(inner):
                return at(inner)
        raise TypeError(part)

    return at(node)


def form_value(form: Form, values: dict[str, int]) -> Fraction:
    """A form in rationals; factors ``1 - m/k`` as they are, without a chord."""
    symbols, best = Symbols(values), Fraction(0)
    for terms in form.sums:
        total = Fraction(0)
        for term in terms:
            part = Fraction(term.coefficient)
            for symbol, power in term.powers:
                part *= Fraction(values[symbol]) ** power
            if term.less is not None:
                part *= 1 - Fraction(term.less.less, symbols.product(term.less.count))
            if term.block is not None:
                part *= form_value(term.block, values)
            total += part
        best = max(best, total)
    return best


def powers(most: int = 3) -> st.SearchStrategy[Powers]:
    """Products of few symbols."""
    return st.lists(st.sampled_from(SYMBOLS), max_size=most).map(powers_of)


def coefficients() -> st.SearchStrategy[int | float]:
    """Integers and energies of wildly different magnitude, 0 among them."""
    wild = st.builds(
        lambda mantissa, exponent: mantissa * 10.0**exponent,
        st.floats(1, 10, exclude_max=True),
        st.integers(-30, 30),
    )
    return st.integers(0, 12) | wild | st.sampled_from((0, 0.0, 0.075, 0.96, 2**70))


def products() -> st.SearchStrategy[Product]:
    return st.builds(Product, powers(), coefficients())


@st.composite
def reduced(draw: st.DrawFn, count: Powers | None = None, rest: Powers | None = None) -> Reduced:
    """A difference; its count is at least what is subtracted at `symbol_values`."""
    rest_product = Product(draw(powers(2)) if rest is None else rest, draw(coefficients()))
    if count is None:
        count = powers_of([*draw(st.lists(st.sampled_from(SYMBOLS), max_size=1)), "PE.C"])
    return Reduced(rest_product, Product(count), draw(st.integers(1, 2)))


@st.composite
def paid(draw: st.DrawFn) -> Node:
    """Differences beside the products that pay for them, in any order."""
    rest = draw(powers(2))
    parts: list[Node] = [
        Product(rest, draw(coefficients())) for _ in range(draw(st.integers(1, 3)))
    ]
    counts = st.sampled_from((powers_of(["PE.C"]), powers_of(["PE.C", "RF.C"])))
    parts += [draw(reduced(draw(counts), rest)) for _ in range(draw(st.integers(1, 3)))]
    parts += draw(st.lists(products(), max_size=2))
    return add(*draw(st.permutations(parts)))


def nodes() -> st.SearchStrategy[Node]:
    """Expressions of all kinds that are at least 0, composed at random."""
    by = products() | reduced()
    whole = st.builds(Product, powers(), st.integers(1, 9))
    ceilings = st.builds(Ceiling, whole, st.integers(1, 50), st.integers(1, 50))

    def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(inner, min_size=1, max_size=4)
        return st.one_of(
            several.map(lambda parts: add(*parts)),
            several.map(lambda parts: Total(tuple(parts))),
            several.map(lambda parts: largest(*parts)),
            st.builds(times, inner, by),
            st.builds(Times, inner, by),
            st.builds(Excess, inner, inner),
            st.builds(Shared, inner),
            several.map(lambda parts: Bounded(add(*parts), tuple(parts))),
        )

    return st.recursive(products() | reduced() | ceilings | paid(), grown, max_leaves=12)


def symbol_values() -> st.SearchStrategy[dict[str, int]]:
    """Values of the symbols: the counts of `reduced` are at least 2."""
    others = {s: st.integers(1, 9) | st.integers(1, 10**6) for s in SYMBOLS}
    return st.fixed_dictionaries(others | {"PE.C": st.integers(2, 9) | st.integers(2, 10**6)})
