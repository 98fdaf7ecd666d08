"""Memory of a process that searches."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from typing import Final

_SELDOM: Final = 50_000
"""Objects without cycles that are made between two collections; Python's own is 700."""

_MALLOPT: Final = {-3: 2**25, -1: 2**30}
"""glibc's ``M_MMAP_THRESHOLD``, as large as it may be, and ``M_TRIM_THRESHOLD``, in bytes."""


def keep_memory() -> None:
    """Let this process keep its memory, in place of looking for what is free of it.

    Models are many small objects without cycles. Arrays come and go by the megabyte: where the C
    library is glibc it is told not to give their pages back each time.
    """
    gc.set_threshold(_SELDOM)
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        for parameter, value in _MALLOPT.items():
            library.mallopt(parameter, value)
