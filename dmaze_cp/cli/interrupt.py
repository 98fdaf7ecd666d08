"""Ctrl-C: the first asks the searches to finish, the second ends the program."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SAME_KEY_S = 0.5
"""Signals so close together are one: wrappers such as `timeout` pass Ctrl-C on a second time."""


class Interruption:
    """Has Ctrl-C been pressed? Call it to ask (from any thread)."""

    def __init__(self) -> None:
        self._flag = threading.Event()

    def __call__(self) -> bool:
        """Tell whether the searches should stop."""
        return self._flag.is_set()

    def request(self) -> None:
        """Ask the searches to stop."""
        self._flag.set()


@contextmanager
def catch_interrupt(at_second: Callable[[], None]) -> Iterator[Interruption]:
    """Within the block, the first SIGINT sets the flag and a later one calls `at_second`.

    A second SIGINT within `SAME_KEY_S` of the first counts as the same key press.
    """
    interruption = Interruption()
    first = float("inf")

    def handle(_signal: int, _frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if not interruption():
            first = now
            interruption.request()
        elif now - first >= SAME_KEY_S:
            at_second()

    # Python delivers signals to the main thread and lets no other set a handler.
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous)
