"""A case's lower bounds as arrays: blocks of edges.

A `Form` (`dmaze_cp.cost.expression`) is the maximum of sums of terms, each a product of symbols,
possibly times another form. Written down as a graph, every form is a *block*, and every term an
*edge* from its block to the block it refers to, if any. An edge has a row: the logarithm of
its product as a linear function of the atoms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, prod

import numpy as np

from dmaze_cp.cost.batch import Bools, Floats, Ints
from dmaze_cp.cost.expression import lowered
from dmaze_cp.cost.forms import Form, Less, Powers
from dmaze_cp.cost.limits import Limit
from dmaze_cp.cost.model import CostModel
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.relaxation.atoms import Basis
from dmaze_cp.relaxation.cases import Case, demands

Ranges = Mapping[Powers, tuple[int, int]]
"""Least and largest value of products over the options that are left."""


@dataclass(frozen=True, eq=False)
class Ceiled:
    """A capacity: a block whose value is at most a limit."""

    name: str
    block: int
    log_limit: float


@dataclass(frozen=True, eq=False)
class Floored:
    """A sum of products, each with a coefficient, that is at least so large."""

    products: tuple[Powers, ...]
    coefficients: tuple[float, ...]
    least: int


@dataclass(frozen=True, eq=False)
class CaseRows:
    """The lower bounds of a case as a graph of blocks and edges.

    Attributes
    ----------
    case
        The case.
    rows, constant
        Of every edge: exponents of the atoms, logarithm of the coefficient.
    source, target, sums
        Of every edge: its block, the block it refers to (-1: none), and the number of its
        sum within all sums.
    chords
        Edges with a factor ``1 - m/k``, and that factor.
    energy, latency
        Blocks of the two costs.
    blocks, depth
        Number of blocks, and of edges on the longest way through them.
    ceiled, floored
        Capacities, and products that are at least so large.
    counts
        Products whose ranges are needed.
    least
        Products that are at least so large in the case.
    """

    case: Case
    rows: Floats
    constant: Floats
    source: Ints
    target: Ints
    sums: Ints
    chords: tuple[tuple[int, Less], ...]
    energy: int
    latency: int
    blocks: int
    depth: int
    ceiled: tuple[Ceiled, ...]
    floored: tuple[Floored, ...]
    counts: frozenset[Powers]
    least: Mapping[Powers, int]


class _Graph:
    """Collects the blocks and edges of forms."""

    def __init__(self, basis: Basis) -> None:
        self.basis = basis
        self.blocks: dict[int, int] = {}
        self.depths: dict[int, int] = {}
        self.forms: list[Form] = []
        self.rows: list[Floats] = []
        self.constant: list[float] = []
        self.source: list[int] = []
        self.target: list[int] = []
        self.sums: list[int] = []
        self.chords: list[tuple[int, Less]] = []
        self.number = 0

    def block(self, form: Form) -> int:
        """The block of a form; added with all that it refers to if it is new."""
        if id(form) in self.blocks:
            return self.blocks[id(form)]
        me = self.blocks[id(form)] = len(self.forms)
        self.forms.append(form)
        depth = 0
        for terms in form.sums:
            number = self.number
            self.number += 1
            for term in terms:
                target = -1
                if term.block is not None:
                    target = self.block(term.block)
                    depth = max(depth, self.depths[target])
                if term.less is not None:
                    self.chords.append((len(self.rows), term.less))
                self.rows.append(self.basis.row(term.powers))
                self.constant.append(log(term.coefficient))
                self.source.append(me)
                self.target.append(target)
                self.sums.append(number)
        self.depths[me] = depth + 1
        return me


def case_rows(space: MapSpace, basis: Basis, case: Case, model: CostModel) -> CaseRows:
    """The lower bounds of a case and the limits of a map-space as blocks and edges."""
    kind = space.layer.kind
    graph = _Graph(basis)
    energy, latency = graph.block(lowered(model.energy)), graph.block(lowered(model.latency))
    ceiled, floored = [], []
    for limit in space.limits:
        form = lowered(limit.node)
        if limit.most is not None and form.sums:
            ceiled.append(Ceiled(limit.name, graph.block(form), log(limit.most)))
        if limit.least is not None:
            floored.append(_floored(limit, form))
    needs = {need.product: need.least for need in demands(case, kind)}
    floored += [Floored((product,), (1.0,), least) for product, least in needs.items()]
    counts = {less.count for _, less in graph.chords}
    counts |= {p for f in floored if len(f.products) > 1 for p in f.products}
    return CaseRows(
        case,
        np.array(graph.rows),
        np.array(graph.constant),
        np.array(graph.source),
        np.array(graph.target),
        np.array(graph.sums),
        tuple(graph.chords),
        energy,
        latency,
        len(graph.forms),
        max(graph.depths.values()),
        tuple(ceiled),
        tuple(floored),
        frozenset(counts),
        needs,
    )


def _floored(limit: Limit, form: Form) -> Floored:
    """A limit from below: its node has to be a sum of products."""
    (terms,) = form.sums
    powers, coefficients = zip(*((t.powers, t.coefficient) for t in terms), strict=True)
    return Floored(powers, coefficients, int(limit.least or 0))


def ranges(space: MapSpace, rows: CaseRows, options: Sequence[Ints]) -> Ranges:
    """Least and largest value of the products that a case needs the ranges of."""
    found = {}
    for product in rows.counts:
        parts = [column[options[g]] for g, column in space.table.parts(product)]
        low, high = prod(int(p.min()) for p in parts), prod(int(p.max()) for p in parts)
        found[product] = (max(low, rows.least.get(product, 1)), high)
    return found


def chord(less: Less, low: int, high: int) -> tuple[float, float] | None:
    """``start, slope`` with ``log(1 - m/k) >= start + slope * log k`` for k in [low, high].

    ``log(1 - m/k)`` is concave in ``log k``: its second derivative is that of
    ``log(e^x - m) - x``, ``-m e^x / (e^x - m)^2 < 0``. So it is above the chord between the
    ends of the range. None where it is -inf at the lower end.
    """
    if low <= less.less:
        return None
    start = log(1 - less.less / low)
    if high <= low:
        return start, 0.0
    slope = (log(1 - less.less / high) - start) / (log(high) - log(low))
    return start - slope * log(low), slope


def at_most_linear(floored: Floored, known: Ranges) -> tuple[list[float], float]:
    """``slopes, constant`` with ``log(sum of parts) <= constant + slopes . logs of products``.

    A part is a product with its coefficient.

    The logarithm of a sum is convex in the logarithms of its parts, and the share of a part
    grows where the others fall. From the upper ends of all ranges one part after the other is
    lowered: along it the function is at most its chord, whose slope is least where the
    others are at their upper ends.
    """
    if len(floored.products) == 1:
        return [1.0], log(floored.coefficients[0])
    parts = list(zip(floored.products, floored.coefficients, strict=True))
    low, high = zip(*((known[p][0] * c, known[p][1] * c) for p, c in parts), strict=True)
    top = log(sum(high))
    slopes = []
    for i, (least, most) in enumerate(zip(low, high, strict=True)):
        others = sum(high) - high[i]
        fall = top - log(others + least)
        slopes.append(fall / (log(most) - log(least)) if most > least else 0.0)
    ends = zip(slopes, parts, high, strict=True)
    return slopes, top - sum(s * (log(h) - log(c)) for s, (_, c), h in ends)


@dataclass(frozen=True, eq=False)
class NodeRows:
    """The rows of a part of a case: its chords are taken over the options that are left.

    Attributes
    ----------
    case
        The graph.
    rows, constant, present
        As those of the case, with the chords in; edges that are worth nothing are absent.
    demands, at_least
        Rows, and the logarithm that each is at least.
    """

    case: CaseRows
    rows: Floats
    constant: Floats
    present: Bools
    demands: Floats
    at_least: Floats


def node_rows(space: MapSpace, basis: Basis, case: CaseRows, options: Sequence[Ints]) -> NodeRows:
    """The rows of the part of a case that has these options."""
    known = ranges(space, case, options)
    rows, constant = case.rows.copy(), case.constant.copy()
    present = np.ones(len(rows), dtype=bool)
    for edge, less in case.chords:
        line = chord(less, *known[less.count])
        if line is None:
            present[edge] = False
            continue
        constant[edge] += line[0]
        if line[1]:
            rows[edge] += line[1] * basis.row(less.count)
    demand = np.zeros((len(case.floored), rows.shape[1]))
    least = np.zeros(len(case.floored))
    for i, floored in enumerate(case.floored):
        slopes, start = at_most_linear(floored, known)
        least[i] = log(floored.least) - start
        for slope, product in zip(slopes, floored.products, strict=True):
            demand[i] += slope * basis.row(product)
    return NodeRows(case, rows, constant, present, demand, least)
