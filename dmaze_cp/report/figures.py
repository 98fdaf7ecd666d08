"""What a figure shows, as plain data: the plots and the figures of a page are drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Tip = tuple[str, tuple[tuple[str, str], ...]]
"""What is said of a mark: a title, then names and values."""


@dataclass(frozen=True)
class Axis:
    """An axis of numbers.

    Attributes
    ----------
    label
        What the numbers are, with their unit.
    unit
        How ticks are written: ``pJ`` and ``s`` with prefixes, ``%`` of fractions, ``e`` with
        exponents; empty for plain numbers.
    log
        Whether the axis is logarithmic.
    """

    label: str
    unit: str = ""
    log: bool = False


@dataclass(frozen=True)
class Series:
    """What bars of one colour are of. Media know the colours by name."""

    name: str
    colour: str


@dataclass(frozen=True)
class StackRow:
    """A bar: what it selects, its name, a value for each series, and what is said of it."""

    key: str
    name: str
    values: tuple[float, ...]
    tip: Tip
    note: str = ""


@dataclass(frozen=True)
class Stack:
    """Bars made of parts, or with `beside` groups of bars that are compared with 1.

    Attributes
    ----------
    name, title, link
        Of the figure; the selection that a click on a bar changes.
    label
        What the bars' names are.
    note
        What signs in the bars' notes mean.
    origin
        Where bars that are beside each other begin.
    """

    name: str
    title: str
    link: str
    label: str
    axis: Axis
    series: tuple[Series, ...]
    rows: tuple[StackRow, ...]
    beside: bool = False
    note: str = ""
    origin: float = 0.0


@dataclass(frozen=True)
class Kind:
    """Points of one sort: `shape` is ``dot``, ``bound`` or ``star``; hollow ones may be less."""

    text: str
    colour: str
    shape: str = "dot"
    hollow: bool = False
    large: bool = False


@dataclass(frozen=True)
class Line:
    """A line through places; it belongs to two quantities, by their names."""

    name: str
    points: tuple[tuple[float, float], ...]
    axes: tuple[str, str]
    text: str = ""


@dataclass(frozen=True)
class Scatter:
    """Points over two quantities, which readers of a page can choose.

    Attributes
    ----------
    keys, kinds
        Of each point: what it selects, and its place in `legend`.
    data, axes
        By quantity: its value for each point (None: not drawn), and its axis.
    x, y, xs, ys
        The quantities shown first, and those that may be chosen.
    tips
        What is said of points, by key.
    labels
        Names of points that stand beside them in print, by key.
    note
        What the labels are.
    """

    name: str
    title: str
    link: str
    keys: tuple[str, ...]
    kinds: tuple[int, ...]
    legend: tuple[Kind, ...]
    data: Mapping[str, tuple[float | None, ...]] = field(hash=False)
    axes: Mapping[str, Axis] = field(hash=False)
    x: str
    y: str
    xs: tuple[str, ...]
    ys: tuple[str, ...]
    lines: tuple[Line, ...]
    tips: Mapping[str, Tip] = field(hash=False)
    labels: Mapping[str, str] = field(hash=False)
    note: str = ""


@dataclass(frozen=True)
class HeatCell:
    """A cell of a heat map.

    Attributes
    ----------
    key, keys
        What it selects (None: nothing), and all that it stands for.
    name
        What it is called where it selects nothing.
    state
        ``value``, ``bound`` (hatched), ``none`` or ``invalid``.
    tip
        Names and values that are said besides what is said of its key.
    """

    column: int
    row: int
    key: str | None
    keys: tuple[str, ...]
    state: str
    is_best: bool
    tip: tuple[tuple[str, str], ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Shade:
    """What colours tell: a value for each cell, and its texts, the longest first."""

    label: str
    title: str
    values: tuple[float | None, ...]
    texts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Heat:
    """Cells over the values of two parameters; `y` is empty where there is one.

    Attributes
    ----------
    columns, rows
        Values of the parameters `x` and `y`.
    shades
        What the colours may tell; the first is shown first.
    legend
        Signs that occur, and what they mean.
    """

    x: str
    y: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[HeatCell, ...]
    shades: tuple[Shade, ...]
    legend: tuple[tuple[str, str], ...]
    title: str = ""


@dataclass(frozen=True)
class Heats:
    """Heat maps of one sort: the first is shown, readers of a page can choose other parameters.

    With `beside` all are shown, each with its own title.
    """

    name: str
    title: str
    link: str
    heats: tuple[Heat, ...]
    tips: Mapping[str, Tip] = field(hash=False)
    beside: bool = False


Figure = Stack | Scatter | Heats
