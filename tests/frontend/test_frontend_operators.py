"""Which operators become layers, and how the others are listed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, defs, helper, numpy_helper

from dmaze_cp.frontend.operators import REASONS, reason_for
from dmaze_cp.frontend.rules import RULES
from dmaze_cp.workload import Kind
from tests.kit.onnx_models import Load, value
from tests.kit.problems import refused

U8 = TensorProto.UINT8


def matmul(name: str = "product") -> list:
    return [helper.make_node("MatMul", ["a", "b"], [f"{name}_out"], name)]


MATMUL_INPUTS = {"a": [3, 4], "b": [4, 5]}


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


@pytest.mark.parametrize(
    ("node", "inputs", "macs", "reason"),
    [
        (
            helper.make_node("DeformConv", ["x", "w", "r"], ["y"], kernel_shape=[3, 3]),
            {"x": [1, 4, 8, 8], "w": [6, 4, 3, 3], "r": [1, 18, 6, 6]},
            36 * 6 * 4 * 9,
            "deformable",
        ),
        (
            helper.make_node("Conv", ["x", "w"], ["y"]),
            {"x": [1, 4, 8, 8, 8], "w": [6, 4, 3, 3, 3]},
            216 * 6 * 4 * 27,
            "windows overlap",
        ),
        (
            helper.make_node("ConvTranspose", ["x", "w"], ["y"]),
            {"x": [2, 4, 5, 6, 7], "w": [4, 3, 2, 3, 3]},
            2 * 5 * 6 * 7 * 4 * 3 * 18,
            "windows overlap",
        ),
        (
            helper.make_node("Einsum", ["x", "w"], ["y"], equation="ij,ij->ij"),
            {"x": [3, 4], "w": [3, 4]},
            12,
            "only multiplies elements",
        ),
    ],
    ids=lambda case: case.op_type if hasattr(case, "op_type") else "",
)
def test_work_of_operators_that_are_not_mapped(
    load: Load, node, inputs, macs: int, reason: str
) -> None:
    workload = load([node, *matmul()], {**inputs, **MATMUL_INPUTS}, opset=23)
    assert [(op.operator, op.macs) for op in workload.unmapped] == [(node.op_type, macs)]
    assert reason in workload.unmapped[0].reason
    assert workload.unmapped_macs == macs


def test_unmapped_operators_are_grouped(load: Load) -> None:
    convolutions = [helper.make_node("Conv", ["x", "w"], [f"t{i}"], f"deep{i}") for i in range(3)]
    relus = [helper.make_node("Relu", [f"t{i}"], [f"r{i}"]) for i in range(3)]
    inputs = {"x": [1, 4, 5, 5, 5], "w": [3, 4, 2, 2, 2], **MATMUL_INPUTS}
    workload = load([*convolutions, *relus, *matmul()], inputs)
    assert [(o.name, o.operator, o.count) for o in workload.unmapped] == [
        ("deep0", "Conv", 3),
        ("r0", "Relu", 3),
    ]
    assert workload.unmapped_macs == 3 * 64 * 4 * 3 * 8


def test_custom_convolution_is_not_onnxs(load: Load) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], domain="acme"), *matmul()]
    workload = load(nodes, {"x": [1, 4, 8, 8], "w": [6, 4, 3, 3], **MATMUL_INPUTS})
    assert [layer.kind for layer in workload] == [Kind.GEMM]
    assert workload.unmapped[0].reason == "an operator of the domain acme"


def test_recurrent_layers_need_known_shapes(load: Load) -> None:
    node = helper.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=5)
    inputs = {"x": ["T", 2, 3], "w": [1, 20, 3], "r": [1, 20, 5], **MATMUL_INPUTS}
    with refused("x:0"):
        load([node, *matmul()], inputs)
    known = load([node, *matmul()], inputs, shapes={"T": 7}).mapped_macs
    assert known == math.prod((7, 2, 20, 3 + 5)) + 60


def test_every_onnx_operator_is_mapped_or_has_a_reason() -> None:
    names = {s.name for s in defs.get_all_schemas() if s.domain == ""}
    mapped = {name for domain, name in RULES if domain == ""}
    assert mapped - {"Attention", "CausalConvWithState"} <= names  # new ones
    assert mapped.isdisjoint(REASONS)
    assert {
        n for n in names - mapped if reason_for(n, domain="").startswith("an operator")
    } == set()


def test_reasons_of_other_domains() -> None:
    assert reason_for("TreeEnsemble", domain="ai.onnx.ml") == "classical machine learning"
    assert "optimiser" in reason_for("Conv", domain="com.microsoft.nchwc")
    assert "depends on data" in reason_for("PagedAttention", domain="com.microsoft")
    assert reason_for("Foo", domain="acme") == "an operator of the domain acme"


def test_the_documentation_names_every_mapped_operator_and_every_reason() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operators.md").read_text(encoding="utf-8")
    assert [name for _, name in RULES if f"`{name}`" not in text] == []
    kinds = {reason.split(":")[0] for reason in REASONS.values()}
    grouped = ("attention", "mixture", "beam")
    assert [k for k in kinds if k not in text and not k.startswith(grouped)] == []
