"""Hand-made ONNX models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import pytest
from onnx import NodeProto, TensorProto, ValueInfoProto, helper

from dmaze_cp.frontend import load_onnx
from dmaze_cp.workload import Workload
from tests.kit.onnx_models import Load, MakeModel, Shape, value


@pytest.fixture
def save(tmp_path: Path) -> MakeModel:
    """Write a model with these nodes; inputs are {name: shape}; return its path."""

    def write(
        nodes: Sequence[NodeProto],
        inputs: Mapping[str, Shape | ValueInfoProto],
        *,
        opset: int = 17,
        initializers: Sequence[TensorProto] = (),
        value_info: Sequence[ValueInfoProto] = (),
        domains: Mapping[str, int] | None = None,
        functions: Sequence[onnx.FunctionProto] = (),
        name: str = "model",
    ) -> Path:
        graph = helper.make_graph(
            nodes,
            "graph",
            [v if isinstance(v, ValueInfoProto) else value(k, v) for k, v in inputs.items()],
            [helper.make_empty_tensor_value_info(nodes[-1].output[0])],
            initializer=initializers,
            value_info=value_info,
        )
        opsets = [helper.make_opsetid("", opset)]
        opsets += [helper.make_opsetid(d, v) for d, v in (domains or {}).items()]
        model = helper.make_model(graph, opset_imports=opsets, functions=functions)
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return write


@pytest.fixture
def load(save: MakeModel) -> Load:
    """Load a model made of these nodes."""

    def make(
        nodes: Sequence[NodeProto],
        inputs: Mapping[str, Shape | ValueInfoProto],
        *,
        batch: int | None = None,
        shapes: Mapping[str, int] | None = None,
        **options: object,
    ) -> Workload:
        return load_onnx(save(nodes, inputs, **options), batch=batch, shapes=shapes)

    return make
