"""The best mappings of a layer beside the best one, and how far they are proven."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from dmaze_cp.cost.cost import Cost
from dmaze_cp.mapping import Dataflow, Diversity, Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer

MOST_RANKED: Final = 1000
"""As many mappings can be asked for."""


@dataclass(frozen=True)
class Alternative:
    """A mapping that is not the best, and its exact cost."""

    mapping: Mapping
    dataflow: Dataflow
    cost: Cost

    def value(self, objective: Objective) -> int:
        """What it costs."""
        return objective.of(self.cost.energy_pj, self.cost.latency_cycles)


@dataclass(frozen=True)
class Ranking:
    """What follows on the best mapping.

    Attributes
    ----------
    alternatives
        From the second on, best first: by value, then by what decides between equals, then by the
        factors of each dimension, from DRAM inwards, then by dataflow.
    proven
        The mappings are proven to be the best, in this order, down to this rank (0: none is; 1:
        only the best mapping itself).
    optima
        How many mappings are known to have the least cost.
    optima_complete
        Whether these are all.
    diverse
        Of mappings that are equal in this only the best is ranked (None: all are).
    """

    alternatives: tuple[Alternative, ...]
    proven: int
    optima: int
    optima_complete: bool
    diverse: Diversity | None = None

    @property
    def optima_text(self) -> int | str:
        """How many mappings have the least cost: a number, or one that it is at least."""
        return self.optima if self.optima_complete else f">={self.optima}"

    def for_layer(self, layer: Layer) -> Ranking:
        """The same under the name of another layer of the same shape."""
        renamed = tuple(
            replace(each, mapping=each.mapping.for_layer(layer)) for each in self.alternatives
        )
        return replace(self, alternatives=renamed)
