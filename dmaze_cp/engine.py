"""Engines: what decides the parts of the map-space that bounds leave open, and how long."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Engine(StrEnum):
    """What decides the parts of the map-space that bounds leave open.

    All engines prove the same optima.
    """

    AUTO = "auto"
    """What is few is scored exactly; what is more goes to CP-SAT, which closes it sooner."""
    CP_SAT = "cp-sat"
    """CP-SAT alone: nothing is split, nothing is scored whole."""
    BOUNDS = "bounds"
    """What is few is scored exactly; what is more is split and bounded again. No solver."""


DEFAULT_ENGINE: Final = Engine.CP_SAT
"""The engine where none is named."""

MOST_EPSILON: Final = 1000.0
"""As much more energy, in parts of its own, a point of a front may have than what it stands for."""

DEFAULT_TIME_LIMIT_S: Final = 60.0
"""Wall seconds for one layer and one objective where nothing else is said."""

MOST_WORKERS: Final = 10_000
"""Threads that CP-SAT takes at most."""

MOST_SEED: Final = 2**31 - 1
"""The largest seed that CP-SAT takes."""
