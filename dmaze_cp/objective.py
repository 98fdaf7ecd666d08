"""What is minimised."""

from __future__ import annotations

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
