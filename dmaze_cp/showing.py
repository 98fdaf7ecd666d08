"""How nouns show themselves: by the report, which knows them and is found when it is asked.

Imports point from the report to the nouns. A method of a noun that needs the report names it
here, in one place, so that nobody else loads what is above.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


def frame_of(noun: object) -> DataFrame:
    """The rows of a result, a sweep or a network.

    Raises
    ------
    MissingExtraError
        When pandas is not installed (extra `pandas`).
    """
    frame: DataFrame = import_module("dmaze_cp.report.frames").frame(noun)
    return frame


def html_of(noun: object) -> str:
    """What a notebook shows of a noun."""
    html: str = import_module("dmaze_cp.report.notebook").html(noun)
    return html
