"""A display on stderr that is drawn anew while a command works, on a terminal only."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

import click

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live
    from rich.text import Text


NO_WORKER: Final = "the cluster has no worker; waiting for one (Ctrl-C ends the run)"
_MOST_LINES: Final = 5
"""So many stored results are reported one by one."""


class LiveDisplay(ABC):
    """Lines that say how far a command is; nothing is drawn unless stderr is a terminal."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._message = ""
        self._live: Live | None = None

    @abstractmethod
    def lines(self) -> Sequence[Text]:
        """What is shown now."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.live import Live

            from dmaze_cp.report.console import make_console

            console = make_console(sys.stderr)
            # What else is written meanwhile goes through this console: its lines stay whole.
            console.soft_wrap = True
            # Drawn anew by itself: the clock goes on while nothing else happens.
            self._live = Live(
                get_renderable=self._draw, console=console, transient=True, refresh_per_second=4
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the display away while something else is written to the terminal."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()
        try:
            yield
        finally:
            if live is not None:
                live.start()
            self._live = live

    def warn(self, text: str) -> None:
        """A line on stderr that stays."""
        with self.paused():
            click.echo(f"warning: {text}", err=True)

    def warn_of_rows(self, reasons: Sequence[str]) -> None:
        """Say which stored results are searched anew."""
        for reason in reasons[:_MOST_LINES]:
            self.warn(f"searched anew: {reason}")
        if len(reasons) > _MOST_LINES:
            self.warn(f"searched anew: {len(reasons) - _MOST_LINES:,} more bad results")

    def message(self, text: str) -> None:
        """Say something until the end."""
        self._message = text

    def _draw(self) -> RenderableType:
        from rich.console import Group

        more = [one_line(self._message, "yellow")] if self._message else []
        return Group(*self.lines(), *more)


def one_line(text: str, style: str = "") -> Text:
    """Text that takes one line, however narrow the terminal; names in it are no markup."""
    from rich.text import Text

    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
