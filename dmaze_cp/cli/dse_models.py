"""The networks that designs are judged by, as a command line or a space names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dmaze_cp.cli.models import Wanted, load_models
from dmaze_cp.cli.questions import collected, distinct_names
from dmaze_cp.cli.selection import select_layers
from dmaze_cp.errors import Problem, SpecError

if TYPE_CHECKING:
    from dmaze_cp.dse.design import WeightedModel
    from dmaze_cp.dse.result import WeightedWorkload
    from dmaze_cp.workload import Workload


@dataclass(frozen=True)
class ModelOptions:
    """What the command line says about all networks.

    Attributes
    ----------
    layers
        Layers to map; they go before those that a space selects.
    batch
        Batch size; it goes before those of a space.
    shapes
        Sizes that networks leave open; they go before those of a space.
    """

    layers: tuple[str, ...]
    batch: int | None
    shapes: dict[str, int]


def weighted_refs(texts: Sequence[str]) -> tuple[WeightedModel, ...]:
    """Models from a command line: ``MODEL`` or ``MODEL=WEIGHT``.

    A text that is a file, or whose part behind the last equals sign is no number, is a model
    as a whole.

    Raises
    ------
    SpecError
        When a weight is outside `WEIGHTS`, or a model is given twice.
    """
    from dmaze_cp.dse.design import WEIGHTS, WeightedModel

    least, largest = WEIGHTS
    weights: dict[str, float] = {}
    problems: list[Problem] = []
    for text in texts:
        ref, weight = _split(text)
        if ref in weights:
            expected = f"it once, with one weight, such as {ref}=2"
            problems.append(Problem("MODEL", f"{ref!r} twice", expected))
        elif not least <= weight <= largest:
            expected = f"a weight from {least:g} to {largest:g} behind the `=`"
            problems.append(Problem("MODEL", repr(text), expected))
        weights[ref] = weight
    if problems:
        raise SpecError(problems)
    return tuple(WeightedModel(ref, weight) for ref, weight in weights.items())


def _split(text: str) -> tuple[str, float]:
    ref, _, weight = text.rpartition("=")
    if not ref or _is_file(text):
        return text, 1.0
    try:
        return ref, float(weight)
    except ValueError:
        return text, 1.0


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a name too long for a file, or with a null byte
        return False


def load_networks(
    models: Sequence[WeightedModel], options: ModelOptions, problems: list[Problem]
) -> tuple[WeightedWorkload, ...]:
    """The networks with the layers that count; what is wrong with them is noted."""
    from dmaze_cp.dse.result import WeightedWorkload

    wanted = [
        Wanted(m.model, m.batch if options.batch is None else options.batch, m.shapes)
        for m in models
    ]
    found: list[tuple[WeightedModel, Workload]] = []
    for place, workload in load_models(wanted, options.shapes, problems):
        model, selected = models[place], workload
        with collected(problems):
            if model.layers and not options.layers:
                selected = _selected(workload, model)
        found.append((model, selected))
    names = _names(found, options)
    workloads = [replace(w, name=name) for name, (_, w) in zip(names, found, strict=True)]
    weights = {name: model.weight for name, (model, _) in zip(names, found, strict=True)}
    chosen: list[Workload] = []
    if not problems:
        with collected(problems):
            chosen = select_layers(workloads, options.layers)
    problems += [
        Problem("", "no layer to map", "a network with layers", workload.name)
        for workload in chosen
        if not len(workload)
    ]
    return tuple(WeightedWorkload(w, weights[w.name]) for w in chosen)


def _names(found: Sequence[tuple[WeightedModel, Workload]], options: ModelOptions) -> list[str]:
    """Names that tell networks apart, also uses of one network with other sizes."""
    counts = Counter(workload.name for _, workload in found)
    sizes = [_sizes_of(model, options) for model, _ in found]
    refs = [f"{model.model}{said}" for (model, _), said in zip(found, sizes, strict=True)]
    names = [
        workload.name + (said if counts[workload.name] > 1 else "")
        for (_, workload), said in zip(found, sizes, strict=True)
    ]
    return distinct_names(refs, names)


def _sizes_of(model: WeightedModel, options: ModelOptions) -> str:
    """The sizes that a space gives to a model, unless the command line goes before it."""
    sizes = {name: n for name, n in model.shapes.items() if name not in options.shapes}
    if model.batch is not None and options.batch is None:
        sizes["batch"] = model.batch
    said = ", ".join(f"{name}={n}" for name, n in sizes.items())
    return f" ({said})" if said else ""


def _selected(workload: Workload, model: WeightedModel) -> Workload:
    """The layers that a space selects of a network."""
    try:
        (selected,) = select_layers([workload], model.layers)
    except SpecError as error:
        raise SpecError(replace(p, where="models.layers") for p in error.problems) from None
    return selected
