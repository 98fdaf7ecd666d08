"""Progress on stderr while layers are solved; nothing unless it is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dmaze_cp.workload import Layer

if TYPE_CHECKING:
    from rich.progress import Progress


class ProgressLine:
    """One line: layers done, the running layer, its gap and the time.

    Parameters
    ----------
    total
        Layer results to come.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._text = ""
        self._progress: Progress | None = _make_progress() if sys.stderr.isatty() else None
        self._task = self._progress.add_task("", total=total) if self._progress else None

    def __enter__(self) -> ProgressLine:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the line away while something else is written to the terminal."""
        if self._progress:
            self._progress.stop()
        try:
            yield
        finally:
            if self._progress:
                self._progress.start()

    def start_layer(self, layer: Layer, objective: str) -> None:
        """A layer's search has begun."""
        self._text = f"{layer.name} ({objective})"
        self._update(self._text)

    def incumbent(self, gap: str) -> None:
        """The running layer has a better mapping or bound."""
        self._update(f"{self._text} gap {gap}")

    def finish_layer(self) -> None:
        """A layer's search has ended."""
        self._done += 1
        self._update(self._text)

    def message(self, text: str) -> None:
        """Say something else for a while."""
        self._update(text)

    def _update(self, text: str) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=text, completed=self._done)


def _make_progress() -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from dmaze_cp.report.console import make_console

    return Progress(
        MofNCompleteColumn(),
        BarColumn(bar_width=16),
        TimeElapsedColumn(),
        # A layer's name is data: brackets in it are no markup.
        TextColumn("{task.description}", markup=False),
        console=make_console(sys.stderr),
        transient=True,
    )
