"""Figures of a machine that are one number for all operands, or differ by operand or by pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

from dmaze_cp.errors import Problem
from dmaze_cp.levels import OPERANDS

T = TypeVar("T")


class Frozen(Mapping[str, T], Generic[T]):
    """A mapping that never changes, so that what has one can be hashed."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, T]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, key: str) -> T:
        """The entry of a key."""
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        """The keys, in their order."""
        return iter(self._entries)

    def __len__(self) -> int:
        """The number of entries."""
        return len(self._entries)

    def __hash__(self) -> int:
        """Equal mappings have equal hashes."""
        return hash(frozenset(self._entries.items()))

    def __repr__(self) -> str:
        """As a dictionary."""
        return repr(self._entries)


class Pool(NamedTuple):
    """A part of a memory, and the operands that share it."""

    operands: tuple[str, ...]
    size: int

    @property
    def name(self) -> str:
        """The letters of the operands."""
        return "".join(self.operands)


def of_operand(figure: T | Mapping[str, T], operand: str) -> T:
    """The figure that holds for an operand."""
    return figure[operand] if isinstance(figure, Mapping) else figure


def by_operand(figure: object, *, merge: bool) -> object:
    """A figure as it is kept: by operand in their order; with `merge`, as one where all are equal.

    What is no figure by operand is left as it is, for the check to complain about.
    """
    if not isinstance(figure, Mapping):
        return figure
    if set(figure) != set(OPERANDS):
        return Frozen(figure)
    values = [figure[x] for x in OPERANDS]
    same = all(type(v) is type(values[0]) and v == values[0] for v in values)
    return values[0] if merge and same else Frozen(dict(zip(OPERANDS, values, strict=True)))


def by_pool(sizes: object) -> object:
    """Sizes of pools as they are kept: letters and pools in order; a pool of all is one number."""
    if not isinstance(sizes, Mapping):
        return sizes
    if not all(isinstance(name, str) for name in sizes):
        return Frozen(sizes)
    ordered = {_in_order(name): size for name, size in sizes.items()}
    if len(ordered) < len(sizes):  # two names of one pool: for the check to see
        return Frozen(sizes)
    places = {name: [OPERANDS.index(x) for x in name if x in OPERANDS] for name in ordered}
    kept = {name: ordered[name] for name in sorted(ordered, key=places.__getitem__)}
    return kept["".join(OPERANDS)] if list(kept) == ["".join(OPERANDS)] else Frozen(kept)


def _in_order(name: str) -> str:
    known = sorted((x for x in name if x in OPERANDS), key=OPERANDS.index)
    return "".join((*known, *(x for x in name if x not in OPERANDS)))


def pools(sizes: int | Mapping[str, int]) -> tuple[Pool, ...]:
    """The pools of a memory: one that all operands share where it is not divided."""
    if not isinstance(sizes, Mapping):
        return (Pool(OPERANDS, sizes),)
    return tuple(Pool(tuple(name), size) for name, size in sizes.items())


Check = Callable[[object], bool]
"""Whether a value is good."""


def figure_problems(where: str, figure: object, good: Check, expected: str) -> Iterator[Problem]:
    """What is wrong with a figure that is one for all operands, or one for each."""
    if not isinstance(figure, Mapping):
        if not good(figure):
            yield Problem(where, repr(figure), expected)
        return
    for x in OPERANDS:
        if x not in figure:
            yield Problem(f"{where}.{x}", "nothing", expected)
    for key, value in figure.items():
        if key not in OPERANDS:
            yield Problem(f"{where}.{key}", "no operand", f"one of {', '.join(OPERANDS)}")
        elif not good(value):
            yield Problem(f"{where}.{key}", repr(value), expected)


def pool_problems(where: str, sizes: object, good: Check, expected: str) -> Iterator[Problem]:
    """What is wrong with a capacity that is one for all operands, or divided into pools."""
    if not isinstance(sizes, Mapping):
        if not good(sizes):
            yield Problem(where, repr(sizes), expected)
        return
    homes: dict[str, list[str]] = {x: [] for x in OPERANDS}
    for name, size in sizes.items():
        letters = str(name)
        if not letters or not set(letters) <= set(OPERANDS):
            letters_of = f"letters of operands ({', '.join(OPERANDS)})"
            yield Problem(f"{where}.{name}", "no pool of operands", letters_of)
            continue
        if not good(size):
            yield Problem(f"{where}.{name}", repr(size), expected)
        for x in letters:
            homes[x].append(letters)
    for x, found in homes.items():
        if len(found) != 1:
            told = f"operand {x} in {' and '.join(found)}" if found else f"operand {x} in no pool"
            yield Problem(where, told, "each operand in exactly one pool")
