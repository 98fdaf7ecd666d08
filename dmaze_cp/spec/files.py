"""Read YAML and JSON files safely: one clear problem instead of a parser's exception.

YAML is read by the core schema of YAML 1.2 in its strict corner: only ``true`` and
``false`` are booleans, ``1e3`` is a number, ``0512``, ``yes`` and ``2020-01-01`` are text.
Duplicate keys, aliases and tags are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Final

import yaml

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.fields import label
from dmaze_cp.spec.reading import note_file

YAML_SUFFIXES: Final = (".yaml", ".yml")
SPEC_SUFFIXES: Final = (*YAML_SUFFIXES, ".json")

_MAX_YAML_BYTES: Final = 2**20  # already some seconds of parsing
_MAX_JSON_BYTES: Final = 512 * 2**20


def load_spec_object(path: Path, suffixes: tuple[str, ...] = SPEC_SUFFIXES) -> object:
    """The content of a YAML or JSON file, told apart by its suffix.

    Parameters
    ----------
    path
        The file.
    suffixes
        Those that are accepted; all but YAML's are read as JSON.

    Raises
    ------
    SpecError
        When the file is missing, no regular file, empty, not UTF-8 text, too large, of
        another suffix, or not valid YAML or JSON; with the path as its source.
    """
    suffix = path.suffix.lower()
    text = read_text(path, suffixes)
    try:
        return parse_yaml(text) if suffix in YAML_SUFFIXES else parse_json(text)
    except SpecError as error:
        raise error.inside(str(path)) from None


def read_text(path: Path, suffixes: tuple[str, ...]) -> str:
    """The text of a file with one of `suffixes`.

    Raises
    ------
    SpecError
        When there is no such text, with the path as its source.
    """
    source = str(path)
    note_file(path)
    try:
        _check_file(path, suffixes)
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"a byte at offset {error.start} that is no UTF-8"
        raise SpecError(Problem("", found, "UTF-8 text", source)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        found = f"a file that cannot be read ({reason})"
        raise SpecError(Problem("", found, "a readable file", source)) from None
    if "\0" in text:
        raise SpecError(Problem("", "binary data", "UTF-8 text", source))
    if not text.strip():
        raise SpecError(Problem("", "an empty file", "a spec", source))
    return text


def _check_file(path: Path, suffixes: tuple[str, ...]) -> None:
    expected_suffix = f"a file ending in {' or '.join(suffixes)}"
    found, expected = "", "a file"
    if not path.exists():
        found, expected = "no such file", "an existing file"
    elif path.is_dir():
        found = "a directory"
    elif not path.is_file():
        found, expected = "a device or pipe", "a regular file"
    elif path.suffix.lower() not in suffixes:
        suffix = path.suffix
        found = f"the suffix {suffix!r}" if suffix else "no suffix"
        expected = expected_suffix
    else:
        limit = _MAX_YAML_BYTES if path.suffix.lower() in YAML_SUFFIXES else _MAX_JSON_BYTES
        size = path.stat().st_size
        if size > limit:
            found, expected = f"{size} bytes", f"at most {limit} bytes"
    if found:
        raise SpecError(Problem("", found, expected, str(path)))


def parse_yaml(text: str) -> object:
    """The value of a YAML text.

    Raises
    ------
    SpecError
        When the text is not valid YAML or uses what is refused (see the module).
    """
    try:
        loader = _StrictLoader(text)
        value: object = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = " ".join((error.problem or error.context or "").split())
        is_ours = isinstance(error, _RefusedError)
        found = problem if is_ours else f"a syntax error ({problem})"
        raise SpecError(Problem(where, found, "valid YAML")) from None
    except yaml.YAMLError as error:
        found = f"a syntax error ({' '.join(str(error).split())})"
        raise SpecError(Problem("", found, "valid YAML")) from None
    except RecursionError:
        raise SpecError(Problem("", "a value nested too deeply", "a flat spec")) from None
    except (ValueError, KeyError) as error:
        raise SpecError(
            Problem("", f"a value that cannot be read ({error})", "valid YAML")
        ) from None
    if value is None:
        raise SpecError(Problem("", "nothing but comments or null", "a spec"))
    return value


def parse_json(text: str) -> object:
    """The value of a JSON text; NaN and infinities are read as floats.

    Raises
    ------
    SpecError
        When the text is not valid JSON or an object has a key twice.
    """
    try:
        value: object = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(text.rstrip())
        found = "the end of the file" if at_end else f"a syntax error ({error.msg})"
        where = f"line {error.lineno}, column {error.colno}"
        raise SpecError(Problem(where, found, "valid JSON")) from None
    except RecursionError:
        raise SpecError(Problem("", "a value nested too deeply", "a flat spec")) from None
    except ValueError as error:
        raise SpecError(
            Problem("", f"a value that cannot be read ({error})", "valid JSON")
        ) from None
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these pairs; `json` alone would keep the last of equal keys."""
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = {key for key, _ in pairs if key in seen or seen.add(key)}  # type: ignore[func-returns-value]
        raise SpecError(
            Problem(label(key), "the key twice in one object", "unique keys")
            for key in sorted(twice)
        )
    return value


class _RefusedError(yaml.MarkedYAMLError):
    """Valid YAML that this package refuses."""


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader without what surprises: see the module."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # Aliases make documents whose expansion is exponential in their length.
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise _RefusedError(None, None, f"the alias *{event.anchor}", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        mapping: dict[Hashable, object] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            problem = ""
            if not isinstance(key, Hashable):
                problem = "a key that is a list or mapping"
            elif key in mapping:
                problem = f"the key {label(key)} twice"
            if problem:
                raise _RefusedError(None, None, problem, key_node.start_mark)
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping

    def construct_refused(self, node: yaml.Node) -> object:
        raise _RefusedError(None, None, f"the tag {label(node.tag)}", node.start_mark)

    def construct_number(self, node: yaml.ScalarNode) -> float:
        text = self.construct_scalar(node).lower()
        special = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
        return float(special.get(text, text))

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        return int(self.construct_scalar(node), 0)


_TAG: Final = "tag:yaml.org,2002:"
_RESOLVERS: Final = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?(0|[1-9][0-9]*|0x[0-9a-fA-F]+)", list("-+0123456789")),
    "float": (
        r"[-+]?(0|[1-9][0-9]*|(?=\.[0-9]))(\.[0-9]*)?([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan"
        r"|[-+]?\.Inf|\.NaN|[-+]?\.INF|\.NAN",
        list("-+0123456789."),
    ),
}
_StrictLoader.yaml_implicit_resolvers = {}
for _name, (_pattern, _first) in _RESOLVERS.items():
    _StrictLoader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)
_StrictLoader.yaml_constructors = {
    _TAG + "null": yaml.SafeLoader.construct_yaml_null,
    _TAG + "bool": yaml.SafeLoader.construct_yaml_bool,
    _TAG + "int": _StrictLoader.construct_integer,
    _TAG + "float": _StrictLoader.construct_number,
    _TAG + "str": yaml.SafeLoader.construct_yaml_str,
    _TAG + "seq": yaml.SafeLoader.construct_yaml_seq,
    _TAG + "map": yaml.SafeLoader.construct_yaml_map,
    None: _StrictLoader.construct_refused,
}
