"""Nouns as data frames: the rows of CSV files, with numbers as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Final

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.extras import load_extra
from dmaze_cp.report.flat import layer_columns, layer_fields, layer_rows
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_flat import point_columns, sweep_rows
from dmaze_cp.result import LayerResult, WorkloadResult
from dmaze_cp.spec.documents import Record
from dmaze_cp.workload import Workload

if TYPE_CHECKING:
    from pandas import DataFrame

_Table = tuple[Sequence[str], Sequence[Record]]
"""Names of columns, and rows by these names."""

_LARGEST: Final = 2**63 - 1


def frame(noun: object) -> DataFrame:
    """A data frame of a result, a sweep or a network.

    Integers stay integers, of any size, also where some are missing.

    Raises
    ------
    MissingExtraError
        When pandas is not installed.
    """
    pandas = load_extra("pandas", "pandas", "to_frame()")
    columns, rows = _table(noun)
    series = {}
    for column in columns:
        values = [row.get(column) for row in rows]
        series[column] = pandas.Series(values, dtype=_dtype(values))
    made: DataFrame = pandas.DataFrame(series, columns=list(columns))
    return made


def _dtype(values: Sequence[object]) -> str | None:
    """The type of a column that pandas alone would round, or take for objects."""
    known = [value for value in values if value is not None]
    whole = [value for value in known if type(value) is int]
    if known and len(whole) == len(known):
        return "Int64" if max(map(abs, whole)) <= _LARGEST else "object"
    if known and all(type(value) is bool for value in known):
        return "boolean"
    return "object" if any(int(float(value)) != value for value in whole) else None


@singledispatch
def _table(noun: object) -> _Table:
    raise TypeError(f"no rows of a {type(noun).__name__}")


@_table.register
def _(noun: WorkloadResult) -> _Table:
    return layer_columns([noun]), layer_rows([noun])


@_table.register
def _(noun: LayerResult) -> _Table:
    alone = Workload("", (noun.layer,))
    network = WorkloadResult(alone, noun.architecture, (noun.objective,), (noun,))
    return [name for name in layer_columns([network]) if name != "model"], layer_rows([network])


@_table.register
def _(noun: SweepResult) -> _Table:
    sweep = Sweep(noun)
    return point_columns(sweep), sweep_rows(sweep)


@_table.register
def _(noun: Workload) -> _Table:
    rows = [layer_fields(layer) for layer in noun]
    return tuple(layer_fields(noun.layers[0])) if noun.layers else (), rows
