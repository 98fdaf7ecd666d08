"""What a front is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import ConstraintRules
from dmaze_cp.result import Alternative, Ending
from dmaze_cp.showing import Framed
from dmaze_cp.workload import Layer, Workload


class FrontStatus(StrEnum):
    """Whether a front is whole."""

    COMPLETE = "complete"
    """Proven: every mapping is matched by a point, in both costs, within epsilon."""
    PARTIAL = "partial"
    """Time ran out first."""


@dataclass(frozen=True)
class Region:
    """Where there may be more: mappings with at most this energy and at least these cycles."""

    energy_pj: int | None
    latency_cycles: int


@dataclass(frozen=True)
class LayerFront:
    """The energy-latency front of a layer.

    Attributes
    ----------
    layer
        What is mapped.
    status
        Whether it is whole; a layer that fits in no way has no points and is whole.
    epsilon
        Every mapping has at least the latency of some point, and at least its energy divided by
        1 + epsilon.
    points
        By rising latency and falling energy, each a mapping with its exact costs.
    proven
        So many of the points, from the first on, are proven to be on the front.
    open
        Where else there may be points (None: nowhere).
    reason
        Why there is no point, or why the front is not whole.
    solve_time_s, searches
        Wall seconds, and how many searches they were.
    engine
        Which engine proved it; empty where nothing was searched.
    ended
        Why the search for it has ended.
    """

    layer: Layer
    status: FrontStatus
    epsilon: float
    points: tuple[Alternative, ...]
    proven: int
    open: Region | None = None
    reason: str | None = None
    solve_time_s: float = 0.0
    searches: int = 0
    engine: str = ""
    ended: Ending = Ending.UNSTATED

    @property
    def failed(self) -> bool:
        """Whether a search for it broke off: its worker died, say."""
        return self.ended is Ending.FAILED


@dataclass(frozen=True)
class NetworkPoint:
    """Totals of a network, and for each layer the place of its mapping in the layer's points."""

    energy_pj: int
    latency_cycles: int
    choice: tuple[int, ...]


@dataclass(frozen=True)
class NetworkFront:
    """The front of totals, all instances of a layer mapped alike.

    Attributes
    ----------
    status
        Whether it is whole: the fronts of all layers are, and each has a point.
    epsilon
        Every choice of mappings has at least the latency of some point, and at least its energy
        divided by 1 + epsilon.
    points
        By rising latency and falling energy; choices are of the layers that have points.
    """

    status: FrontStatus
    epsilon: float
    points: tuple[NetworkPoint, ...]


@dataclass(frozen=True)
class WorkloadFront(Framed):
    """The fronts of a network's layers, and of the network.

    Attributes
    ----------
    workload, architecture, constraints
        What was asked.
    layers
        In the order of the network; layers that the run was stopped before are left out.
    network
        The front of the totals.
    interrupted
        Whether the run was stopped before all was proven.
    """

    workload: Workload
    architecture: Architecture
    constraints: ConstraintRules
    layers: tuple[LayerFront, ...]
    network: NetworkFront
    interrupted: bool = False

    @property
    def mapped(self) -> tuple[LayerFront, ...]:
        """The layers that choices are of."""
        return tuple(front for front in self.layers if front.points)
