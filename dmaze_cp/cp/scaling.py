"""Integers for logarithms and shares, always rounded to the loose side.

CP-SAT works on integers. A logarithm is held in units of ``1 / LOG_SCALE``, a share of a
limit in units of ``1 / SHARE``. Sums of rounded-down logarithms are below the true ones,
and tangents of the exponential at or below the true share, so that a row "sum of shares
<= 1" never cuts off a mapping that satisfies the exact inequality.
"""

from __future__ import annotations

from math import ceil, exp, floor, log
from typing import Final

LOG_SCALE: Final = 10_000_000
"""Units of a logarithm. 1e7 and products up to 1e14 were found safe, larger ones not."""

SHARE: Final = 1_000_000
"""Units of a share of a limit."""

SLOPE: Final = 100_000
"""Units of the slope of a tangent."""

MIN_LOG: Final = -40.0
"""Shares below exp(MIN_LOG) are 0."""


def log_down(value: float) -> int:
    """Largest integer logarithm at or below `value`."""
    return floor(value * LOG_SCALE - 1e-3)


def log_up(value: float) -> int:
    """Smallest integer logarithm at or above `value`."""
    return ceil(value * LOG_SCALE + 1e-3)


def tangent(at: float) -> tuple[int, int]:
    """The tangent of the exponential at ``at <= 0``: ``SLOPE * share >= slope * log + offset``.

    `log` is in units of ``1 / LOG_SCALE`` and at most 0. The slope is rounded up, which
    lowers the line where ``log < 0``; the offset is rounded down.
    """
    slope = ceil(exp(at) * SLOPE * SHARE / LOG_SCALE)
    # exp(x) >= s (1 + x - log s) for every s > 0: the rounded slope has its own tangent.
    true = slope * LOG_SCALE / (SLOPE * SHARE)
    offset = floor(true * (1 - log(true)) * SLOPE * SHARE - 1)
    return slope, offset
