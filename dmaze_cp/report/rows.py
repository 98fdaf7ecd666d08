"""Nouns as flat rows, one value a column: for CSV files and spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dmaze_cp.cost.energy import components
from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.report import numbers
from dmaze_cp.result import LayerResult, WorkloadResult, comparison_records
from dmaze_cp.result.layer_files import layer_result_record
from dmaze_cp.result.standings import Standing, standings
from dmaze_cp.result.totals import layer_share, total_value
from dmaze_cp.spec.documents import Record
from dmaze_cp.workload import Layer, Workload

_AS_THEY_ARE: Final = (
    *("status", "failed", "energy_pj", "latency_cycles", "edp", "value", "bound", "gap", "share"),
)
_PADDED: Final = ("padded", "useful_macs_share", "unpadded_value", "padding_gain")
"""Columns of results whose bounds may be raised."""
_COMPARED: Final = (
    *("result", "model", "architecture", "objective", "layers", "instances", "value", "bound"),
    *("gap", "energy_pj", "latency_cycles", "latency_s", "edp", "network_edp"),
    *("unmapped_layers", "missing_layers", "unproven_layers"),
    *("ratio_to_best", "best", "best_proven"),
)


@dataclass(frozen=True)
class Rows:
    """Rows by the names of their columns; what a row has not is empty.

    Attributes
    ----------
    name
        What they are of: the name of a sheet.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Record]


def layer_rows(results: Sequence[WorkloadResult]) -> Rows:
    """A row for each network, accelerator, objective and layer."""
    columns = (
        *("model", "architecture", "objective", "layer", "also", "kind", "bounds", "stride"),
        *("dilation", "padded_input", "instances", "macs", *_AS_THEY_ARE),
        *(
            _PADDED
            if any(r.constraints.padding for result in results for r in result.layers)
            else ()
        ),
        *(f"{c.lower()}_energy_pj" for c in components(*(r.architecture for r in results))),
        *("tiling", "loop_order", "stationary_dram", "stationary_spm"),
        *("solve_time_s", "from_store", "reason", "ended", "constraints"),
    )
    rows = [
        _layer_row(entry, result, total)
        for entry in standings(results)
        for total in (total_value(entry.result.of(entry.objective)),)
        for result in entry.result.of(entry.objective)
    ]
    return Rows("layers", columns, rows)


def comparison_rows(results: Sequence[WorkloadResult]) -> Rows:
    """A row for each network, accelerator and objective, with the totals."""
    return Rows("comparison", _COMPARED, comparison_records(results))


def answer_rows(answers: Sequence[Record]) -> Rows:
    """A row for each answer to a mapping record."""
    return record_rows([_in_one_line(answer) for answer in answers])


def record_rows(records: Sequence[Record]) -> Rows:
    """A row for each record, nested fields flattened: ``{"a": {"b": 1}}`` is in column ``a.b``."""
    flat = [_flat(record) for record in records]
    return Rows("records", tuple(dict.fromkeys(column for row in flat for column in row)), flat)


def _in_one_line(answer: Record) -> Record:
    row = dict(answer)
    if "reasons" in row:
        row["reasons"] = "; ".join(row["reasons"])
    if "error" in row:
        row["error"] = "; ".join(row["error"].split("\n"))
    return row


def _flat(record: Record, prefix: str = "") -> Record:
    """Nested fields at top level; lists are words with blanks in between."""
    flat: Record = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            flat[prefix + name] = " ".join(map(str, value))
        else:
            flat[prefix + name] = value
    return flat


def _layer_row(entry: Standing, result: LayerResult, total: int) -> Record:
    layer, record = result.layer, layer_result_record(result, layer_share(result, total))
    energies = record["energy_breakdown_pj"] or dict.fromkeys(components(result.architecture))
    stationary = record["stationary"] or {DRAM: None, SPM: None}
    return {
        "model": entry.model,
        "architecture": entry.architecture,
        "objective": str(entry.objective),
        **layer_fields(layer),
        **{name: record[name] for name in _AS_THEY_ARE},
        "padded": bounds_text(record["padded"]["bounds"]) if record["padded"] else None,
        "useful_macs_share": record["useful_macs_share"],
        "unpadded_value": None if result.unpadded is None else result.unpadded.value,
        "padding_gain": result.padding_gain,
        **{f"{component.lower()}_energy_pj": energy for component, energy in energies.items()},
        "tiling": compact_json(record["tiling"]),
        "loop_order": compact_json(record["loop_order"]),
        "stationary_dram": stationary[DRAM],
        "stationary_spm": stationary[SPM],
        "solve_time_s": result.solve_time_s,
        "from_store": result.from_store,
        "reason": result.reason,
        "ended": record["ended"],
        "constraints": "; ".join(record["constraints"]),
    }


def bounds_text(bounds: Mapping[str, int]) -> str:
    """Bounds such as ``M=64 C=16``."""
    return " ".join(f"{d}={bound}" for d, bound in bounds.items())


def workload_rows(workload: Workload) -> Rows:
    """A row for each layer of a network."""
    rows = [layer_fields(layer) for layer in workload]
    return Rows("network", tuple(rows[0]) if rows else (), rows)


def layer_fields(layer: Layer) -> Record:
    """What a layer is, one value a column."""
    padded = layer.padded_input
    return {
        "layer": layer.name,
        "also": " ".join(layer.also),
        "kind": str(layer.kind),
        "bounds": bounds_text(layer.bounds),
        "stride": numbers.pair(layer.stride),
        "dilation": numbers.pair(layer.dilation),
        "padded_input": None if padded is None else numbers.pair(padded),
        "instances": layer.instances,
        "macs": layer.macs,
    }


def compact_json(value: object) -> str | None:
    """A value as JSON without blanks."""
    return None if value is None else json.dumps(value, separators=(",", ":"))
