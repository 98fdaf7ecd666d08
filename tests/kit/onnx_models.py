"""Parts of hand-made ONNX models; `tests/frontend/conftest.py` writes and loads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from onnx import TensorProto, ValueInfoProto, helper

from dmaze_cp.workload import Workload

Shape = Sequence[int | str | None]
MakeModel = Callable[..., Path]
Load = Callable[..., Workload]


def value(name: str, shape: Shape | None, elem_type: int = TensorProto.FLOAT) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, elem_type, shape)
