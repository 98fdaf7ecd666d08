"""The products that the cost model speaks of, as symbols of one kind of layer.

``LEVEL.dimension`` is a tiling factor, ``halo.TILE.axis`` the input extent of a tile
along x or y (the loops' halo included), and ``dma.X.dimension`` the cycles of an operand's
transfers if that dimension is the first that is not contiguous, which has no exact
value of its own (`dmaze_cp.relaxation.atoms`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from dmaze_cp.cost.forms import Powers, Symbol, powers_of
from dmaze_cp.levels import INPUT, LEVELS, OPERANDS, OUTPUT, TILES, WEIGHTS
from dmaze_cp.workload import DEPENDS, Kind

LAYOUT: Final[Mapping[Kind, Mapping[str, tuple[str, ...]]]] = {
    Kind.CONV: {
        OUTPUT: ("Oy", "Ox", "M", "N"),
        INPUT: ("y", "x", "C", "N"),
        WEIGHTS: ("Fy", "Fx", "C", "M"),
    },
    Kind.DEPTHWISE: {
        OUTPUT: ("Oy", "Ox", "C", "N"),
        INPUT: ("y", "x", "C", "N"),
        WEIGHTS: ("Fy", "Fx", "C"),
    },
    Kind.GEMM: {
        OUTPUT: ("Y", "X"),
        INPUT: ("K", "X"),
        WEIGHTS: ("Y", "K"),
    },
}
"""Each operand's memory layout, innermost dimension first; x and y are input axes."""

AXES: Final = ("x", "y")
"""Input axes; the loops over outputs and filters along them are Ox, Fx, Oy, Fy."""


@cache
def loops(kind: Kind) -> tuple[str, ...]:
    """Dimensions that can have more than one iteration."""
    return tuple(d for d in kind.dimensions if (kind, d) != (Kind.DEPTHWISE, "M"))


@cache
def free_loops(kind: Kind, operand: str) -> tuple[str, ...]:
    """Loops that an operand does not depend on."""
    return tuple(d for d in loops(kind) if d not in DEPENDS[kind][operand])


@cache
def own_loops(kind: Kind, operand: str) -> tuple[str, ...]:
    """Loops that an operand depends on."""
    return tuple(d for d in loops(kind) if d in DEPENDS[kind][operand])


@cache
def shared_loops(kind: Kind) -> tuple[str, ...]:
    """Loops that every operand depends on."""
    return tuple(d for d in loops(kind) if all(d in DEPENDS[kind][x] for x in OPERANDS))


def factors(level: str, dimensions: Iterable[str]) -> Powers:
    """Product of one level's factors."""
    return _factors(level, tuple(dimensions))


@cache
def _factors(level: str, dimensions: tuple[str, ...]) -> Powers:
    return powers_of(f"{level}.{d}" for d in dimensions)


@cache
def elements(kind: Kind, operand: str, tile: str) -> Powers:
    """Elements of an operand in a tile: ``RF``, ``array`` or ``SPM``."""
    symbols: list[Symbol] = []
    for d in LAYOUT[kind][operand]:
        symbols += [f"halo.{tile}.{d}"] if d in AXES else [f"{lv}.{d}" for lv in TILES[tile]]
    return powers_of(symbols)


@cache
def burst_alternatives(
    kind: Kind, operand: str, varying: frozenset[str] = frozenset()
) -> tuple[Powers, ...]:
    """Products of which the largest bounds the cycles of an operand's transfers.

    Bounds that are one for all tilings are part of the first factor, those that are not are
    factors of their own where transfers are repeated for the dimension.
    """
    # Rows of the input's tiles: what its transfers along y are repeated for.
    extra = {(INPUT, "y"): ("dma.I.rows",)}
    layout, found = LAYOUT[kind][operand], []
    for i, d in enumerate(layout):
        repeated = [whole_loop(outer) for outer in layout[i + 1 :] if outer in varying]
        names = [name for loop in repeated for name in loop]
        found.append(powers_of((f"dma.{operand}.{d}", *extra.get((operand, d), ()), *names)))
    return tuple(found)


def whole_loop(dimension: str) -> tuple[Symbol, ...]:
    """The four factors whose product is the bound of a dimension."""
    return tuple(f"{level}.{dimension}" for level in LEVELS)


@cache
def whole_loops(
    powers: Powers, kind: Kind, varying: frozenset[str]
) -> tuple[tuple[str, ...], Powers]:
    """Take whole loops out of a product: the four factors of one multiply to its bound.

    Parameters
    ----------
    powers, kind
        The product, of a kind of layer.
    varying
        Dimensions whose bounds are not the same for all tilings: they are left in.

    Returns
    -------
    tuple
        Dimensions whose bounds are to be multiplied in, and what is left.
    """
    whole, left = [], dict(powers)
    for d in loops(kind):
        if d in varying:
            continue
        names = whole_loop(d)
        if all(left.get(n, 0) >= 1 for n in names):
            whole.append(d)
            for n in names:
                left[n] -= 1
    return tuple(whole), tuple(sorted((s, p) for s, p in left.items() if p))
