"""Workloads <-> our own spec form, and dMazeRunner's model JSON.

Our own form is ``{name, notes, shape, layers: [...]}``, with layers as `layer_from_dict` reads
them, but for formulas of the sizes that ``shape`` declares, and what a batch multiplies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, Literal, NotRequired, TypedDict

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.batches import BATCH_FIELD, StatedLayer, batch_problems, batch_word, with_batch
from dmaze_cp.spec.dmazerunner_models import SECTIONS, layers_from_dmazerunner
from dmaze_cp.spec.documents import Least, Meaning, Most, Record, closed
from dmaze_cp.spec.fields import Fields, describe
from dmaze_cp.spec.files import load_spec_object
from dmaze_cp.spec.layers import (
    LAYER_FIELDS,
    LayerRecord,
    layer_from_fields,
    layer_record,
    layer_to_dict,
)
from dmaze_cp.spec.open_sizes import OpenSizes, open_sizes, unknown_sizes
from dmaze_cp.workload import Kind, UnmappedOperator, Workload, fold_equal_layers


class OperatorRecord(TypedDict):
    """An operator that is listed and not mapped."""

    name: str
    operator: Annotated[str, Meaning("its type")]
    reason: Annotated[str, Meaning("why it is not mapped")]
    macs: NotRequired[Annotated[int, Least(0), Meaning("multiply-accumulates, where known")]]
    count: NotRequired[Annotated[int, Least(1), Meaning("how many operators these are")]]


_Formula = str
"""Over the sizes that a file leaves open."""


@closed
class SpecLayerRecord(TypedDict):
    """A layer of a network."""

    name: Annotated[str, Meaning("unique in the file")]
    kind: Kind
    bounds: Annotated[dict[str, int | _Formula], Meaning("loop bound by dimension")]
    stride: NotRequired[Annotated[list[int] | int, Meaning("x and y, or one for both")]]
    dilation: NotRequired[Annotated[list[int] | int, Meaning("x and y, or one for both")]]
    padded_input: NotRequired[
        Annotated[list[int | _Formula] | int | _Formula, Meaning("x and y, with the padding")]
    ]
    instances: NotRequired[Annotated[int | _Formula, Meaning("how often it occurs")]]
    also: NotRequired[Annotated[list[str], Meaning("names of equal layers")]]
    batch: NotRequired[Annotated[str, Meaning("what a batch multiplies in a gemm")]]


@closed
class WorkloadRecord(TypedDict):
    """A network: its layers, and the operators that are not layers."""

    name: NotRequired[Annotated[str, Meaning("the file's name if left out")]]
    notes: NotRequired[str]
    layers: list[SpecLayerRecord]
    unmapped: NotRequired[list[OperatorRecord]]
    shape: NotRequired[
        Annotated[
            dict[str, int | list[str]], Meaning("open sizes: defaults, or other sizes to set")
        ]
    ]


class ListedLayerRecord(LayerRecord):
    """A layer with its place in the network."""

    index: int
    macs: Annotated[int, Meaning("multiply-accumulates of one instance")]


class LayersRecord(TypedDict):
    """The layers of a network, as `dmaze-cp layers -o` lists them."""

    schema: Literal["dmaze-cp/layers/1"]
    model: str
    layers: list[ListedLayerRecord]
    unmapped_operators: list[OperatorRecord]
    mapped_macs: Annotated[int, Least(0)]
    unmapped_macs: Annotated[int, Least(0)]
    mapped_share: Annotated[float, Least(0), Most(1)] | None


LAYERS_SCHEMA: Final = "dmaze-cp/layers/1"

_WORKLOAD_FIELDS: Final = ("name", "layers", "notes", "unmapped", "shape")
_UNMAPPED_FIELDS: Final = ("name", "operator", "reason", "macs", "count")


def load_workload_spec(
    path: Path, *, batch: int | None = None, shapes: Mapping[str, int] | None = None
) -> Workload:
    """The workload of a spec file, ours (YAML, JSON) or dMazeRunner's model JSON.

    Parameters
    ----------
    path
        The file.
    batch, shapes
        As of `workload_from_dict`.

    Raises
    ------
    SpecError
        With every problem found.
    """
    obj = load_spec_object(path)
    try:
        return workload_from_dict(obj, name=path.stem, batch=batch, shapes=shapes)
    except SpecError as error:
        raise error.inside(str(path)) from None


def workload_from_dict(
    obj: object,
    *,
    name: str = "unnamed",
    batch: int | None = None,
    shapes: Mapping[str, int] | None = None,
) -> Workload:
    """The workload of an object in our own form or dMazeRunner's; equal layers are folded.

    Parameters
    ----------
    obj
        The object.
    name
        The workload's name where the object has none.
    batch
        Batch size to give its layers, see `with_batch`; without it, they are as stated.
    shapes
        Values of sizes that it declares, by name, in place of their defaults.

    Raises
    ------
    SpecError
        With every problem found.
    """
    spec = Fields(obj, "a mapping with name and layers")
    if batch is not None:
        spec.problems += batch_problems(batch)
    unmapped: tuple[UnmappedOperator, ...] = ()
    if isinstance(obj, Mapping) and any(section in obj for section in SECTIONS):
        spec.problems += unknown_sizes(shapes or {}, ())
        read = _layers_of_dmazerunner(obj, spec)
    else:
        spec.refuse_unknown(_WORKLOAD_FIELDS)
        spec.text("notes", "", required=False)
        name = spec.name("name", name, required=False)
        read = _layers(spec, open_sizes(spec, shapes or {}))
        unmapped = _unmapped(spec)
    _note_repeated_names(read, spec)
    spec.raise_problems()
    layers = [one.layer for one in read if one.layer is not None]
    if batch is not None:
        layers = with_batch(read, batch)
    return Workload(name, fold_equal_layers(layers), unmapped)


def workload_to_dict(workload: Workload) -> dict[str, object]:
    """The workload in our own form: `workload_from_dict` gives it back equal (if folded)."""
    value: dict[str, object] = {
        "name": workload.name,
        "layers": [layer_to_dict(layer) for layer in workload],
    }
    if workload.unmapped:
        value["unmapped"] = [asdict(operator) for operator in workload.unmapped]
    return value


def workload_record(workload: Workload) -> Record:
    """Layers of a model and the operators that are not mapped (schema ``dmaze-cp/layers/1``)."""
    return {
        "schema": LAYERS_SCHEMA,
        "model": workload.name,
        "layers": [
            {"index": index, **layer_record(layer), "macs": layer.macs}
            for index, layer in enumerate(workload)
        ],
        "unmapped_operators": [asdict(operator) for operator in workload.unmapped],
        "mapped_macs": workload.mapped_macs,
        "unmapped_macs": workload.unmapped_macs,
        "mapped_share": mapped_share(workload),
    }


def mapped_share(workload: Workload) -> float | None:
    """Fraction of the known multiply-accumulates that the layers do; None without any."""
    total = workload.mapped_macs + workload.unmapped_macs
    return workload.mapped_macs / total if total else None


def _layers(spec: Fields, sizes: OpenSizes) -> list[StatedLayer]:
    """The layers of a file in our own form; what is wrong with them is noted."""
    expected = "a list of at least one layer"
    if spec.missing("layers", expected):
        return []
    value = spec.data["layers"]
    if not isinstance(value, list | tuple) or not value:
        spec.note("layers", expected)
        return []
    read = [_layer(item, f"layers[{index}]", sizes, spec) for index, item in enumerate(value)]
    if not spec.problems:
        sizes.note_unused(spec)
    return read


def _layers_of_dmazerunner(obj: Mapping[str, object], spec: Fields) -> list[StatedLayer]:
    """The layers of dMazeRunner's form; what is wrong with them is noted."""
    try:
        return layers_from_dmazerunner(obj)
    except SpecError as error:
        spec.problems += error.problems
        return []


def _layer(item: object, where: str, sizes: OpenSizes, spec: Fields) -> StatedLayer:
    one = Fields(item, "a mapping with the fields of a layer", where)
    one.refuse_unknown((*LAYER_FIELDS, BATCH_FIELD))
    batch = batch_word(one)
    one.data = sizes.settled(one.data, one)
    try:
        layer = layer_from_fields(one)
    except SpecError as error:
        spec.problems += error.problems
        name = one.data.get("name")
        return StatedLayer(where, name if isinstance(name, str) else None)
    return StatedLayer(where, layer.name, layer, batch)


def _unmapped(spec: Fields) -> tuple[UnmappedOperator, ...]:
    value = spec.data.get("unmapped", ())
    if not isinstance(value, list | tuple):
        spec.note("unmapped", "a list of operators that are not mapped")
        return ()
    operators = []
    for index, item in enumerate(value):
        expected = f"a mapping with {', '.join(_UNMAPPED_FIELDS)}"
        one = Fields(item, expected, f"unmapped[{index}]")
        one.refuse_unknown(_UNMAPPED_FIELDS)
        name, operator = one.text("name", ""), one.text("operator", "")
        reason = one.text("reason", "")
        macs = one.integer("macs", 0, required=False)
        count = one.integer("count", 1, required=False)
        if macs < 0:
            one.note("macs", "an integer of at least 0")
        if count < 1:
            one.note("count", "an integer of at least 1")
        operators.append(UnmappedOperator(name, operator, reason, macs, count))
        spec.problems.extend(one.problems)
    return tuple(operators)


def _note_repeated_names(read: Iterable[StatedLayer], spec: Fields) -> None:
    """Note names that occur twice.

    Folding would hide a repeated name, and a layer could then not be asked for by it.
    """
    first: dict[str, str] = {}
    for one in read:
        own = [] if one.name is None else [(one.name, "name")]
        others = () if one.layer is None else one.layer.also
        for name, field in (*own, *((other, "also") for other in others)):
            if name in first:
                expected = f"unique names ({first[name]} has it)"
                found = f"{describe(name)} again"
                spec.problems.append(Problem(f"{one.where}.{field}", found, expected))
            first.setdefault(name, one.where)
