"""Read the fields of a spec, and say of each bad one what was found and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.sizes import size_in_bytes

MAX_INTEGER: Final = 2**63 - 1
"""Integers of a file beyond this are refused before anything computes with them."""

_LONGEST_TEXT: Final = 60


def describe(value: object) -> str:
    """What a value from a file is, on one short line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"{str(value).lower()} (a boolean)"
    if isinstance(value, int):
        return str(value) if abs(value) <= MAX_INTEGER else "an integer beyond 2**63"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        shown = value if len(value) <= _LONGEST_TEXT else value[: _LONGEST_TEXT - 3] + "..."
        return f"{shown!r} (text)"
    if isinstance(value, Mapping):
        return "an empty mapping" if not value else f"a mapping of {len(value)}"
    if isinstance(value, Sequence):
        return _describe_list(value)
    return f"a {type(value).__name__}"


def _describe_list(values: Sequence[object]) -> str:
    if not values:
        return "an empty list"
    plain = all(isinstance(v, int | float | str) or v is None for v in values)
    if plain and len(values) <= 4:
        return f"[{', '.join(describe(v) for v in values)}]"
    return f"a list of {len(values)}"


def label(key: object) -> str:
    """A key as it appears in the path of a field."""
    if isinstance(key, str) and key.isprintable() and 0 < len(key) <= _LONGEST_TEXT:
        return key
    return describe(key)


def nearest(name: object, known: Iterable[str], *, count: int = 1, cutoff: float = 0.6) -> str:
    """The known names closest to `name` as ``a or b``, or an empty string."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    # Longer names are no typing error, and comparing them is slow.
    folded = str(name).casefold()[: 2 * _LONGEST_TEXT]
    close = get_close_matches(folded, by_folded, count, cutoff)
    return " or ".join(by_folded[match] for match in close)


class Fields:
    """One mapping of a spec, read field by field.

    Getters never raise: they note the problem and return `fallback`, so that one
    pass finds every problem. `raise_problems` ends the pass.

    Parameters
    ----------
    value
        What the file holds there.
    expected
        What it should be, for the message when it is no mapping.
    where
        Path of the mapping inside the file.
    """

    def __init__(self, value: object, expected: str, where: str = "") -> None:
        self.where = where
        self.problems: list[Problem] = []
        self.data: Mapping[object, object] = {}
        self.is_mapping = isinstance(value, Mapping)
        if isinstance(value, Mapping):
            self.data = value
        else:
            self.problems.append(Problem(where, describe(value), expected))

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def path(self, key: object) -> str:
        """Path of a field of this mapping."""
        return f"{self.where}.{label(key)}" if self.where else label(key)

    def note(self, key: str, expected: str, found: str | None = None) -> None:
        """Note that a field is not what was expected."""
        shown = found or (describe(self.data[key]) if key in self.data else "nothing")
        self.problems.append(Problem(self.path(key), shown, expected))

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Note every field that is not in `known`, with the nearest that is."""
        for key in self.data:
            if key not in known:
                absent = (name for name in known if name not in self.data)
                close = nearest(key, absent, cutoff=0.7)
                expected = f"{close!r}" if close else f"one of {', '.join(known)}"
                self.problems.append(Problem(self.path(key), "an unknown field", expected))

    def missing(self, key: str, expected: str, *, required: bool = True) -> bool:
        """Whether a field is left out; noted if it is required."""
        if key in self.data:
            return False
        if required and self.is_mapping:
            self.note(key, expected)
        return True

    def integer(
        self, key: str, fallback: int, *, required: bool = True, expected: str = "an integer"
    ) -> int:
        """An integer field."""
        if self.missing(key, expected, required=required):
            return fallback
        value = self.data[key]
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_INTEGER:
            self.note(key, expected)
            return fallback
        return value

    def size(self, key: str, fallback: int, *, required: bool = True) -> int:
        """A capacity: an integer (bytes), or text with a unit such as ``8 KiB``."""
        expected = "an integer (bytes), or text such as 8 KiB"
        if isinstance(self.data.get(key), str):
            size = size_in_bytes(self.data[key])
            if size is None:
                self.note(key, expected)
            return size or fallback
        return self.integer(key, fallback, required=required, expected=expected)

    def number(
        self, key: str, fallback: float, *, required: bool = True, expected: str = "a number"
    ) -> float:
        """A field that is an integer or a float; NaN and infinities are left to the caller."""
        if self.missing(key, expected, required=required):
            return fallback
        value = self.data[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or (isinstance(value, int) and abs(value) > MAX_INTEGER):
            self.note(key, expected)
            return fallback
        return float(value)  # type: ignore[arg-type]  # narrowed above

    def text(self, key: str, fallback: str, *, required: bool = True) -> str:
        """A text field, as it is."""
        if self.missing(key, "text", required=required):
            return fallback
        value = self.data[key]
        if not isinstance(value, str):
            self.note(key, "text")
            return fallback
        return value

    def name(self, key: str, fallback: str, *, required: bool = True) -> str:
        """A text field that is not blank; whoever shows it escapes what cannot be printed."""
        expected = "a name (text that is not blank)"
        if self.missing(key, expected, required=required):
            return fallback
        value = self.data[key]
        if not is_name(value):
            self.note(key, expected)
            return fallback
        return str(value)

    def integers(self, key: str, count: int, expected: str) -> tuple[int, ...] | None:
        """A list of `count` integers; None (and a note) where it is something else."""
        if self.missing(key, expected):
            return None
        value = self.data[key]
        good = isinstance(value, list | tuple) and len(value) == count
        if not good or not all(is_integer(v) for v in value):  # type: ignore[attr-defined]
            self.note(key, expected)
            return None
        return tuple(value)  # type: ignore[arg-type]  # narrowed above

    def raise_problems(self) -> None:
        """Raise `SpecError` when any problem was noted."""
        if self.problems:
            raise SpecError(self.problems)


def is_integer(value: object) -> bool:
    """Whether a value is an integer of at most 64 bits (a boolean is none)."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER


def is_name(value: object) -> bool:
    """Whether a value can name a layer, model or architecture."""
    return isinstance(value, str) and bool(value.strip())
