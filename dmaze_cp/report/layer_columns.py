"""The columns of a table of layers, in their order: the one place for another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dmaze_cp.cost.usage import dram_bytes
from dmaze_cp.levels import DRAM
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Cell, Column, Tone
from dmaze_cp.report.layer import STATUS_TONES, status_text
from dmaze_cp.result import LayerResult
from dmaze_cp.result.shares import Ranked

NAME_WIDTH: Final = 8
"""Columns that names are folded to where there is no more room."""
_NAME_FOLD: Final = 24
"""Names that are longer may be folded to make room for a column that can be spared."""
_NOTHING: Final = Cell("-")


@dataclass(frozen=True)
class LayerColumn:
    """A column: its head, and what it says of a layer, of one instance.

    Attributes
    ----------
    of_several
        Says something only where there are several layers.
    """

    head: Column
    cell: Callable[[Ranked], str | Cell]
    of_several: bool = False


def _energy(place: Ranked) -> Cell:
    cost = place.result.cost
    return _NOTHING if cost is None else Cell(numbers.energy(cost.energy_pj), cost.energy_pj)


def _cycles(place: Ranked) -> Cell:
    cost = place.result.cost
    if cost is None:
        return _NOTHING
    return Cell(numbers.count(cost.latency_cycles), cost.latency_cycles)


def _edp(place: Ranked) -> Cell:
    cost = place.result.cost
    return _NOTHING if cost is None else Cell(numbers.scientific(cost.edp), cost.edp)


def _traffic(place: Ranked) -> Cell:
    result = place.result
    if result.mapping is None or result.cost is None:
        return _NOTHING
    moved = dram_bytes(result.mapping, result.cost, result.architecture)
    return Cell(f"{numbers.count(moved)}B", moved)


def _gap(place: Ranked) -> Cell:
    result = place.result
    text = "-" if result.cost is None else numbers.percent(result.gap)
    return Cell(text, result.gap, Tone.FAIR if result.gap else Tone.PLAIN)


def _instances(instances: int) -> str:
    return str(instances) if instances < 10**5 else numbers.count(instances)


def _share(share: float | None) -> Cell:
    """A fraction in few characters, as tables of layers are narrow."""
    if share is None:
        return Cell("-", share)
    if 0 < share < 0.0005:
        return Cell("<0.1 %", share)
    if 0.9995 <= share < 1:
        return Cell(">99.9 %", share)
    return Cell(f"{100 * share:.1f} %" if share < 1 else "100 %", share)


def _time(result: LayerResult) -> str:
    if result.from_store:
        return "stored"
    seconds = result.solve_time_s
    return numbers.duration(seconds) if seconds < 99.95 else f"{seconds:.0f} s"


LAYER_COLUMNS: Final = (
    LayerColumn(Column("layer", is_text=True, folds=True), lambda p: p.result.layer.name),
    LayerColumn(Column("kind", is_text=True, detail=True), lambda p: str(p.result.layer.kind)),
    LayerColumn(
        Column("n", note="instances"),
        lambda p: Cell(_instances(p.result.layer.instances), p.result.layer.instances),
    ),
    LayerColumn(
        Column("status", is_text=True),
        lambda p: Cell(status_text(p.result), tone=STATUS_TONES[p.result.status]),
    ),
    LayerColumn(Column("energy"), _energy),
    LayerColumn(Column("cycles"), _cycles),
    LayerColumn(Column("EDP", note="pJ x cycles"), _edp),
    LayerColumn(
        Column("share", bar=True, note="of the total, all instances"), lambda p: _share(p.share)
    ),
    LayerColumn(
        Column("sum", spare=_NAME_FOLD, note="share with those before"),
        lambda p: _share(p.cumulative),
        of_several=True,
    ),
    LayerColumn(
        Column("MACs", detail=True),
        lambda p: Cell(numbers.count(p.result.layer.macs), p.result.layer.macs),
    ),
    LayerColumn(Column(DRAM, detail=True, note="bytes between DRAM and the SPM"), _traffic),
    LayerColumn(Column("gap"), _gap),
    LayerColumn(
        Column("time", spare=NAME_WIDTH, note="of the search"),
        lambda p: Cell(_time(p.result), p.result.solve_time_s),
    ),
)
