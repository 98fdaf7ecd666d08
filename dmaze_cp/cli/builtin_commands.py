"""`dmaze-cp models`, `archs` and `spaces`: what is built in."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from dmaze_cp.cli.completing import architecture_names, model_names, space_names
from dmaze_cp.cli.parameters import json_option
from dmaze_cp.errors import Problem, SpecError

if TYPE_CHECKING:
    from dmaze_cp.spec import BuiltinSpec
    from dmaze_cp.spec.list_files import ListName

_UNBROKEN, _NARROWEST = 1000, 40
"""Columns that no line of a list has, and those that it gets at least."""


@click.command("models")
@click.argument("name", required=False, shell_complete=model_names)
@json_option
def models_command(name: str | None, form: str | None) -> None:
    """List the built-in models, or print the spec of one.

    A spec that is printed can be saved, changed and given to `map` as a file.
    """
    from dmaze_cp.spec import builtin_models

    if name is None:
        _print_list("models", builtin_models(), form)
    else:
        _print_spec(_find(builtin_models(), name, "model"), form)


@click.command("archs")
@click.argument("name", required=False, shell_complete=architecture_names)
@json_option
def archs_command(name: str | None, form: str | None) -> None:
    """List the built-in accelerators, or print the spec of one.

    A spec that is printed can be saved, changed and given to `--arch` as a file.
    """
    from dmaze_cp.report.machine import architecture_in_short
    from dmaze_cp.spec import builtin_architectures, load_architecture

    if name is None:
        described = [
            replace(s, description=f"{s.description}: {architecture_in_short(machine)}")
            for s in builtin_architectures()
            for machine in (load_architecture(s.name),)
        ]
        _print_list("archs", described, form)
    else:
        _print_spec(_find(builtin_architectures(), name, "accelerator"), form)


@click.command("spaces")
@click.argument("name", required=False, shell_complete=space_names)
@json_option
def spaces_command(name: str | None, form: str | None) -> None:
    """List the built-in design spaces, or print the spec of one.

    A spec that is printed can be saved, changed and given to `dse` as a file.
    """
    from dmaze_cp.spec.builtin import builtin_spaces

    if name is None:
        _print_list("spaces", builtin_spaces(), form)
    else:
        _print_spec(_find(builtin_spaces(), name, "design space"), form)


def _find(specs: Sequence[BuiltinSpec], name: str, what: str) -> BuiltinSpec:
    known = {spec.name: spec for spec in specs}
    if name not in known:
        near = get_close_matches(name, known, cutoff=0.4) or list(known)
        raise SpecError(Problem("NAME", repr(name), f"a built-in {what} ({', '.join(near)})"))
    return known[name]


def _print_list(what: ListName, specs: Sequence[BuiltinSpec], form: str | None) -> None:
    if form == "json":
        from dmaze_cp.spec.files import json_text
        from dmaze_cp.spec.list_files import list_record

        click.echo(json_text(list_record(what, specs)), nl=False)
        return
    # Programs that read the list get a line for each name.
    room = max(shutil.get_terminal_size((_UNBROKEN, 0)).columns, _NARROWEST)
    width = max((len(spec.name) for spec in specs), default=0) + 2
    for spec in specs:
        line = f"{spec.name:{width}}{spec.description}".rstrip()
        click.echo(textwrap.fill(line, room, subsequent_indent=" " * width))


def _print_spec(spec: BuiltinSpec, form: str | None) -> None:
    if form == "json":
        from dmaze_cp.spec.files import json_text

        click.echo(json_text(_content(spec)), nl=False)
    elif spec.is_onnx:
        # An ONNX network has no text of its own: its layers are written as a spec.
        import yaml

        text = yaml.safe_dump(_content(spec), sort_keys=False, default_flow_style=None)
        click.echo(text.rstrip("\n"))
    else:
        click.echo(spec.path.read_text(encoding="utf-8").rstrip("\n"))


def _content(spec: BuiltinSpec) -> object:
    """What the spec says, as data."""
    from dmaze_cp.loading import load_workload
    from dmaze_cp.spec import workload_to_dict
    from dmaze_cp.spec.files import load_spec_object

    if spec.is_onnx:
        return workload_to_dict(load_workload(spec.name))
    return load_spec_object(spec.path)
