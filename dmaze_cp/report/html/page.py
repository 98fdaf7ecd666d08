"""The page: one HTML document with its style, script and data inside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.report.html.read import View
from dmaze_cp.report.html.results import result_view, results_view
from dmaze_cp.report.html.sweeps import sweep_view
from dmaze_cp.spec import RESULT_SCHEMA
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.fields import Fields, nearest
from dmaze_cp.spec.mapping_files import RESULTS_SCHEMA

SWEEP_SCHEMA: Final = "dmaze-cp/sweep/1"

_VIEWS: Final[dict[str, tuple[str, Callable[[object], View]]]] = {
    RESULT_SCHEMA: ("result", result_view),
    RESULTS_SCHEMA: ("results", results_view),
    SWEEP_SCHEMA: ("sweep", sweep_view),
}

_STYLES: Final = ("page.css", "parts.css")
_SCRIPTS: Final = (
    *(
        "dom.js",
        "format.js",
        "state.js",
        "table.js",
        "plot.js",
        "zoom.js",
        "columns.js",
        "scatter.js",
    ),
    *("heatmap.js", "layer.js", "result.js", "results.js", "sweep.js", "designheat.js", "point.js"),
    "main.js",
)

_FOR_SCRIPTS: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""No text in the data can end the element it is in, or begin a comment there."""


def html_page(document: Record) -> str:
    """A self-contained page for a result.

    It needs no network, and its content security policy allows it none. Everything that
    the document names is shown as text, whatever it holds.

    Parameters
    ----------
    document
        A mapping result (``dmaze-cp/result/1``), several (``dmaze-cp/results/1``) or a
        sweep (``dmaze-cp/sweep/1``), as read from its file.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    SpecError
        With every problem of the document.
    """
    kind, view = _VIEWS[_schema(document)]
    data = {"kind": kind, "schema": document["schema"], **view(document)}
    style = "".join(_asset(name) for name in _STYLES)
    script = _script()
    parts = {
        "POLICY": _policy(style, script),
        "STYLE": style,
        "DATA": embedded_json(data),
        "SCRIPT": script,
    }
    # In one pass, so that no part is searched for the names of others.
    return re.sub("@([A-Z]+)@", lambda match: parts[match[1]], _asset("page.html"))


def _schema(document: object) -> str:
    expected = f"one of {', '.join(_VIEWS)}"
    spec = Fields(document, f"an object with a schema, {expected}")
    if not spec.missing("schema", expected):
        schema = spec.data["schema"]
        if isinstance(schema, str) and schema in _VIEWS:
            return schema
        close = nearest(schema, _VIEWS)
        spec.note("schema", f"{close!r}" if close else expected)
    spec.raise_problems()
    raise SpecError(Problem("schema", "nothing", expected))


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
