"""What is minimised, and what else may be limited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Objective(StrEnum):
    """Energy (pJ), latency (accelerator cycles) or their product EDP (pJ x cycles)."""

    EDP = "edp"
    ENERGY = "energy"
    LATENCY = "latency"

    def of(self, energy_pj: int, latency_cycles: int) -> int:
        """The objective of a mapping with these exact costs."""
        if self is Objective.ENERGY:
            return energy_pj
        if self is Objective.LATENCY:
            return latency_cycles
        return energy_pj * latency_cycles

    @property
    def tie_break(self) -> Objective:
        """What decides between mappings that are equally good."""
        return Objective.LATENCY if self is Objective.ENERGY else Objective.ENERGY


@dataclass(frozen=True)
class CostLimit:
    """What a mapping may cost beside what is minimised.

    Attributes
    ----------
    objective
        Which cost.
    most
        In pJ, cycles or pJ x cycles.
    least
        Mappings that cost less are known and left out where mappings are scored.
    """

    objective: Objective
    most: int
    least: int = 0

    def allows(self, value: int) -> bool:
        """Whether a mapping may cost this."""
        return self.least <= value <= self.most
