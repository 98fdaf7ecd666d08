"""Sums over the layers of a network, each weighed by its instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, isfinite

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.energy import components
from dmaze_cp.cost.latency import Cycles, cycles
from dmaze_cp.result.layer import LayerResult
from dmaze_cp.result.status import relative_gap


@dataclass(frozen=True)
class Totals:
    """Sums over the layers of a network, each weighed by its instances.

    Attributes
    ----------
    energy_pj, latency_cycles
        Sums over the layers that have a mapping.
    edp
        Sum of the layers' EDPs (as dMazeRunner reports it).
    network_edp
        Total energy times total latency.
    value, bound
        Sums of the layers' objective values and bounds (rounded down to an integer for
        each layer, as the values are integers).
    unmapped_layers
        Layers without a mapping; they are left out of every sum.
    mapped_layers
        The other layers.
    missing_layers
        Those of the unmapped layers that an interrupted run did not reach.
    unproven_layers
        Those of the mapped layers whose bound does not meet the value.
    energy_breakdown_pj
        By component, as those of a layer's cost.
    """

    energy_pj: int
    latency_cycles: int
    edp: int
    network_edp: int
    value: int
    bound: int
    unmapped_layers: int
    mapped_layers: int
    missing_layers: int
    unproven_layers: int
    energy_breakdown_pj: dict[str, float]

    @property
    def gap(self) -> float:
        """Relative gap of the sums."""
        return relative_gap(self.value, self.bound)


def totals_of(results: Sequence[LayerResult], architecture: Architecture, layers: int) -> Totals:
    """Sums over the results of a network's layers for one objective.

    Parameters
    ----------
    layers
        How many the network has; an interrupted run has no result at all for some.
    """
    energy = latency = edp = value = bound = mapped = unproven = 0
    parts = dict.fromkeys(components(architecture), 0.0)
    for result in results:
        if result.cost is None or result.value is None:
            continue
        times, known = result.layer.instances, whole_bound(result)
        mapped += 1
        unproven += known < result.value
        energy += times * result.cost.energy_pj
        latency += times * result.cost.latency_cycles
        edp += times * result.cost.edp
        value += times * result.value
        bound += times * known
        for component in parts:
            parts[component] += times * result.cost.energy_breakdown_pj[component]
    missing = max(0, layers - len(results))
    return Totals(
        energy,
        latency,
        edp,
        network_edp=energy * latency,
        value=value,
        bound=bound,
        unmapped_layers=missing + len(results) - mapped,
        mapped_layers=mapped,
        missing_layers=missing,
        unproven_layers=unproven,
        energy_breakdown_pj=parts,
    )


def whole_bound(result: LayerResult) -> int:
    """The bound of a layer as an integer; 0 where none is known, as no cost is negative."""
    bound = result.bound
    return floor(bound) if bound is not None and isfinite(bound) and bound > 0 else 0


def total_value(results: Sequence[LayerResult]) -> int:
    """Sum of the objective's values, instances counted."""
    return sum(weighed_value(result) for result in results)


def layer_share(result: LayerResult, total: int) -> float | None:
    """A layer's part of `total`, all its instances counted; None where there is none."""
    return weighed_value(result) / total if result.value is not None and total else None


def weighed_value(result: LayerResult) -> int:
    """The objective's value of all instances; 0 without a mapping."""
    return 0 if result.value is None else result.layer.instances * result.value


def network_cycles(results: Iterable[LayerResult]) -> Cycles:
    """Split the latency of layers that run one after the other, instances counted.

    Layers without a mapping are left out.
    """
    compute = noc = dma = 0
    for result in results:
        if result.mapping is None or result.cost is None:
            continue
        split, times = cycles(result.mapping, result.cost), result.layer.instances
        compute += times * split.compute
        noc += times * split.noc
        dma += times * split.dma
    return Cycles(compute, noc, dma)
