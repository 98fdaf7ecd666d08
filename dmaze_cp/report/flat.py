"""Results as rows of a CSV file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Final

from dmaze_cp.cost.model import components
from dmaze_cp.errors import printable
from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.report import numbers
from dmaze_cp.report.comparison import comparison_records
from dmaze_cp.report.standings import Standing, standings
from dmaze_cp.result import (
    LayerResult,
    WorkloadResult,
    layer_result_record,
    layer_share,
    total_value,
)
from dmaze_cp.spec.documents import Record
from dmaze_cp.workload import Layer

FORMULA_STARTS: Final = ("=", "+", "-", "@")
"""A spreadsheet takes text that begins so for a formula."""

_AS_THEY_ARE: Final = (
    *("status", "failed", "energy_pj", "latency_cycles", "edp", "value", "bound", "gap", "share"),
)


def layers_csv(results: Sequence[WorkloadResult]) -> str:
    """A row for each network, accelerator, objective and layer, the first line names them."""
    return _text(layer_rows(results), layer_columns(results))


def layer_rows(results: Sequence[WorkloadResult]) -> list[Record]:
    """A row for each network, accelerator, objective and layer."""
    return [
        _row(entry, result, total)
        for entry in standings(results)
        for total in (total_value(entry.result.of(entry.objective)),)
        for result in entry.result.of(entry.objective)
    ]


def comparison_csv(results: Sequence[WorkloadResult]) -> str:
    """A row for each network, accelerator and objective, with the totals."""
    return _text(comparison_records(results), COMPARISON_COLUMNS)


def layer_columns(results: Sequence[WorkloadResult]) -> tuple[str, ...]:
    """Names of the columns of `layers_csv`."""
    return (
        *("model", "architecture", "objective", "layer", "also", "kind", "bounds", "stride"),
        *("dilation", "padded_input", "instances", "macs", *_AS_THEY_ARE),
        *(f"{c.lower()}_energy_pj" for c in components(*(r.architecture for r in results))),
        *("tiling", "loop_order", "stationary_dram", "stationary_spm"),
        *("solve_time_s", "from_store", "reason"),
    )


COMPARISON_COLUMNS: Final = (
    *("result", "model", "architecture", "objective", "layers", "instances", "value", "bound"),
    *("gap", "energy_pj", "latency_cycles", "latency_s", "edp", "network_edp"),
    *("unmapped_layers", "missing_layers", "unproven_layers"),
    *("ratio_to_best", "best", "best_proven"),
)


def _row(entry: Standing, result: LayerResult, total: int) -> Record:
    layer, record = result.layer, layer_result_record(result, layer_share(result, total))
    energies = record["energy_breakdown_pj"] or dict.fromkeys(components(result.architecture))
    stationary = record["stationary"] or {DRAM: None, SPM: None}
    return {
        "model": entry.model,
        "architecture": entry.architecture,
        "objective": str(entry.objective),
        **layer_fields(layer),
        **{name: record[name] for name in _AS_THEY_ARE},
        **{f"{component.lower()}_energy_pj": energy for component, energy in energies.items()},
        "tiling": _compact(record["tiling"]),
        "loop_order": _compact(record["loop_order"]),
        "stationary_dram": stationary[DRAM],
        "stationary_spm": stationary[SPM],
        "solve_time_s": result.solve_time_s,
        "from_store": result.from_store,
        "reason": result.reason,
    }


def layer_fields(layer: Layer) -> Record:
    """What a layer is, one value a column."""
    padded = layer.padded_input
    return {
        "layer": layer.name,
        "also": " ".join(layer.also),
        "kind": str(layer.kind),
        "bounds": " ".join(f"{d}={bound}" for d, bound in layer.bounds.items()),
        "stride": numbers.pair(layer.stride),
        "dilation": numbers.pair(layer.dilation),
        "padded_input": None if padded is None else numbers.pair(padded),
        "instances": layer.instances,
        "macs": layer.macs,
    }


def records_csv(records: Sequence[Record]) -> str:
    """A row for each record, nested fields flattened: ``{"a": {"b": 1}}`` is in column ``a.b``."""
    flat = [_flat(record) for record in records]
    return _text(flat, list(dict.fromkeys(column for row in flat for column in row)))


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


def _compact(value: object) -> str | None:
    return None if value is None else json.dumps(value, separators=(",", ":"))


def _text(rows: Iterable[Record], columns: Sequence[str]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return stream.getvalue()


def _cell(value: object) -> object:
    """A value as a cell: numbers with all their digits, text that stays text.

    Names come from anywhere. An apostrophe before what looks like a formula is what
    spreadsheets themselves mark text with; control characters are escaped.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA_STARTS) else text
