"""A sweep as an Excel workbook (extra ``excel``)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.errors import printable
from dmaze_cp.extras import load_extra
from dmaze_cp.levels import LEVELS
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_flat import Row, invalid_rows, point_columns, point_rows
from dmaze_cp.result import LayerResult

if TYPE_CHECKING:
    from openpyxl import Workbook

_WIDEST: Final = 40
_LONGEST_TEXT: Final = 32_767
"""Characters that a cell can hold."""

_MOST_ROWS: Final = 1_048_576
"""Rows of a sheet, with its header."""

_LAYER_COLUMNS: Final = (
    *("network", "layer", "kind", "instances", "macs", "status", "value", "bound", "gap"),
    *("energy_pj", "latency_cycles", "edp", "stationary_dram", "stationary_spm"),
    *(f"{level} factors" for level in LEVELS),
)
_FORMATS: Final = {"gap": "0.00%", "ratio_to_best": "0.000"}
_LARGE: Final = ("value", "bound", "edp", "value of")


def require_openpyxl() -> Any:
    """The library, or the extra that it comes with.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    return load_extra("openpyxl", "excel", "Excel")


def sweep_workbook(result: SweepResult) -> bytes:
    """A workbook with the points, the front, the layers of the best design, and invalid points.

    Numbers are numbers (Excel keeps 15 digits), names are text and never formulas. The
    headers stay in sight, and all columns can be filtered.

    Raises
    ------
    MissingExtraError
        When openpyxl is not installed.
    """
    openpyxl = require_openpyxl()
    sweep = Sweep(result)
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    columns = point_columns(sweep)
    rows = point_rows(sweep)
    _sheet(workbook, "points", columns, rows)
    _sheet(workbook, "front", columns, [rows[position] for position in result.front])
    _sheet(workbook, "best design", _LAYER_COLUMNS, _layer_rows(sweep))
    invalid = ("index", *result.space.names, "cause", "reason")
    _sheet(workbook, "invalid", invalid, invalid_rows(sweep))
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _sheet(workbook: Workbook, name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet(name)
    widths = [len(column) for column in columns]
    sheet.append([_text(column) for column in columns])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    count = 1
    for row in rows:
        if count == _MOST_ROWS:
            break
        count += 1
        for k, column in enumerate(columns):
            value = row.get(column)
            if value is None:
                continue
            cell = sheet.cell(count, k + 1)
            if isinstance(value, str):
                cell.value = _text(value)
                # Text that begins with an equals sign is no formula.
                cell.data_type = "s"
            else:
                cell.value = float(value) if _is_large(value) else value
                cell.number_format = _format(column, value)
            widths[k] = max(widths[k], min(len(str(value)), 14 if _is_number(value) else _WIDEST))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count}"
    for k, width in enumerate(widths):
        sheet.column_dimensions[get_column_letter(k + 1)].width = width + 3


def _text(value: str) -> str:
    return printable(value)[:_LONGEST_TEXT]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_large(value: object) -> bool:
    """Whether an integer has more digits than Excel holds."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**15


def _format(column: str, value: object) -> str:
    if column in _FORMATS:
        return _FORMATS[column]
    if column.startswith(_LARGE) and isinstance(value, int | float) and abs(value) >= 1e9:
        return "0.0000E+00"
    return "General"


def _layer_rows(sweep: Sweep) -> list[Row]:
    best = sweep.result.best
    if best is None:
        return []
    return [
        _layer_row(network.model, layer)
        for network in sweep.point(best).networks
        for layer in network.layers
    ]


def _layer_row(model: str, result: LayerResult) -> Row:
    mapping, flow, cost = result.mapping, result.dataflow, result.cost
    row: Row = {
        "network": model,
        "layer": result.layer.name,
        "kind": str(result.layer.kind),
        "instances": result.layer.instances,
        "macs": result.layer.macs,
        "status": str(result.status),
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
    }
    if cost is not None:
        row |= {"energy_pj": cost.energy_pj, "latency_cycles": cost.latency_cycles}
        row["edp"] = cost.edp
    if flow is not None:
        row |= {"stationary_dram": flow.dram, "stationary_spm": flow.spm}
    if mapping is not None:
        for level in LEVELS:
            factors = mapping.level(level).items()
            row[f"{level} factors"] = " ".join(f"{d}={f}" for d, f in factors if f > 1) or "-"
    return row
