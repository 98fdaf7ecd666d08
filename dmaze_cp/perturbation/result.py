"""What a sensitivity analysis has found."""

from __future__ import annotations

from dataclasses import dataclass

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_RULES, ConstraintRules
from dmaze_cp.objective import Objective
from dmaze_cp.perturbation.changes import Change
from dmaze_cp.perturbation.ranges import EnergyRange
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.showing import Framed
from dmaze_cp.workload import Layer, Workload


@dataclass(frozen=True)
class Changed:
    """The best mapping of a layer on a changed machine.

    Attributes
    ----------
    change
        What was changed.
    result
        Of the search; None where the run was stopped before it.
    relative
        Its value over that on the base, both in pJ, seconds or pJ x seconds; None without both.
    """

    change: Change
    result: LayerResult | None
    relative: float | None

    @property
    def is_proven(self) -> bool:
        """Whether nothing better exists on the changed machine."""
        return self.result is not None and self.result.status is Status.OPTIMAL


@dataclass(frozen=True)
class LayerSensitivity:
    """One layer on the base and on all changed machines.

    Attributes
    ----------
    layer
        Of the network.
    base
        Its result on the base; None where the run was stopped before it.
    changed
        In the order of the changes.
    ranges
        By energy; none for latency, which no energy enters, nor without a proven optimum.
    """

    layer: Layer
    base: LayerResult | None
    changed: tuple[Changed, ...]
    ranges: tuple[EnergyRange, ...] = ()


@dataclass(frozen=True)
class Sensitivity(Framed):
    """The optimum of each layer as figures of the machine change, one at a time.

    Attributes
    ----------
    workload, architecture, objective
        What was asked.
    layers
        In the order of the network.
    constraints
        Limits on the map-space.
    interrupted
        Whether the run was stopped before all was proven.
    """

    workload: Workload
    architecture: Architecture
    objective: Objective
    layers: tuple[LayerSensitivity, ...]
    constraints: ConstraintRules = NO_RULES
    interrupted: bool = False


def relative(
    objective: Objective, base: LayerResult | None, other: LayerResult | None
) -> float | None:
    """A value over another, times in seconds: clocks may differ."""
    if base is None or other is None or base.value is None or other.value is None:
        return None
    clocks = base.architecture.accelerator_mhz / other.architecture.accelerator_mhz
    scale = 1.0 if objective is Objective.ENERGY else clocks
    if base.value == 0:
        return 1.0 if other.value == 0 else None
    return other.value / base.value * scale
