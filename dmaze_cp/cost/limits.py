"""What a tiling has to satisfy, as expressions: the capacities of a machine, stated once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dmaze_cp.architecture import Architecture, PEArray
from dmaze_cp.cost.array import Unplaced
from dmaze_cp.cost.expression import Ceiling, Evaluation, Node, Product, add
from dmaze_cp.cost.terms import elements, factors, loops
from dmaze_cp.figures import Pool
from dmaze_cp.levels import OPERANDS, PE, RF, SPM
from dmaze_cp.workload import Layer


@dataclass(frozen=True, eq=False)
class Limit:
    """``least <= node <= most``, for a node that grows with every factor it has.

    Attributes
    ----------
    name
        Which limit it is, for messages.
    node
        What is limited; an integer at every tiling.
    most, least
        Either of them may be missing.
    parts
        What the node adds up, by operand, for messages.
    size
        What one of what is counted is, for messages.
    """

    name: str
    node: Node
    most: int | None = None
    least: int | None = None
    parts: Mapping[str, Node] = field(default_factory=dict)
    size: str = ""

    def holds(self, at: Evaluation) -> Any:
        """Whether it holds: a truth value, or an array of them."""
        value, good = at(self.node), True
        if self.most is not None:
            good = value <= self.most
        if self.least is not None:
            good = good & (value >= self.least)
        return good


def used_pes(layer: Layer) -> Product:
    """PEs that a tiling uses."""
    return Product(factors(PE, loops(layer.kind)))


def rf_use(layer: Layer, arch: Architecture, pool: Pool | None = None) -> Limit:
    """What the operands of a pool (None: all) keep in the RF of a PE, and what it holds.

    In words where all of them are equal, else in bytes.
    """
    operands = OPERANDS if pool is None else pool.operands
    parts, unit = _weighed(layer, arch, operands, RF)
    size = arch.rf_total_bytes if pool is None else pool.size
    equal = len({arch.word_of(x) for x in operands}) == 1
    name = f"RF {'words' if equal else 'bytes'}{_of(pool)}"
    return Limit(name, add(*parts.values()), size // unit, parts=parts)


def spm_bytes_used(layer: Layer, arch: Architecture) -> tuple[Node, int]:
    """Words in one buffer of the scratchpad and their bytes; where words differ, bytes and 1."""
    parts, unit = _weighed(layer, arch, OPERANDS, SPM)
    return add(*parts.values()), unit


def _weighed(
    layer: Layer, arch: Architecture, operands: Sequence[str], tile: str
) -> tuple[dict[str, Product], int]:
    """Sizes of tiles in a unit of some bytes, and the unit: the word, if all have the same."""
    words = {arch.word_of(x) for x in operands}
    unit = words.pop() if len(words) == 1 else 1
    return {
        x: Product(elements(layer.kind, x, tile), arch.word_of(x) // unit) for x in operands
    }, unit


def used_banks(layer: Layer, architecture: Architecture, operand: str) -> Ceiling:
    """Banks of one buffer that an operand occupies: it does not share them."""
    tile = Product(elements(layer.kind, operand, SPM))
    return Ceiling(tile, architecture.word_of(operand), architecture.spm_bank_bytes)


def capacities(layer: Layer, architecture: Architecture) -> tuple[Limit, ...]:
    """PEs, register files and scratchpad banks, pool by pool."""
    found = [Limit("PEs", used_pes(layer), architecture.pe_count)]
    if architecture.pe_array is not None:
        found += _places(layer, architecture.pe_array)
    found += [rf_use(layer, architecture, pool) for pool in architecture.rf_pools]
    for pool in architecture.spm_pools:
        banks = {x: used_banks(layer, architecture, x) for x in pool.operands}
        node, size = add(*banks.values()), f" of {architecture.spm_bank_bytes} bytes"
        found.append(Limit("SPM banks" + _of(pool), node, pool.size, parts=banks, size=size))
    return tuple(found)


def _of(pool: Pool | None) -> str:
    return "" if pool is None or pool.operands == OPERANDS else f" of {pool.name}"


PLACES: Final = ("PE rows", "PE columns", "PEs of loops that no axis unrolls", "PE array")
"""Names of the limits of rows and columns."""


def _places(layer: Layer, array: PEArray) -> list[Limit]:
    """Limits of rows and columns.

    What may be unrolled along one axis only has to fit that axis. That, and that all fit all PEs,
    is necessary, and products, which bounds know how to use; where a dimension may be unrolled
    along both axes, whether there is a placement is asked exactly as well (`Unplaced`).
    """
    on_rows, on_cols = array.lists()
    dims = loops(layer.kind)
    rows, cols, both, neither = (
        Product(factors(PE, [d for d in dims if (d in on_rows, d in on_cols) == where]))
        for where in ((True, False), (False, True), (True, True), (False, False))
    )
    sizes = ((rows, array.rows), (cols, array.cols), (neither, 1))
    found = [
        Limit(name, product, most)
        for name, (product, most) in zip(PLACES, sizes, strict=False)
        if product.powers
    ]
    if both.powers:
        node = Unplaced(rows, cols, both, array.rows, array.cols)
        found.append(Limit(PLACES[-1], node, 0))
    return found
