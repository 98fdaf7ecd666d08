"""Where reports are written: width, characters and bars that the stream can show."""

from __future__ import annotations

import os
from typing import IO

from rich.console import Console
from rich.text import Text

PIPED_WIDTH = 80
"""Columns where the stream is no terminal and COLUMNS is not set."""

PIPED_HEIGHT = 25
"""Lines where the stream is no terminal: as many as rich takes."""

NARROWEST = 40
"""Reports fit in so many columns; narrower terminals wrap the lines, which loses nothing."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the caller: what to do when a reader has gone is not rich's to say."""
        raise BrokenPipeError


def make_console(stream: IO[str], *, width: int | None = None, plain: bool = False) -> Console:
    """A console on `stream`; ANSI codes only on a terminal, no markup in data.

    Parameters
    ----------
    width
        In columns; without it COLUMNS if set, else the terminal's, else 80.
    plain
        No ANSI codes at all, whatever the stream and the environment.
    """
    found, height = _size(stream)
    return _Console(
        file=stream,
        # Both are given, so that rich does not ask for them with each cell.
        width=found if width is None else width,
        height=height,
        color_system=None if plain else "auto",
        force_terminal=False if plain else None,
        force_jupyter=False,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
        legacy_windows=False,
    )


def _size(stream: IO[str]) -> tuple[int, int]:
    """Columns and lines."""
    try:
        width, height = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        width, height = PIPED_WIDTH, PIPED_HEIGHT
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        width = int(columns)
    return max(width, NARROWEST), height


def bar(console: Console, fraction: float, width: int, style: str = "cyan") -> Text:
    """A horizontal bar, `fraction` of `width` columns long, in characters of the stream."""
    fraction = min(max(fraction, 0.0), 1.0)
    if console.options.ascii_only:
        return Text("#" * round(fraction * width), style=style)
    eighths = round(fraction * width * 8)
    if fraction > 0:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    return Text(_EIGHTHS[8] * full + (_EIGHTHS[rest] if rest else ""), style=style)


def printable(console: Console, text: str) -> str:
    """`text` with units and signs that an ASCII stream can show."""
    if text.isascii() or not console.options.ascii_only:
        return text
    return text.replace("µ", "u").replace("≥", ">=")
