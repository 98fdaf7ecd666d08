"""Engines: what decides the parts of the map-space that bounds leave open."""

from __future__ import annotations

from enum import StrEnum


class Engine(StrEnum):
    """What decides the parts of the map-space that bounds leave open.

    All engines prove the same optima.
    """

    AUTO = "auto"
    """Either of the others for each part; today always what `BOUNDS` does."""
    CP_SAT = "cp-sat"
    """CP-SAT alone: nothing is split, nothing is scored whole."""
    BOUNDS = "bounds"
    """Bounds and exact scores alone: no call of the solver."""
