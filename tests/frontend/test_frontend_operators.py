"""Which operators become layers, and how the others are listed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from onnx import TensorProto, defs, helper, numpy_helper

from dmaze_cp.frontend.operators import reason_for
from dmaze_cp.workload import Kind
from tests.frontend.conftest import Load, value

U8 = TensorProto.UINT8


def matmul(name: str = "product") -> list:
    return [helper.make_node("MatMul", ["a", "b"], [f"{name}_out"], name)]


MATMUL_INPUTS = {"a": [3, 4], "b": [4, 5]}


@pytest.mark.parametrize("opset", range(7, defs.onnx_opset_version() + 1))
def test_opsets(load: Load, opset: int) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "conv", pads=[1, 1, 1, 1]),
        helper.make_node("Flatten", ["c"], ["f"]),
        helper.make_node("Gemm", ["f", "v", "bias"], ["g"], "fc", transB=1),
        helper.make_node("MatMul", ["g", "u"], ["y"], "product"),
    ]
    inputs = {"x": [1, 3, 8, 8], "w": [2, 3, 3, 3], "v": [5, 128], "bias": [5], "u": [5, 6]}
    workload = load(nodes, inputs, opset=opset)
    assert [layer.name for layer in workload] == ["conv", "fc", "product"]
    assert workload.mapped_macs == 2 * 64 * 27 + 128 * 5 + 5 * 6


def test_weights_come_from_any_operator(load: Load) -> None:
    shape = numpy_helper.from_array(np.array([8, 4, 3, 3], np.int64), "shape")
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["w"]),
        helper.make_node("Transpose", ["w"], ["wt"], perm=[0, 1, 3, 2]),
        helper.make_node("Conv", ["x", "wt"], ["y"], "conv"),
    ]
    layer = load(nodes, {"x": [1, 4, 9, 9]}, initializers=[shape])["conv"]
    assert (layer.bounds["M"], layer.bounds["C"]) == (8, 4)


def test_weights_in_constant_operators(load: Load) -> None:
    big = numpy_helper.from_array(np.zeros((64, 32), np.float32))
    nodes = [
        helper.make_node("Constant", [], ["b"], value=big),
        helper.make_node("MatMul", ["a", "b"], ["y"], "product"),
    ]
    assert load(nodes, {"a": [3, 64]})["product"].bounds == {"X": 3, "Y": 32, "K": 64}


def test_equal_layers_fold_and_names_are_unique(load: Load) -> None:
    nodes = [
        helper.make_node("MatMul", ["a", "b"], ["y1"], "same"),
        helper.make_node("MatMul", ["a", "b"], ["y2"], "same"),
        helper.make_node("MatMul", ["a", "b"], ["y3"]),
        helper.make_node("MatMul", ["a", "c"], ["y4"], "same"),
    ]
    workload = load(nodes, {**MATMUL_INPUTS, "c": [4, 6]})
    assert [(x.name, x.also, x.instances) for x in workload] == [
        ("same", ("same_2", "y3"), 3),
        ("same_3", (), 1),
    ]


def test_quantised_operators(load: Load) -> None:
    scales = ["s", "z"]
    nodes = [
        helper.make_node("ConvInteger", ["x", "w"], ["i"], "conv_integer"),
        helper.make_node("QLinearConv", ["x", *scales, "w", *scales, *scales], ["q"], "qconv"),
        helper.make_node("MatMulInteger", ["a", "b"], ["m"], "matmul_integer"),
        helper.make_node("QLinearMatMul", ["a", *scales, "b", *scales, *scales], ["n"], "qmatmul"),
        helper.make_node("MatMul", ["n", "c"], ["y"], "last"),
    ]
    inputs = {
        "x": value("x", [1, 3, 8, 8], U8),
        "w": value("w", [2, 3, 3, 3], U8),
        "a": value("a", [2, 3, 4], U8),
        "b": value("b", [4, 5], U8),
        "s": [],
        "z": value("z", [], U8),
        "c": value("c", [5, 7], U8),
    }
    workload = load(nodes, inputs)
    assert [(x.name, x.also) for x in workload] == [
        ("conv_integer", ("qconv",)),
        ("matmul_integer", ("qmatmul",)),
        ("last", ()),
    ]
    assert workload["last"].bounds == {"X": 6, "Y": 7, "K": 5}


def test_onnx_runtimes_fused_operators(load: Load) -> None:
    domain = "com.microsoft"
    nodes = [
        helper.make_node(
            "FusedConv", ["x", "w", "", "r"], ["c"], "conv", domain=domain, activation="Relu"
        ),
        helper.make_node("Flatten", ["c"], ["f"]),
        helper.make_node("FusedGemm", ["f", "v"], ["g"], "fc", domain=domain, activation="Relu"),
        helper.make_node("FastGelu", ["g"], ["h"], domain=domain),
        helper.make_node("FusedMatMul", ["h", "u"], ["m"], "product", domain=domain, transB=1),
        helper.make_node("MatMul", ["m", "t"], ["y"], "last"),
    ]
    inputs = {
        "x": [2, 3, 8, 8],
        "w": [2, 3, 3, 3],
        "r": [2, 2, 6, 6],
        "v": [72, 5],
        "u": [6, 5],
        "t": [6, 9],
    }
    workload = load(nodes, inputs, domains={domain: 1})
    assert [layer.name for layer in workload] == ["conv", "fc", "product", "last"]
    assert workload["product"].bounds == {"X": 2, "Y": 6, "K": 5}
    assert workload["last"].bounds == {"X": 2, "Y": 9, "K": 6}
    assert ("FastGelu", "element-wise") in [(o.operator, o.reason) for o in workload.unmapped]


def test_local_functions_are_inlined(load: Load) -> None:
    function = helper.make_function(
        "my.functions",
        "Twice",
        ["p", "q"],
        ["out"],
        [
            helper.make_node("MatMul", ["p", "q"], ["inner"], "inside"),
            helper.make_node("Relu", ["inner"], ["out"]),
        ],
        [helper.make_opsetid("", 17)],
    )
    nodes = [
        helper.make_node("Twice", ["a", "b"], ["c"], domain="my.functions"),
        helper.make_node("MatMul", ["c", "d"], ["y"], "after"),
    ]
    workload = load(
        nodes,
        {**MATMUL_INPUTS, "d": [5, 9]},
        functions=[function],
        domains={"my.functions": 1},
    )
    assert [layer.bounds["Y"] for layer in workload] == [5, 9]
    assert [op.operator for op in workload.unmapped] == ["Relu"]


def test_nested_graphs_are_listed_with_one_runs_work(load: Load) -> None:
    def branch(name: str):
        node = helper.make_node("Conv", ["x", "w"], [name], f"{name}_conv")
        return helper.make_graph([node], name, [], [helper.make_empty_tensor_value_info(name)])

    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["a", "b"], ["p"], "step"),
            helper.make_node("Identity", ["go"], ["on"]),
        ],
        "body",
        [value("i", [], TensorProto.INT64), value("go", [], TensorProto.BOOL)],
        [value("on", [], TensorProto.BOOL), value("p", None)],
    )
    nodes = [
        helper.make_node(
            "If", ["go0"], ["c"], "choice", then_branch=branch("t"), else_branch=branch("e")
        ),
        helper.make_node("Loop", ["", "go0"], ["l"], "loop", body=body),
        *matmul(),
    ]
    inputs = {"x": [1, 3, 8, 8], "w": [2, 3, 3, 3], **MATMUL_INPUTS}
    workload = load(nodes, {**inputs, "go0": value("go0", [], TensorProto.BOOL)})
    assert [layer.name for layer in workload] == ["product"]
    by_name = {op.name: op for op in workload.unmapped}
    assert by_name["choice"].reason == "control flow"
    assert by_name["t_conv"].macs == by_name["e_conv"].macs == 2 * 36 * 27
    assert "which branch" in by_name["t_conv"].reason
    assert by_name["step"].macs == 60
    assert "inside body of Loop loop" in by_name["step"].reason
    assert "how often" in by_name["step"].reason


@pytest.mark.parametrize(
    ("node", "inputs", "macs"),
    [
        (
            helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2], group=2),
            {"x": [2, 4, 5, 6], "w": [4, 3, 3, 3]},
            2 * 30 * 4 * 3 * 9,
        ),
        (
            helper.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=5),
            {"x": [7, 2, 3], "w": [1, 20, 3], "r": [1, 20, 5]},
            7 * 2 * 20 * (3 + 5),
        ),
        (
            helper.make_node("Einsum", ["x", "w"], ["y"], equation="bik,bkj->bij"),
            {"x": [2, 3, 4], "w": [2, 4, 5]},
            2 * 3 * 4 * 5,
        ),
        (
            helper.make_node("Einsum", ["x", "w"], ["y"], equation="...k,kj->...j"),
            {"x": [2, 3, 4], "w": [4, 5]},
            0,
        ),
        (
            helper.make_node("Attention", ["x", "w", "r"], ["y"]),
            {"x": [2, 8, 10, 16], "w": [2, 4, 12, 16], "r": [2, 4, 12, 32]},
            2 * 8 * 10 * 12 * (16 + 32),
        ),
        (
            helper.make_node("Attention", ["x", "w", "r"], ["y"], q_num_heads=8, kv_num_heads=4),
            {"x": [2, 10, 128], "w": [2, 12, 64], "r": [2, 12, 128]},
            2 * 8 * 10 * 12 * (16 + 32),
        ),
        (
            helper.make_node("DeformConv", ["x", "w", "r"], ["y"], kernel_shape=[3, 3]),
            {"x": [1, 4, 8, 8], "w": [6, 4, 3, 3], "r": [1, 18, 6, 6]},
            36 * 6 * 4 * 9,
        ),
        (
            helper.make_node("Conv", ["x", "w"], ["y"]),
            {"x": [1, 4, 8, 8, 8], "w": [6, 4, 3, 3, 3]},
            216 * 6 * 4 * 27,
        ),
    ],
    ids=lambda case: case.op_type if hasattr(case, "op_type") else "",
)
def test_work_of_operators_that_are_not_mapped(load: Load, node, inputs, macs: int) -> None:
    workload = load([node, *matmul()], {**inputs, **MATMUL_INPUTS}, opset=23)
    assert [(op.operator, op.macs) for op in workload.unmapped] == [(node.op_type, macs)]
    assert workload.unmapped_macs == macs


def test_unmapped_operators_are_grouped(load: Load) -> None:
    transposed = [
        helper.make_node("ConvTranspose", ["x", "w"], [f"t{i}"], f"up{i}") for i in range(3)
    ]
    relus = [helper.make_node("Relu", [f"t{i}"], [f"r{i}"]) for i in range(3)]
    inputs = {"x": [1, 4, 5, 5], "w": [4, 3, 2, 2], **MATMUL_INPUTS}
    workload = load([*transposed, *relus, *matmul()], inputs)
    assert [(o.name, o.operator, o.count) for o in workload.unmapped] == [
        ("up0", "ConvTranspose", 3),
        ("r0", "Relu", 3),
    ]
    assert workload.unmapped_macs == 3 * 25 * 4 * 3 * 4


def test_custom_convolution_is_not_onnxs(load: Load) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], domain="acme"), *matmul()]
    workload = load(nodes, {"x": [1, 4, 8, 8], "w": [6, 4, 3, 3], **MATMUL_INPUTS})
    assert [layer.kind for layer in workload] == [Kind.GEMM]
    assert workload.unmapped[0].reason == "an operator of the domain acme"


def test_recurrent_work_needs_known_shapes(load: Load) -> None:
    node = helper.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=5)
    inputs = {"x": ["T", 2, 3], "w": [1, 20, 3], "r": [1, 20, 5], **MATMUL_INPUTS}
    assert load([node, *matmul()], inputs).unmapped_macs == 0
    known = load([node, *matmul()], inputs, shapes={"T": 7}).unmapped_macs
    assert known == math.prod((7, 2, 20, 3 + 5))


def test_every_onnx_operator_has_a_reason() -> None:
    """Only training, text and classical machine-learning operators lack a category."""
    mapped = {"Conv", "ConvInteger", "QLinearConv", "Gemm", "MatMul", "MatMulInteger"}
    mapped |= {"QLinearMatMul"}
    names = {s.name for s in defs.get_all_schemas() if s.domain == ""} - mapped
    vague = {n for n in names if reason_for(n, domain="").startswith("an operator")}
    assert vague <= {
        "CausalConvWithState",
        "ImageDecoder",
        "NegativeLogLikelihoodLoss",
        "RegexFullMatch",
        "SoftmaxCrossEntropyLoss",
        "StringConcat",
        "StringNormalizer",
        "StringSplit",
        "TfIdfVectorizer",
    }
