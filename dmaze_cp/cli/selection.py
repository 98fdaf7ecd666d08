"""Which layers of a model ``--layer`` asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.workload import Layer, Workload

_SUGGESTIONS = 3


def select_layers(workload: Workload, wanted: Sequence[str]) -> Workload:
    """The workload with only the layers asked for, in the order asked for.

    Parameters
    ----------
    wanted
        Each a name (also of a layer folded into an equal one), else an index from 0,
        else a glob. None at all asks for every layer.

    Raises
    ------
    SpecError
        With the nearest names, for each entry that matches no layer.
    """
    if not wanted:
        return workload
    chosen: dict[str, Layer] = {}
    problems = []
    for entry in wanted:
        matches = _matches(workload, entry)
        if not matches:
            expected = _expected(workload, entry)
            problems.append(Problem("--layer", repr(entry), expected, workload.name))
        for layer in matches:
            chosen.setdefault(layer.name, layer)
    if problems:
        raise SpecError(problems)
    return replace(workload, layers=tuple(chosen.values()))


def _matches(workload: Workload, entry: str) -> list[Layer]:
    for layer in workload:
        if entry in _names(layer):
            return [layer]
    if entry.isascii() and entry.isdigit():
        # An index of more digits than there are layers is none, however long it is.
        index = int(entry) if len(entry) <= len(str(len(workload))) else len(workload)
        return [workload.layers[index]] if index < len(workload) else []
    return [a for a in workload if any(fnmatchcase(name, entry) for name in _names(a))]


def _names(layer: Layer) -> tuple[str, ...]:
    return (layer.name, *layer.also)


def _expected(workload: Workload, entry: str) -> str:
    # Case is the commonest slip, so that names are compared without it.
    names = {name.lower(): name for layer in reversed(workload.layers) for name in _names(layer)}
    near = get_close_matches(entry.lower(), names, _SUGGESTIONS, cutoff=0.4)
    indices = (
        f"an index from 0 to {len(workload) - 1}" if len(workload) else "no layer: it has none"
    )
    if near:
        return f"a layer such as {', '.join(names[name] for name in near)}, or {indices}"
    some = ", ".join(layer.name for layer in workload.layers[:_SUGGESTIONS])
    return f"a layer such as {some}, or {indices}" if some else indices
