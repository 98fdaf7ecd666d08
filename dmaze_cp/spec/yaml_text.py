"""Values of YAML texts, without what surprises.

YAML is read by the core schema of YAML 1.2 in its strict corner: only ``true`` and
``false`` are booleans, ``1e3`` is a number, ``0512``, ``yes`` and ``2020-01-01`` are text.
Duplicate keys, aliases and tags are refused. Values are made of the parser's events as they
come, which takes one step for each, in a loop: no text is too deep or too long for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final

import yaml

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.fields import label

FAST: Final = hasattr(yaml, "CSafeLoader")
"""Whether PyYAML has its parser in C, which takes a tenth of the time."""

MAX_DEPTH: Final = 100
"""Lists and mappings in each other."""

_VALID: Final = "valid YAML"
_NO_ALIAS: Final = "the value itself (anchors and aliases are not supported)"


def parse_yaml(text: str) -> object:
    """The value of a YAML text.

    Raises
    ------
    SpecError
        When the text is not valid YAML or uses what is refused (see the module).
    """
    loader: Any = yaml.CSafeLoader if FAST else yaml.SafeLoader
    try:
        value = _document(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        problem = " ".join((error.problem or error.context or "").split())
        if "maximum nesting depth" in problem:
            raise _too_deep(error.problem_mark) from None
        mark = error.problem_mark or error.context_mark
        raise _refused(f"a syntax error ({problem})", mark) from None
    except yaml.YAMLError as error:
        raise _refused(f"a syntax error ({' '.join(str(error).split())})", None) from None
    if value is None:
        raise SpecError(Problem("", "nothing but comments or null", "a spec"))
    return value


def _refused(found: str, mark: Any, expected: str = _VALID) -> SpecError:
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return SpecError(Problem(where, found, expected))


def _too_deep(mark: Any) -> SpecError:
    return _refused("a value nested too deeply", mark, f"a spec of at most {MAX_DEPTH} levels")


class _Mapping:
    """A mapping that is being read."""

    def __init__(self) -> None:
        self.value: dict[Hashable, object] = {}
        self._at_key = True
        self._key: Hashable = None

    def add(self, item: object, event: Any) -> None:
        """The next key, or the value of the last."""
        if self._at_key:
            if isinstance(item, list | dict):
                raise _refused("a key that is a list or mapping", event.start_mark)
            if item in self.value:
                raise _refused(f"the key {label(item)} twice", event.start_mark, "unique keys")
            self._key = item
        else:
            self.value[self._key] = item
        self._at_key = not self._at_key


class _Sequence:
    """A list that is being read."""

    def __init__(self) -> None:
        self.value: list[object] = []

    def add(self, item: object, event: Any) -> None:  # noqa: ARG002 - as of a mapping
        """The next item."""
        self.value.append(item)


def _document(events: Iterator[Any]) -> object:
    """The value of the only document of a stream of events."""
    around: list[tuple[_Mapping | _Sequence, Any]] = []
    value: object = None
    documents = 0
    for event in events:
        match event:
            case yaml.ScalarEvent():
                value = _scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(around) == MAX_DEPTH:
                    raise _too_deep(event.start_mark)
                around.append((_collection(event), event))
                continue
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                opened, event = around.pop()
                value = opened.value
            case yaml.AliasEvent():
                # They make documents whose expansion is exponential in their length.
                raise _refused(f"the alias *{event.anchor}", event.start_mark, _NO_ALIAS)
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _refused("another document", event.start_mark, "one document")
                continue
            case _:
                continue
        if around:
            around[-1][0].add(value, event)
    return value


def _collection(event: Any) -> _Mapping | _Sequence:
    is_mapping = isinstance(event, yaml.MappingStartEvent)
    if event.tag not in (None, "!", _TAG + ("map" if is_mapping else "seq")):
        raise _refused(f"the tag {label(event.tag)}", event.start_mark)
    return _Mapping() if is_mapping else _Sequence()


def _scalar(event: Any) -> object:
    """The value of a scalar, by its tag, or else by what it looks like if it is not quoted."""
    text, tag = event.value, event.tag
    if tag in (None, "!"):
        if not event.implicit[0]:
            return text
        patterns = _BY_FIRST.get(text[:1], ())
        tag = next((tag for tag, pattern in patterns if pattern.fullmatch(text)), _TAG + "str")
    if tag not in _VALUES:
        raise _refused(f"the tag {label(tag)}", event.start_mark)
    try:
        return _VALUES[tag](text)
    except (ValueError, KeyError):
        found = f"a value that cannot be read as {tag.removeprefix(_TAG)}"
        raise _refused(found, event.start_mark) from None


def _number(text: str) -> float:
    special = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
    return float(special.get(text.lower(), text))


_TAG: Final = "tag:yaml.org,2002:"
_VALUES: Final[dict[str, Callable[[str], object]]] = {
    _TAG + "null": lambda _: None,
    _TAG + "bool": lambda text: {"true": True, "false": False}[text.lower()],
    _TAG + "int": lambda text: int(text, 0),
    _TAG + "float": _number,
    _TAG + "str": str,
}
_PATTERNS: Final = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?(0|[1-9][0-9]*|0x[0-9a-fA-F]+)", list("-+0123456789")),
    "float": (
        r"[-+]?(0|[1-9][0-9]*|(?=\.[0-9]))(\.[0-9]*)?([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan"
        r"|[-+]?\.Inf|\.NaN|[-+]?\.INF|\.NAN",
        list("-+0123456789."),
    ),
}
_BY_FIRST: Final[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}
"""Tags and patterns of plain scalars by their first character (empty for none)."""
for _name, (_pattern, _firsts) in _PATTERNS.items():
    for _first in _firsts:
        _BY_FIRST.setdefault(_first, []).append((_TAG + _name, re.compile(_pattern)))
