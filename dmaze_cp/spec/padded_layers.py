"""Raised bounds of a layer <-> the field ``padded`` of mapping records and results."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapping import Mapping
from dmaze_cp.spec.documents import Count, Least, Meaning, Most, Record, closed, problems_of
from dmaze_cp.workload import MAX_BOUND, Layer


@closed
class PaddedRecord(TypedDict):
    """The larger layer that a mapping is of: the layer's fields stay those of the layer."""

    bounds: Annotated[
        dict[str, Annotated[int, Least(1), Most(MAX_BOUND)]],
        Meaning("loop bound by dimension, those of the layer where left out"),
    ]
    padded_input: NotRequired[
        Annotated[list[int], Count(2), Meaning("extents with padding, x and y")] | None
    ]


def padded_record(mapping: Mapping) -> Record | None:
    """The raised bounds of a mapping, and the padded input; None where none was raised."""
    if mapping.padded_from is None:
        return None
    padded = mapping.layer.padded_input
    return {
        "bounds": mapping.layer.bounds,
        "padded_input": None if padded is None else list(padded),
    }


def padded_field(mapping: Mapping | None) -> Record:
    """The field ``padded`` of a record; nothing where no bound was raised."""
    padded = None if mapping is None else padded_record(mapping)
    return {} if padded is None else {"padded": padded}


def raised_layer(layer: Layer, obj: object, where: str) -> Layer:
    """The larger layer that a record says, or the layer itself where it says None.

    Raises
    ------
    SpecError
        With every problem found: also when the padded input is not the one that follows.
    """
    if obj is None:
        return layer
    problems = list(problems_of(obj, PaddedRecord, where))
    bounds = obj["bounds"] if isinstance(obj, dict) and not problems else {}
    problems += [
        Problem(f"{where}.bounds.{d}", "an unknown dimension", f"one of {' '.join(layer.bounds)}")
        for d in bounds
        if d not in layer.bounds
    ]
    if problems:
        raise SpecError(problems)
    try:
        larger = layer.raised(bounds)
    except SpecError as error:
        raise error.under(where) from None
    given = obj.get("padded_input") if isinstance(obj, dict) else None
    expected = larger.padded_input
    if given is not None and (expected is None or tuple(given) != expected):
        what = "none for a gemm" if expected is None else f"{list(expected)}, for these bounds"
        raise SpecError(Problem(f"{where}.padded_input", f"{given}", what))
    return larger
