"""Ctrl-C: it ends the program at once, but for searches, which the first asks to finish.

No `KeyboardInterrupt` is raised: where modules load, some callbacks of Python's and some
extension modules swallow it, or turn it into another error.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

INTERRUPTED_CODE: Final = 130
"""Exit code, as of shells: 128 + SIGINT."""

SAME_KEY_S = 0.5
"""Signals so close together are one: wrappers such as `timeout` pass Ctrl-C on a second time."""


def end_at_interrupt() -> None:
    """From now on SIGINT ends the program with a line on stderr and exit code 130."""
    signal.signal(signal.SIGINT, lambda _signal, _frame: end_interrupted("interrupted"))
    # The interpreter gives up its handlers on its way out; what it exits with is settled by then.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


def end_interrupted(text: str) -> NoReturn:
    """Say why, and end without waiting for anything."""
    # Not by the streams, in the midst of whose work this may be.
    with suppress(OSError):
        os.write(2, f"error: {text}\n".encode())
    os._exit(INTERRUPTED_CODE)


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """SIGINT within the block counts at its end; for what is brief and may not be cut short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if pressed:
            signal.raise_signal(signal.SIGINT)


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
