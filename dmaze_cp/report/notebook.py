"""Nouns in a notebook: what a terminal shows of them, as HTML."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import singledispatch
from typing import Final

from rich.console import Console
from rich.text import Text

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.result import SweepResult
from dmaze_cp.errors import printable
from dmaze_cp.report.console import make_console
from dmaze_cp.report.formats import TABLE_WIDTH
from dmaze_cp.report.layer import print_layer, print_layer_facts
from dmaze_cp.report.summary import print_summary
from dmaze_cp.report.sweep import print_sweep
from dmaze_cp.report.tables import print_fact, print_title
from dmaze_cp.report.workload import print_workload
from dmaze_cp.result import LayerResult, WorkloadResult
from dmaze_cp.spec import architecture_to_dict
from dmaze_cp.workload import Layer, Workload

_PRE: Final = '<pre style="line-height:1.2;overflow-x:auto">{code}</pre>'
"""Lines stay whole; the colours are rich's, of a terminal."""

_NAME_WIDTH: Final = 20


def html(noun: object) -> str:
    """A fragment of HTML that needs neither a script nor a style sheet."""
    console = make_console(io.StringIO(), width=TABLE_WIDTH, recorded=True)
    _print(noun, console)
    return console.export_html(inline_styles=True, code_format=_PRE)


@singledispatch
def _print(noun: object, _console: Console) -> None:
    raise TypeError(f"no report of a {type(noun).__name__}")


@_print.register
def _(noun: LayerResult, console: Console) -> None:
    print_layer(console, noun)


@_print.register
def _(noun: WorkloadResult, console: Console) -> None:
    print_summary(console, noun)


@_print.register
def _(noun: SweepResult, console: Console) -> None:
    print_sweep(console, noun)


@_print.register
def _(noun: Workload, console: Console) -> None:
    print_workload(console, noun)


@_print.register
def _(noun: Layer, console: Console) -> None:
    print_title(console, printable(noun.name))
    print_layer_facts(console, noun)


@_print.register
def _(noun: Architecture, console: Console) -> None:
    print_title(console, printable(noun.name))
    for name, value in architecture_to_dict(noun).items():
        if name != "name" and isinstance(value, Mapping):
            parts = (f"{part} {amount}" for part, amount in value.items())
            print_fact(console, name, Text(", ".join(parts)), _NAME_WIDTH)
        elif name != "name":
            print_fact(console, name, Text(printable(str(value))), _NAME_WIDTH)
