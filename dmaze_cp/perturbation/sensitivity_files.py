"""Sensitivity analyses <-> their files (schema ``dmaze-cp/sensitivity/1``).

`sensitivity_record` and `sensitivity_from_dict` are each other's inverse, but for where the time of
a search on a changed machine went.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import ConstraintRules
from dmaze_cp.cost import evaluate
from dmaze_cp.digest import with_digest
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.perturbation.changes import change
from dmaze_cp.perturbation.ranges import EnergyRange
from dmaze_cp.perturbation.result import Changed, LayerSensitivity, Sensitivity, relative
from dmaze_cp.result import LayerResult, Status, layer_result_from_dict, layer_result_record
from dmaze_cp.result.layer_files import LayerResultRecord, Natural, Positive
from dmaze_cp.spec import architecture_to_dict
from dmaze_cp.spec.asked import begun
from dmaze_cp.spec.constraint_files import rules_to_dict
from dmaze_cp.spec.documents import Meaning, Reading, Record
from dmaze_cp.spec.fields import Fields
from dmaze_cp.spec.layers import LayerRecord, layer_from_fields, layer_record
from dmaze_cp.spec.mapping_files import TilingRecord, mapping_record_from_dict
from dmaze_cp.spec.padded_layers import PaddedRecord, padded_field
from dmaze_cp.workload import Workload

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
        "padded": NotRequired[PaddedRecord | None],
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


class SensitiveLayerRecord(LayerRecord):
    """A layer on the base, and on the changed machines."""

    base: LayerResultRecord | None
    figures: list[FigureRecord]
    ranges: list[RangeRecord]


class SensitivityRecord(TypedDict):
    """The optimum of each layer as figures of the machine change, one at a time."""

    schema: Literal["dmaze-cp/sensitivity/1"]
    model: str
    architecture: dict[str, Any]
    objective: Objective
    constraints: Annotated[dict[str, list[str]], Meaning("pins by glob of layers")]
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
            "constraints": rules_to_dict(found.constraints),
            "interrupted": found.interrupted,
            "layers": [
                {
                    **layer_record(layer.layer),
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
        **padded_field(mapping),
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


def sensitivity_from_dict(obj: object) -> Sensitivity:
    """The analysis that an object holds, as `sensitivity_record` writes it.

    Raises
    ------
    SpecError
        With every problem found; also where a mapping costs something else.
    """
    reading = Reading()
    data, machine, limits = begun(reading, obj, SensitivityRecord)
    read = partial(_layer, machine, Objective(data["objective"]), limits)
    layers = tuple(reading.parts("layers", data["layers"], read))
    workload = reading.part(
        "layers", lambda: Workload(data["model"], tuple(each.layer for each in layers))
    )
    reading.end()
    assert workload is not None  # noqa: S101 - else there were problems
    objective = Objective(data["objective"])
    return Sensitivity(workload, machine, objective, layers, limits, data["interrupted"])


def _layer(
    machine: Architecture, objective: Objective, rules: ConstraintRules, data: Mapping[str, Any]
) -> LayerSensitivity:
    reading = Reading()
    layer = reading.part("", lambda: layer_from_fields(Fields(data, "a layer")))
    reading.end()
    assert layer is not None  # noqa: S101 - else there were problems
    base = None
    if data["base"] is not None:
        base = reading.part("base", lambda: layer_result_from_dict(data["base"], machine))
    base_layer = LayerResult(layer, machine, objective, Status.UNKNOWN, constraints=rules.of(layer))
    read = partial(_figure_read, base or base_layer)
    changed = tuple(reading.parts("figures", data["figures"], read))
    reading.end()
    ranges = tuple(EnergyRange(**each) for each in data["ranges"])
    return LayerSensitivity(layer, base, changed, ranges)


def _figure_read(base: LayerResult, data: Mapping[str, Any]) -> Changed:
    made = change(base.architecture, data["parameter"], data["to"])
    if made.before != data["from"]:
        raise SpecError(Problem("from", f"{data['from']:g}", f"{made.before:g}, that of the base"))
    if data["status"] is None:
        return Changed(made, None, None)
    mapping, cost = None, None
    if data["tiling"] is not None:
        own = {**layer_record(base.layer), "padded": data.get("padded")}
        record = {"layer": own, "tiling": data["tiling"], "loop_order": data["loop_order"]}
        mapping, _ = mapping_record_from_dict({**record, "architecture": made.architecture})
        cost = evaluate(mapping, made.architecture)
    result = LayerResult(
        base.layer,
        made.architecture,
        base.objective,
        Status(data["status"]),
        mapping,
        cost=cost,
        bound=data["bound"],
        constraints=base.constraints,
    )
    if result.value != data["value"]:
        raise SpecError(Problem("value", str(data["value"]), f"{result.value}, of the mapping"))
    return Changed(made, result, relative(base.objective, base, result))
