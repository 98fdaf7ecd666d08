"""Rows as a data frame (extra ``pandas``): those of CSV files, with numbers as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dmaze_cp.extras import load_extra
from dmaze_cp.report.rows import Rows

if TYPE_CHECKING:
    from pandas import DataFrame

_LARGEST: Final = 2**63 - 1


def rows_frame(rows: Rows) -> DataFrame:
    """A data frame with a column for each of the rows.

    Integers stay integers, of any size, also where some are missing.

    Raises
    ------
    MissingExtraError
        When pandas is not installed.
    """
    pandas = load_extra("pandas", "pandas", "to_frame()")
    series = {}
    for column in rows.columns:
        values = [row.get(column) for row in rows.rows]
        series[column] = pandas.Series(values, dtype=_dtype(values))
    made: DataFrame = pandas.DataFrame(series, columns=list(rows.columns))
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
