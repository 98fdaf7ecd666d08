"""Blocks as one self-contained HTML page: its style, script and data are inside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import singledispatch
from importlib.resources import files
from math import isfinite
from typing import Any, Final

from dmaze_cp.errors import printable
from dmaze_cp.report.blocks import Bar, Cell, Code, Column, Fact, Page
from dmaze_cp.report.figures import Stack
from dmaze_cp.report.short_names import short_names

_STYLES: Final = ("page.css", "parts.css")
_SCRIPTS: Final = (
    *("dom.js", "state.js", "table.js", "plot.js", "zoom.js", "figures.js", "heat.js"),
    *("blocks.js", "main.js"),
)
_NEST_COLUMNS: Final = 84
_LONGEST_TICK: Final = 14
"""Letters of a name below a bar."""
_FOR_SCRIPTS: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""No text in the data can end the element it is in, or begin a comment there."""


def html_page(page: Page) -> str:
    """A self-contained page.

    It needs no network, and its content security policy allows it none. Everything that
    the blocks name is shown as text, whatever it holds.
    """
    data = {"title": page.title, "about": page.about, "blocks": list(page.blocks)}
    style = "".join(_asset(name) for name in _STYLES)
    script = _script()
    parts = {
        "POLICY": _policy(style, script),
        "STYLE": style,
        "DATA": embedded_json(_encoded(data)),
        "SCRIPT": script,
    }
    # In one pass, so that no part is searched for the names of others.
    return re.sub("@([A-Z]+)@", lambda match: parts[match[1]], _asset("page.html"))


@singledispatch
def _encoded(value: object) -> Any:
    """Blocks as JSON: objects have their kind, and leave out what is as usual."""
    return _object(value) if is_dataclass(value) else value


def _object(value: Any) -> dict[str, Any]:
    kept = {f.name: getattr(value, f.name) for f in fields(value) if not _is_usual(value, f)}
    return {"is": type(value).__name__, **{k: _encoded(v) for k, v in kept.items()}}


def _is_usual(value: object, field: Any) -> bool:
    made = field.default_factory
    usual = field.default if made is MISSING else made()
    return bool(getattr(value, field.name) == usual)


@_encoded.register
def _(value: str) -> str:
    return "\n".join(map(printable, value.split("\n")))


@_encoded.register
def _(value: float) -> float | None:
    return float(f"{value:.6g}") if isfinite(value) else None


@_encoded.register
def _(value: Enum) -> str:
    return str(value.value)


@_encoded.register
def _(value: Mapping) -> dict[str, Any]:  # type: ignore[type-arg]  # of anything
    return {_encoded(str(key)): _encoded(item) for key, item in value.items()}


@_encoded.register(list)
@_encoded.register(tuple)
def _(value: Sequence[object]) -> list[Any]:
    return [_encoded(item) for item in value]


@_encoded.register(Bar)
@_encoded.register(Cell)
@_encoded.register(Column)
@_encoded.register(Fact)
def _(value: Any) -> Any:
    """What there are many of: its fields without names, or the first alone if that is all."""
    kept = list(fields(value))
    while len(kept) > 1 and _is_usual(value, kept[-1]):
        kept.pop()
    parts = [_encoded(getattr(value, field.name)) for field in kept]
    return parts[0] if len(parts) == 1 else parts


@_encoded.register
def _(value: Code) -> Any:
    return {"is": "Code", "lines": list(value.lines(_NEST_COLUMNS))}


@_encoded.register
def _(value: Stack) -> Any:
    ticks = short_names((row.name for row in value.rows), _LONGEST_TICK)
    return {
        **{f.name: _encoded(getattr(value, f.name)) for f in fields(value)},
        "is": "Stack",
        "ticks": [ticks[row.name] for row in value.rows],
    }


def embedded_json(value: object) -> str:
    """JSON that can stand in an HTML ``script`` element whatever text it holds.

    Raises
    ------
    ValueError
        When a number is not finite.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.translate(_FOR_SCRIPTS)


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _script() -> str:
    """The script: all files in one function, so that they share names with nobody else."""
    body = "".join(f"\n{_asset(name)}" for name in _SCRIPTS)
    return f'"use strict";\n(() => {{{body}\n}})();\n'


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{_digest(style)}'",
            f"script-src 'sha256-{_digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
