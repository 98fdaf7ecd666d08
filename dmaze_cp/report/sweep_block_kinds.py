"""What a report of a sweep is made of, before it becomes lines or Markdown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """The title of what follows; a `main` one begins the report."""

    text: str
    main: bool = False


@dataclass(frozen=True)
class Facts:
    """Names and what they are."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grille:
    """A table: the first column is text, the others are numbers but for those in `left`."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Note:
    """A sentence or two; one that `matters` stands out."""

    text: str
    matters: bool = False


Block = Heading | Facts | Grille | Note
