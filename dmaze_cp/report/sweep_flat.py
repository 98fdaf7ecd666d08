"""A sweep as rows, for CSV files and spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from dmaze_cp.dse.result import SweepPoint, SweepResult
from dmaze_cp.dse.sweep_files import COSTS
from dmaze_cp.errors import printable
from dmaze_cp.report.flat import FORMULA_STARTS
from dmaze_cp.report.sweep_figures import CAUSES, Sweep
from dmaze_cp.result.layer_files import finite

Row = dict[str, Any]
"""Values by the name of their column."""

_CYCLES: Final = ("compute_cycles", "noc_cycles", "dma_cycles")


def sweep_csv(result: SweepResult) -> str:
    """A row for each point of the space, also for those that are no valid design."""
    sweep = Sweep(result)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, point_columns(sweep), lineterminator="\n", restval=None)
    writer.writeheader()
    for row in sweep_rows(sweep):
        writer.writerow({name: cell_value(value) for name, value in row.items() if name != "cause"})
    return stream.getvalue()


def sweep_rows(sweep: Sweep) -> list[Row]:
    """A row for each point of the space, also for those that are no valid design."""
    rows = [*point_rows(sweep), *invalid_rows(sweep)]
    return sorted(rows, key=lambda row: int(row["index"]))


def point_columns(sweep: Sweep) -> tuple[str, ...]:
    """Names of the columns of `point_rows`."""
    return (
        *("index", *sweep.result.space.names, "status", "reason", "best", "front"),
        *("unit", "value", "bound", "gap", "ratio_to_best", *COSTS, "area_mm2", "power_mw"),
        "interpolated",
        *(f"{component.lower()}_energy_pj" for component in sweep.components),
        *_CYCLES,
        *(f"value of {model}" for model in sweep.weights),
    )


def point_rows(sweep: Sweep) -> list[Row]:
    """A row for each valid design."""
    front = set(sweep.result.front)
    return [
        _row(sweep, position, point, on_front=position in front)
        for position, point in enumerate(sweep.result.points)
    ]


def _row(sweep: Sweep, position: int, point: SweepPoint, *, on_front: bool) -> Row:
    figures = sweep.figures(position)
    row: Row = {
        "index": point.design.index,
        **point.design.parameters,
        "status": str(point.status),
        "reason": point.reason,
        "best": position == sweep.result.best,
        "front": on_front,
        "unit": sweep.unit.name,
        "value": None if figures is None else figures.value,
        "bound": finite(sweep.bound(position)),
        "gap": None if figures is None else point.gap,
        "ratio_to_best": sweep.ratio(point.value) if figures and point.value is not None else None,
        "area_mm2": point.design.area_mm2,
        "power_mw": sweep.power_mw(position),
        "interpolated": " ".join(point.design.interpolated),
    }
    if figures is not None:
        row |= {name: getattr(figures, name) for name in COSTS}
        row |= {f"{c.lower()}_energy_pj": e for c, e in figures.energy_breakdown_pj.items()}
        row |= {name: figures.cycles[c] for name, c in zip(_CYCLES, CAUSES, strict=True)}
    for network in point.networks if figures is not None else ():
        if network.value is not None:
            row[f"value of {network.model}"] = sweep.unit.amount(network.value)
    return row


def invalid_rows(sweep: Sweep) -> list[Row]:
    """A row for each point of the space that is no valid design."""
    return [
        {
            "index": point.index,
            **point.parameters,
            "status": "invalid",
            "cause": point.cause,
            "reason": point.reason
            if point.reason.startswith(point.cause)
            else f"{point.cause}: {point.reason}",
        }
        for point in sweep.result.invalid
    ]


def cell_value(value: object) -> object:
    """A value as a cell of CSV: numbers with all their digits, text that stays text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA_STARTS) else text
