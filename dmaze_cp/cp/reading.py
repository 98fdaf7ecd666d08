"""The analytical model as integer expressions: objective terms of the CP-SAT model.

A cost is written once, as nodes (`dmaze_cp.cost.expression`), and read here in two ways:

* *exactly* (`Reading.exact`): every kind of node becomes the integer that it is, as far as a
  lower bound of the cost needs it: a maximum is a variable that is at least its parts, and a
  cost grows with it. With all factors fixed this is the exact cost.
* *term by term* (`Reading.sums`): sums of products that are never above the cost, from the form
  that also the Lagrangian bounds are made of. As a product over several levels is one column for
  each dimension, these bounds are strong as long as few factors are fixed, where interval
  arithmetic on the nodes knows nothing.

Whatever would leave the range of safe numbers is replaced by a lower bound of itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from dmaze_cp.cost.batch import Bools, BurstAxis, Ints
from dmaze_cp.cost.expression import (
    Bounded,
    Burst,
    Ceiling,
    Excess,
    Largest,
    Node,
    Product,
    Reduced,
    Shared,
    Times,
    Total,
)
from dmaze_cp.cost.forms import Form, Less, Powers, Term, multiply
from dmaze_cp.cp.affine import Affine, constant, negative, total
from dmaze_cp.cp.factors import Factors
from dmaze_cp.cp.integers import SAFE, Columns

MOST_BURSTS = 16
"""For so many combinations of bounds further in, the cycles of a burst are stated exactly."""


@dataclass(frozen=True)
class Unit:
    """What sums of a cost are measured in.

    Attributes
    ----------
    scale
        Integers to 1 of the cost.
    exact
        Differences are read exactly too, as the sums are all that there is.
    """

    scale: float
    exact: bool = False


class Reading:
    """Reads nodes and forms as expressions of one model.

    Parameters
    ----------
    factors
        The variables.
    least
        Products that are known to be at least so large.
    """

    def __init__(self, factors: Factors, least: Mapping[Powers, int]) -> None:
        self.factors, self.integers, self.known_least = factors, factors.integers, least
        self._nodes: dict[int, tuple[Node, Affine]] = {}
        self._blocks: dict[tuple[int, Powers, float, Unit], tuple[Form, Affine]] = {}
        self._moved: dict[str, list[Columns]] = {}

    # Exactly

    def exact(self, node: Node) -> Affine:
        """A node's value, or where it counts for more than its least, at least that."""
        if id(node) not in self._nodes:
            self._nodes[id(node)] = (node, self._new(node))
        return self._nodes[id(node)][1]

    def _new(self, node: Node) -> Affine:
        integers = self.integers
        match node:
            case Product():
                return self.factors.product(node.powers).times(_integer(node.coefficient))
            case Reduced():
                count = self._counted(self.exact(node.count), node.count.powers, node.less)
                return integers.multiply(self.exact(node.rest), count, self._most(node))
            case Total():
                return total([self.exact(part) for part in node.parts])
            case Largest():
                return integers.largest([self.exact(part) for part in node.parts])
            case Times():
                by = self.exact(node.by)
                return integers.multiply(self.exact(node.node), by, self._most(node))
            case Excess():
                return self._excess(node)
            case Bounded() | Shared():
                return self.exact(node.node)
            case Ceiling():
                product = self.exact(node.product).times(node.numerator)
                return integers.quotient(product, node.denominator)
            case Burst():
                moved = self._transfers(node.operand)
                return integers.largest([constant(0), *(integers.product(c) for c in moved)])
        raise TypeError(f"no integer expression for {node}")

    def _excess(self, node: Excess) -> Affine:
        """What the first is above the second, which must not be larger than it is."""
        parts = node.second.parts if isinstance(node.second, Largest) else (node.second,)
        values = [self._both_sides(part) for part in parts]
        first = self.exact(node.first)
        if not all(value.exact and value.high <= SAFE for value in values):
            return constant(0, exact=False)
        second = self.integers.maximum(values)
        return self.integers.largest([total([first, negative(second)]), constant(0)])

    def _both_sides(self, node: Node) -> Affine:
        """A node's value: exact where its variable can be neither less nor more than it is."""
        value = self.exact(node)
        if isinstance(node, Product | Reduced):
            return value
        if isinstance(node, Ceiling):
            product = self.exact(node.product).times(node.numerator)
            if product.exact and product.high <= SAFE:
                above = total([value.times(node.denominator), negative(product)])
                self.integers.row(above, most=node.denominator - 1)
                return value
        return value._replace(exact=False)

    def _transfers(self, operand: str) -> list[Columns]:
        """Products of columns of which the largest is the DMA cycles of a transfer.

        One for each axis of the layout: the product of the cycles of a burst that ends there with
        the extents further out, or 0 unless it is the first that the tile does not cover whole.
        Where bounds of axes further in vary, one for each of their combinations, or if these are
        too many, one with the cycles that it takes at least.
        """
        if operand not in self._moved:
            self._moved[operand] = self._new_transfers(operand)
        return self._moved[operand]

    def _new_transfers(self, operand: str) -> list[Columns]:
        table = self.factors.space.table.bursts[operand]
        found: list[Columns] = []
        for j, axis in enumerate(table):
            last = j == len(table) - 1
            for inner, elements in self._whole_inside(table[:j]):
                cycles = axis.cycles
                if cycles is None:
                    whole_inside = elements * axis.extents
                    cycles = self.factors.space.table.burst_cycles(operand, whole_inside)
                columns: dict[int, Ints] = dict(inner)
                ending = cycles if last else np.where(axis.whole, 0, cycles)
                columns[axis.group] = self._left(axis.group, ending)
                columns |= {a.group: self._left(a.group, a.extents) for a in table[j + 1 :]}
                if all(c.any() for c in columns.values()):
                    found.append(columns)
        return found

    def _whole_inside(self, axes: Sequence[BurstAxis]) -> Iterator[tuple[Columns, int]]:
        """Columns that are 1 where axes are covered whole, and how many elements that is."""
        covered = [(a.group, self._left(a.group, a.whole)) for a in axes]
        extents = [self._left(a.group, a.whole_extents) for a in axes]
        values = [np.unique(e[c > 0]).tolist() for e, (_, c) in zip(extents, covered, strict=True)]
        if prod(map(len, values)) > MOST_BURSTS:
            yield dict(covered), prod(map(min, values))
            return
        for combination in itertools.product(*values):
            chosen = zip(covered, extents, combination, strict=True)
            yield {g: c * (e == n) for (g, c), e, n in chosen}, prod(combination)

    def _left(self, group: int, values: Ints | Bools) -> Ints:
        """Values of the options that are left."""
        column: Ints = values[self.factors.options[group]].astype(np.int64)
        return column

    def _most(self, node: Node, columns: Mapping[int, Ints] | None = None) -> float:
        """The largest value of a node times a product: each product's as a whole."""
        columns = columns or {}
        match node:
            case Product():
                return node.coefficient * _most_of(self._joined(node.powers, columns))
            case Reduced():
                return self._most(node.rest.times(node.count), columns)
            case Total():
                return sum(self._most(part, columns) for part in node.parts)
            case Largest():
                return max(self._most(part, columns) for part in node.parts)
            case Times():
                by = node.by
                by = by.rest.times(by.count) if isinstance(by, Reduced) else by
                return by.coefficient * self._most(node.node, self._joined(by.powers, columns))
            case Excess():
                return self._most(node.first, columns)
            case Ceiling():
                share = node.numerator / node.denominator * node.product.coefficient
                product = self._joined(node.product.powers, columns)
                return share * _most_of(product) + _most_of(columns)
            case Bounded() | Shared():
                return self._most(node.node, columns)
            case Burst():
                moved = self._transfers(node.operand)
                return max([0.0, *(_most_of(_times(m, columns)) for m in moved)])
        raise TypeError(f"no largest value of {node}")

    def _joined(self, powers: Powers, columns: Mapping[int, Ints]) -> dict[int, Ints]:
        return _times(self.factors.columns(powers), columns)

    # Term by term

    def sums(self, form: Form, unit: Unit, by: Term | None = None) -> list[Affine]:
        """Sums of a form, each at most so many units, times a term."""
        found: dict[tuple[tuple[tuple[int, int], ...], int], Affine] = {}
        for terms in form.sums:
            whole = total([self._term(_product(t, by), unit) for t in terms])
            found.setdefault((tuple(sorted(whole.terms)), whole.constant), whole)
        return list(found.values())

    def _term(self, term: Term, unit: Unit) -> Affine:
        share, parts = 1.0, []
        if term.less is not None:
            count = max(
                self.known_least.get(term.less.count, 1), self.factors.least(term.less.count)
            )
            share = 1 - term.less.less / count
            if term.block is None and unit.exact:
                parts.append(self._difference(term, term.less, unit))
        if share > 0:
            plain, block = Term(term.coefficient * share, term.powers), term.block
            value = self._plain(plain, unit) if block is None else self._block(plain, block, unit)
            parts.append(value)
        return self.integers.largest(parts) if parts else constant(0)

    def _plain(self, term: Term, unit: Unit) -> Affine:
        """A product."""
        factor, product = self.factors.scaled(term.coefficient * unit.scale, term.powers)
        return product.times(factor)

    def _difference(self, term: Term, less: Less, unit: Unit) -> Affine:
        """A product with the factor ``1 - m/k`` as an integer times ``k - m``."""
        rest = multiply(term.powers, less.count, -1)
        factor, product = self.factors.scaled(term.coefficient * unit.scale, rest)
        count = self._counted(self.factors.product(less.count), less.count, less.less)
        high = float(product.high) * count.high
        return self.integers.multiply(product, count, high).times(factor)

    def _counted(self, count: Affine, powers: Powers, less: int) -> Affine:
        """``count - less``, at least 0: in a case that speaks of it, the count is large enough."""
        left = count.plus(-less)
        if left.high <= 0:
            return constant(0)
        if left.low >= 0 or self.known_least.get(powers, 1) >= less:
            return left
        return self.integers.largest([left, constant(0)])

    def range_of(self, term: Term) -> tuple[float, float]:
        """Numbers between which a term is, each group by itself."""
        low, high = self.factors.range_of(term.powers)
        if term.less is not None:
            low *= max(0.0, 1 - term.less.less / self.factors.least(term.less.count))
        if term.block is not None:
            least, most = self.range_of_form(term.block)
            low, high = low * least, high * most
        return term.coefficient * low, term.coefficient * high

    def range_of_form(self, form: Form) -> tuple[float, float]:
        """Numbers between which a form is."""
        sums = [[self.range_of(term) for term in terms] for terms in form.sums]
        ends = [tuple(sum(end) for end in zip(*terms, strict=True)) for terms in sums]
        return max([0.0, *(e[0] for e in ends)]), max([0.0, *(e[1] for e in ends)])

    def _block(self, term: Term, block: Form, unit: Unit) -> Affine:
        """A variable that is at least a term times each of the sums of a form."""
        key = (id(block), term.powers, term.coefficient, unit)
        if key not in self._blocks:
            by = Term(term.coefficient, term.powers)
            sums = self.sums(block, unit, by)
            self._blocks[key] = (block, self.integers.largest(sums))
        return self._blocks[key][1]


def _product(term: Term, by: Term | None) -> Term:
    if by is None:
        return term
    powers = multiply(term.powers, by.powers)
    return Term(term.coefficient * by.coefficient, powers, term.less, term.block)


def _integer(number: float) -> int:
    if number != int(number):
        raise ValueError(f"a count with the coefficient {number}")
    return int(number)


def _times(first: Columns, second: Columns) -> dict[int, Ints]:
    joined = dict(first)
    for g, column in second.items():
        joined[g] = joined[g] * column if g in joined else column
    return joined


def _most_of(columns: Columns) -> float:
    return prod(float(c.max()) for c in columns.values())
