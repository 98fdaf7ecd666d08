"""The bounds of `Duals` at given weights with sixty digits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import cache
from operator import mul

import numpy as np

from dmaze_cp.mapspace import MapSpace
from dmaze_cp.relaxation.atoms import basis
from dmaze_cp.relaxation.dual import Duals

DIGITS = 60
ZERO = Decimal(0)


@cache
def ln(value: int | float) -> Decimal:
    """Natural logarithm, of an integer or of exactly this double."""
    with localcontext() as context:
        context.prec = DIGITS
        return Decimal(value).ln()


def exact_atoms(space: MapSpace, duals: Duals) -> list[list[list[Decimal]]]:
    """Atoms of every option: logarithms of integers, and those of DMA as they are."""
    names = basis(space.layer.kind).names
    table = []
    for columns, values, place in zip(space.table.columns, duals.values, duals.slices, strict=True):
        mine = names[place]
        cells = [
            [ln(int(v)) for v in columns[name]] if name in columns else list(map(Decimal, column))
            for name, column in zip(mine, values.T.tolist(), strict=True)
        ]
        table.append([list(row) for row in zip(*cells, strict=True)])
    return table


def exact_bounds(
    space: MapSpace, duals: Duals, theta: np.ndarray, which: Sequence[int]
) -> list[Decimal]:
    """The dual functions of some cases, their weights made to add up to 1."""
    weighted, atoms = duals._weigh(theta), exact_atoms(space, duals)
    with localcontext() as context:
        context.prec = DIGITS
        return [_bound(duals, weighted, atoms, i) for i in which]


def _bound(duals, weighted, atoms, i):
    a = duals.arrays
    edges = np.flatnonzero((a.present[i] > 0) & (weighted.share[i] > 0)).tolist()
    raw = {e: decimal(weighted.share[i, e]) for e in edges}
    of_block = _sums(raw, a.source[i])
    share = {e: s / of_block[int(a.source[i, e])] for e, s in raw.items()}
    of_sum = _sums(share, a.sums[i])
    flow = _flow(duals, weighted, share, i)
    constant = ZERO
    prices = [ZERO] * a.rows.shape[2]
    for e, counts in flow.items():
        inner = decimal(a.constant[i, e]) - share[e].ln() + of_sum[int(a.sums[i, e])].ln()
        constant += counts * inner
        _add(prices, counts, a.rows[i, e])
    for multiplier, limit in zip(weighted.capacity[i], a.limits[i], strict=True):
        constant -= decimal(multiplier) * decimal(limit)
    for multiplier, row, least in zip(weighted.demand[i], a.demands[i], a.at_least[i], strict=True):
        constant += decimal(multiplier) * decimal(least)
        _add(prices, -decimal(multiplier), row)
    for g, (mine, rows) in enumerate(zip(duals.slices, atoms, strict=True)):
        masked = duals.penalty is not None and duals.penalty[g][i] > 0
        allowed = [
            row
            for row, out in zip(rows, np.broadcast_to(masked, len(rows)), strict=True)
            if not out
        ]
        constant += min(sum(map(mul, prices[mine], row), ZERO) for row in allowed)
    return constant


def decimal(value: float) -> Decimal:
    """Exactly this double."""
    return Decimal(float(value))


def _sums(parts: dict[int, Decimal], key: np.ndarray) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for e, part in parts.items():
        found[int(key[e])] = found.get(int(key[e]), ZERO) + part
    return found


def _flow(duals, weighted, share, i):
    """How much each edge counts in the bound."""
    a = duals.arrays
    roots = list(map(decimal, a.roots[i]))
    for multiplier, row in zip(weighted.capacity[i], a.capacity[i], strict=True):
        roots[int(np.argmax(row))] += decimal(multiplier)
    counts = roots
    for _ in range(duals.depth):
        flow = {e: counts[int(a.source[i, e])] * part for e, part in share.items()}
        counts = list(roots)
        for e, f in flow.items():
            if a.target[i, e] < len(roots) - 1:  # the last block stands for none
                counts[int(a.target[i, e])] += f
    return {e: counts[int(a.source[i, e])] * part for e, part in share.items()}


def _add(prices: list[Decimal], counts: Decimal, row: np.ndarray) -> None:
    for k in np.flatnonzero(row):
        prices[k] += counts * decimal(row[k])
