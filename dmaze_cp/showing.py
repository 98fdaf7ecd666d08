"""How nouns show themselves: by the report, which knows them and is found when it is asked.

Imports point from the report to the nouns. A method of a noun that needs the report names it
here, in one place, so that nobody else loads what is above.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


class Shown:
    """A noun that notebooks show."""

    def _repr_html_(self) -> str:
        html: str = import_module("dmaze_cp.report.nouns").html(self)
        return html


class Framed(Shown):
    """A noun that has rows: those of its CSV file."""

    def to_frame(self) -> DataFrame:
        """The rows and columns of its CSV file, as a pandas data frame.

        A layer's result is one row, a network's are one for each layer and objective, a workload
        has one for each layer, and a sweep one for each point of its space, valid or not.

        Raises
        ------
        MissingExtraError
            When pandas is not installed (extra `pandas`).
        """
        frame: DataFrame = import_module("dmaze_cp.report.nouns").frame(self)
        return frame
