"""Models and architectures from whatever a user names: built-in, spec file or ONNX."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec import load_architecture, load_workload_spec
from dmaze_cp.spec.builtin import builtin_model_path, resolve
from dmaze_cp.spec.files import SPEC_SUFFIXES
from dmaze_cp.workload import MAX_BOUND, Kind, Layer, Workload

if TYPE_CHECKING:
    from onnx import ModelProto

logger = logging.getLogger(__name__)

MODEL_SUFFIXES: Final = (".onnx", *SPEC_SUFFIXES)


def load_workload(
    ref: str | Path | ModelProto,
    *,
    batch: int | None = None,
    shapes: Mapping[str, int] | None = None,
) -> Workload:
    """A network from a built-in name, a file or an ONNX model in memory.

    Parameters
    ----------
    ref
        An ``.onnx`` file, a spec file (our YAML or JSON, or dMazeRunner's model JSON), a
        built-in name, or an ``onnx.ModelProto``, whose graph the workload is called after.
    batch
        Of an ONNX model, the symbolic batch dimension of its inputs; of a spec, the
        bound ``N`` of its layers, all of which must then be convolutions with ``N`` 1.
    shapes
        Symbolic dimensions of an ONNX model, by name.

    Raises
    ------
    SpecError
        With every problem found.
    """
    workload = _loaded(ref, batch, shapes)
    logger.info(
        "model %s: %d layers, %d operators are not mapped",
        workload.name,
        len(workload),
        sum(operator.count for operator in workload.unmapped),
    )
    return workload


def _loaded(
    ref: str | Path | ModelProto, batch: int | None, shapes: Mapping[str, int] | None
) -> Workload:
    # onnx takes long to import, and most runs on specs never need it.
    from dmaze_cp.frontend import load_onnx

    if not isinstance(ref, str | Path):
        return load_onnx(ref, batch=batch, shapes=shapes)
    path = resolve(ref, "model", builtin_model_path, MODEL_SUFFIXES)
    if path.suffix.lower() == ".onnx" and not path.is_dir():
        return load_onnx(path, batch=batch, shapes=shapes)
    if path.is_file() and path.suffix.lower() not in MODEL_SUFFIXES:
        found = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
        expected = f"a file ending in {' or '.join(MODEL_SUFFIXES)}"
        raise SpecError(Problem("", found, expected, str(path)))
    workload = load_workload_spec(path)
    if shapes:
        expected = "an ONNX model (no size in a spec is open)"
        raise SpecError(
            Problem(f"--shape {name}", "a spec", expected, str(path)) for name in sorted(shapes)
        )
    if batch is None:
        return workload
    try:
        return with_batch(workload, batch)
    except SpecError as error:
        raise error.inside(str(path)) from None


def with_batch(workload: Workload, batch: int) -> Workload:
    """The same network with another batch: the bound ``N`` of its convolutions.

    What a batch does to a GEMM depends on its place in the network (rows of a fully
    connected layer, instances of an attention matrix product), which a spec does not say.

    Raises
    ------
    SpecError
        When the batch is no bound, a layer is a GEMM, or a layer already has a batch.
    """
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= MAX_BOUND:
        raise SpecError(Problem("batch", repr(batch), f"an integer from 1 to {MAX_BOUND}"))
    problems = []
    gemms = [layer.name for layer in workload if layer.kind is Kind.GEMM]
    batched = [layer.name for layer in workload if layer.bounds.get("N", 1) != 1]
    if gemms:
        expected = "no batch (a spec states the bounds of its gemm layers itself)"
        problems.append(Problem("batch", f"{batch}, with gemm layers {_some(gemms)}", expected))
    if batched:
        expected = "no batch (N is not 1 in these layers)"
        problems.append(Problem("batch", f"{batch}, with layers {_some(batched)}", expected))
    if problems:
        raise SpecError(problems)
    return replace(workload, layers=tuple(_batched(layer, batch) for layer in workload))


def _batched(layer: Layer, batch: int) -> Layer:
    bounds = layer.bounds | {"N": batch}
    return replace(layer, extents=tuple(bounds[d] for d in layer.dimensions))


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


__all__ = ["MODEL_SUFFIXES", "load_architecture", "load_workload", "with_batch"]
