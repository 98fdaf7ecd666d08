"""How long to wait for what has to come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

HANG_S: Final = 300.0
"""So long only takes what never ends, also on a machine that is busy with other things."""


def wait_for(condition: Callable[[], object], what: str = "it") -> None:
    """Ask until a condition holds."""
    until = time.monotonic() + HANG_S
    while not condition():
        assert time.monotonic() < until, f"{what} has not come within {HANG_S} s"
        time.sleep(0.02)
