"""Which files are read: those that are named, and those that these name in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_noted: ContextVar[list[Path] | None] = ContextVar("_noted", default=None)


@contextmanager
def files_read() -> Iterator[list[Path]]:
    """The files that are read within the block, in a list that grows as they are."""
    files: list[Path] = []
    before = _noted.set(files)
    try:
        yield files
    finally:
        _noted.reset(before)


def note_file(path: Path) -> None:
    """Say that a file is read, or belongs to one that is."""
    files = _noted.get()
    if files is not None:
        files.append(path)
