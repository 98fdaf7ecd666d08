"""A layer that a mapping record names instead of describing it: ``{"model": …, "name": …}``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.builtin import builtin_model_path
from dmaze_cp.spec.fields import Fields, describe, nearest
from dmaze_cp.spec.open_sizes import given_sizes
from dmaze_cp.workload import Layer, Workload

LoadModel = Callable[[str | Path, int | None, tuple[tuple[str, int], ...]], Workload]
"""A network by its name or file, its batch size, and values of sizes that it leaves open."""

_FIELDS: Final = ("model", "name", "batch", "shape")
_SUGGESTIONS: Final = 3


def named_layer(obj: object, base: Path | None, load_model: LoadModel) -> Layer:
    """The layer of a network that is named; equal layers of it are as good.

    Parameters
    ----------
    obj
        ``model`` is a built-in name or a file, ``name`` that of one of its layers; ``batch`` and
        ``shape``, which may be left out, are what `load_model` takes.
    base
        Directory that a relative path starts from.

    Raises
    ------
    SpecError
        With the nearest names, where there is no such model or layer.
    """
    spec = Fields(obj, "a layer of a network (model, name)", "layer")
    spec.refuse_unknown(_FIELDS)
    for key, expected in (("model", "a built-in model or a file"), ("name", "a layer's name")):
        if not spec.missing(key, expected) and not isinstance(spec.data[key], str):
            spec.note(key, expected)
    batch = spec.integer("batch", 1) if "batch" in spec else None
    shapes = tuple(given_sizes(spec).items())
    spec.raise_problems()
    model = str(spec.data["model"])
    try:
        workload = load_model(beside(model, base, builtin_model_path) or model, batch, shapes)
    except SpecError as error:
        raise SpecError(map(_here, error.problems)) from None
    name = str(spec.data["name"])
    names = {own: layer for layer in workload for own in (layer.name, *layer.also)}
    if name not in names:
        close = nearest(name, names, count=_SUGGESTIONS, cutoff=0.4)
        some = close or ", ".join(list(names)[:_SUGGESTIONS])
        expected = f"a layer such as {some}" if some else "a model that has layers"
        spec.note("name", expected, describe(name).removesuffix(" (text)"))
        spec.raise_problems()
    return replace(names[name], name=name, also=(), instances=1)


def _here(problem: Problem) -> Problem:
    """What is wrong inside a file is said of that file, but what was asked of it here."""
    option, _, name = problem.where.partition(" ")
    if problem.source and option not in {"--batch", "--shape"}:
        return problem
    field = ".".join(part for part in (option.removeprefix("--"), name) if part)
    return Problem(f"layer.{field}", problem.found, problem.expected)


def beside(ref: str, base: Path | None, builtin: Callable[[str], Path | None]) -> Path | None:
    """The file of a path that starts from a directory; None where it stands for something else."""
    if base is None:
        return None
    try:
        return base / ref if builtin(ref) is None and (base / ref).is_file() else None
    except (OSError, ValueError):  # a name too long for a file, or with a null byte
        return None
