"""The record of a sensitivity analysis (schema ``dmaze-cp/sensitivity/1``)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypedDict

from dmaze_cp.digest import with_digest
from dmaze_cp.objective import Objective
from dmaze_cp.perturbation.ranges import EnergyRange
from dmaze_cp.perturbation.result import Changed, Sensitivity
from dmaze_cp.result import Status, layer_result_record
from dmaze_cp.result.layer_files import LayerResultRecord, Natural, Positive
from dmaze_cp.spec import architecture_to_dict
from dmaze_cp.spec.documents import Meaning, Record
from dmaze_cp.spec.mapping_files import TilingRecord

SENSITIVITY_SCHEMA: Final = "dmaze-cp/sensitivity/1"

_From = Annotated[Positive, Meaning("value on the base")]

FigureRecord = TypedDict(
    "FigureRecord",
    {
        "parameter": str,
        "from": _From,
        "to": Annotated[Positive, Meaning("value on the changed machine")],
        "status": Status | None,
        "value": Annotated[Natural | None, Meaning("the least cost on the changed machine")],
        "bound": Annotated[Positive | None, Meaning("proven: nothing costs less")],
        "latency_s": Annotated[Positive | None, Meaning("seconds, by the machine's own clock")],
        "relative": Annotated[
            Positive | None, Meaning("to the base, in pJ, seconds or pJ x seconds")
        ],
        "tiling": TilingRecord | None,
        "loop_order": dict[str, list[str]] | None,
    },
)


class RangeRecord(TypedDict):
    """Over which values of an energy the layer's mapping stays optimal."""

    parameter: str
    value: Annotated[Positive, Meaning("pJ, on the base")]
    low: Annotated[Positive, Meaning("pJ; proven optimal here")]
    high: Annotated[Positive, Meaning("pJ; proven optimal here")]
    low_ends: Annotated[bool, Meaning("whether another mapping is better just below")]
    high_ends: Annotated[bool, Meaning("whether another mapping is better just above")]


class SensitiveLayerRecord(TypedDict):
    """A layer on the base, and on the changed machines."""

    name: str
    instances: Natural
    base: LayerResultRecord | None
    figures: list[FigureRecord]
    ranges: list[RangeRecord]


class SensitivityRecord(TypedDict):
    """The optimum of each layer as figures of the machine change, one at a time."""

    schema: Literal["dmaze-cp/sensitivity/1"]
    model: str
    architecture: dict[str, Any]
    objective: Objective
    interrupted: bool
    layers: list[SensitiveLayerRecord]
    digest: str


def sensitivity_record(found: Sensitivity) -> Record:
    """What a sensitivity analysis has found, as JSON."""
    return with_digest(
        {
            "schema": SENSITIVITY_SCHEMA,
            "model": found.workload.name,
            "architecture": architecture_to_dict(found.architecture),
            "objective": str(found.objective),
            "interrupted": found.interrupted,
            "layers": [
                {
                    "name": layer.layer.name,
                    "instances": layer.layer.instances,
                    "base": None if layer.base is None else layer_result_record(layer.base),
                    "figures": [_figure(each) for each in layer.changed],
                    "ranges": [_range(each) for each in layer.ranges],
                }
                for layer in found.layers
            ],
        }
    )


def _figure(changed: Changed) -> Record:
    change, result = changed.change, changed.result
    mapping = None if result is None else result.mapping
    cycles = None if result is None or result.cost is None else result.cost.latency_cycles
    seconds = None if cycles is None else cycles / (change.architecture.accelerator_mhz * 1e6)
    return {
        "parameter": change.parameter,
        "from": change.before,
        "to": change.after,
        "status": None if result is None else str(result.status),
        "value": None if result is None else result.value,
        "bound": None if result is None else result.bound,
        "latency_s": seconds,
        "relative": changed.relative,
        "tiling": None if mapping is None else mapping.tiling,
        "loop_order": None if mapping is None else mapping.loop_order,
    }


def _range(each: EnergyRange) -> Record:
    return {
        "parameter": each.parameter,
        "value": each.value,
        "low": each.low,
        "high": each.high,
        "low_ends": each.low_ends,
        "high_ends": each.high_ends,
    }
