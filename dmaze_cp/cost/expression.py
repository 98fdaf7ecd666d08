"""The kinds of node that a cost is written with, each with its exact value and a bound.

A cost is an expression over *symbols*: tiling factors (``DRAM.N``) and input extents of
tiles (``halo.SPM.x``). It is written once (`dmaze_cp.cost.model`) and read in several ways:

* `value` evaluates it exactly: on Python integers of any size, or on arrays;
* `lower` bounds it from below by a *maximum of sums of products* (`dmaze_cp.cost.forms`), what
  the Lagrangian bounds and the CP-SAT model are made of.

Each kind of node states its two readings side by side. The second is never above the
first, at any mapping; the docstring of each kind says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dmaze_cp.cost.forms import Form, Less, Powers, Sum, Term, collected, multiply


class Values(Protocol):
    """Where an expression is evaluated: one mapping, or many side by side."""

    def product(self, powers: Powers) -> Any:
        """The product of powers of symbols: an integer, or an array of them."""
        ...

    def divisor(self, powers: Powers) -> Any:
        """A number that divides the product; where one mapping is meant, the product itself."""
        ...

    def burst(self, operand: str) -> Any:
        """DMA cycles of one transfer of an operand's SPM tile."""
        ...


class Node:
    """A part of a cost."""

    def value(self, at: Evaluation) -> Any:
        """The exact value."""
        raise NotImplementedError

    def lower(self) -> Form:
        """A form that is never above the exact value."""
        raise NotImplementedError


class Evaluation:
    """Evaluates nodes exactly at some values, each once (nodes are told apart by identity)."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self._known: dict[Node, Any] = {}
        self._products: dict[Powers, Any] = {}

    def __call__(self, node: Node) -> Any:
        """The exact value of a node."""
        if node not in self._known:
            self._known[node] = node.value(self)
        return self._known[node]

    def product(self, powers: Powers) -> Any:
        """The exact value of a product."""
        if powers not in self._products:
            self._products[powers] = self.values.product(powers)
        return self._products[powers]


def _largest(values: Sequence[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        if isinstance(result, np.ndarray) or isinstance(value, np.ndarray):
            result = np.maximum(result, value)
        else:
            result = max(result, value)
    return result


@dataclass(frozen=True, eq=False)
class Product(Node):
    """``coefficient * product of symbols``: exact in both readings."""

    powers: Powers = ()
    coefficient: int | float = 1

    def value(self, at: Evaluation) -> Any:
        """The product, times the coefficient."""
        found = at.product(self.powers)
        return found if self.coefficient == 1 else found * self.coefficient

    def lower(self) -> Form:
        """The product itself; nothing where the coefficient is 0."""
        if self.coefficient == 0:
            return Form(())
        return Form(((Term(float(self.coefficient), self.powers),),))

    def times(self, other: Product) -> Product:
        """The product of two products."""
        both = multiply(self.powers, other.powers)
        return Product(both, self.coefficient * other.coefficient)


@dataclass(frozen=True, eq=False)
class Reduced(Node):
    """``rest * (count - less)`` with ``1 <= less <= count``.

    Read exactly, an integer difference. From below it is ``rest * count * (1 - less/count)``,
    whose last factor is concave in ``log count`` and thus above its chord over any range of
    the count (`dmaze_cp.relaxation.rows` takes the chord over the options that are left).
    """

    rest: Product
    count: Product
    less: int

    def value(self, at: Evaluation) -> Any:
        """The difference, times the rest."""
        return at(self.rest) * (at(self.count) - self.less)

    def lower(self) -> Form:
        """A term with the factor ``1 - less/count``; nothing where the rest is 0."""
        whole = self.rest.times(self.count)
        if whole.coefficient == 0:
            return Form(())
        term = Term(float(whole.coefficient), whole.powers, Less(self.count.powers, self.less))
        return Form(((term,),))

    def times(self, other: Product) -> Reduced:
        """The node multiplied with a product."""
        return Reduced(self.rest.times(other), self.count, self.less)


@dataclass(frozen=True, eq=False)
class Total(Node):
    """The sum of nodes: a lower bound of each adds up to one of all.

    A part whose form is a maximum of several sums stays together as a block. Among the
    terms, ``s * P * (k - m)`` beside ``b * P`` is written as ``s * P * k + (b - s m) * P``,
    as far as ``b`` reaches: that is exact and needs no chord.
    """

    parts: tuple[Node, ...]

    def value(self, at: Evaluation) -> Any:
        """The sum."""
        total = at(self.parts[0])
        for part in self.parts[1:]:
            total = total + at(part)
        return total

    def lower(self) -> Form:
        """One sum of all terms, or where there is one part only, its form."""
        forms = [f for f in (lowered(part) for part in self.parts) if f.sums]
        if len(forms) == 1:
            return forms[0]
        terms: list[Term] = []
        for form in forms:
            terms += form.sums[0] if len(form.sums) == 1 else [Term(1.0, (), None, form)]
        return Form((collected(terms),)) if terms else Form(())


@dataclass(frozen=True, eq=False)
class Largest(Node):
    """The maximum of nodes: the maximum of lower bounds is one of the maximum."""

    parts: tuple[Node, ...]

    def value(self, at: Evaluation) -> Any:
        """The maximum."""
        return _largest([at(part) for part in self.parts])

    def lower(self) -> Form:
        """The sums of all parts."""
        return Form(tuple(s for part in self.parts for s in lowered(part).sums))


@dataclass(frozen=True, eq=False)
class Times(Node):
    """A node times a product or a difference, all of them at least 0."""

    node: Node
    by: Product | Reduced

    def value(self, at: Evaluation) -> Any:
        """The product of both."""
        return at(self.node) * at(self.by)

    def lower(self) -> Form:
        """Each term of the node, times the product; a difference multiplies the whole form."""
        inner, by = lowered(self.node), self.by.lower()
        if not inner.sums or not by.sums:
            return Form(())
        ((outer,),) = by.sums
        if outer.less is None:
            return inner.times(outer.coefficient, outer.powers)
        if len(inner.sums) == 1 and all(t.less is None for t in inner.sums[0]):
            (terms,) = inner.sums
            return Form((tuple(_with_less(t, outer) for t in terms),))
        return Form(((Term(outer.coefficient, outer.powers, outer.less, inner),),))


def _with_less(term: Term, outer: Term) -> Term:
    moved = term.times(outer.coefficient, outer.powers)
    return Term(moved.coefficient, moved.powers, outer.less, moved.block)


@dataclass(frozen=True, eq=False)
class Excess(Node):
    """``max(first - second, 0)``, bounded from below by nothing."""

    first: Node
    second: Node

    def value(self, at: Evaluation) -> Any:
        """What the first is above the second."""
        difference = at(self.first) - at(self.second)
        return _largest([difference, 0])

    def lower(self) -> Form:
        """Nothing: it is never negative."""
        return Form(())


MOST_CEILED = 2**60
"""Ceilings in arrays of 64-bit integers end here, far above any capacity that is accepted."""


@dataclass(frozen=True, eq=False)
class Ceiling(Node):
    """``ceil(product * numerator / denominator)`` of a product of at least 1.

    At least the quotient, and at least 1, as the quotient is positive.
    """

    product: Product
    numerator: int
    denominator: int

    def value(self, at: Evaluation) -> Any:
        """The ceiling, in integers; in arrays, no more than `MOST_CEILED`."""
        value = at(self.product)
        if not isinstance(value, np.ndarray) or not value.size:
            return -(-(value * self.numerator) // self.denominator)
        if int(value.max()) * self.numerator < 2**62:
            return -(-(value * self.numerator) // self.denominator)
        exact = -(-(value.astype(object) * self.numerator) // self.denominator)
        return np.minimum(exact, MOST_CEILED).astype(np.int64)

    def lower(self) -> Form:
        """The larger of the quotient and 1."""
        quotient = self.product.lower().times(self.numerator / self.denominator, ())
        return Form((*quotient.sums, (Term(1.0, ()),)))


@dataclass(frozen=True, eq=False)
class Burst(Node):
    """DMA cycles of one transfer of an operand's SPM tile.

    Read exactly, invocations times the ceiling of a burst's cycles
    (`dmaze_cp.cost.transfer`). From below it is the largest of the *alternatives*, one for
    each dimension that may be the first that is not contiguous. These are products of
    symbols of their own, which bound the cycles of all transfers of the layer's tiles of the
    operand (`dmaze_cp.relaxation.atoms` has their values and the argument); `tiles` divides
    them by the number of tiles. Where `elements` are known, moving each of them takes at least
    `per_element` cycles: with bounds that are not the same for all tilings, what the alternatives
    say of the length of a burst is for the least bounds.
    """

    operand: str
    alternatives: tuple[Powers, ...]
    tiles: Powers
    elements: Product | None = None
    per_element: float = 0.0

    def value(self, at: Evaluation) -> Any:
        """The cycles."""
        return at.values.burst(self.operand)

    def lower(self) -> Form:
        """The largest alternative."""
        inverse = multiply((), self.tiles, -1)
        sums: list[Sum] = [(Term(1.0, multiply(a, inverse)),) for a in self.alternatives]
        if self.elements is not None and self.per_element > 0:
            sums.append((Term(self.elements.coefficient * self.per_element, self.elements.powers),))
        return Form(tuple(sums))


@dataclass(frozen=True, eq=False)
class Bounded(Node):
    """A node with others that are known to be at most as large, and bound it from below.

    Whoever makes one says why.
    """

    node: Node
    bounds: tuple[Node, ...]

    def value(self, at: Evaluation) -> Any:
        """The value of the node."""
        return at(self.node)

    def lower(self) -> Form:
        """The largest of the bounds."""
        return Form(tuple(s for bound in self.bounds for s in lowered(bound).sums))


@dataclass(frozen=True, eq=False)
class Shared(Node):
    """A node that several others are made of: its form stays a block of its own."""

    node: Node

    def value(self, at: Evaluation) -> Any:
        """The value of the node."""
        return at(self.node)

    def lower(self) -> Form:
        """A reference to the node's form."""
        inner = lowered(self.node)
        return inner if len(inner.sums) < 2 else Form(((Term(1.0, (), None, inner),),))


def add(*parts: Node | None) -> Node:
    """The sum of the nodes that are there."""
    there = tuple(part for part in parts if part is not None)
    return there[0] if len(there) == 1 else Total(there)


def largest(*parts: Node) -> Node:
    """The maximum of nodes."""
    return parts[0] if len(parts) == 1 else Largest(parts)


def times(node: Node, by: Product | Reduced) -> Node:
    """A node times a product."""
    if isinstance(node, Product | Reduced) and isinstance(by, Product):
        return node.times(by)
    if isinstance(node, Product) and isinstance(by, Reduced):
        return by.times(node)
    return Times(node, by)


def lowered(node: Node) -> Form:
    """The lower bound of a node, made once for each node."""
    known: Form | None = node.__dict__.get("_form")
    if known is None:
        known = node.lower()
        object.__setattr__(node, "_form", known)
    return known
