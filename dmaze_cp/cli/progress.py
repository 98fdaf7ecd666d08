"""Progress on stderr while layers are solved: live on a terminal, lines with --verbose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from dmaze_cp.cli.live import LiveDisplay, clock, one_line

if TYPE_CHECKING:
    from rich.text import Text

    from dmaze_cp.desk import Inquiry
    from dmaze_cp.result import Incumbent, LayerResult

SHOWN: Final = 6
"""So many running searches are shown."""


class Progress(LiveDisplay):
    """What is done, running and waiting, the gaps of what runs, and the time left.

    Nothing is written unless stderr is a terminal, or `verbose` asks for lines. A total
    time limit of `total_s` seconds is the most that can be left.
    """

    def __init__(self, *, verbose: bool, several: bool, total_s: float | None = None) -> None:
        super().__init__()
        self._total_s = total_s
        self._verbose = verbose
        self._several = several
        self._results = 0
        self._finished = 0
        self._open = 0
        self._work = _Work()
        self._running: dict[Inquiry, Incumbent | None] = {}

    def planned(self, results: int, searches: int) -> None:
        """So many layer results are to come, and need so many searches."""
        self._results, self._open = results, searches
        if self._verbose and searches < results:
            click.echo(f"{results} layer results need {_searches(searches)}", err=True)

    def searching(self, inquiry: Inquiry, incumbent: Incumbent | None) -> None:
        """A search has begun or has come further."""
        self._running[inquiry] = incumbent or self._running.get(inquiry)

    def searched(self, inquiry: Inquiry, last: bool) -> None:
        """A search has ended, for now or for good."""
        self._running.pop(inquiry, None)
        if last:
            self._open -= 1
            self._work.did(inquiry, self.elapsed_s)

    def one_done(self) -> None:
        """A layer has what was asked for."""
        self._finished += 1

    def finished(self, result: LayerResult) -> None:
        """A layer has its result."""
        self.one_done()
        if self._verbose:
            with self.paused():
                click.echo(self._line(result), err=True)

    def _line(self, result: LayerResult) -> str:
        from dmaze_cp.report import numbers

        width = len(str(self._results))
        where = f" on {result.architecture.name}" if self._several else ""
        gap = "" if result.gap is None else f", gap {numbers.percent(result.gap)}"
        time = "stored" if result.from_store else numbers.duration(result.solve_time_s)
        name = f"{result.layer.name}{where} ({result.objective})"
        return f"{self._finished:{width}}/{self._results} {name}: {result.status}{gap}, {time}"

    def lines(self) -> list[Text]:
        """Counts, the time, and the gaps of what runs."""
        from dmaze_cp.report import numbers

        waiting = max(0, self._open - len(self._running))
        elapsed = self.elapsed_s
        parts = [
            f"{self._finished}/{self._results} done",
            f"{len(self._running)} running",
            f"{waiting} waiting",
            clock(elapsed),
        ]
        left = self._left_s(elapsed, waiting)
        if left is not None:
            parts.append(f"about {clock(left)} left")
        lines = [one_line("  ".join(parts), "bold")]
        for inquiry, incumbent in list(self._running.items())[:SHOWN]:
            gap = "starting" if incumbent is None else f"gap {numbers.percent(incumbent.gap)}"
            where = f" on {inquiry.architecture.name}" if self._several else ""
            lines.append(one_line(f"  {gap:12} {inquiry.label}{where}"))
        return lines

    def _left_s(self, elapsed: float, waiting: int) -> float | None:
        """Seconds, or None as long as nobody knows."""
        guesses = [self._work.left_s(elapsed, self._running, waiting)]
        if self._total_s is not None:
            guesses.append(max(0.0, self._total_s - elapsed))
        return min((left for left in guesses if left is not None), default=None)


class _Work:
    """Guesses the time left from the sizes of the searches that are done.

    The hardest come first, so the mean of what is done is no guess for what is left:
    what is waiting is taken to be as hard as the easiest search so far.
    """

    def __init__(self) -> None:
        self._done = 0.0
        self._least = 0.0
        self._elapsed = 0.0

    def did(self, inquiry: Inquiry, elapsed: float) -> None:
        size = inquiry.difficulty
        self._done += size
        self._least = min(self._least or size, size)
        self._elapsed = elapsed

    def left_s(
        self, elapsed: float, running: dict[Inquiry, Incumbent | None], waiting: int
    ) -> float | None:
        """Seconds, or None before anything is done."""
        if not self._done:
            return None
        left = self._least * waiting + sum(inquiry.difficulty for inquiry in running) / 2
        since = elapsed - self._elapsed
        return max(0.0, left * self._elapsed / self._done - since)


def _searches(number: int) -> str:
    return "no search" if number == 0 else f"{number} search{'' if number == 1 else 'es'}"
