"""dMazeRunner's model JSON, read as it is.

Sections ``CONV``, ``DW_CONV`` and ``GEMM`` list layers by the sizes of their two input
tensors; tensor A of a convolution already includes its padding. Other keys of a layer are notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.batches import BATCH_FIELD, BATCH_WORDS, StatedLayer
from dmaze_cp.spec.fields import Fields, nearest
from dmaze_cp.workload import MAX_INSTANCES, Kind, Layer

SECTIONS: Final[Mapping[str, Kind]] = {
    "CONV": Kind.CONV,
    "DW_CONV": Kind.DEPTHWISE,
    "GEMM": Kind.GEMM,
}
"""Sections of the file and the layers they hold."""

_NOTES: Final = ("name", "comment", "comments", "notes")
_MEANINGFUL: Final = ("size_tensor_A", "size_tensor_B", "strides", "instances")


def layers_from_dmazerunner(obj: Mapping[str, object]) -> list[StatedLayer]:
    """Layers in the order of the file.

    Raises
    ------
    SpecError
        With every problem found.
    """
    spec = Fields(obj, "a mapping")
    spec.refuse_unknown((*SECTIONS, *_NOTES))
    layers: list[StatedLayer] = []
    for section, items in obj.items():
        if section not in SECTIONS:
            continue
        if not isinstance(items, list):
            spec.note(section, "a list of layers")
            continue
        for index, item in enumerate(items):
            where = f"{section}[{index}]"
            try:
                layer = _layer(Fields(item, "a mapping with the fields of a layer", where), section)
            except SpecError as error:
                spec.problems.extend(error.problems)
                continue
            # Another `batch` than what it multiplies is a note, as all other keys.
            batch = item.get(BATCH_FIELD) if layer.kind is Kind.GEMM else None
            word = batch if batch in BATCH_WORDS else None
            layers.append(StatedLayer(where, layer.name, layer, word))
    if not layers and not spec.problems:
        found, expected = "no layer", "at least one layer"
        spec.problems.append(Problem(" ".join(SECTIONS), found, expected))
    spec.raise_problems()
    return layers


def _layer(spec: Fields, section: str) -> Layer:
    kind = SECTIONS[section]
    _refuse_misspelt(spec)
    name = spec.name("name", "unnamed")
    instances = spec.integer("instances", 1, required=False)
    if not 1 <= instances <= MAX_INSTANCES:
        spec.note("instances", f"an integer from 1 to {MAX_INSTANCES}")
    stride = (1, 1)
    if kind is Kind.GEMM:
        bounds, padded = _gemm(spec), None
    else:
        pair = spec.integers("strides", 2, "two integers [sx, sy]")
        if pair is not None:
            if min(pair) < 1:
                spec.note("strides", "two integers of at least 1")
            stride = (max(pair[0], 1), max(pair[1], 1))
        bounds, padded = _convolution(spec, kind, stride)
    spec.raise_problems()
    extents = tuple(bounds[d] for d in kind.dimensions)
    try:
        return Layer(name, kind, extents, stride, (1, 1), padded, instances)
    except SpecError as error:
        raise error.under(spec.where) from None


def _refuse_misspelt(spec: Fields) -> None:
    """Other keys are notes, but a misspelt ``instance`` must not be taken for one."""
    for key in spec.data:
        if key not in (*_MEANINGFUL, *_NOTES):
            close = nearest(key, (k for k in _MEANINGFUL if k not in spec.data), cutoff=0.8)
            if close:
                spec.problems.append(Problem(spec.path(key), "an unknown field", f"{close!r}"))


def _sizes(spec: Fields, key: str, names: str) -> tuple[int, ...] | None:
    count = len(names.split())
    expected = f"{count} positive integers [{', '.join(names.split())}]"
    sizes = spec.integers(key, count, expected)
    if sizes is not None and min(sizes) < 1:
        spec.note(key, expected)
        return None
    return sizes


def _gemm(spec: Fields) -> dict[str, int]:
    a, b = _sizes(spec, "size_tensor_A", "X K"), _sizes(spec, "size_tensor_B", "K Y")
    if a is None or b is None:
        return {}
    if a[1] != b[0]:
        spec.note("size_tensor_B", f"{a[1]} rows, as size_tensor_A has columns")
    return {"X": a[0], "K": a[1], "Y": b[1]}


def _convolution(
    spec: Fields, kind: Kind, stride: tuple[int, int]
) -> tuple[dict[str, int], tuple[int, int]]:
    filters = "1" if kind is Kind.DEPTHWISE else "M"
    a = _sizes(spec, "size_tensor_A", "N C H W")
    b = _sizes(spec, "size_tensor_B", f"{filters} C Fx Fy")
    if a is None or b is None:
        return {}, (1, 1)
    if a[1] != b[1]:
        spec.note("size_tensor_B", f"{a[1]} channels, as size_tensor_A has")
    if kind is Kind.DEPTHWISE and b[0] != 1:
        spec.note("size_tensor_B", "1 as its first size, for a depthwise convolution")
    if b[2] > a[2] or b[3] > a[3]:
        expected = f"a filter of at most {a[2]} x {a[3]}, the size of the padded input"
        spec.note("size_tensor_B", expected)
    bounds = {"N": a[0], "M": b[0], "C": a[1], "Fx": b[2], "Fy": b[3]}
    bounds["Ox"] = max(0, a[2] - b[2]) // stride[0] + 1
    bounds["Oy"] = max(0, a[3] - b[3]) // stride[1] + 1
    return bounds, (a[2], a[3])
