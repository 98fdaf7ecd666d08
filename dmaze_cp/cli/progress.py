"""Progress on stderr while layers are solved: live on a terminal, lines with --verbose."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from dmaze_cp.network import Search
    from dmaze_cp.result import Incumbent, LayerResult

SHOWN: Final = 6
"""So many running searches are shown."""


class Progress:
    """What is done, running and waiting, the gaps of what runs, and the time left.

    Nothing is written unless stderr is a terminal, or `verbose` asks for lines.
    """

    def __init__(self, *, verbose: bool, several: bool) -> None:
        self._verbose = verbose
        self._several = several
        self._began = time.monotonic()
        self._results = 0
        self._finished = 0
        self._open = 0
        self._work = _Work()
        self._running: dict[Search, Incumbent | None] = {}
        self._message = ""
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.live import Live

            from dmaze_cp.report.console import make_console

            console = make_console(sys.stderr)
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

    def planned(self, results: int, searches: int) -> None:
        """So many layer results are to come, and need so many searches."""
        self._results, self._open = results, searches
        if self._verbose and searches < results:
            click.echo(f"{results} layer results need {_searches(searches)}", err=True)

    def searching(self, search: Search, incumbent: Incumbent | None) -> None:
        """A search has begun or has come further."""
        self._running[search] = incumbent or self._running.get(search)

    def searched(self, search: Search, last: bool) -> None:
        """A search has ended, for now or for good."""
        self._running.pop(search, None)
        if last:
            self._open -= 1
            self._work.did(search, time.monotonic() - self._began)

    def finished(self, result: LayerResult) -> None:
        """A layer has its result."""
        self._finished += 1
        if self._verbose:
            with self.paused():
                click.echo(self._line(result), err=True)

    def message(self, text: str) -> None:
        """Say something until the end."""
        self._message = text

    def _line(self, result: LayerResult) -> str:
        from dmaze_cp.report import numbers

        width = len(str(self._results))
        where = f" on {result.architecture.name}" if self._several else ""
        gap = "" if result.gap is None else f", gap {numbers.percent(result.gap)}"
        time = "stored" if result.from_store else numbers.duration(result.solve_time_s)
        name = f"{result.layer.name}{where} ({result.objective})"
        return f"{self._finished:{width}}/{self._results} {name}: {result.status}{gap}, {time}"

    def _draw(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        from dmaze_cp.report import numbers

        waiting = max(0, self._open - len(self._running))
        elapsed = time.monotonic() - self._began
        parts = [
            f"{self._finished}/{self._results} done",
            f"{len(self._running)} running",
            f"{waiting} waiting",
            _clock(elapsed),
        ]
        left = self._work.left_s(elapsed, self._running, waiting)
        if left is not None:
            parts.append(f"about {_clock(left)} left")
        lines = [Text("  ".join(parts), style="bold", no_wrap=True, overflow="ellipsis")]
        for search, incumbent in list(self._running.items())[:SHOWN]:
            gap = "starting" if incumbent is None else f"gap {numbers.percent(incumbent.gap)}"
            where = f" on {search.architecture.name}" if self._several else ""
            # A layer's name is data: brackets in it are no markup.
            text = f"  {gap:12} {search.label}{where}"
            lines.append(Text(text, no_wrap=True, overflow="ellipsis"))
        if self._message:
            lines.append(Text(self._message, style="yellow", no_wrap=True, overflow="ellipsis"))
        return Group(*lines)


class _Work:
    """Guesses the time left from the sizes of the searches that are done.

    The hardest come first, so the mean of what is done is no guess for what is left:
    what is waiting is taken to be as hard as the easiest search so far.
    """

    def __init__(self) -> None:
        self._done = 0.0
        self._least = 0.0
        self._elapsed = 0.0

    def did(self, search: Search, elapsed: float) -> None:
        size = search.difficulty
        self._done += size
        self._least = min(self._least or size, size)
        self._elapsed = elapsed

    def left_s(
        self, elapsed: float, running: dict[Search, Incumbent | None], waiting: int
    ) -> float | None:
        """Seconds, or None before anything is done."""
        if not self._done:
            return None
        left = self._least * waiting + sum(search.difficulty for search in running) / 2
        since = elapsed - self._elapsed
        return max(0.0, left * self._elapsed / self._done - since)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _searches(number: int) -> str:
    return "no search" if number == 0 else f"{number} search{'' if number == 1 else 'es'}"
