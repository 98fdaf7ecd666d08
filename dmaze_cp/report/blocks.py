"""What a report is made of: nouns (layer, network, sweep ...) become blocks, media render them.

Media know no noun, and nouns no medium: a table is the same whether it goes to a terminal, into
Markdown, a notebook or a page. What only a page can do (choose, select, unfold) are blocks, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dmaze_cp.report.figures import Figure


class Tone(StrEnum):
    """How a text is meant; media choose the colour."""

    PLAIN = ""
    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"
    BEST = "best"
    FAINT = "faint"


@dataclass(frozen=True)
class Badge:
    """A word that says how far something is known."""

    text: str
    tone: Tone = Tone.PLAIN
    note: str = ""


@dataclass(frozen=True)
class Heading:
    """The title of what follows; a `main` one begins a report. Only pages show its badges."""

    text: str
    main: bool = False
    badges: tuple[Badge, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A name and what it is; pages show a note below it, and a badge."""

    name: str
    text: str
    tone: Tone = Tone.PLAIN
    note: str = ""
    badge: Badge | None = None


@dataclass(frozen=True)
class Facts:
    """Names and what they are.

    Attributes
    ----------
    width
        Columns for the names where letters have one width; as many as they need without it.
    title
        What the names are, as the head of a column.
    apart
        Set apart from what comes before.
    tiles
        What a page shows first, and large.
    """

    rows: tuple[Fact, ...]
    width: int | None = None
    title: str = ""
    apart: bool = False
    tiles: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    is_text
        Aligned to the left, not a number.
    folds
        Its text may be wrapped where there is little room.
    spare
        Left out where the first column would get fewer columns of letters than that.
    detail
        Only where a reader can scroll: on a page.
    bar
        A page draws its numbers as bars, too.
    note
        What it is, in more words.
    """

    title: str
    is_text: bool = False
    folds: bool = False
    spare: int = 0
    detail: bool = False
    bar: bool = False
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """Text of a table, with what it is sorted by, lines below it, and what a click selects."""

    text: str
    value: float | str | None = None
    tone: Tone = Tone.PLAIN
    more: tuple[str, ...] = ()
    link: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows below heads.

    Attributes
    ----------
    keys, link
        What each row is of, and the `Details` that a row's key selects something in.
    caption
        What the table is of, for pages.
    turns
        Name of the columns where they may become rows: none of them is a head of its own then.
    least
        Columns of letters that text is folded to at most, so that all columns fit.
    last_apart
        Whether there is a line before the last row.
    searched
        A page lets readers filter and sort its rows.
    """

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str | Cell]]
    keys: tuple[str, ...] = ()
    link: str = ""
    caption: str = ""
    turns: str = ""
    least: int = 16
    last_apart: bool = False
    searched: bool = False


@dataclass(frozen=True)
class Bar:
    """A part of something: name, amount, fraction, and the colour of its series."""

    name: str
    amount: str
    fraction: float
    colour: str


@dataclass(frozen=True)
class Bars:
    """Parts with their fractions; `heads` are names of the first two columns."""

    rows: tuple[Bar, ...]
    heads: tuple[str, str] = ("part", "amount")


@dataclass(frozen=True)
class Code:
    """Lines in letters of one width, made to fit in some columns; `raw` ones keep their tabs."""

    lines: Callable[[int], Sequence[str]]
    raw: bool = False


@dataclass(frozen=True)
class Note:
    """A sentence or two."""

    text: str
    tone: Tone = Tone.FAINT
    apart: bool = False
    indent: int = 0
    link: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fold:
    """What a page shows when one asks for it; elsewhere it is left out."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Choice:
    """One of several, by a part of the page's address; on paper the first.

    Attributes
    ----------
    key, label
        The part of the address, and what is chosen.
    options
        Value, name and blocks of each.
    clears
        Parts of the address that belong to another choice.
    """

    key: str
    label: str
    options: tuple[tuple[str, str, tuple[Block, ...]], ...]
    tabs: bool = False
    clears: tuple[str, ...] = ()


@dataclass(frozen=True)
class Details:
    """What belongs to the row or mark that is selected.

    Attributes
    ----------
    key
        Part of the page's address that has the selected key.
    items, first
        Blocks by key, and what is shown before anything is selected.
    clears
        Parts of the address that belong to another selection.
    aliases
        Other names of keys.
    hint
        What is said where nothing is selected.
    """

    key: str
    items: Mapping[str, tuple[Block, ...]] = field(hash=False)
    first: str | None
    clears: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict, hash=False)
    hint: str = ""


@dataclass(frozen=True)
class Page:
    """What a page shows: its title, what it is about, and blocks."""

    title: str
    about: str
    blocks: Blocks


Block = Heading | Facts | Table | Bars | Code | Note | Figure | Fold | Choice | Details
Blocks = Iterable[Block]


def facts(*rows: tuple[str, str], width: int | None = None, apart: bool = False) -> Facts:
    """Facts without tones."""
    return Facts(tuple(Fact(*row) for row in rows), width, apart=apart)


def columns(
    *titles: str, texts: Sequence[int] = (0,), folds: Sequence[int] = ()
) -> tuple[Column, ...]:
    """Columns by their titles; positions of those of text, and of those that may be folded."""
    return tuple(
        Column(title, is_text=k in texts or k in folds, folds=k in folds)
        for k, title in enumerate(titles)
    )


def cell(item: str | Cell) -> Cell:
    """Text that is alone in a cell as a cell."""
    return Cell(item) if isinstance(item, str) else item
