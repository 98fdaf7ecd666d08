"""Integer variables, each with what it is computed from.

A thin layer over CP-SAT's model, the protocol buffer itself: the library's modelling module loads
pandas, which takes longer than most proofs. Every variable but the choices has a
definition: the value it takes, or the least that it may take, once the variables before it are
known. That makes hints of whole assignments, and lets a model be evaluated for a mapping
(`IntegerModel.evaluate`) without being solved, to check that it allows what it has to.

Numbers stay in the range in which CP-SAT was found to be right: `SAFE` bounds every variable,
and every expression that a cost is at least. What would leave the range is *loosened*: a product
is replaced by the least value that it can have, a sum loses its largest terms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from ortools.sat.python.cp_model_helper import CpModelProto, CpSatHelper

from dmaze_cp.cost.batch import Ints
from dmaze_cp.cp.affine import Affine, constant, negative, total

SAFE: Final = 2**46
"""Largest value of a variable, and of what a row adds up: OR-tools 9.15 was right up to 1e14."""

NO_BOUND: Final = 2**62
"""Ends of rows that are bounded on one side only."""

Columns = Mapping[int, Ints]
"""Part of a product for each group: the values of the group's options."""


Definition = Callable[[list[Any]], Any]
"""The value of a variable from those before it: integers, or arrays of them."""


@dataclass(frozen=True, eq=False)
class _Row:
    expression: Affine
    least: int
    most: int
    enforced_by: int | None

    def holds(self, values: Sequence[Any]) -> Any:
        value = self.expression.at(values)
        good = (value >= self.least) & (value <= self.most)
        return good if self.enforced_by is None else good | (values[self.enforced_by] == 0)


class IntegerModel:
    """A CP-SAT model whose free variables are one choice a group.

    Parameters
    ----------
    sizes
        Number of options of each group.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.proto = CpModelProto()
        self.ranges: list[tuple[int, int]] = []
        self.definitions: list[Definition] = []
        self.rows: list[_Row] = []
        self.sizes = tuple(sizes)
        self.objective = -1
        self.choices = [self._choice(g, size) for g, size in enumerate(sizes)]
        self._columns: dict[tuple[int, bytes], int] = {}
        self._ends: dict[int, tuple[Ints, int, int]] = {}
        self._tables: list[list[tuple[int, Ints]]] = [[] for _ in sizes]
        self._products: dict[tuple[int, ...], int] = {}

    def _choice(self, group: int, size: int) -> int:
        return self.variable(0, size - 1, lambda values: values[group])

    def variable(self, low: int, high: int, definition: Definition, name: str = "") -> int:
        """A new variable."""
        added = self.proto.variables.add()
        added.domain.extend((low, high))
        if name:
            added.name = name
        self.ranges.append((low, high))
        self.definitions.append(definition)
        return len(self.ranges) - 1

    def name(self, variable: int, name: str) -> None:
        """Name a variable."""
        self.proto.variables[variable].name = name

    def affine(self, variable: int, exact: bool = True) -> Affine:
        """A variable as an expression."""
        return Affine(((variable, 1),), 0, *self.ranges[variable], exact)

    def at_most(self, variable: int, most: int) -> None:
        """Lower the upper end of a variable's range."""
        low, high = self.ranges[variable]
        if most < high:
            self.ranges[variable] = (low, max(low, most))
            domain = self.proto.variables[variable].domain
            domain.clear()
            domain.extend((low, max(low, most)))

    def row(
        self,
        expression: Affine,
        least: int = -NO_BOUND,
        most: int = NO_BOUND,
        enforced_by: int | None = None,
    ) -> None:
        """Keep an expression within bounds; with a literal, only where that is true."""
        if least <= expression.low and expression.high <= most:
            return
        self.rows.append(_Row(expression, least, most, enforced_by))
        added = self.proto.constraints.add()
        low = least if least == -NO_BOUND else least - expression.constant
        high = most if most == NO_BOUND else most - expression.constant
        added.linear.vars.extend([v for v, _ in expression.terms])
        added.linear.coeffs.extend([c for _, c in expression.terms])
        added.linear.domain.extend((low, high))
        if enforced_by is not None:
            added.enforcement_literal.append(enforced_by)

    # Values of options, and products of them

    def column(self, group: int, values: Ints) -> int:
        """A variable with a value for each option of a group: made once for equal values."""
        key = (group, values.tobytes())
        if key not in self._columns:
            choice = group
            _, low, high = self._range(values)
            made = self.variable(low, high, lambda known: values[known[choice]])
            self._columns[key] = made
            self._tables[group].append((made, values))
        return self._columns[key]

    def _range(self, values: Ints) -> tuple[Ints, int, int]:
        """A column, so that no other can take its place in memory, its least and largest value."""
        if id(values) not in self._ends:
            self._ends[id(values)] = values, int(values.min()), int(values.max())
        return self._ends[id(values)]

    def close_tables(self) -> None:
        """Tie the columns of each group to its choice: they come from one option."""
        for group, columns in enumerate(self._tables):
            if not columns:
                continue
            added = self.proto.constraints.add().table
            for variable in (self.choices[group], *(v for v, _ in columns)):
                expression = added.exprs.add()
                expression.vars.append(variable)
                expression.coeffs.append(1)
            options = np.arange(self.sizes[group])
            rows = np.stack([options, *(values for _, values in columns)], axis=1)
            added.values.extend(rows.ravel().tolist())
            columns.clear()

    def table(self, parts: Sequence[Affine], rows: Sequence[Sequence[int]]) -> None:
        """Keep expressions of at most one variable each at one of some combinations of values."""
        if not rows:
            self.row(constant(1), most=0)
            return
        added = self.proto.constraints.add().table
        for part in parts:
            expression = added.exprs.add()
            expression.vars.extend([v for v, _ in part.terms])
            expression.coeffs.extend([c for _, c in part.terms])
            expression.offset = part.constant
        added.values.extend([value for row in rows for value in row])

    def product(self, columns: Columns) -> Affine:
        """A product of columns; if it may be too large, its least value."""
        coefficient, factors = 1, []
        low, high = 1, 1
        for group in sorted(columns):
            values = columns[group]
            _, least, most = self._range(values)
            low, high = low * least, high * most
            if least == most:
                coefficient *= least
            else:
                factors.append((group, values))
        if high > SAFE:
            return constant(low, exact=False)
        if not factors or not coefficient:
            return constant(coefficient)
        made = self._chain(tuple(self.column(g, values) for g, values in factors))
        return self.affine(made).times(coefficient)

    def _chain(self, factors: tuple[int, ...]) -> int:
        if len(factors) == 1:
            return factors[0]
        if factors not in self._products:
            first, last = self._chain(factors[:-1]), factors[-1]
            (a, b), (c, d) = self.ranges[first], self.ranges[last]
            made = self.variable(a * c, b * d, lambda known: known[first] * known[last])
            self._multiply(made, ((first, 0), (last, 0)))
            self._products[factors] = made
        return self._products[factors]

    def _multiply(self, result: int, factors: Sequence[tuple[int, int]]) -> None:
        added = self.proto.constraints.add().int_prod
        added.target.vars.append(result)
        added.target.coeffs.append(1)
        for variable, offset in factors:
            expression = added.exprs.add()
            expression.vars.append(variable)
            expression.coeffs.append(1)
            expression.offset = offset

    def multiply(self, first: Affine, second: Affine, high: float) -> Affine:
        """The product of two expressions that are not negative, known to be at most `high`."""
        exact = first.exact and second.exact
        if not first.terms or not second.terms:
            found = (
                second.times(first.constant) if not first.terms else first.times(second.constant)
            )
            return Affine(found.terms, found.constant, found.low, found.high, exact)
        low = first.low * max(0, second.low)
        high = min(first.high * second.high, floor(high * (1 + 1e-9)))
        if max(high, first.high, second.high) > SAFE:
            return constant(low, exact=False)
        (a, one), (b, two) = self._shifted(first), self._shifted(second)
        made = self.variable(low, max(low, high), lambda v: (v[a] + one) * (v[b] + two))
        self._multiply(made, ((a, one), (b, two)))
        return self.affine(made, exact)

    def _shifted(self, expression: Affine) -> tuple[int, int]:
        """A variable and what is added to it."""
        shift = expression.constant
        variable = expression.plus(-shift).variable
        if variable is not None:
            return variable, shift
        made = self.variable(expression.low, expression.high, expression.at)
        whole = total([self.affine(made), negative(expression)])
        self.row(whole, 0, 0)
        return made, 0

    def largest(self, parts: Sequence[Affine]) -> Affine:
        """A variable that is at least each of some expressions, and at least 0."""
        if len(parts) == 1:
            return parts[0]
        return self.affine(self.target([(part, 1) for part in parts]))

    def target(self, parts: Sequence[tuple[Affine, int]], most: int | None = None) -> int:
        """A variable that is at least each of some quotients, and at least 0.

        Parameters
        ----------
        parts
            Expressions that are at least 0, each with its divisor.
        most
            The largest value of interest: no variable in the expressions needs a larger one.
        """
        if most is not None:
            for part, divisor in parts:
                self.cap(part, divisor * most)
        parts = [(self.loosened(part), divisor) for part, divisor in parts]
        low = max([0, *(ceil_of(p.low, d) for p, d in parts)])
        high = max([low, *(ceil_of(p.high, d) for p, d in parts)])
        if most is not None:
            high = max(low, min(high, most))

        def value(known: list[Any]) -> Any:
            found: Any = low
            for part, divisor in parts:
                found = np.maximum(found, -(-part.at(known) // divisor))
            return found

        made = self.variable(low, high, value)
        for part, divisor in parts:
            if part.high > low * divisor:
                mine = self.affine(made).times(divisor)
                self.row(total([mine, negative(part)]), least=0)
        return made

    def cap(self, part: Affine, most: int) -> None:
        """Lower the ranges of variables in a sum that is at most so large."""
        if all(c >= 0 and self.ranges[v][0] >= 0 for v, c in part.terms):
            for variable, coefficient in part.terms:
                self.at_most(variable, (most - part.constant) // coefficient)

    def loosened(self, expression: Affine) -> Affine:
        """At most an expression, and within the safe range: its largest terms are left out.

        What is larger without them is cut off: at its least, or at the end of the range.
        """
        kept = list(expression.terms)
        low = high = constant = expression.constant
        for variable, c in kept:
            least, largest = self.ranges[variable]
            low, high = low + min(c * least, c * largest), high + max(c * least, c * largest)
        if high <= SAFE:
            return Affine(expression.terms, constant, low, high, expression.exact)
        kept.sort(key=lambda term: term[1] * self.ranges[term[0]][1])
        while high > SAFE and kept and kept[-1][1] > 0:
            variable, c = kept.pop()
            least, largest = self.ranges[variable]
            constant, high = constant + c * least, high - c * (largest - least)
        if max(constant, high) > SAFE:
            kept, constant = [], min(low, SAFE)
            low = high = constant
        return Affine(tuple(kept), constant, low, high, exact=False)

    def maximum(self, parts: Sequence[Affine]) -> Affine:
        """A variable that is the largest of the expressions."""
        if len(parts) == 1:
            return parts[0]
        low, high = (max(getattr(p, end) for p in parts) for end in ("low", "high"))
        made = self.variable(low, high, lambda known: _largest([p.at(known) for p in parts]))
        added = self.proto.constraints.add().lin_max
        added.target.vars.append(made)
        added.target.coeffs.append(1)
        for part in parts:
            expression = added.exprs.add()
            expression.vars.extend([v for v, _ in part.terms])
            expression.coeffs.extend([c for _, c in part.terms])
            expression.offset = part.constant
        return self.affine(made, all(p.exact for p in parts))

    def quotient(self, expression: Affine, divisor: int) -> Affine:
        """A variable that is at least the expression divided by a number, rounded up."""
        return self.affine(self.target([(expression, divisor)]))

    def is_choice(self, group: int, place: int) -> int:
        """A literal that is true where a group's choice is this one."""
        made = self.variable(0, 1, lambda known: (known[group] == place) + 0)
        added = self.proto.constraints.add()
        added.linear.vars.append(self.choices[group])
        added.linear.coeffs.append(1)
        rest = [(0, place - 1), (place + 1, self.sizes[group] - 1)]
        added.linear.domain.extend(
            [end for low, high in rest if low <= high for end in (low, high)]
        )
        added.enforcement_literal.append(-made - 1)
        return made

    def free(self, low: int, high: int, name: str) -> int:
        """A variable that is decided and follows from nothing."""
        return self.variable(low, high, lambda _: low, name)

    def only_where(self, literal: int, options: Sequence[Ints]) -> None:
        """Let every group pick one of some options, where a literal is true."""
        for choice, size, mine in zip(self.choices, self.sizes, options, strict=True):
            if len(mine) == size:
                continue
            gaps = np.flatnonzero(np.diff(mine) > 1)
            starts, ends = mine[np.r_[0, gaps + 1]], mine[np.r_[gaps, len(mine) - 1]]
            added = self.proto.constraints.add()
            added.linear.vars.append(choice)
            added.linear.coeffs.append(1)
            added.linear.domain.extend(np.stack([starts, ends], axis=1).ravel().tolist())
            added.enforcement_literal.append(literal)

    def exactly_one(self, literals: Sequence[int]) -> None:
        """Make exactly one of some literals true."""
        self.proto.constraints.add().exactly_one.literals.extend(list(literals))

    def minimize(self, variable: int, unit: float = 1.0) -> None:
        """Make a variable the objective, of which 1 is reported as so much."""
        self.proto.objective.scaling_factor = unit
        self.objective = variable
        self.proto.objective.vars.append(variable)
        self.proto.objective.coeffs.append(1)

    def hint(self, choices: Sequence[int]) -> None:
        """Suggest a choice, with all that follows from it."""
        values = self.evaluate(choices)
        self.proto.clear_solution_hint()
        self.proto.solution_hint.vars.extend(list(range(len(values))))
        self.proto.solution_hint.values.extend([int(v) for v in values])

    def content(self, text: bool) -> bytes:
        """The model as CP-SAT's protocol buffer, binary or as text."""
        with TemporaryDirectory() as folder:
            file = Path(folder) / ("model.txt" if text else "model.pb")
            if not CpSatHelper.write_model_to_file(self.proto, str(file)):
                raise OSError("CP-SAT could not write its model")
            return file.read_bytes()

    # What the model says of a choice

    def evaluate(self, choices: Sequence[Any]) -> list[Any]:
        """All variables at some choices: integers, or arrays of one length."""
        values: list[Any] = list(choices)
        for definition in self.definitions[len(choices) :]:
            values.append(definition(values))
        return values

    def allows(self, values: Sequence[Any]) -> Any:
        """Whether all rows and ranges hold at values of all variables."""
        good: Any = True
        for row in self.rows:
            good = good & row.holds(values)
        for value, (low, high) in zip(values, self.ranges, strict=True):
            good = good & (value >= low) & (value <= high)
        return good


def ceil_of(number: int, divisor: int) -> int:
    """A quotient rounded up."""
    return -(-number // divisor)


def _largest(values: Sequence[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = np.maximum(result, value)
    return result
