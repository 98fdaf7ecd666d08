"""Read YAML and JSON files safely: one clear problem instead of a parser's exception."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Final, TypeVar

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.files import replace_file
from dmaze_cp.spec.fields import label
from dmaze_cp.spec.reading import note_file
from dmaze_cp.spec.yaml_text import FAST, parse_yaml

YAML_SUFFIXES: Final = (".yaml", ".yml")
SPEC_SUFFIXES: Final = (*YAML_SUFFIXES, ".json")

_MAX_YAML_BYTES: Final = (16 if FAST else 1) * 2**20  # already some seconds of parsing
_MAX_JSON_BYTES: Final = 512 * 2**20
_Document = TypeVar("_Document")


def load_document(path: str | PathLike[str], read: Callable[[object], _Document]) -> _Document:
    """What a file holds, as `read` takes it from an object; its problems name the file.

    Raises
    ------
    SpecError
        As `load_spec_object`, and with every problem that `read` finds.
    """
    file = Path(path)
    try:
        return read(load_spec_object(file))
    except SpecError as error:
        raise error.inside(str(file)) from None


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
        problem = too_many_digits(text)
        if problem is None:
            problem = Problem("", f"a value that cannot be read ({error})", "valid JSON")
        raise SpecError(problem) from None
    return value


def too_many_digits(text: str) -> Problem | None:
    """The first integer of a text that has more digits than Python reads."""
    most = sys.get_int_max_str_digits()
    digits = re.search(rf"[0-9]{{{most + 1},}}", text) if most else None
    if digits is None:
        return None
    line = text.count("\n", 0, digits.start()) + 1
    found = f"an integer of {len(digits.group()):,} digits"
    return Problem(f"line {line}", found, f"one of at most {most:,} digits")


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


def write_json(path: Path, value: object) -> None:
    """Write a JSON document, all at once.

    Raises
    ------
    SpecError
        When the file cannot be written.
    """
    try:
        replace_file(os.path.realpath(path), json_text(value).encode())
    except (OSError, ValueError) as error:
        found = f"a failure to write ({getattr(error, 'strerror', None) or error})"
        raise SpecError(Problem("", found, "a file that can be written", str(path))) from None


def json_text(value: object) -> str:
    """A JSON document as the text of a file."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"
