"""A layer that a mapping record names instead of describing it: ``{"model": …, "name": …}``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.builtin import builtin_model_path
from dmaze_cp.spec.fields import Fields, describe, nearest
from dmaze_cp.workload import Layer, Workload

LoadModel = Callable[[str | Path, int | None], Workload]
"""A network by its name or file, and its batch size."""

_FIELDS: Final = ("model", "name", "batch")
_SUGGESTIONS: Final = 3


def named_layer(obj: object, base: Path | None, load_model: LoadModel) -> Layer:
    """The layer of a network that is named; equal layers of it are as good.

    Parameters
    ----------
    obj
        ``model`` is a built-in name or a file, ``name`` that of one of its layers, and ``batch``,
        which may be left out, what `load_model` takes.
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
    spec.raise_problems()
    workload = _load(str(spec.data["model"]), batch, base, load_model)
    name = str(spec.data["name"])
    names = {own: layer for layer in workload for own in (layer.name, *layer.also)}
    if name not in names:
        close = nearest(name, names, count=_SUGGESTIONS, cutoff=0.4)
        some = close or ", ".join(list(names)[:_SUGGESTIONS])
        expected = f"a layer such as {some}" if some else "a model that has layers"
        spec.note("name", expected, describe(name).removesuffix(" (text)"))
        spec.raise_problems()
    return replace(names[name], name=name, also=(), instances=1)


def _load(ref: str, batch: int | None, base: Path | None, load_model: LoadModel) -> Workload:
    file = beside(ref, base, builtin_model_path)
    try:
        return load_model(file or ref, batch)
    except SpecError as error:
        # What is wrong inside a file is said of that file, but what was asked of it here.
        raise SpecError(
            problem if problem.source and problem.where not in _FIELDS else _here(problem)
            for problem in error.problems
        ) from None


def _here(problem: Problem) -> Problem:
    return Problem(f"layer.{problem.where}", problem.found, problem.expected)


def beside(ref: str, base: Path | None, builtin: Callable[[str], Path | None]) -> Path | None:
    """The file of a path that starts from a directory; None where it stands for something else."""
    if base is None:
        return None
    try:
        return base / ref if builtin(ref) is None and (base / ref).is_file() else None
    except (OSError, ValueError):  # a name too long for a file, or with a null byte
        return None
