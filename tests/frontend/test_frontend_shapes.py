"""Shapes through long graphs, sequences, and operators that inference does not follow."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from dmaze_cp.frontend.shapes import CHUNK
from tests.kit.onnx_models import Load, value


def integers(name: str, data) -> TensorProto:
    return numpy_helper.from_array(np.array(data, np.int64), name)


def node(op_type: str, inputs: list[str], output: str, **attributes):
    return helper.make_node(op_type, inputs, [output], output, **attributes)


@pytest.mark.parametrize("blocks", [1, CHUNK // 8, CHUNK])
def test_reshapes_that_depend_on_each_other(load: Load, blocks: int) -> None:
    """Each target is computed from the shape before, by arithmetic that only folding follows."""
    constants = [integers("minus", -1), integers("two", 2), integers("half", 0)]
    nodes = []
    last = "x"
    for i in range(blocks):
        nodes += [
            node("Shape", [last], f"shape{i}"),
            node("Mul", [f"shape{i}", "two"], f"double{i}"),
            node("Div", [f"double{i}", "two"], f"same{i}"),
            node("Equal", [f"same{i}", "minus"], f"open{i}"),
            node("Where", [f"open{i}", "minus", f"same{i}"], f"target{i}"),
            node("Reshape", [last, f"target{i}"], f"flat{i}"),
            node("MatMul", [f"flat{i}", "w"], f"product{i}"),
            node("Relu", [f"product{i}"], f"relu{i}"),
        ]
        last = f"relu{i}"
    inputs = {"x": ["N", 6, 8], "w": [8, 8]}
    (layer,) = load(nodes, inputs, initializers=constants, batch=2)
    assert layer.bounds == {"X": 12, "Y": 8, "K": 8}
    assert layer.instances == blocks


@pytest.mark.parametrize("distance", [0, CHUNK])
def test_sequences(load: Load, distance: int) -> None:
    """Also where it is taken apart far behind where it is made."""
    one = helper.make_node("SplitToSequence", ["x"], ["pieces"], "split", axis=0, keepdims=0)
    fill = [node("Relu", ["x" if i == 0 else f"r{i - 1}"], f"r{i}") for i in range(distance)]
    nodes = [
        one,
        *fill,
        node("SequenceAt", ["pieces", "index"], "piece"),
        node("MatMul", ["piece", "w"], "y"),
    ]
    workload = load(nodes, {"x": [4, 3, 8], "w": [8, 5]}, initializers=[integers("index", 1)])
    assert workload["y"].bounds == {"X": 3, "Y": 5, "K": 8}


def test_split_of_a_shape(load: Load) -> None:
    nodes = [
        node("Shape", ["x"], "shape"),
        helper.make_node("Split", ["shape", "sizes"], ["rows", "rest"], "split"),
        node("ReduceProd", ["rest"], "columns", keepdims=1),
        node("Concat", ["rows", "columns"], "target", axis=0),
        node("Reshape", ["x", "target"], "flat"),
        node("MatMul", ["flat", "w"], "y"),
    ]
    workload = load(nodes, {"x": [3, 4, 5], "w": [20, 7]}, initializers=[integers("sizes", [1, 2])])
    assert workload["y"].bounds == {"X": 3, "Y": 7, "K": 20}


def test_sizes_of_data_are_not_guessed(load: Load) -> None:
    nodes = [
        node("Cast", ["x"], "length", to=TensorProto.INT64),
        node("Expand", ["one", "length"], "wide"),
        node("MatMul", ["wide", "w"], "lost"),
        node("MatMul", ["a", "w"], "y"),
    ]
    inputs = {"x": [2], "one": [1, 4], "a": [3, 4], "w": [4, 5]}
    workload = load(nodes, inputs)
    assert [layer.name for layer in workload] == ["y"]
    assert "its shape depends on data" in workload.unmapped[-1].reason


def test_sequences_in_the_state_of_a_loop(load: Load) -> None:
    """What is collected in a sequence is of unknown shape; what is not depends on nothing."""
    body = helper.make_graph(
        [
            node("Identity", ["go"], "cond"),
            node("MatMul", ["a", "w"], "step"),
            node("SequenceInsert", ["s", "step"], "longer"),
        ],
        "body",
        [
            value("i", [], TensorProto.INT64),
            value("go", [], TensorProto.BOOL),
            helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None),
        ],
        [
            value("cond", [], TensorProto.BOOL),
            helper.make_tensor_sequence_value_info("longer", TensorProto.FLOAT, None),
        ],
    )
    nodes = [
        helper.make_node("SequenceEmpty", [], ["empty"], "empty"),
        helper.make_node("Loop", ["n", "", "empty"], ["all"], "loop", body=body),
        node("ConcatFromSequence", ["all"], "together", axis=0),
        node("MatMul", ["together", "v"], "lost"),
    ]
    inputs = {"a": [3, 4], "w": [4, 5], "v": [5, 6]}
    workload = load(nodes, inputs, initializers=[integers("n", 7)])
    assert [(layer.name, layer.instances) for layer in workload] == [("step", 7)]
    assert [op.name for op in workload.unmapped if op.operator == "MatMul"] == ["lost"]
