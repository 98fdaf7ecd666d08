"""Limits on the map-space <-> objects of files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, TypedDict

from dmaze_cp.constraints import Constraints
from dmaze_cp.spec.documents import Least, Most, Reading, Record, closed

_Fraction = Annotated[float, Least(0), Most(1)]


@closed
class ConstraintsRecord(TypedDict):
    """The user's limits on the map-space."""

    min_pe_utilization: _Fraction
    min_rf_utilization: _Fraction
    min_spm_utilization: _Fraction
    no_feature_dram: bool
    no_spatial_reduction: bool


def constraints_to_dict(constraints: Constraints) -> Record:
    """The limits as an object: `constraints_from_dict` gives them back equal."""
    return asdict(constraints)


def constraints_from_dict(obj: object) -> Constraints:
    """Limits from an object that has all of them.

    Raises
    ------
    SpecError
        With every problem found.
    """
    reading = Reading()
    reading.check(obj, ConstraintsRecord)
    reading.end()
    return Constraints(**obj)  # type: ignore[arg-type]  # checked above
