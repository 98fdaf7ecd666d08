"""Mapping records: a layer, an architecture, a tiling and loop orders, as one object."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NotRequired, TypedDict

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import AXES_OF_ARRAY, LEVELS, ORDERED_LEVELS
from dmaze_cp.mapping import Mapping
from dmaze_cp.spec.architecture_files import (
    architecture_from_dict,
    architecture_to_dict,
    load_architecture,
)
from dmaze_cp.spec.builtin import builtin_architecture_path
from dmaze_cp.spec.documents import Least, Meaning, Reading, Record, closed
from dmaze_cp.spec.fields import Fields, describe, is_integer, label, nearest
from dmaze_cp.spec.files import SPEC_SUFFIXES, load_spec_object, parse_json, read_text
from dmaze_cp.spec.layers import LAYER_FIELDS, layer_from_dict, layer_from_fields, layer_to_dict
from dmaze_cp.spec.named_layers import LoadModel, beside, named_layer
from dmaze_cp.spec.padded_layers import PaddedRecord, padded_record, raised_layer
from dmaze_cp.workload import Kind, Layer

RESULT_SCHEMA: Final = "dmaze-cp/result/1"
RESULTS_SCHEMA: Final = "dmaze-cp/results/1"
"""Several results in one file."""
FRONT_SCHEMA: Final = "dmaze-cp/front/1"
"""Fronts of energy and latency."""
SWEEP_SCHEMA: Final = "dmaze-cp/sweep/1"
"""A sweep over designs, with the layers of some."""


class MappedLayer(TypedDict, total=False):
    """A layer by its figures."""

    name: NotRequired[str]
    also: NotRequired[list[str]]
    kind: Kind
    instances: NotRequired[Annotated[int, Least(1)]]
    bounds: dict[str, Annotated[int, Least(1)]]
    stride: NotRequired[list[int] | int | None]
    dilation: NotRequired[list[int] | int | None]
    padded_input: NotRequired[list[int] | int | None]
    padded: NotRequired[PaddedRecord | None]


class NamedLayer(TypedDict):
    """A layer of a network."""

    model: Annotated[str, Meaning("what `map` takes; a path from the file's folder")]
    name: str
    batch: NotRequired[Annotated[int, Least(1)]]
    shape: NotRequired[dict[str, int]]
    padded: NotRequired[PaddedRecord | None]


TilingRecord = dict[str, dict[str, Annotated[int, Least(1)]]]
"""Factors by level and dimension."""


@closed
class MappingRecord(TypedDict, total=False):
    """A layer, an architecture, a tiling and loop orders."""

    layer: NotRequired[MappedLayer | NamedLayer]
    architecture: NotRequired[str | dict[str, Any]]
    tiling: TilingRecord
    loop_order: NotRequired[dict[str, list[str]]]
    name: NotRequired[object]
    comment: NotRequired[object]
    notes: NotRequired[object]
    index: NotRequired[object]
    id: NotRequired[object]


_RECORD_FIELDS: Final = ("layer", "architecture", "tiling", "loop_order")
_NOTES: Final = ("name", "comment", "notes", "index", "id")
_FLAT_FIELDS: Final = (*LAYER_FIELDS, "padded", *_RECORD_FIELDS[1:])


class RecordsForm(StrEnum):
    """How a file holds its records; the answer has the same form."""

    SINGLE = "single"
    LIST = "list"
    JSON_LINES = "jsonl"


@dataclass(frozen=True)
class MappingRecords:
    """The records of a file, not yet read as mappings.

    Attributes
    ----------
    records
        One raw object for each record; a `SpecError` where a line is no JSON.
    form
        How the file held them; the layers of a result file are a list.
    """

    records: tuple[object, ...]
    form: RecordsForm


def load_mapping_records(path: str | Path) -> MappingRecords:
    """The records of a file: one, a list, JSON Lines (``.jsonl``), or a result file's layers.

    A file of several results has the layers of all, one result after the other.

    Raises
    ------
    SpecError
        When there is no such file or it is no JSON (or YAML). What is wrong with a
        single record is raised by `mapping_record_from_dict`.
    """
    file = Path(path)
    if file.suffix.lower() == ".jsonl":
        text = read_text(file, (".jsonl",))
        lines = [line for line in text.split("\n") if line.strip()]
        return MappingRecords(tuple(map(_line, lines)), RecordsForm.JSON_LINES)
    obj = load_spec_object(file, (*SPEC_SUFFIXES, ".jsonl"))
    if isinstance(obj, list):
        return MappingRecords(tuple(obj), RecordsForm.LIST)
    if isinstance(obj, MappingABC) and ("schema" in obj or "layers" in obj):
        try:
            return MappingRecords(_layer_records(obj), RecordsForm.LIST)
        except SpecError as error:
            raise error.inside(str(file)) from None
    return MappingRecords((obj,), RecordsForm.SINGLE)


def mapping_record(mapping: Mapping, architecture: Architecture) -> Record:
    """The mapping as a record: `mapping_record_from_dict` gives both back equal."""
    layer = layer_to_dict(mapping.of_layer)
    padded = padded_record(mapping)
    return {
        "layer": layer if padded is None else {**layer, "padded": padded},
        "architecture": architecture_to_dict(architecture),
        "tiling": mapping.tiling,
        "loop_order": mapping.loop_order,
    }


def mapping_record_from_dict(
    obj: object,
    base: Path | None = None,
    *,
    architecture: Architecture | None = None,
    load_model: LoadModel | None = None,
) -> tuple[Mapping, Architecture]:
    """The mapping and the architecture of a record.

    The layer is under ``layer``, or its fields are at top level beside the tiling (as in
    a layer record of a result). A record without ``architecture`` is for the default one.

    Parameters
    ----------
    obj
        The record, as `load_mapping_records` gives it.
    base
        Directory that relative paths of an architecture and of a model start from.
    architecture
        What holds instead of the record's own, which is not read then.
    load_model
        What loads a network that a record names the layer of; without it, that is refused.

    Raises
    ------
    SpecError
        With every problem found.
    """
    if isinstance(obj, SpecError):
        raise obj
    spec = Fields(obj, "a mapping record (layer, architecture, tiling, loop_order)")
    layer = larger = None
    try:
        layer = _layer(spec, base, load_model)
        larger = _larger(spec, layer)
    except SpecError as error:
        spec.problems = list(error.problems)
    if architecture is None:
        try:
            architecture = _architecture(spec, base)
        except SpecError as error:
            spec.problems.extend(error.problems)
    tiling = _tiling(spec)
    orders = _orders(spec)
    if layer is None or larger is None or architecture is None or spec.problems:
        raise SpecError(spec.problems)
    for axis in AXES_OF_ARRAY:
        if axis in tiling and architecture.pe_array is None:
            expected = "no such level: the architecture has no rows and columns (pe_array)"
            spec.problems.append(Problem(f"tiling.{axis}", "factors", expected))
    spec.raise_problems()
    return Mapping.from_tiling(larger, tiling, orders).for_layer(layer), architecture


def _larger(spec: Fields, layer: Layer) -> Layer:
    """The layer with the bounds that the record says it is padded to, if any."""
    inside = spec.data.get("layer")
    if isinstance(inside, MappingABC):
        return raised_layer(layer, inside.get("padded"), "layer.padded")
    return raised_layer(layer, spec.data.get("padded"), "padded")


def _line(line: str) -> object:
    try:
        return parse_json(line)
    except SpecError as error:
        return SpecError(
            Problem("", f"a line that is no JSON: {problem.found}", "one JSON object a line")
            for problem in error.problems
        )


def _layer_records(obj: MappingABC[str, object]) -> tuple[object, ...]:
    """The layer records of a file with one result or several."""
    if obj.get("schema") == SWEEP_SCHEMA:
        return _sweep_layers(obj)
    if obj.get("schema") != RESULTS_SCHEMA:
        return _result_layers(obj, f"{RESULT_SCHEMA!r}, {RESULTS_SCHEMA!r} or {SWEEP_SCHEMA!r}")
    spec = Fields(obj, "several results")
    results = obj.get("results")
    if not spec.missing("results", "a list of results") and not isinstance(results, list):
        spec.note("results", "a list of results")
    records: list[object] = []
    for index, result in enumerate(results if isinstance(results, list) else []):
        where = f"results[{index}]"
        if not isinstance(result, MappingABC):
            spec.problems.append(Problem(where, describe(result), "a result"))
            continue
        try:
            records += _result_layers(result, repr(RESULT_SCHEMA))
        except SpecError as error:
            spec.problems.extend(error.under(where).problems)
    spec.raise_problems()
    return tuple(records)


def _sweep_layers(obj: MappingABC[str, object]) -> tuple[object, ...]:
    """The layer records of the designs of a sweep whose layers are in its file."""
    reading = Reading()
    reading.check(obj, _Sweep)
    reading.end()
    records: list[object] = []
    for k, point in enumerate(obj["points"]):  # type: ignore[arg-type, var-annotated]  # checked
        layers = [layer for network in point["networks"] for layer in network["layers"]]
        where = f"points[{k}].architecture"
        if layers:
            own = reading.part(where, partial(architecture_from_dict, point["architecture"]))
            records += [{"architecture": own, **layer} for layer in layers]
    reading.end()
    return tuple(records)


class _SweepNetwork(TypedDict):
    layers: list[dict[str, object]]


class _SweepPoint(TypedDict):
    architecture: object
    networks: list[_SweepNetwork]


class _Sweep(TypedDict):
    points: list[_SweepPoint]


def _result_layers(obj: MappingABC[str, object], expected: str) -> tuple[object, ...]:
    """The layer records of a result, each with its architecture."""
    spec = Fields(obj, "a result")
    if not spec.missing("schema", expected) and obj["schema"] != RESULT_SCHEMA:
        spec.note("schema", expected)
    layers = obj.get("layers")
    if not spec.missing("layers", "a list of layer records") and not isinstance(layers, list):
        spec.note("layers", "a list of layer records")
    shared: dict[str, object] = {}
    if not spec.missing("architecture", "the architecture of the result"):
        try:
            # Read once here, so that a bad one is one problem and not one a layer.
            own = architecture_from_dict(obj["architecture"])
            shared["architecture"] = own
        except SpecError as error:
            spec.problems.extend(error.under("architecture").problems)
    spec.raise_problems()
    records = layers if isinstance(layers, list) else []
    return tuple({**shared, **r} if isinstance(r, MappingABC) else r for r in records)


def _layer(spec: Fields, base: Path | None, load_model: LoadModel | None) -> Layer:
    if "layer" in spec:
        spec.refuse_unknown((*_RECORD_FIELDS, *_NOTES))
        value, layer = spec.data["layer"], None
        if isinstance(value, MappingABC):
            value = {key: part for key, part in value.items() if key != "padded"}
        try:
            if load_model is not None and isinstance(value, MappingABC) and "model" in value:
                layer = named_layer(value, base, load_model)
            else:
                layer = layer_from_dict(value, name="layer", where="layer")
        except SpecError as error:
            spec.problems.extend(error.problems)
        if layer is None or spec.problems:
            raise SpecError(spec.problems)
        return layer
    if spec.is_mapping and "kind" not in spec and "bounds" not in spec:
        spec.refuse_unknown((*_RECORD_FIELDS, *_NOTES))
        spec.missing("layer", "a layer (kind, bounds, stride, padded_input)")
    else:
        _refuse_misspelt(spec)
    spec.raise_problems()
    return layer_from_fields(spec, name="layer")


def _refuse_misspelt(spec: Fields) -> None:
    """A result's record has costs and more beside the mapping, but no misspelt fields."""
    for key in spec.data:
        if key not in _FLAT_FIELDS:
            close = nearest(key, (k for k in _FLAT_FIELDS if k not in spec.data), cutoff=0.8)
            if close:
                spec.problems.append(Problem(spec.path(key), "an unknown field", f"{close!r}"))


def _architecture(spec: Fields, base: Path | None) -> Architecture:
    ref = spec.data.get("architecture", "default")
    if not isinstance(ref, str | Architecture | MappingABC):
        expected = "a name, a path or an architecture"
        raise SpecError(Problem("architecture", describe(ref), expected))
    try:
        file = beside(ref, base, builtin_architecture_path) if isinstance(ref, str) else None
        return load_architecture(file or ref)
    except SpecError as error:
        is_placed = any(p.source or p.where == "architecture" for p in error.problems)
        raise (error if is_placed else error.under("architecture")) from None


def _tiling(spec: Fields) -> dict[str, dict[str, int]]:
    expected = f"a mapping of levels ({' '.join(LEVELS)})"
    if spec.missing("tiling", expected):
        return {}
    rows = Fields(spec.data["tiling"], expected, "tiling")
    tiling: dict[str, dict[str, int]] = {}
    for level, value in rows.data.items():
        row = Fields(value, "a mapping of dimensions to factors", rows.path(level))
        for d in row.data:
            if not is_integer(row.data[d]) or int(str(row.data[d])) < 1:
                row.note(d if isinstance(d, str) else label(d), "an integer of at least 1")
        tiling[label(level)] = {label(d): v for d, v in row.data.items() if isinstance(v, int)}
        rows.problems.extend(row.problems)
    spec.problems.extend(rows.problems)
    return tiling


def _orders(spec: Fields) -> dict[str, list[str]]:
    expected = f"a mapping of levels ({' '.join(ORDERED_LEVELS)}) to lists of dimensions"
    if spec.missing("loop_order", expected, required=False):
        return {}
    rows = Fields(spec.data["loop_order"], expected, "loop_order")
    orders: dict[str, list[str]] = {}
    for level, value in rows.data.items():
        if not isinstance(value, list | tuple) or not all(isinstance(d, str) for d in value):
            found, what = describe(value), "a list of dimensions, outermost first"
            rows.problems.append(Problem(rows.path(level), found, what))
            continue
        orders[label(level)] = list(value)
    spec.problems.extend(rows.problems)
    return orders
