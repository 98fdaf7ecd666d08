"""The same network in every operator set: attributes that became inputs, and local functions."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import AttributeProto, TensorProto, defs, helper, numpy_helper

from tests.kit.onnx_models import Load
from tests.kit.problems import refused

NEWEST = defs.onnx_opset_version()
OPSETS = range(7, NEWEST + 1)


class Writer:
    """Writes nodes as an operator set spells them."""

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.nodes: list = []
        self.constants: list = []

    def constant(self, values, dtype: type = np.int64) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def add(self, op_type: str, inputs, output: str, **attributes) -> None:
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(helper.make_node(op_type, inputs, outputs, output[0], **attributes))

    def sized(self, op_type: str, data: str, output, since: int, name: str, values) -> None:
        """An operator whose list of integers became an input in opset `since`."""
        if self.opset < since:
            self.add(op_type, [data], output, **{name: values})
        else:
            self.add(op_type, [data, self.constant(values)], output)

    def slice(self, data: str, output: str, starts, ends, axes) -> None:
        if self.opset < 10:
            self.add("Slice", [data], output, starts=starts, ends=ends, axes=axes)
        else:
            self.add("Slice", [data, *map(self.constant, (starts, ends, axes))], output)

    def upsample(self, data: str, output: str, scales) -> None:
        if self.opset < 9:
            self.add("Upsample", [data], output, scales=scales, mode="nearest")
            return
        factors = self.constant(scales, np.float32)
        if self.opset < 10:
            self.add("Upsample", [data, factors], output)
        elif self.opset == 10:
            self.add("Resize", [data, factors], output)
        else:
            region = self.constant([], np.float32)
            self.add("Resize", [data, region, factors], output)

    def pad(self, data: str, output: str, pads) -> None:
        if self.opset < 11:
            self.add("Pad", [data], output, pads=pads)
        else:
            self.add("Pad", [data, self.constant(pads)], output)

    def clip(self, data: str, output: str) -> None:
        if self.opset < 11:
            self.add("Clip", [data], output, min=0.0, max=6.0)
        else:
            low, high = self.constant(0, np.float32), self.constant(6, np.float32)
            self.add("Clip", [data, low, high], output)

    def split(self, data: str, outputs, sizes, axis: int) -> None:
        if self.opset < 13:
            self.add("Split", [data], outputs, split=sizes, axis=axis)
        else:
            self.add("Split", [data, self.constant(sizes)], outputs, axis=axis)


@pytest.mark.parametrize("opset", OPSETS)
def test_layers_between_operators_that_change_shapes(load: Load, opset: int) -> None:
    w = Writer(opset)
    w.add("Conv", ["x", "w0"], "c0", pads=[1, 1, 1, 1], strides=[2, 2])  # 8 x 8 x 8
    w.add("BatchNormalization", ["c0", "n", "n", "n", "n"], "bn")
    w.clip("bn", "clipped")
    w.upsample("clipped", "up", [1.0, 1.0, 2.0, 3.0])  # 8 x 16 x 24
    w.slice("up", "cut", [1, 2], [15, 2**31], [2, 3])  # 8 x 14 x 22
    w.pad("cut", "padded", [0, 0, 1, 0, 0, 0, 1, 2])  # 8 x 16 x 24
    w.add("Conv", ["padded", "w1"], "c1", group=8)
    w.add("MaxPool", ["c1"], "pooled", kernel_shape=[2, 2], strides=[2, 2])  # 8 x 7 x 11
    w.split("pooled", ["part0", "part1"], [3, 5], 1)
    w.add("Conv", ["part1", "w2"], "c2")  # 4 x 7 x 11
    w.add("Transpose", ["c2"], "turned", perm=[0, 2, 3, 1])  # 7 x 11 x 4
    w.add("Reshape", ["turned", w.constant([0, -1, 4])], "flat")  # 77 x 4
    w.add("MatMul", ["flat", "v0"], "product")  # 77 x 6
    w.sized("Unsqueeze", "product", "wide", 13, "axes", [1])
    w.sized("Squeeze", "wide", "narrow", 13, "axes", [1])
    w.sized("ReduceSum", "narrow", "summed", 13, "axes", [1])  # 1 x 1 x 6
    w.sized("ReduceMean", "summed", "mean", 18, "axes", [1])  # 1 x 1 x 6
    w.add("Flatten", ["mean"], "vector")  # 1 x 6
    w.add("Dropout", ["vector"], "kept")
    w.add("Gemm", ["kept", "v1", "bias"], "y", transB=1)
    inputs = {
        "x": ["N", 3, 16, 16],
        "w0": [8, 3, 3, 3],
        "n": [8],
        "w1": [8, 1, 3, 3],
        "w2": [4, 5, 1, 1],
        "v0": [4, 6],
        "v1": [9, 6],
        "bias": [9],
    }
    workload = load(w.nodes, inputs, opset=opset, initializers=w.constants, batch=1)
    assert [layer.extents for layer in workload] == [
        (1, 8, 3, 8, 8, 3, 3),
        (1, 1, 8, 14, 22, 3, 3),
        (1, 4, 5, 7, 11, 1, 1),
        (77, 6, 4),
        (1, 9, 6),
    ]
    assert sum(op.count for op in workload.unmapped) == len(w.nodes) - 5


@pytest.mark.parametrize("opset", OPSETS)
def test_reshapes_computed_from_shapes(load: Load, opset: int) -> None:
    """What exporters write for ``x.view(x.size(0), -1)`` and for heads of attention."""
    w = Writer(opset)
    w.add("Shape", ["x"], "shape")
    w.add("Gather", ["shape", w.constant(0)], "n", axis=0)
    w.add("Gather", ["shape", w.constant(1)], "length", axis=0)
    for name in ("n", "length"):
        w.sized("Unsqueeze", name, f"{name}_1", 13, "axes", [0])
    w.add("Concat", ["n_1", "length_1", w.constant([4]), w.constant([-1])], "target", axis=0)
    w.add("Reshape", ["x", "target"], "heads")
    w.add("Transpose", ["heads"], "queries", perm=[0, 2, 1, 3])
    w.add("Transpose", ["heads"], "keys", perm=[0, 2, 3, 1])
    w.add("MatMul", ["queries", "keys"], "scores")
    inputs = {"x": ["N", "L", 64]}
    sizes = {"batch": 2, "shapes": {"L": 10}}
    (layer,) = load(w.nodes, inputs, opset=opset, initializers=w.constants, **sizes)
    assert (layer.extents, layer.instances) == ((10, 10, 16), 8)


@pytest.mark.parametrize("opset", OPSETS)
def test_quantised_and_recurrent_operators(load: Load, opset: int) -> None:
    w = Writer(opset)
    w.add("LSTM", ["s", "lw", "lr"], ["states", "last"], hidden_size=5)
    w.sized("Squeeze", "states", "sequence", 13, "axes", [1])
    w.add("MatMul", ["sequence", "v"], "y")
    inputs = {"s": [7, 2, 3], "lw": [1, 20, 3], "lr": [1, 20, 5], "v": [5, 6]}
    u8 = TensorProto.UINT8
    if opset >= 10:
        scales = ["scale", "zero"]
        w.add("QLinearConv", ["qx", *scales, "qw", *scales, *scales], "q")
        w.add("MatMulInteger", ["qa", "qb"], "i")
        for name, shape in {"qx": [1, 3, 8, 8], "qw": [4, 3, 3, 3], "qa": [3, 4]}.items():
            inputs[name] = helper.make_tensor_value_info(name, u8, shape)
        inputs["qb"] = helper.make_tensor_value_info("qb", u8, [4, 5])
        inputs |= {"scale": [], "zero": helper.make_tensor_value_info("zero", u8, [])}
    workload = load(w.nodes, inputs, opset=opset, initializers=w.constants)
    extents = [layer.extents for layer in workload]
    assert extents[:3] == [(14, 20, 3), (2, 20, 5), (14, 6, 5)]
    assert extents[3:] == ([(1, 4, 3, 6, 6, 3, 3), (3, 5, 4)] if opset >= 10 else [])


def function(domain: str, name: str, nodes, opset: int, others=()):
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in others)]
    return helper.make_function(domain, name, ["p", "q"], ["out"], nodes, imports)


@pytest.mark.parametrize("opset", [15, 17, 18, NEWEST])
def test_functions_that_call_functions(load: Load, opset: int) -> None:
    """Also where a function names an older operator set than the model."""
    inner = [
        helper.make_node("MatMul", ["p", "q"], ["m"], "inside"),
        helper.make_node("Relu", ["m"], ["out"]),
    ]
    outer = [
        helper.make_node("Inner", ["p", "q"], ["i"], domain="own"),
        helper.make_node("Inner", ["i", "i"], ["out"], domain="own"),
    ]
    functions = [
        function("own", "Inner", inner, min(opset, 17)),
        function("own", "Outer", outer, min(opset, 17), ["own"]),
    ]
    nodes = [
        helper.make_node("Outer", ["a", "b"], ["c"], "call", domain="own"),
        helper.make_node("MatMul", ["c", "d"], ["y"], "after"),
    ]
    inputs = {"a": [4, 4], "b": [4, 4], "d": [4, 9]}
    workload = load(nodes, inputs, opset=opset, functions=functions, domains={"own": 1})
    assert [(layer.extents, layer.instances) for layer in workload] == [
        ((4, 4, 4), 2),
        ((4, 9, 4), 1),
    ]
    assert [(op.operator, op.count) for op in workload.unmapped] == [("Relu", 2)]


def test_functions_with_attributes_and_graphs(load: Load) -> None:
    """A function's own attribute reaches the operator; a branch inside calls a function."""
    axis = helper.make_node("Transpose", ["p"], ["t"])
    reference = AttributeProto(name="perm", ref_attr_name="order", type=AttributeProto.INTS)
    axis.attribute.append(reference)
    nodes = [axis, helper.make_node("MatMul", ["t", "q"], ["out"], "inside")]
    turned = helper.make_function(
        "own", "Turned", ["p", "q"], ["out"], nodes, [helper.make_opsetid("", 17)], ["order"]
    )
    call = helper.make_node("Turned", ["a", "b"], ["t_out"], "call", domain="own", order=[1, 0])
    branch = helper.make_graph(
        [call], "t", [], [helper.make_tensor_value_info("t_out", TensorProto.FLOAT, None)]
    )
    other = helper.make_graph(
        [helper.make_node("Identity", ["b"], ["e_out"])],
        "e",
        [],
        [helper.make_tensor_value_info("e_out", TensorProto.FLOAT, None)],
    )
    go = numpy_helper.from_array(np.array(True), "go")
    choice = helper.make_node("If", ["go"], ["y"], "if", then_branch=branch, else_branch=other)
    workload = load(
        [choice],
        {"a": [4, 3], "b": [4, 5]},
        initializers=[go],
        functions=[turned],
        domains={"own": 1},
    )
    assert workload[0].extents == (3, 5, 4)


@pytest.mark.parametrize("opset", [12, 17])
def test_functions_written_for_other_operator_sets(load: Load, opset: int) -> None:
    """Squeeze had its axes as an attribute up to 12: its function is converted, or listed."""
    nodes = [
        helper.make_node("Squeeze", ["p"], ["s"], axes=[0]),
        helper.make_node("MatMul", ["s", "q"], ["out"], "inside"),
    ]
    functions = [function("own", "Old", nodes, 12)]
    nodes = [
        helper.make_node("Old", ["a", "b"], ["c"], "call", domain="own"),
        helper.make_node("MatMul", ["e", "d"], ["y"], "after"),
    ]
    inputs = {"a": [1, 3, 4], "b": [4, 5], "e": [2, 5], "d": [5, 9]}
    workload = load(nodes, inputs, opset=opset, functions=functions, domains={"own": 1})
    extents = {layer.extents for layer in workload}
    listed = {op.reason for op in workload.unmapped}
    assert (2, 9, 5) in extents
    assert (3, 5, 4) in extents or "an operator of the domain own" in listed
    assert opset != 12 or (3, 5, 4) in extents


def test_functions_that_call_themselves_are_refused(load: Load) -> None:
    nodes = [helper.make_node("Again", ["p", "q"], ["out"], domain="own")]
    again = function("own", "Again", nodes, 17, ["own"])
    call = helper.make_node("Again", ["a", "b"], ["y"], domain="own")
    with refused("functions"):
        load([call], {"a": [3, 4], "b": [4, 5]}, functions=[again], domains={"own": 1})
