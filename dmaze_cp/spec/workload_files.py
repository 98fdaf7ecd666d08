"""Workloads <-> our own spec form, and dMazeRunner's model JSON.

Our own form is ``{name, notes, layers: [...]}``, with layers as `layer_from_dict` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, NotRequired, TypedDict

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.dmazerunner_models import SECTIONS, layers_from_dmazerunner
from dmaze_cp.spec.documents import Least, Meaning, Record
from dmaze_cp.spec.fields import Fields, describe
from dmaze_cp.spec.files import load_spec_object
from dmaze_cp.spec.layers import layer_from_dict, layer_record, layer_to_dict
from dmaze_cp.workload import Layer, UnmappedOperator, Workload, fold_equal_layers


class OperatorRecord(TypedDict):
    """An operator that is listed and not mapped."""

    name: str
    operator: Annotated[str, Meaning("its type")]
    reason: Annotated[str, Meaning("why it is not mapped")]
    macs: NotRequired[Annotated[int, Least(0), Meaning("multiply-accumulates, where known")]]
    count: NotRequired[Annotated[int, Least(1), Meaning("how many operators these are")]]


LAYERS_SCHEMA: Final = "dmaze-cp/layers/1"

_WORKLOAD_FIELDS: Final = ("name", "layers", "notes", "unmapped")
_UNMAPPED_FIELDS: Final = ("name", "operator", "reason", "macs", "count")


def load_workload_spec(path: Path) -> Workload:
    """The workload of a spec file, ours (YAML, JSON) or dMazeRunner's model JSON.

    Raises
    ------
    SpecError
        With every problem found.
    """
    obj = load_spec_object(path)
    try:
        return workload_from_dict(obj, name=path.stem)
    except SpecError as error:
        raise error.inside(str(path)) from None


def workload_from_dict(obj: object, *, name: str = "unnamed") -> Workload:
    """The workload of an object in our own form or dMazeRunner's; equal layers are folded.

    Parameters
    ----------
    obj
        The object.
    name
        The workload's name where the object has none.

    Raises
    ------
    SpecError
        With every problem found.
    """
    if isinstance(obj, Mapping) and any(section in obj for section in SECTIONS):
        paths, layers = layers_from_dmazerunner(obj)
        named = [(path, (a.name, *a.also)) for path, a in zip(paths, layers, strict=True)]
        _refuse_repeated_names(named, ())
        return Workload(name, fold_equal_layers(layers))
    spec = Fields(obj, "a mapping with name and layers")
    spec.refuse_unknown(_WORKLOAD_FIELDS)
    spec.text("notes", "", required=False)
    workload_name = spec.name("name", name, required=False)
    read, named = _layers(spec)
    unmapped = _unmapped(spec)
    _refuse_repeated_names(named, spec.problems)
    return Workload(workload_name, fold_equal_layers(read), unmapped)


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


_Named = tuple[str, tuple[str, ...]]
"""Where a layer stands, and its names."""


def _layers(spec: Fields) -> tuple[list[Layer], list[_Named]]:
    """The layers that can be read, and the names of all."""
    expected = "a list of at least one layer"
    if spec.missing("layers", expected):
        return [], []
    value = spec.data["layers"]
    if not isinstance(value, list | tuple) or not value:
        spec.note("layers", expected)
        return [], []
    read: list[Layer] = []
    named: list[_Named] = []
    for index, item in enumerate(value):
        where = f"layers[{index}]"
        try:
            layer = layer_from_dict(item, where=where)
        except SpecError as error:
            spec.problems.extend(error.problems)
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                named.append((where, (item["name"],)))
        else:
            read.append(layer)
            named.append((where, (layer.name, *layer.also)))
    return read, named


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


def _refuse_repeated_names(named: Iterable[_Named], problems: Iterable[Problem]) -> None:
    """Raise all problems, with those of names that occur twice.

    Folding would hide a repeated name, and a layer could then not be asked for by it.
    """
    found = list(problems)
    first: dict[str, str] = {}
    for where, names in named:
        for name in names:
            if name in first:
                expected = f"unique names ({first[name]} has it)"
                field = "name" if name == names[0] else "also"
                found.append(Problem(f"{where}.{field}", f"{describe(name)} again", expected))
            first.setdefault(name, where)
    if found:
        raise SpecError(found)
