"""ONNX model -> workload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.workload import Layer, UnmappedOperator, Workload


def load_onnx(
    path: str | Path, *, batch: int | None = None, shapes: Mapping[str, int] | None = None
) -> Workload:
    """The layers of an ONNX model, and its operators that are no layers.

    Convolutions and matrix products become layers; layers of equal shape are folded
    into one. Weight values are not read: files with external data need not be there.

    Parameters
    ----------
    path
        A binary ONNX file.
    batch
        Size of the first dimension of every input that leaves it open.
    shapes
        Sizes of other open dimensions, by their name in the model, or ``INPUT:AXIS``
        for an input's dimension that has no name. Go before `batch`.

    Raises
    ------
    SpecError
        With every problem found: the file is no ONNX model, has no layer that can be
        mapped, leaves open a dimension that a layer needs, or has a size of zero or
        less or above the largest bound; or a value given fits no dimension.
    """
    from dmaze_cp.frontend.dimensions import bind_dimensions
    from dmaze_cp.frontend.lowering import lower_model
    from dmaze_cp.frontend.model_file import read_model
    from dmaze_cp.frontend.shapes import infer_shapes, rewrite_fused

    file = Path(path)
    try:
        model = read_model(file)
        opened = bind_dimensions(model.graph, batch=batch, shapes=shapes or {})
        rewrite_fused(model.graph)
        inferred, tensors = infer_shapes(model)
        layers, unmapped = lower_model(model.graph, inferred.graph, tensors, opened)
        _require_layers(layers, unmapped)
    except SpecError as error:
        raise error.inside(str(path)) from None
    return Workload(file.stem, layers, unmapped)


def _require_layers(layers: Sequence[Layer], unmapped: Sequence[UnmappedOperator]) -> None:
    if not layers:
        kinds = ", ".join(sorted({f"{op.operator}: {op.reason}" for op in unmapped}))
        found = f"no convolution or matrix product that can be mapped ({kinds})"
        raise SpecError(Problem("graph", found, "at least one"))
