"""A layer on an architecture as lists of options, for `exhaustive.py`.

Independent of the package, so that it can check it. The dimensions of a layer fall into
groups. A tiling takes one option of each group, and nearly everything that its cost and
its capacities are made of is a product over the groups: a table has a column of factors
for each such quantity, with one entry an option.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

LEVELS = ("DRAM", "SPM", "RF", "PE")
OPERANDS = ("O", "I", "W")

SIZES = tuple(f"{tile}{x}" for tile in ("rf", "array", "spm") for x in OPERANDS)
"""Elements of an operand in the RF, array and SPM tile."""

LOOPS = tuple(
    f"{kind}{level}{x}" for kind in ("free", "need") for level in LEVELS[:2] for x in OPERANDS
)
"""Iterations of a level's loops that an operand does not depend on, and of those that it does."""

PRODUCTS = (*SIZES, *LOOPS, "sharedDRAM", "sharedSPM", "cycles", "groups", "reduced")
"""Columns that multiply over groups; the last three are the RF loops and, of the PEs, those
that the output depends on and those that it does not."""

WHOLE = tuple(f"whole{x}" for x in OPERANDS)
"""Columns that say whether the SPM tile covers an operand's axis."""

COLUMNS = (*PRODUCTS, *WHOLE)

Table = dict[str, np.ndarray]


@dataclass(frozen=True)
class LoopNest:
    """Layouts (innermost first; x and y are input axes) and the groups of dimensions."""

    dims: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    layout: dict[str, tuple[str, ...]]

    def needs(self, operand: str) -> set[str]:
        """Loop dimensions that the operand's index depends on."""
        return set().union(*(loops_of(axis) for axis in self.layout[operand]))

    def walk(self, operand: str) -> list[int]:
        """The groups that the operand's axes belong to, innermost first: one axis in each."""
        return [
            next(g for g, group in enumerate(self.groups) if loops_of(axis) <= set(group))
            for axis in self.layout[operand]
        ]


def loops_of(axis: str) -> set[str]:
    """The loop dimensions that move along an axis."""
    return {"x": {"Ox", "Fx"}, "y": {"Oy", "Fy"}}.get(axis, {axis})


_CONV_DIMS = ("N", "M", "C", "Ox", "Oy", "Fx", "Fy")
_CONV_GROUPS = (("Ox", "Fx"), ("Oy", "Fy"), ("M",), ("C",), ("N",))
NESTS = {
    "conv": LoopNest(
        _CONV_DIMS,
        _CONV_GROUPS,
        {"O": ("Oy", "Ox", "M", "N"), "I": ("y", "x", "C", "N"), "W": ("Fy", "Fx", "C", "M")},
    ),
    "depthwise": LoopNest(
        _CONV_DIMS,
        _CONV_GROUPS,
        {"O": ("Oy", "Ox", "C", "N"), "I": ("y", "x", "C", "N"), "W": ("Fy", "Fx", "C")},
    ),
    "gemm": LoopNest(
        ("X", "Y", "K"),
        (("X",), ("Y",), ("K",)),
        {"O": ("Y", "X"), "I": ("K", "X"), "W": ("Y", "K")},
    ),
}


@dataclass
class Problem:
    """A layer on an architecture: records as in a result file, looked up by name."""

    layer: dict
    arch: dict
    pins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.nest = NESTS[self.layer["kind"]]
        self.bounds = {d: int(self.layer["bounds"].get(d, 1)) for d in self.nest.dims}
        self.stride = _pair(self.layer.get("stride"))
        self.dilation = _pair(self.layer.get("dilation"))
        self.whole = dict(self.bounds)
        if self.layer["kind"] != "gemm":
            self.whole |= dict(zip("xy", self.layer["padded_input"], strict=True))

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layer."""
        return prod(self.bounds.values())

    @property
    def rf_words(self) -> int:
        """Whole elements that fit the RF of a PE."""
        return self.arch["rf_bytes"] // self.arch["word_bytes"]

    def tables(self) -> list[Table]:
        """The options of each group: all factorisations of its dimensions that are allowed."""
        found = []
        for group in self.nest.groups:
            rows = list(product(*(self._allowed(d) for d in group)))
            columns = np.array(rows, dtype=np.int64).reshape(len(rows), len(group), 4)
            found.append(self.table(group, columns))
        return found

    def tables_of(self, tiling: dict) -> list[Table]:
        """Tables of one option each: those of a tiling, factors by level and dimension."""
        return [
            self.table(
                group,
                np.array([[[tiling[a].get(d, 1) for a in LEVELS] for d in group]], dtype=np.int64),
            )
            for group in self.nest.groups
        ]

    def _allowed(self, d: str) -> list[tuple[int, int, int, int]]:
        return [row for row in factorisations(self.bounds[d]) if self.allows(d, row)]

    def allows(self, d: str, row: tuple[int, ...]) -> bool:
        """Whether pins allow these factors of a dimension."""
        for name, sign, value in self._parts:
            if name == "spatial":
                named = value.split(",")
                if row[3] > 1 and not any(d == x or d in self._needs(x) for x in named):
                    return False
            elif name.split(".")[0] in LEVELS and name.endswith(f".{d}"):
                factor = row[LEVELS.index(name.split(".")[0])]
                wanted = self.bounds[d] if value == "full" else int(value)
                if not {"=": factor == wanted, "<=": factor <= wanted, ">=": factor >= wanted}[
                    sign
                ]:
                    return False
        return True

    def _needs(self, name: str) -> set[str]:
        return self.nest.needs(name) if name in OPERANDS else set()

    @property
    def _parts(self) -> list[tuple[str, str, str]]:
        return [re.fullmatch(r"([^<>=]+)(=|<=|>=)(.*)", pin).groups() for pin in self.pins]

    def least(self, level: str) -> float:
        """The share of PE, RF or SPM that pins demand."""
        return max((float(v) for name, _, v in self._parts if name == f"util.{level}"), default=0)

    def kept(self, level: str) -> set[str]:
        """What pins let be stationary at DRAM or SPM."""
        left = {*OPERANDS, "none"}
        for name, _, value in self._parts:
            if name == f"stationary.{level}":
                left &= set(value.split("|"))
        return left

    def table(self, group: tuple[str, ...], factors: np.ndarray) -> Table:
        """Columns of a group from factors of shape (options, dimensions, levels)."""
        nest, count = self.nest, len(factors)
        trips = {
            (level, d): factors[:, j, k]
            for j, d in enumerate(group)
            for k, level in enumerate(LEVELS)
        }

        def loops(level: str, dims: set[str]) -> np.ndarray:
            inside = (trips[level, d] for d in group if d in dims)
            return prod(inside, start=np.ones(count, dtype=np.int64))

        tiles = {"rf": ("RF",), "array": ("RF", "PE"), "spm": ("RF", "PE", "SPM")}
        extents = {
            tile: self._extents({d: prod(trips[a, d] for a in levels) for d in group})
            for tile, levels in tiles.items()
        }
        table: Table = {}
        for x, axes in nest.layout.items():
            mine = [axis for axis in axes if axis in extents["rf"]]
            for tile, sizes in extents.items():
                table[tile + x] = prod((sizes[a] for a in mine), start=loops("RF", set()))
            table["whole" + x] = np.array(
                np.logical_and.reduce(
                    [np.ones(count, bool), *(extents["spm"][a] == self.whole[a] for a in mine)]
                ),
                dtype=np.int64,
            )
            for level in ("DRAM", "SPM"):
                table[f"free{level}{x}"] = loops(level, set(nest.dims) - nest.needs(x))
                table[f"need{level}{x}"] = loops(level, nest.needs(x))
        shared = set.intersection(*map(nest.needs, OPERANDS))
        table |= {f"shared{level}": loops(level, shared) for level in ("DRAM", "SPM")}
        table["cycles"] = loops("RF", set(nest.dims))
        table["groups"] = loops("PE", nest.needs("O"))
        table["reduced"] = loops("PE", set(nest.dims) - nest.needs("O"))
        return table

    def _extents(self, tile: dict) -> dict:
        """Loop extents of a group's tile, and the input's x and y under it."""
        result = dict(tile)
        for axis, name in enumerate("xy"):
            if f"O{name}" in tile:
                outputs, taps = tile[f"O{name}"] - 1, tile[f"F{name}"] - 1
                result[name] = outputs * self.stride[axis] + taps * self.dilation[axis] + 1
        return result

    def count(self) -> int:
        """Number of tilings within the limits on loops, valid or not."""
        return prod(len(self._allowed(d)) for d in self.nest.dims)


def _pair(value: object) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value or (1, 1))


def factorisations(bound: int) -> list[tuple[int, int, int, int]]:
    """Every (DRAM, SPM, RF, PE) whose product is the bound."""
    low = [d for d in range(1, int(bound**0.5) + 1) if bound % d == 0]
    divisors = sorted({*low, *(bound // d for d in low)})
    return [
        (a, b, c, bound // (a * b * c))
        for a in divisors
        for b in divisors
        if bound % (a * b) == 0
        for c in divisors
        if bound % (a * b * c) == 0
    ]
