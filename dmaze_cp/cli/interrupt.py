"""Ctrl-C: the first asks the search to finish, the second ends the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Has Ctrl-C been pressed? Call it to ask (from any thread)."""

    def __init__(self) -> None:
        self._flag = threading.Event()

    def __call__(self) -> bool:
        """Tell whether the search should stop."""
        return self._flag.is_set()

    def request(self) -> None:
        """Ask the search to stop."""
        self._flag.set()


@contextmanager
def catch_interrupt() -> Iterator[Interruption]:
    """Within the block, the first SIGINT sets the flag and a second one raises.

    Raises
    ------
    KeyboardInterrupt
        In the main thread, at the second SIGINT.
    """
    interruption = Interruption()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        if interruption():
            raise KeyboardInterrupt
        interruption.request()

    # Python delivers signals to the main thread and lets no other set a handler.
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous)
