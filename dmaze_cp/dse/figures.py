"""What the designs of a sweep cost: weighed over the networks, in units that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from typing import Final

from dmaze_cp.cost.energy import components
from dmaze_cp.dse.result import NetworkCost, PointStatus, SweepPoint, SweepResult
from dmaze_cp.objective import Objective

CAUSES: Final = ("compute", "NoC/reduction", "DMA")
"""What cycles are spent on; of the last two, only what is not hidden behind the first."""


@dataclass(frozen=True)
class Unit:
    """The unit of a sweep's values.

    Attributes
    ----------
    objective
        What is minimised.
    hertz
        Accelerator cycles a second, where they are the same in all designs. Values are then in
        cycles, else in seconds.
    """

    objective: Objective
    hertz: float | None

    @property
    def name(self) -> str:
        """Such as ``pJ x cycles``."""
        time = "s" if self.hertz is None else "cycles"
        return {
            Objective.ENERGY: "pJ",
            Objective.LATENCY: time,
            Objective.EDP: f"pJ x {time}",
        }[self.objective]

    def amount(self, value: float) -> float:
        """A value of a `SweepPoint` (pJ, s, pJ x s) in this unit."""
        if self.hertz is None or self.objective is Objective.ENERGY:
            return value
        return value * self.hertz


def unit_of(result: SweepResult) -> Unit:
    """The unit that all values of a sweep are given in."""
    clocks = {point.design.architecture.accelerator_mhz for point in result.points}
    hertz = clocks.pop() * 1e6 if len(clocks) == 1 else None
    return Unit(result.objective, hertz)


@dataclass(frozen=True)
class Figures:
    """What a design costs, all networks together, each with its weight.

    Attributes
    ----------
    value
        Of the objective, in the unit of the sweep (an integer where that is exact).
    energy_pj, latency_cycles, latency_s, edp
        Sums; `edp` is the sum of the layers' EDPs in pJ x cycles.
    energy_breakdown_pj
        By component.
    cycles
        By cause (`CAUSES`).
    """

    value: float
    energy_pj: float
    latency_cycles: float
    latency_s: float
    edp: float
    energy_breakdown_pj: dict[str, float]
    cycles: dict[str, float]


@dataclass(frozen=True)
class SweepFigures:
    """A sweep's result with what follows from it."""

    result: SweepResult

    @cached_property
    def unit(self) -> Unit:
        """The unit of its values."""
        return unit_of(self.result)

    @cached_property
    def weights(self) -> dict[str, float]:
        """Each network's weight; whole ones are integers, so that sums stay exact."""
        return {
            n.workload.name: int(n.weight) if float(n.weight).is_integer() else n.weight
            for n in self.result.networks
        }

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Where energy goes in any of its designs."""
        return components(*(point.design.architecture for point in self.result.points))

    @cached_property
    def swept(self) -> tuple[str, ...]:
        """Names of the parameters that vary."""
        return self.result.space.swept

    def point(self, position: int) -> SweepPoint:
        """The point at a position."""
        return self.result.points[position]

    @cached_property
    def _figures(self) -> dict[int, Figures | None]:
        return {}

    def figures_so_far(self, position: int) -> Figures | None:
        """What the mappings cost that were found; None if some layer has none.

        Of a design that was skipped they may be far from its best ones.
        """
        if position not in self._figures:
            self._figures[position] = _figures(self.point(position), self.weights, self.unit)
        return self._figures[position]

    def figures(self, position: int) -> Figures | None:
        """What the design at a position costs; None if it has no value that counts."""
        return self.figures_so_far(position) if self.point(position).is_mapped else None

    def power_mw(self, position: int) -> float | None:
        """Average power; None where the mappings are not those that count."""
        point = self.point(position)
        counts = point.is_mapped or point.status is PointStatus.INFEASIBLE
        return point.power_mw if counts else None

    def bound(self, position: int) -> float:
        """What the design at a position cannot cost less than, in the unit of the sweep.

        Infinite where the design is infeasible: there is nothing that it could cost.
        """
        if self.point(position).status is PointStatus.INFEASIBLE:
            return inf
        point, figures = self.point(position), self.figures(position)
        if figures is not None and point.gap == 0:
            return figures.value
        return self.unit.amount(point.bound)

    @cached_property
    def base(self) -> int | None:
        """Position of the design that is the base itself; None if it is not among them."""
        wanted = self.result.space.base.figures
        for position, point in enumerate(self.result.points):
            if point.design.architecture.figures == wanted:
                return position
        return None

    @cached_property
    def ranking(self) -> tuple[int, ...]:
        """Positions of the designs that are mapped, the least value first."""
        points = self.result.points
        mapped = [i for i, p in enumerate(points) if p.is_mapped]
        best = self.result.best
        return tuple(sorted(mapped, key=lambda i: (points[i].value or 0.0, i != best, i)))

    @cached_property
    def least_bound(self) -> float | None:
        """No design of the sweep costs less (pJ, s, pJ x s); None where nothing is known."""
        bounds = [p.bound for p in self.result.points if p.status is not PointStatus.INFEASIBLE]
        return min(bounds) if bounds else None

    @property
    def least_amount(self) -> float | None:
        """The same in the unit of the sweep; exact where it is the value of the best design."""
        best = self.result.best
        if best is not None and self.point(best).bound == self.least_bound:
            return self.bound(best)
        return None if self.least_bound is None else self.unit.amount(self.least_bound)

    def ratio(self, value: float) -> float | None:
        """A value (pJ, s, pJ x s) over that of the best design."""
        best = self.result.best
        least = None if best is None else self.point(best).value
        return value / least if least and isfinite(value) else None

    def network_value(self, position: int, model: str) -> float | None:
        """What a design costs one network, not weighed (pJ, s, pJ x s)."""
        network = _network(self.point(position), model)
        return None if network is None else network.value

    def network_gap(self, position: int, model: str) -> bool:
        """Whether better mappings of one network may exist on a design."""
        network = _network(self.point(position), model)
        return network is not None and not network.sums.proven

    def network_is_proven(self, model: str) -> bool:
        """Whether no design costs a network less than its best one that is mapped.

        A design that was skipped for its total may be the best for one of the networks.
        """
        position = self.result.best_of(model)
        if position is None:
            return False
        winner = _network(self.point(position), model)
        if winner is None or winner.value is None:
            return False
        for other, point in enumerate(self.result.points):
            if point.status is PointStatus.INFEASIBLE:
                continue
            cost = _network(point, model)
            is_exact = other == position and winner.sums.proven
            if not is_exact and (cost is None or cost.bound < winner.value):
                return False
        return True


def _network(point: SweepPoint, model: str) -> NetworkCost | None:
    return next((network for network in point.networks if network.model == model), None)


def _figures(point: SweepPoint, weights: Mapping[str, float], unit: Unit) -> Figures | None:
    if point.value is None or any(network.value is None for network in point.networks):
        return None
    mhz = point.design.architecture.accelerator_mhz
    parts: dict[str, float] = dict.fromkeys(components(point.design.architecture), 0.0)
    causes: dict[str, float] = dict.fromkeys(CAUSES, 0)
    # Integers, unless a weight is a fraction.
    energy: float = 0
    cycles: float = 0
    edp: float = 0
    value: float = 0
    for network in point.networks:
        weight = weights[network.model]
        energy += weight * network.energy_pj
        cycles += weight * network.latency_cycles
        edp += weight * network.edp
        value += weight * network.sums.of(unit.objective)
        for name, part in network.energy_breakdown_pj.items():
            parts[name] += weight * part
        split = network.sums.cycles
        for cause, part in zip(CAUSES, (split.compute, split.noc, split.dma), strict=True):
            causes[cause] += weight * part
    if unit.hertz is None and unit.objective is not Objective.ENERGY:
        value = point.value
    return Figures(value, energy, cycles, cycles / (mhz * 1e6), edp, parts, causes)
