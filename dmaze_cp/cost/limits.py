"""What a tiling has to satisfy, as expressions: the capacities of a machine, stated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.expression import Ceiling, Evaluation, Node, Product, add
from dmaze_cp.cost.terms import elements, factors, loops
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
    """

    name: str
    node: Node
    most: int | None = None
    least: int | None = None

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


def rf_elements(layer: Layer) -> Node:
    """Elements in the RF of a PE."""
    return add(*(Product(elements(layer.kind, x, RF)) for x in OPERANDS))


def spm_elements(layer: Layer) -> Node:
    """Elements in one buffer of the scratchpad."""
    return add(*(Product(elements(layer.kind, x, SPM)) for x in OPERANDS))


def used_banks(layer: Layer, architecture: Architecture, operand: str) -> Ceiling:
    """Banks of one buffer that an operand occupies: it does not share them."""
    tile = Product(elements(layer.kind, operand, SPM))
    return Ceiling(tile, architecture.word_bytes, architecture.spm_bank_bytes)


def capacities(layer: Layer, architecture: Architecture) -> tuple[Limit, ...]:
    """PEs, register file and scratchpad banks."""
    banks = add(*(used_banks(layer, architecture, x) for x in OPERANDS))
    return (
        Limit("PEs", used_pes(layer), architecture.pes),
        Limit("RF words", rf_elements(layer), architecture.rf_words),
        Limit("SPM banks", banks, architecture.spm_banks),
    )
