"""What mapping a network returns, and its result file (schema ``dmaze-cp/result/1``).

`result_record` and `result_from_dict` are each other's inverse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from dmaze_cp.architecture import Architecture
from dmaze_cp.digest import COST_MODEL_VERSION, with_digest
from dmaze_cp.objective import Objective
from dmaze_cp.result.layer import LayerResult
from dmaze_cp.result.layer_files import (
    LayerResultRecord,
    Natural,
    Positive,
    layer_result_from_dict,
    layer_result_record,
)
from dmaze_cp.result.totals import Totals, layer_share, network_cycles, total_value, totals_of
from dmaze_cp.showing import Framed
from dmaze_cp.spec import architecture_from_dict, architecture_to_dict
from dmaze_cp.spec.documents import Meaning, Reading, Record, is_another_document
from dmaze_cp.spec.files import write_json
from dmaze_cp.spec.layers import LayerRecord, layer_from_dict, layer_record
from dmaze_cp.spec.mapping_files import RESULT_SCHEMA
from dmaze_cp.spec.workload_files import OperatorRecord
from dmaze_cp.workload import Layer, UnmappedOperator, Workload


@dataclass(frozen=True)
class WorkloadResult(Framed):
    """Results of the layers of a network: one for each layer and objective.

    Attributes
    ----------
    interrupted
        The run was stopped before all layers were done; `layers` has what was finished.
    """

    workload: Workload
    architecture: Architecture
    objectives: tuple[Objective, ...]
    layers: tuple[LayerResult, ...]
    interrupted: bool = False

    def __iter__(self) -> Iterator[LayerResult]:
        return iter(self.layers)

    @property
    def pins(self) -> dict[str, int]:
        """Every pin that held for a layer, and of how many."""
        layers = {result.layer.name: result.constraints for result in self.layers}
        return dict(Counter(text for own in layers.values() for text in own.texts))

    def of(self, objective: Objective) -> tuple[LayerResult, ...]:
        """The layers' results for one objective."""
        return tuple(r for r in self.layers if r.objective is objective)

    def totals(self, objective: Objective) -> Totals:
        """Sums over the layers for one objective."""
        return totals_of(self.of(objective), self.architecture, len(self.workload))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the result as JSON; `load_result` gives it back equal.

        Raises
        ------
        SpecError
            When the file cannot be written.
        """
        write_json(Path(path), result_record(self))


class TotalsRecord(TypedDict):
    """Sums over the layers for one objective, weighed by instances."""

    energy_pj: Natural
    energy_breakdown_pj: NotRequired[dict[str, Positive]]
    energy_share: NotRequired[dict[str, Positive | None]]
    latency_cycles: Natural
    latency_breakdown_cycles: NotRequired[dict[str, Natural]]
    edp: Annotated[Natural, Meaning("sum of the layers' EDPs")]
    network_edp: Annotated[Natural, Meaning("total energy x total latency")]
    value: NotRequired[Natural]
    bound: Positive | None
    gap: Positive | None
    mapped_layers: NotRequired[Natural]
    unproven_layers: NotRequired[Natural]
    unmapped_layers: Natural
    missing_layers: NotRequired[Natural]


class MissingLayerRecord(LayerRecord):
    """A layer that has no result, because the run was stopped before."""

    index: Annotated[Natural, Meaning("place in the network")]


class ResultRecord(TypedDict):
    """One network on one accelerator."""

    schema: Literal["dmaze-cp/result/1"]
    model: str
    architecture: Annotated[dict[str, Any], Meaning("in our own form")]
    objectives: list[Objective]
    interrupted: NotRequired[bool]
    layers: list[LayerResultRecord]
    missing: NotRequired[list[MissingLayerRecord]]
    totals: dict[str, TotalsRecord]
    unmapped_operators: NotRequired[list[OperatorRecord]]
    compared: NotRequired[
        Annotated[list[dict[str, object]], Meaning("given mappings beside the best")]
    ]
    cost_model: NotRequired[Annotated[Natural, Meaning("version of cost model and map-space")]]
    digest: NotRequired[Annotated[str, Meaning("of all that matters, see `dmaze-cp verify`")]]


def result_record(result: WorkloadResult) -> Record:
    """The result of mapping a network (schema ``dmaze-cp/result/1``).

    Integers stay integers of full precision. A bound that is not known is None. Layers are
    in the model's order, in whichever order they were solved.
    """
    values = {o: total_value(result.of(o)) for o in result.objectives}
    mapped = {one.layer.name for one in result.layers}
    record = {
        "schema": RESULT_SCHEMA,
        "cost_model": COST_MODEL_VERSION,
        "model": result.workload.name,
        "architecture": architecture_to_dict(result.architecture),
        "objectives": [str(objective) for objective in result.objectives],
        "interrupted": result.interrupted,
        "layers": [
            layer_result_record(r, layer_share(r, values.get(r.objective, 0)))
            for r in _in_order(result)
        ],
        "missing": [
            {"index": index, **layer_record(layer)}
            for index, layer in enumerate(result.workload)
            if layer.name not in mapped
        ],
        "totals": {str(o): totals_record(result, o) for o in result.objectives},
        "unmapped_operators": [asdict(operator) for operator in result.workload.unmapped],
    }
    return with_digest(record)


def totals_record(result: WorkloadResult, objective: Objective) -> Record:
    """Sums over the layers; bound and gap are None where no layer has a mapping."""
    totals = result.totals(objective)
    mapped = totals.mapped_layers > 0
    record: TotalsRecord = {
        "energy_pj": totals.energy_pj,
        "energy_breakdown_pj": totals.energy_breakdown_pj,
        "energy_share": energy_shares(totals),
        "latency_cycles": totals.latency_cycles,
        "latency_breakdown_cycles": asdict(network_cycles(result.of(objective))),
        "edp": totals.edp,
        "network_edp": totals.network_edp,
        "value": totals.value,
        "bound": totals.bound if mapped else None,
        "gap": totals.gap if mapped else None,
        "mapped_layers": totals.mapped_layers,
        "unproven_layers": totals.unproven_layers,
        "unmapped_layers": totals.unmapped_layers,
        "missing_layers": totals.missing_layers,
    }
    return dict(record)


def energy_shares(totals: Totals) -> dict[str, float | None]:
    """Each component's part of the energy; None where there is no energy."""
    whole = sum(totals.energy_breakdown_pj.values())
    return {c: part / whole if whole else None for c, part in totals.energy_breakdown_pj.items()}


def result_from_dict(obj: object) -> WorkloadResult:
    """The result that an object holds, as `result_record` writes it.

    Raises
    ------
    SpecError
        With every problem found; also where mappings do not cost what the file says.
    """
    reading = Reading()
    reading.check(obj, ResultRecord)
    if is_another_document(obj, ResultRecord):
        reading.end()
    data: Mapping[str, Any] = obj if isinstance(obj, Mapping) else {}
    own = data.get("architecture")
    # A bad one is one problem, and not one of every layer too.
    arch = reading.part("architecture", lambda: architecture_from_dict(own)) if own else None
    layers = [
        reading.part(
            f"layers[{k}]",
            lambda record=record: layer_result_from_dict(  # type: ignore[misc]
                record, arch or Architecture()
            ),
        )
        for k, record in enumerate(_list(data.get("layers")) if arch else ())
    ]
    missing = [
        reading.part(f"missing[{k}]", lambda record=record: missing_layer_from_dict(record))  # type: ignore[misc]
        for k, record in enumerate(_list(data.get("missing")))
    ]
    reading.end()
    found = tuple(layer for layer in layers if layer is not None)
    network = list(dict.fromkeys(result.layer for result in found))
    for place in missing:
        if place is not None:
            network.insert(*place)
    operators = tuple(
        UnmappedOperator(**{key: o[key] for key in OperatorRecord.__annotations__ if key in o})
        for o in data.get("unmapped_operators", ())
    )
    assert arch is not None  # noqa: S101 - else there were problems
    return WorkloadResult(
        Workload(data["model"], tuple(network), operators),
        arch,
        tuple(map(Objective, data["objectives"])),
        found,
        data.get("interrupted", False),
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def missing_layer_from_dict(record: object) -> tuple[int, Layer]:
    """The place in its network of a layer that was not reached, and the layer.

    Raises
    ------
    SpecError
        With every problem found.
    """
    reading = Reading()
    reading.check(record, MissingLayerRecord)
    reading.end()
    assert isinstance(record, Mapping)  # noqa: S101 - else there were problems
    return record["index"], layer_from_dict({k: v for k, v in record.items() if k != "index"})


def _in_order(result: WorkloadResult) -> list[LayerResult]:
    layers = {layer.name: index for index, layer in enumerate(result.workload)}
    objectives = {objective: index for index, objective in enumerate(result.objectives)}

    def place(one: LayerResult) -> tuple[int, int]:
        return layers.get(one.layer.name, len(layers)), objectives.get(one.objective, 0)

    return sorted(result.layers, key=place)
