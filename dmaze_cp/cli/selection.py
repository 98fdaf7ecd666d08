"""Which layers of a model ``--layer`` asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.workload import Layer, Workload

_SUGGESTIONS = 3


def select_layers(
    workloads: Sequence[Workload],
    wanted: Sequence[str],
    left_out: Callable[[Workload], None] = lambda _: None,
) -> list[Workload]:
    """The workloads with only the layers asked for, in the order asked for.

    Parameters
    ----------
    wanted
        Each a name (also of a layer folded into an equal one), else an index from 0,
        else a glob. None at all asks for every layer. Of several workloads, those without
        a layer that is asked for are left out.
    left_out
        Called with each of these.

    Raises
    ------
    SpecError
        With the nearest names, for each entry that matches no layer of any workload.
    """
    if not wanted:
        return list(workloads)
    chosen: list[dict[str, Layer]] = [{} for _ in workloads]
    problems = []
    for entry in wanted:
        matches = [_matches(workload, entry) for workload in workloads]
        if not any(matches):
            problems += [
                Problem("--layer", repr(entry), _expected(workload, entry), workload.name)
                for workload in workloads
            ]
        for found, layers in zip(chosen, matches, strict=True):
            found.update({layer.name: found.get(layer.name, layer) for layer in layers})
    if problems:
        raise SpecError(problems)
    for workload, found in zip(workloads, chosen, strict=True):
        if not found:
            left_out(workload)
    return [
        replace(workload, layers=tuple(found.values()))
        for workload, found in zip(workloads, chosen, strict=True)
        if found
    ]


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
