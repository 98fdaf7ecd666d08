"""Limits a user puts on the map-space: dMazeRunner's search options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dmaze_cp.errors import Problem, SpecError


@dataclass(frozen=True)
class Constraints:
    """What a mapping must satisfy beyond fitting the architecture.

    Attributes
    ----------
    min_pe_utilization, min_rf_utilization, min_spm_utilization
        Fractions (0 to 1) of the PEs, of the words of one RF and of the bytes of one
        SPM buffer that the mapping must at least use.
    no_feature_dram
        Filter loops (Fx, Fy) have factor 1 at DRAM.
    no_spatial_reduction
        Dimensions that the output does not depend on have factor 1 at PE.
    """

    min_pe_utilization: float = 0.0
    min_rf_utilization: float = 0.0
    min_spm_utilization: float = 0.0
    no_feature_dram: bool = False
    no_spatial_reduction: bool = False

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise SpecError(problems)


def _problems(constraints: Constraints) -> Iterator[Problem]:
    for level in ("pe", "rf", "spm"):
        name = f"min_{level}_utilization"
        value = getattr(constraints, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            yield Problem(name, repr(value), "a fraction from 0 to 1")


NO_CONSTRAINTS: Final = Constraints()
"""Nothing beyond fitting the architecture."""
