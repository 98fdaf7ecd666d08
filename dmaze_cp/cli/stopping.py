"""Run a search beside the terminal: its display, and an answer to Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dmaze_cp.cli.interrupt import catch_interrupt, end_interrupted
from dmaze_cp.cli.live import LiveDisplay
from dmaze_cp.execution.memory import keep_memory


@contextmanager
def answering_interrupt(display: LiveDisplay) -> Iterator[Callable[[], bool]]:
    """Within the block, which searches, the display is shown, and Ctrl-C asks to finish.

    Yields
    ------
    callable
        To be polled: should the search finish? A second Ctrl-C ends the process.
    """
    keep_memory()  # with one job, this process searches itself
    told = False
    with catch_interrupt(lambda: _end_at_once(display)) as interruption, display:

        def stop() -> bool:
            nonlocal told
            if interruption() and not told:
                told = True
                display.message("interrupted, finishing (Ctrl-C again to stop at once)")
            return interruption()

        yield stop


def _end_at_once(display: LiveDisplay) -> None:
    """Leave without waiting for the searches; their processes end with this one."""
    display.__exit__()
    end_interrupted("interrupted twice, nothing more is written")
