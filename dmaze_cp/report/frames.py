"""Nouns as data frames: the rows of CSV files, with numbers as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING, Final

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.extras import load_extra
from dmaze_cp.perturbation import Sensitivity
from dmaze_cp.report.rows import Rows, layer_rows, workload_rows
from dmaze_cp.report.sensitivity import sensitivity_rows
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_rows import sweep_rows
from dmaze_cp.report.tradeoff import tradeoff_rows
from dmaze_cp.result import LayerResult, WorkloadResult
from dmaze_cp.tradeoff import WorkloadFront
from dmaze_cp.workload import Workload

if TYPE_CHECKING:
    from pandas import DataFrame

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
    table = _table(noun)
    series = {}
    for column in table.columns:
        values = [row.get(column) for row in table.rows]
        series[column] = pandas.Series(values, dtype=_dtype(values))
    made: DataFrame = pandas.DataFrame(series, columns=list(table.columns))
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
def _table(noun: object) -> Rows:
    raise TypeError(f"no rows of a {type(noun).__name__}")


@_table.register
def _(noun: WorkloadResult) -> Rows:
    return layer_rows([noun])


@_table.register
def _(noun: LayerResult) -> Rows:
    alone = Workload("", (noun.layer,))
    network = WorkloadResult(alone, noun.architecture, (noun.objective,), (noun,))
    rows = layer_rows([network])
    return replace(rows, columns=tuple(name for name in rows.columns if name != "model"))


@_table.register
def _(noun: SweepResult) -> Rows:
    return sweep_rows(Sweep(noun))


@_table.register
def _(noun: Sensitivity) -> Rows:
    return sensitivity_rows(noun)


@_table.register
def _(noun: WorkloadFront) -> Rows:
    return tradeoff_rows(noun)


@_table.register
def _(noun: Workload) -> Rows:
    return workload_rows(noun)
