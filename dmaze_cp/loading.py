"""Models and architectures from whatever a user names: built-in, spec file or ONNX."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec import load_architecture, load_workload_spec
from dmaze_cp.spec.builtin import builtin_model_path, resolve
from dmaze_cp.spec.files import SPEC_SUFFIXES
from dmaze_cp.workload import Workload

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
        Of an ONNX model, the symbolic batch dimension of its inputs; of a spec, the bound
        ``N`` of its convolutions, and what a gemm says that a batch multiplies.
    shapes
        Sizes that the network leaves open, by name: symbolic dimensions of an ONNX model,
        what a spec declares as its ``shape``.

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
    return load_workload_spec(path, batch=batch, shapes=shapes)


__all__ = ["MODEL_SUFFIXES", "load_architecture", "load_workload"]
