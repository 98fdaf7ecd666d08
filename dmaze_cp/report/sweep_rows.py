"""Sweeps as flat rows."""

from __future__ import annotations

from typing import Final

from dmaze_cp.dse.result import SweepPoint
from dmaze_cp.dse.sweep_files import COSTS
from dmaze_cp.levels import LEVELS
from dmaze_cp.report.rows import Rows
from dmaze_cp.report.sweep_figures import CAUSES, Sweep
from dmaze_cp.result import LayerResult
from dmaze_cp.result.layer_files import finite, layer_result_record
from dmaze_cp.spec.documents import Record

_CYCLES: Final = ("compute_cycles", "noc_cycles", "dma_cycles")


def sweep_rows(sweep: Sweep) -> Rows:
    """A row for each point of the space, also for those that are no valid design."""
    points = point_rows(sweep)
    rows = [*points.rows, *invalid_rows(sweep).rows]
    return Rows("sweep", points.columns, sorted(rows, key=lambda row: int(row["index"])))


def sweep_sheets(sweep: Sweep) -> tuple[Rows, ...]:
    """The rows of each sheet of a workbook."""
    return point_rows(sweep), front_rows(sweep), best_design_rows(sweep), invalid_rows(sweep)


def point_rows(sweep: Sweep) -> Rows:
    """A row for each valid design."""
    columns = (
        *("index", *sweep.result.space.names, "status", "reason", "best", "front"),
        *("unit", "value", "bound", "gap", "ratio_to_best", *COSTS, "area_mm2", "power_mw"),
        "interpolated",
        *(f"{component.lower()}_energy_pj" for component in sweep.components),
        *_CYCLES,
        *(f"value of {model}" for model in sweep.weights),
        "cause",
    )
    rows = [_point_row(sweep, p, point) for p, point in enumerate(sweep.result.points)]
    return Rows("points", columns, rows)


def front_rows(sweep: Sweep) -> Rows:
    """Those of the front."""
    points = point_rows(sweep)
    return Rows("front", points.columns, [points.rows[p] for p in sweep.result.front])


def _point_row(sweep: Sweep, position: int, point: SweepPoint) -> Record:
    figures = sweep.figures(position)
    row: Record = {
        "index": point.design.index,
        **point.design.parameters,
        "status": str(point.status),
        "reason": point.reason,
        "best": position == sweep.result.best,
        "front": position in sweep.result.front,
        "unit": sweep.unit.name,
        "value": None if figures is None else figures.value,
        "bound": finite(sweep.bound(position)),
        "gap": None if figures is None else point.gap,
        "ratio_to_best": sweep.ratio(point.value) if figures and point.value is not None else None,
        "area_mm2": point.design.area_mm2,
        "power_mw": sweep.power_mw(position),
        "interpolated": " ".join(point.design.interpolated),
        "cause": None if point.cause is None else str(point.cause),
    }
    if figures is not None:
        row |= {name: getattr(figures, name) for name in COSTS}
        row |= {f"{c.lower()}_energy_pj": e for c, e in figures.energy_breakdown_pj.items()}
        row |= {name: figures.cycles[c] for name, c in zip(_CYCLES, CAUSES, strict=True)}
    for network in point.networks if figures is not None else ():
        if network.value is not None:
            row[f"value of {network.model}"] = sweep.unit.amount(network.value)
    return row


def invalid_rows(sweep: Sweep) -> Rows:
    """A row for each point of the space that is no valid design."""
    rows = [
        {
            "index": point.index,
            **point.parameters,
            "status": "invalid",
            "cause": point.cause,
            "reason": point.reason,
        }
        for point in sweep.result.invalid
    ]
    return Rows("invalid", ("index", *sweep.result.space.names, "cause", "reason"), rows)


def best_design_rows(sweep: Sweep) -> Rows:
    """A row for each layer of the best design, with its mapping."""
    columns = (
        *("network", "layer", "kind", "instances", "macs", "status", "value", "bound", "gap"),
        *("energy_pj", "latency_cycles", "edp", "stationary_dram", "stationary_spm"),
        *(f"{level} factors" for level in LEVELS),
    )
    best = sweep.result.best
    networks = () if best is None else sweep.point(best).networks
    rows = [_mapping_row(network.model, r) for network in networks for r in network.layers]
    return Rows("best design", columns, rows)


def _mapping_row(model: str, result: LayerResult) -> Record:
    record = layer_result_record(result)
    mapping, flow = result.mapping, result.dataflow
    factors = {} if mapping is None else {level: mapping.level(level) for level in LEVELS}
    return {
        "network": model,
        "layer": result.layer.name,
        "macs": result.layer.macs,
        **{key: record[key] for key in ("kind", "instances", "status", "value", "bound", "gap")},
        **{key: record[key] for key in ("energy_pj", "latency_cycles", "edp")},
        "stationary_dram": None if flow is None else flow.dram,
        "stationary_spm": None if flow is None else flow.spm,
        **{
            f"{level} factors": " ".join(f"{d}={f}" for d, f in row.items() if f > 1) or "-"
            for level, row in factors.items()
        },
    }
