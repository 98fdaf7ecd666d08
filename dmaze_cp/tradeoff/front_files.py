"""Fronts as files (schema ``dmaze-cp/front/1``)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from dmaze_cp.digest import with_digest
from dmaze_cp.levels import DRAM, SPM, Stationary
from dmaze_cp.result import Alternative
from dmaze_cp.result.layer_files import Natural, Positive
from dmaze_cp.spec import architecture_to_dict
from dmaze_cp.spec.constraint_files import rules_to_dict
from dmaze_cp.spec.documents import Meaning, Record
from dmaze_cp.spec.layers import LayerRecord, layer_record
from dmaze_cp.spec.mapping_files import TilingRecord
from dmaze_cp.spec.padded_layers import PaddedRecord, padded_record
from dmaze_cp.tradeoff.result import FrontStatus, LayerFront, NetworkFront, WorkloadFront

FRONT_SCHEMA: Final = "dmaze-cp/front/1"


class PointRecord(TypedDict):
    """A mapping on the front."""

    energy_pj: Natural
    latency_cycles: Natural
    edp: Natural
    proven: Annotated[bool, Meaning("whether it is proven to be on the front")]
    padded: NotRequired[Annotated[PaddedRecord, Meaning("where bounds were raised")]]
    tiling: TilingRecord
    loop_order: dict[str, list[str]]
    stationary: dict[str, Stationary]


class RegionRecord(TypedDict):
    """Where there may be more points."""

    energy_pj: Annotated[Natural | None, Meaning("at most; null: any")]
    latency_cycles: Annotated[Natural, Meaning("at least")]


class LayerFrontRecord(LayerRecord):
    """The front of a layer; costs are of one instance."""

    status: FrontStatus
    epsilon: Positive
    points: Annotated[list[PointRecord], Meaning("by rising latency")]
    open: Annotated[RegionRecord | None, Meaning("where there may be more points")]
    reason: NotRequired[str | None]
    solve_time_s: NotRequired[Positive]
    searches: NotRequired[Natural]


class NetworkPointRecord(TypedDict):
    """Totals of a network."""

    energy_pj: Natural
    latency_cycles: Natural
    choice: Annotated[dict[str, Natural], Meaning("for each layer a place in its points")]


class NetworkFrontRecord(TypedDict):
    """The front of totals, all instances of a layer mapped alike."""

    status: FrontStatus
    epsilon: Positive
    points: Annotated[list[NetworkPointRecord], Meaning("by rising latency")]


class FrontRecord(TypedDict):
    """The energy-latency fronts of a network's layers, and of its totals."""

    schema: Literal["dmaze-cp/front/1"]
    model: str
    architecture: dict[str, Any]
    constraints: Annotated[dict[str, list[str]], Meaning("pins by glob of layers")]
    interrupted: bool
    layers: list[LayerFrontRecord]
    network: NetworkFrontRecord
    digest: str


def front_record(found: WorkloadFront) -> Record:
    """Fronts as JSON."""
    return with_digest(
        {
            "schema": FRONT_SCHEMA,
            "model": found.workload.name,
            "architecture": architecture_to_dict(found.architecture),
            "constraints": rules_to_dict(found.constraints),
            "interrupted": found.interrupted,
            "layers": [_layer(front) for front in found.layers],
            "network": _network(found.network, [f.layer.name for f in found.mapped]),
        }
    )


def _layer(front: LayerFront) -> Record:
    region = front.open
    return {
        **layer_record(front.layer),
        "status": str(front.status),
        "epsilon": front.epsilon,
        "points": [_point(p, place < front.proven) for place, p in enumerate(front.points)],
        "open": None
        if region is None
        else {"energy_pj": region.energy_pj, "latency_cycles": region.latency_cycles},
        "reason": front.reason,
        "solve_time_s": front.solve_time_s,
        "searches": front.searches,
    }


def _point(point: Alternative, proven: bool) -> Record:
    padded = padded_record(point.mapping)
    return {
        **({} if padded is None else {"padded": padded}),
        "energy_pj": point.cost.energy_pj,
        "latency_cycles": point.cost.latency_cycles,
        "edp": point.cost.edp,
        "proven": proven,
        "tiling": point.mapping.tiling,
        "loop_order": point.mapping.loop_order,
        "stationary": {DRAM: point.dataflow.dram, SPM: point.dataflow.spm},
    }


def _network(network: NetworkFront, names: list[str]) -> Record:
    return {
        "status": str(network.status),
        "epsilon": network.epsilon,
        "points": [
            {
                "energy_pj": point.energy_pj,
                "latency_cycles": point.latency_cycles,
                "choice": dict(zip(names, point.choice, strict=True)),
            }
            for point in network.points
        ],
    }
