"""What JSON documents look like, stated once: as types, which are checked and described.

The type of an object is a `TypedDict`; its fields are ``bool``, ``int``, ``float``, ``str``, an
enumeration of text, ``Literal``, ``list``, ``dict`` with text keys, unions of these, and
``Annotated`` with `Least`, `Most`, `Meaning` or `Count`. `problems_of` finds everything
in a value that is not of its type; `dmaze_cp.spec.json_schema` writes a type as a JSON Schema.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.fields import describe, label, nearest

Record = dict[str, Any]
"""A JSON object."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Least:
    """A number of at least `value`."""

    value: float


@dataclass(frozen=True)
class Most:
    """A number of at most `value`."""

    value: float


@dataclass(frozen=True)
class Count:
    """A list of so many items."""

    items: int


@dataclass(frozen=True)
class Meaning:
    """What a field is, with its unit."""

    text: str


Size = Annotated[int | str, Meaning("bytes, or text such as 8 KiB")]
"""A capacity."""


_CLOSED: Final = "__dmaze_closed__"


def closed(kind: type[_T]) -> type[_T]:
    """Mark the type of an object whose unknown fields are problems: one that people write."""
    setattr(kind, _CLOSED, True)
    return kind


@dataclass(frozen=True)
class ObjectType:
    """The type of an object whose fields follow from other types, such as those of a dataclass.

    Attributes
    ----------
    name
        Of the type.
    fields
        Their types, by name.
    summary
        What it is, in a line.
    is_closed
        Whether unknown fields are problems.
    """

    name: str
    fields: Mapping[str, Any]
    summary: str = ""
    is_closed: bool = True


def object_type(
    kind: type,
    optional: Sequence[str],
    changes: Mapping[str, Any] | None = None,
) -> ObjectType:
    """The type of an object that has the fields of a dataclass.

    Parameters
    ----------
    optional
        Fields that may be left out.
    changes
        Types of fields that are written otherwise than they are kept.
    """
    hints = get_type_hints(kind) | dict(changes or {})
    fields = {k: NotRequired[v] if k in optional else v for k, v in hints.items()}
    return ObjectType(kind.__name__, fields, summary_of(kind))


def problems_of(value: object, kind: Any, where: str = "") -> Iterator[Problem]:
    """Everything in a value that is not of its type, with path, what was found and expected."""
    kind, notes = unwrapped(kind)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        yield from _union_problems(value, kind, where)
    elif is_object(kind):
        yield from _object_problems(value, kind, where)
    elif origin is list and isinstance(value, list | tuple):
        count = next((note.items for note in notes if isinstance(note, Count)), None)
        if count is not None and len(value) != count:
            yield Problem(where, describe(value), expectation(kind, notes))
            return
        for index, item in enumerate(value):
            yield from problems_of(item, get_args(kind)[0], f"{where}[{index}]")
    elif origin in MAPPINGS and isinstance(value, Mapping):
        for key, item in value.items():
            path = _path(where, key)
            if not isinstance(key, str):
                yield Problem(path, describe(key), "text")
            yield from problems_of(item, get_args(kind)[1], path)
    elif not _is_of(value, kind, notes):
        yield Problem(where, describe(value), expectation(kind, notes))


def check(value: object, kind: Any, where: str = "") -> None:
    """Raise `SpecError` with every problem of a value that is not of its type."""
    problems = list(problems_of(value, kind, where))
    if problems:
        raise SpecError(problems)


def expectation(kind: Any, notes: tuple[object, ...] = ()) -> str:
    """What a type accepts, in words."""
    kind, more = unwrapped(kind)
    notes = (*notes, *more)
    least = next((f"{note.value:g}" for note in notes if isinstance(note, Least)), None)
    most = next((f"{note.value:g}" for note in notes if isinstance(note, Most)), None)
    limits = (
        f" from {least} to {most}" if least and most else f" of at least {least}" if least else ""
    )
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return " or ".join(expectation(each) for each in get_args(kind))
    if is_object(kind):
        return f"a mapping with {', '.join(fields_of(kind))}"
    if origin is list:
        count = next((f" of {note.items}" for note in notes if isinstance(note, Count)), "")
        return f"a list{count} ({expectation(get_args(kind)[0])})"
    if origin in MAPPINGS:
        return f"a mapping to {expectation(get_args(kind)[1])}"
    choices = choices_of(kind)
    if choices is not None:
        return f"one of {', '.join(choices)}" if len(choices) > 1 else repr(choices[0])
    return {
        bool: "true or false",
        int: f"an integer{limits}",
        float: f"a finite number{limits}",
        str: "text",
        NoneType: "null",
    }.get(kind, "a value")


class Reading:
    """Reads the parts of a document, and notes the problems of all.

    Attributes
    ----------
    problems
        Those so far; of one place, the first.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def check(self, value: object, kind: Any, where: str = "") -> bool:
        """Whether a value is of its type; its problems are noted."""
        before = len(self.problems)
        self._note(problems_of(value, kind, where))
        return len(self.problems) == before

    def part(self, where: str, read: Callable[[], _T]) -> _T | None:
        """What a part reads as; None, and its problems noted, where it cannot be read."""
        try:
            return read()
        except SpecError as error:
            self._note(problem.under(where) if where else problem for problem in error.problems)
            return None

    def parts(self, where: str, records: Sequence[object], read: Callable[[Any], _T]) -> list[_T]:
        """What the items of a list read as; those that cannot be read are left out."""
        found = []
        for index, record in enumerate(records):
            before = len(self.problems)
            part = self.part(f"{where}[{index}]", partial(read, record))
            if part is not None and len(self.problems) == before:
                found.append(part)
        return found

    def note(self, where: str, found: str, expected: str) -> None:
        """Note a problem."""
        self._note(iter((Problem(where, found, expected),)))

    def end(self) -> None:
        """Raise `SpecError` where any problem was noted."""
        if self.problems:
            raise SpecError(self.problems)

    def _note(self, problems: Iterator[Problem]) -> None:
        noted = {problem.where for problem in self.problems}
        self.problems += [problem for problem in problems if problem.where not in noted]


def is_required(hint: Any) -> bool:
    """Whether a field has to be there, by its annotation.

    `__required_keys__` does not say so where annotations are texts.
    """
    return get_origin(hint) is not NotRequired


SCHEMA: Final = "schema"
"""The field that says which kind of document an object is."""

MAPPINGS: Final = (dict, Mapping)


def is_object(kind: Any) -> bool:
    """Whether a type is that of an object with named fields."""
    return is_typeddict(kind) or isinstance(kind, ObjectType)


def summary_of(kind: Any) -> str:
    """The first line of what a type of objects says of itself."""
    if isinstance(kind, ObjectType):
        return kind.summary
    return (kind.__doc__ or "").strip().split("\n")[0]


def is_closed(kind: Any) -> bool:
    """Whether objects of a type have no other fields."""
    if isinstance(kind, ObjectType):
        return kind.is_closed
    return bool(getattr(kind, _CLOSED, False))


def fields_of(kind: Any) -> Mapping[str, Any]:
    """Types of the fields of a type of objects."""
    if isinstance(kind, ObjectType):
        return kind.fields
    return get_type_hints(kind, include_extras=True)


def unwrapped(kind: Any) -> tuple[Any, tuple[object, ...]]:
    """A type without `Annotated` and the like, and what these say."""
    notes: tuple[object, ...] = ()
    while get_origin(kind) in (Annotated, Required, NotRequired):
        kind, *more = get_args(kind)
        notes += tuple(more)
    return kind, notes


def choices_of(kind: Any) -> tuple[str, ...] | None:
    """The texts that a type allows, where these are all."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(member.value for member in kind)
    return None


def _is_of(value: object, kind: Any, notes: tuple[object, ...]) -> bool:
    """Whether a value that is no object and no list is of a type."""
    choices = choices_of(kind)
    if choices is not None:
        return isinstance(value, str) and value in choices
    if kind is object or kind is Any:
        return True
    if kind in (int, float):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if kind is int and not isinstance(value, int):
            return False
        if isinstance(value, float) and not math.isfinite(value):
            return False
        if kind is float and abs(value) > sys.float_info.max:
            return False  # an integer that no double is near
        return all(
            (not isinstance(note, Least) or value >= note.value)
            and (not isinstance(note, Most) or value <= note.value)
            for note in notes
        )
    return isinstance(value, kind) if isinstance(kind, type) else False


def _union_problems(value: object, kind: Any, where: str) -> Iterator[Problem]:
    """Problems of a value that is of none of several types: of the one that it comes closest to."""
    found = []
    for each in get_args(kind):
        problems = list(problems_of(value, each, where))
        if not problems:
            return
        found.append(problems)
    inner = [problems for problems in found if all(p.where != where for p in problems)]
    if inner:
        yield from inner[0]
    else:
        yield Problem(where, describe(value), expectation(kind))


def _object_problems(value: object, kind: Any, where: str) -> Iterator[Problem]:
    fields = fields_of(kind)
    if not isinstance(value, Mapping):
        yield Problem(where, describe(value), expectation(kind))
        return
    if is_another_document(value, kind):
        yield from problems_of(value[SCHEMA], fields[SCHEMA], _path(where, SCHEMA))
        return
    for key, each in fields.items():
        if key in value:
            yield from problems_of(value[key], each, _path(where, key))
        elif is_required(each):
            yield Problem(_path(where, key), "nothing", expectation(each))
    if is_closed(kind):
        for key in value:
            if key not in fields:
                close = nearest(key, (name for name in fields if name not in value), cutoff=0.7)
                expected = repr(close) if close else f"one of {', '.join(fields)}"
                yield Problem(_path(where, key), "an unknown field", expected)


def is_another_document(value: object, kind: Any) -> bool:
    """Whether an object says that it is a document of another kind than a type's.

    Which fields it has or lacks says nothing then. Of another version of its kind it does.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get(SCHEMA), str):
        return False
    own = choices_of(unwrapped(fields_of(kind).get(SCHEMA))[0]) or ()
    families = [schema.rpartition("/")[0] for schema in own]
    return bool(own) and value[SCHEMA].rpartition("/")[0] not in families


def _path(where: str, key: object) -> str:
    return f"{where}.{label(key)}" if where else label(key)
