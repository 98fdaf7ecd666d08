"""What a sweep over designs returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_RULES, ConstraintRules
from dmaze_cp.cost.latency import Cycles
from dmaze_cp.dse.design import Budgets, Design, InvalidDesign, check_weight
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.levels import COMPONENTS
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, Status, network_cycles
from dmaze_cp.showing import Framed
from dmaze_cp.workload import Workload


class PointCause(StrEnum):
    """Why a design has not its proven best mappings."""

    NO_FIT = "no fit"
    """Some layer fits in no way."""
    POWER = "power budget"
    """Its mappings take more power than allowed."""
    BEATEN = "beaten"
    """Its bound is above what another design costs."""
    FAILED = "failed"
    """A search failed, or a layer is refused."""
    UNFINISHED = "unfinished"
    """A layer was not searched to the end; the reason says why."""


class PointStatus(StrEnum):
    """What is known about a design when the sweep has ended."""

    OPTIMAL = "optimal"
    """Every layer has its proven best mapping."""
    FEASIBLE = "feasible"
    """Every layer has a mapping; the total has a gap."""
    SKIPPED = "skipped"
    """Proven to be no better than a design that is known, before every layer was."""
    INFEASIBLE = "infeasible"
    """Some layer fits in no way, or the design breaks the power budget."""
    UNKNOWN = "unknown"
    """Some layer has no mapping: the time was over."""
    FAILED = "failed"
    """A search failed; the reason says how."""


@dataclass(frozen=True)
class WeightedWorkload:
    """A network and what its costs are multiplied by.

    Raises
    ------
    SpecError
        When the weight is outside `dmaze_cp.dse.design.WEIGHTS`.
    """

    workload: Workload
    weight: float = 1.0

    def __post_init__(self) -> None:
        check_weight(self.weight)


def cost_unit_s(architecture: Architecture, objective: Objective) -> Fraction:
    """What one unit of a layer's objective is worth in a total (pJ, s or pJ x s).

    Designs may have different clocks, so that totals are in seconds, not in cycles.
    """
    if objective is Objective.ENERGY:
        return Fraction(1)
    return 1 / (Fraction(architecture.accelerator_mhz) * 1_000_000)


@dataclass(frozen=True)
class NetworkSums:
    """Sums over the layers of a network that have a mapping, each weighed by its instances.

    Attributes
    ----------
    energy_pj, latency_cycles, edp
        `edp` is the sum of the layers' EDPs, in pJ x cycles.
    energy_breakdown_pj
        By component.
    cycles
        The latency by what it is spent on.
    proven
        Whether every layer that has a result has its proven best mapping.
    """

    energy_pj: int
    latency_cycles: int
    edp: int
    energy_breakdown_pj: dict[str, float]
    cycles: Cycles
    proven: bool

    def of(self, objective: Objective) -> int:
        """The sum of the layers' values, in pJ, cycles or pJ x cycles."""
        return {
            Objective.ENERGY: self.energy_pj,
            Objective.LATENCY: self.latency_cycles,
            Objective.EDP: self.edp,
        }[objective]


def sums_of(layers: Sequence[LayerResult]) -> NetworkSums:
    """What some results add up to."""
    mapped = [(r.layer.instances, r.cost) for r in layers if r.cost is not None]
    parts = dict.fromkeys(COMPONENTS, 0.0)
    for times, cost in mapped:
        for name, energy in cost.energy_breakdown_pj.items():
            parts[name] = parts.get(name, 0.0) + times * energy
    return NetworkSums(
        sum(times * cost.energy_pj for times, cost in mapped),
        sum(times * cost.latency_cycles for times, cost in mapped),
        sum(times * cost.edp for times, cost in mapped),
        parts,
        network_cycles(layers),
        all(result.status is Status.OPTIMAL for result in layers),
    )


@dataclass(frozen=True)
class NetworkCost:
    """What one network costs on a design, as far as it is mapped; not weighed.

    Attributes
    ----------
    model
        The network's name.
    layers
        Results of its layers, in their order; those that are missing were not needed, or, in a
        sweep that was read from a file, were not kept.
    value, bound
        Sum of the layers' objectives (pJ, s or pJ x s), None where a layer has no mapping.
    sums
        What the layers add up to; of `layers` where not given.
    """

    model: str
    layers: tuple[LayerResult, ...]
    value: float | None
    bound: float
    sums: NetworkSums = None  # type: ignore[assignment]  # set below

    def __post_init__(self) -> None:
        if self.sums is None:
            object.__setattr__(self, "sums", sums_of(self.layers))

    @property
    def energy_pj(self) -> int:
        """Sum over the layers, weighed by their instances."""
        return self.sums.energy_pj

    @property
    def latency_cycles(self) -> int:
        """Sum over the layers, weighed by their instances."""
        return self.sums.latency_cycles

    @property
    def edp(self) -> int:
        """Sum of the layers' EDPs (pJ x cycles), weighed by their instances."""
        return self.sums.edp

    @property
    def energy_breakdown_pj(self) -> dict[str, float]:
        """Energy by component."""
        return self.sums.energy_breakdown_pj


@dataclass(frozen=True)
class SweepPoint:
    """A design and what is known about it.

    Attributes
    ----------
    design
        Parameters, architecture and area.
    status, reason
        How good the figures are, and why they are not better.
    value, bound
        Weighed sum over the networks of the objective, and what it cannot be below, in pJ, s
        or pJ x s. No value without a mapping for every layer.
    networks
        Results by network, in the order of the sweep; weights are not applied.
    power_mw
        Energy over time of all networks together, each weighed.
    cause
        The kind of reason; None where the status is optimal.
    """

    design: Design
    status: PointStatus
    reason: str | None
    value: float | None
    bound: float
    networks: tuple[NetworkCost, ...] = field(repr=False)
    power_mw: float | None = None
    cause: PointCause | None = None

    @property
    def gap(self) -> float | None:
        """Proven relative gap of the value."""
        if self.value is None:
            return None
        return max(0.0, (self.value - self.bound) / self.value) if self.value else 0.0

    @property
    def is_mapped(self) -> bool:
        """Whether the design has a value that counts."""
        return self.value is not None and self.status in {
            PointStatus.OPTIMAL,
            PointStatus.FEASIBLE,
        }


@dataclass(frozen=True)
class SweepResult(Framed):
    """A sweep over a design space.

    Attributes
    ----------
    space, networks, objective
        What was asked.
    pareto
        Whether designs compete by objective and area, or by the objective alone.
    points
        Every valid design, in the order of the space.
    invalid
        Designs that break a rule or have no energy.
    best
        Position in `points` of the design with the least value; None if none is mapped.
    best_proven
        No design of the space is better, also not one that was skipped or not finished.
    ties, may_tie
        Positions of the other designs that cost exactly as much as the best one, of which the
        smallest is the best, else the first; and of those that were skipped because they can
        cost no less, but as much.
    front, front_proven
        Positions of the designs that none beats in both area and objective (with `pareto`),
        by area, and whether that is proven.
    searches, looked_up
        Searches that were run, and answers of the store.
    constraints
        Which pins held for which layers.
    """

    space: DesignSpace
    networks: tuple[WeightedWorkload, ...]
    objective: Objective
    budgets: Budgets
    pareto: bool
    points: tuple[SweepPoint, ...]
    invalid: tuple[InvalidDesign, ...]
    best: int | None
    best_proven: bool
    front: tuple[int, ...] = ()
    front_proven: bool = False
    searches: int = 0
    looked_up: int = 0
    elapsed_s: float = 0.0
    interrupted: bool = False
    ties: tuple[int, ...] = ()
    may_tie: tuple[int, ...] = ()
    constraints: ConstraintRules = NO_RULES

    def count(self, status: PointStatus) -> int:
        """How many points have a status."""
        return sum(point.status is status for point in self.points)

    def best_of(self, model: str) -> int | None:
        """Position of the mapped point where one network costs least."""
        costs = [
            (network.value, position)
            for position, point in enumerate(self.points)
            if point.is_mapped
            for network in point.networks
            if network.model == model and network.value is not None
        ]
        return min(costs)[1] if costs else None
