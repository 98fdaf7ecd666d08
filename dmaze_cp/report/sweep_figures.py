"""The figures of a sweep in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dmaze_cp.dse.figures import CAUSES, Figures, SweepFigures, Unit
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers

__all__ = ["CAUSES", "Figures", "ShownUnit", "Sweep", "short"]


@dataclass(frozen=True)
class ShownUnit(Unit):
    """A unit whose values are shown."""

    def text(self, value: float) -> str:
        """A value of a `SweepPoint`, with its unit where that is not said elsewhere."""
        amount = self.amount(value)
        if self.objective is Objective.ENERGY:
            return numbers.energy(amount)
        if self.objective is Objective.EDP:
            return numbers.scientific(amount)
        return numbers.seconds(value) if self.hertz is None else f"{numbers.count(amount)} cycles"


class Sweep(SweepFigures):
    """A sweep's result with what reports derive from it."""

    @cached_property
    def unit(self) -> ShownUnit:
        """The unit of its values."""
        unit = super().unit
        return ShownUnit(unit.objective, unit.hertz)

    def values(self, parameters: Mapping[str, float]) -> str:
        """Values of the parameters that vary, such as ``rf_bytes=64 spm_kb=128``."""
        shown = [f"{name}={short(parameters[name])}" for name in self.swept]
        return " ".join(shown) or "the base"

    @property
    def fixed(self) -> str:
        """The parameters that have one value, where others have more."""
        parameters = self.result.space.parameters
        alone = [p for p in parameters if len(p.values) == 1]
        return " ".join(f"{p.name}={short(p.values[0])}" for p in alone) if self.swept else ""

    def label(self, position: int) -> str:
        """What tells a design from the others."""
        return self.values(self.point(position).design.parameters)


def short(value: float) -> str:
    """The value of a parameter in a few characters."""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
