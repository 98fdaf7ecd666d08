"""The best of parts of a map-space: of each dataflow, of each pair of unrolled dimensions."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypedDict

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import DRAM, SPM, Stationary
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.result.status import Status
from dmaze_cp.spec import mapping_record_from_dict
from dmaze_cp.spec.documents import Least, Meaning, Record
from dmaze_cp.spec.layers import layer_record
from dmaze_cp.spec.mapping_files import TilingRecord
from dmaze_cp.spec.padded_layers import PaddedRecord, padded_field
from dmaze_cp.workload import Layer

_Natural = Annotated[int | None, Least(0)]


@dataclass(frozen=True)
class Slice:
    """The best mapping of a part of a map-space.

    Attributes
    ----------
    key
        What is stationary at DRAM and at SPM, or the dimensions that alone are unrolled.
    status
        How good the answer is; `infeasible`: no mapping is in this part.
    mapping
        The answer; None where there is none.
    energy_pj, latency_cycles, value
        Its exact cost, and that of the objective.
    bound
        Proven: no mapping of this part costs less (None where there is none, or nothing known).
    """

    key: tuple[str, ...]
    status: Status
    mapping: Mapping | None = None
    energy_pj: int | None = None
    latency_cycles: int | None = None
    value: int | None = None
    bound: int | float | None = None


class SliceRecord(TypedDict):
    """The best of a part of the map-space."""

    status: Status
    padded: NotRequired[PaddedRecord | None]
    tiling: TilingRecord | None
    loop_order: dict[str, list[str]] | None
    energy_pj: _Natural
    latency_cycles: _Natural
    edp: _Natural
    value: _Natural
    bound: Annotated[float | None, Least(0), Meaning("proven: none of them costs less")]
    relative: NotRequired[Annotated[float | None, Meaning("value over the layer's, less 1")]]


class DataflowRecord(SliceRecord):
    """The best mapping of a dataflow."""

    DRAM: Stationary
    SPM: Stationary


class UnrollingRecord(SliceRecord):
    """The best mapping that unrolls these dimensions and no others."""

    spatial: list[str]


def dataflow_record(found: Slice, value: int | None) -> Record:
    """The best of a dataflow as an object, beside the layer's value."""
    return {DRAM: found.key[0], SPM: found.key[1], **_record(found, value)}


def unrolling_record(found: Slice, value: int | None) -> Record:
    """The best of some unrolled dimensions as an object, beside the layer's value."""
    return {"spatial": list(found.key), **_record(found, value)}


def relative(found: Slice, value: int | None) -> float | None:
    """How much more a part's best costs than the layer's, as a share of it."""
    if found.value is None or not value:
        return None
    return found.value / value - 1


def _record(found: Slice, value: int | None) -> Record:
    energy, latency, mapping = found.energy_pj, found.latency_cycles, found.mapping
    return {
        "status": str(found.status),
        **padded_field(mapping),
        "tiling": None if mapping is None else mapping.tiling,
        "loop_order": None if mapping is None else mapping.loop_order,
        "energy_pj": energy,
        "latency_cycles": latency,
        "edp": None if energy is None or latency is None else energy * latency,
        "value": found.value,
        "bound": found.bound,
        "relative": relative(found, value),
    }


def slice_from_dict(
    data: MappingOf[str, Any], layer: Layer, architecture: Architecture, objective: Objective
) -> Slice:
    """The best of a part, from an object of its form; its cost is computed anew.

    Raises
    ------
    SpecError
        Where the mapping is none of the layer, or costs something else.
    """
    key = tuple(data["spatial"]) if "spatial" in data else (data[DRAM], data[SPM])
    status = Status(data["status"])
    if data["tiling"] is None:
        return Slice(key, status, bound=data["bound"])
    own = {**layer_record(layer), "padded": data.get("padded")}
    record: dict[str, Any] = {"layer": own, "architecture": architecture}
    record |= {"tiling": data["tiling"], "loop_order": data["loop_order"] or {}}
    mapping = mapping_record_from_dict(record)[0]
    cost = evaluate(mapping, architecture)
    value = objective.of(cost.energy_pj, cost.latency_cycles)
    if data["value"] != value:
        raise SpecError(Problem("value", repr(data["value"]), f"{value}, what the mapping costs"))
    return Slice(key, status, mapping, cost.energy_pj, cost.latency_cycles, value, data["bound"])
