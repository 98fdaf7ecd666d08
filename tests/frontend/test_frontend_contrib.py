"""ONNX Runtime's own operators: layers, and shapes of what follows them."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.kit.onnx_models import Load, value
from tests.kit.problems import refused

DOMAIN = "com.microsoft"
U8 = TensorProto.UINT8


def contrib(op_type: str, inputs, output: str = "y", name: str = "node", **attributes):
    outputs = [output] if isinstance(output, str) else output
    return helper.make_node(op_type, inputs, outputs, name, domain=DOMAIN, **attributes)


def followed(load: Load, node, inputs, columns: int, *, before=(), **options):
    """The layers of a model in which a product follows the operator's first output."""
    after = helper.make_node("MatMul", [node.output[0], "after_w"], ["z"], "after")
    options = {"domains": {DOMAIN: 1}, **options}
    return load([*before, node, after], {**inputs, "after_w": [columns, 3]}, **options)


Q = ["s", "z"]
QUANTISED = {"s": [], "z": value("z", [], U8)}
CASES = [
    # operator, inputs, attributes, shapes, layer's extents and instances, rows of what follows
    ("FusedMatMul", ["a", "b"], {"transB": 1}, {"a": [2, 3, 4], "b": [5, 4]}, (6, 5, 4), 1, 6, 5),
    (
        "FusedMatMul",
        ["a", "b"],
        {"transA": 1, "transBatchB": 1},
        {"a": [2, 4, 3], "b": [4, 2, 5]},
        (3, 5, 4),
        2,
        6,
        5,
    ),
    ("TransposeMatMul", ["a", "b"], {"transA": 1}, {"a": [4, 3], "b": [4, 5]}, (3, 5, 4), 1, 3, 5),
    ("GemmFastGelu", ["a", "b"], {}, {"a": [2, 3, 4], "b": [4, 5]}, (6, 5, 4), 1, 6, 5),
    ("FusedGemm", ["a", "b"], {"transB": 1}, {"a": [3, 4], "b": [5, 4]}, (3, 5, 4), 1, 3, 5),
    (
        "QGemm",
        ["a", *Q, "b", *Q],
        {"transB": 1},
        {"a": [3, 4], "b": [5, 4], **QUANTISED},
        (3, 5, 4),
        1,
        3,
        5,
    ),
    ("MatMulInteger16", ["a", "b"], {}, {"a": [3, 4], "b": [4, 5]}, (3, 5, 4), 1, 3, 5),
    (
        "MatMulIntegerToFloat",
        ["a", "b", "s", "s"],
        {},
        {"a": [2, 3, 4], "b": [4, 5], "s": []},
        (6, 5, 4),
        1,
        6,
        5,
    ),
    (
        "DynamicQuantizeMatMul",
        ["a", "b", "s"],
        {},
        {"a": [2, 3, 4], "b": [4, 5], "s": []},
        (6, 5, 4),
        1,
        6,
        5,
    ),
    (
        "MatMulNBits",
        ["a", "b", "s"],
        {"K": 64, "N": 32, "bits": 4, "block_size": 32},
        {"a": [2, 3, 64], "b": [32, 2, 16], "s": [64]},
        (6, 32, 64),
        1,
        6,
        32,
    ),
    (
        "MatMulBnb4",
        ["a", "b", "s"],
        {"K": 64, "N": 32, "block_size": 64, "quant_type": 1},
        {"a": [2, 3, 64], "b": [1024], "s": [32]},
        (6, 32, 64),
        1,
        6,
        32,
    ),
]


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes", "shapes", "extents", "instances", "rows", "columns"), CASES
)
def test_products(
    load: Load, op_type, inputs, attributes, shapes, extents, instances, rows, columns
) -> None:
    node = contrib(op_type, inputs, **attributes)
    workload = followed(load, node, shapes, columns)
    assert (workload["node"].extents, workload["node"].instances) == (extents, instances)
    assert workload["after"].bounds == {"X": rows, "Y": 3, "K": columns}


CONV = {"strides": [2, 1], "pads": [1, 1, 1, 1]}


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes", "data", "out"),
    [
        ("FusedConv", ["x", "w", "", "r"], {"activation": "Relu"}, [2, 8, 10, 12], [2, 6, 5, 12]),
        ("QLinearConv", ["x", *Q, "w", *Q, *Q], {}, [2, 8, 10, 12], [2, 6, 5, 12]),
        (
            "QLinearConv",
            ["x", *Q, "w", *Q, *Q],
            {"channels_last": 1},
            [2, 10, 12, 8],
            [2, 5, 12, 6],
        ),
        ("NhwcConv", ["x", "w"], {}, [2, 10, 12, 8], [2, 5, 12, 6]),
        ("NhwcFusedConv", ["x", "w"], {"activation": "Relu"}, [2, 10, 12, 8], [2, 5, 12, 6]),
    ],
)
def test_convolutions(load: Load, op_type, inputs, attributes, data, out) -> None:
    node = contrib(op_type, inputs, **CONV, **attributes)
    shapes = {"x": data, "w": [6, 8, 3, 3], "r": out, **QUANTISED}
    workload = followed(load, node, shapes, out[-1])
    layer = workload["node"]
    assert layer.bounds == {"N": 2, "M": 6, "C": 8, "Ox": 5, "Oy": 12, "Fx": 3, "Fy": 3}
    assert (layer.stride, layer.padded_input) == ((2, 1), (12, 14))
    assert workload["after"].bounds["X"] == out[0] * out[1] * out[2]


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes", "shapes", "rows", "columns"),
    [
        ("FastGelu", ["x"], {}, {"x": [2, 7, 4]}, 14, 4),
        ("QLinearAdd", ["x", *Q, "w", *Q, *Q], {}, {"x": [7, 1], "w": [2, 1, 4]}, 14, 4),
        ("QLinearMul", ["x", *Q, "w", *Q, *Q], {}, {"x": [7, 1], "w": [2, 1, 4]}, 14, 4),
        (
            "QLinearConcat",
            [*Q, "x", *Q, "w", *Q],
            {"axis": 1},
            {"x": [7, 4], "w": [7, 5]},
            7,
            9,
        ),
        (
            "QLinearAveragePool",
            ["x", *Q, *Q],
            {"kernel_shape": [2, 2], "strides": [2, 2], "channels_last": 1},
            {"x": [1, 8, 6, 5]},
            12,
            5,
        ),
        (
            "QLinearGlobalAveragePool",
            ["x", *Q, *Q],
            {"channels_last": 1},
            {"x": [2, 8, 6, 5]},
            2,
            5,
        ),
        ("NhwcMaxPool", ["x"], {"kernel_shape": [2, 2]}, {"x": [1, 3, 3, 5]}, 4, 5),
        ("QLinearReduceMean", ["x", *Q, *Q], {"axes": [1], "keepdims": 0}, {"x": [2, 8, 5]}, 2, 5),
        ("SkipLayerNormalization", ["x", "x", "g"], {}, {"x": [2, 7, 4], "g": [4]}, 14, 4),
        (
            "EmbedLayerNormalization",
            ["ids", "", "table"],
            {},
            {"ids": value("ids", [2, 7], TensorProto.INT32), "table": [100, 4]},
            14,
            4,
        ),
        (
            "GroupQueryAttention",
            ["x", "k", "k"],
            {"num_heads": 8, "kv_num_heads": 2},
            {"x": [2, 7, 32], "k": [2, 7, 8]},
            14,
            32,
        ),
        (
            "GroupQueryAttention",
            ["x"],
            {"num_heads": 8, "kv_num_heads": 2},
            {"x": [2, 7, 48]},
            14,
            32,
        ),
    ],
)
def test_shapes_after_operators_that_are_no_layers(
    load: Load, op_type, inputs, attributes, shapes, rows, columns
) -> None:
    node = contrib(op_type, inputs, **attributes)
    workload = followed(load, node, {**shapes, **QUANTISED}, columns)
    assert [layer.name for layer in workload] == ["after"]
    assert workload["after"].bounds["X"] == rows
    assert [op.operator for op in workload.unmapped] == [op_type]
    assert not workload.unmapped[0].reason.startswith("an operator")


def test_quantised_lstm(load: Load) -> None:
    node = contrib("DynamicQuantizeLSTM", ["x", "w", "r"], ["y", "h", "c"], hidden_size=5)
    nodes = [
        node,
        helper.make_node("Squeeze", ["h"], ["state"], axes=[0]),
        helper.make_node("MatMul", ["state", "v"], ["z"], "after"),
    ]
    inputs = {"x": [7, 2, 3], "w": [1, 3, 20], "r": [1, 5, 20], "v": [5, 9]}
    workload = load(nodes, inputs, domains={DOMAIN: 1}, opset=12)
    assert [layer.name for layer in workload] == ["node.input", "node.state", "after"]
    assert workload["after"].bounds == {"X": 2, "Y": 9, "K": 5}


@pytest.mark.parametrize(
    ("op_type", "inputs", "shapes"),
    [
        ("Attention", ["x", "w", "b"], {"x": [2, 10, 64], "w": [64, 192], "b": [192]}),
        (
            "QAttention",
            ["x", "w", "b", "s", "s"],
            {"x": [2, 10, 64], "w": [64, 192], "b": [192], "s": []},
        ),
        ("MultiHeadAttention", ["x", "x", "x"], {"x": [2, 10, 64]}),
    ],
)
def test_attention(load: Load, op_type, inputs, shapes) -> None:
    workload = followed(load, contrib(op_type, inputs, num_heads=4), shapes, 64)
    assert workload["node.scores"].bounds == {"X": 10, "Y": 10, "K": 16}
    assert workload["node.values"].instances == 8
    assert ("node.projection" in {layer.name for layer in workload}) == (
        op_type != "MultiHeadAttention"
    )
    assert workload["after"].bounds["X"] == 20


@pytest.mark.parametrize("packed", [True, False])
def test_group_query_attention_of_a_language_model(load: Load, packed) -> None:
    """The length with the past comes from the shape of a mask, as its exporter writes it."""
    columns = 8 * 16 if not packed else (8 + 2 * 2) * 16
    attention = contrib(
        "GroupQueryAttention",
        ["q", *(["", ""] if packed else ["k", "k"]), "past", "past", "lengths", "total"],
        num_heads=8,
        kv_num_heads=2,
    )
    nodes = [
        helper.make_node("Shape", ["mask"], ["mask_shape"]),
        helper.make_node("Gather", ["mask_shape", "one"], ["length"]),
        helper.make_node("Cast", ["length"], ["total"], to=TensorProto.INT32),
        attention,
    ]
    inputs = {
        "q": ["N", 5, columns],
        "k": ["N", 5, 32],
        "past": ["N", 2, "P", 16],
        "mask": value("mask", ["N", "T"], TensorProto.INT64),
        "lengths": value("lengths", ["N"], TensorProto.INT32),
    }
    one = numpy_helper.from_array(np.array(1, np.int64), "one")
    options = {"initializers": [one], "domains": {DOMAIN: 1}, "opset": 17}
    sizes = {"N": 3, "P": 15, "T": 20}
    workload = followed(load, attention, inputs, 128, before=nodes[:-1], shapes=sizes, **options)
    scores, values = workload["node.scores"], workload["node.values"]
    assert scores.bounds == {"X": 5 * 4, "Y": 20, "K": 16}
    assert values.bounds == {"X": 5 * 4, "Y": 16, "K": 20}
    assert scores.instances == values.instances == 3 * 2
    assert workload["after"].bounds["X"] == 15


def test_attention_to_a_window_is_listed(load: Load) -> None:
    total = numpy_helper.from_array(np.array(20, np.int32), "total")
    node = contrib(
        "GroupQueryAttention",
        ["q", "", "", "", "", "", "total"],
        num_heads=8,
        kv_num_heads=2,
        local_window_size=4,
    )
    inputs = {"q": [3, 5, 192]}
    workload = followed(load, node, inputs, 128, initializers=[total])
    assert workload.unmapped[0].reason == "attention to the last 4 positions only"


def test_contradicting_operands_are_named(load: Load) -> None:
    node = contrib("FusedConv", ["x", "w"])
    with refused("node.group"):
        load([node], {"x": [1, 3, 8, 8], "w": [2, 4, 3, 3]}, domains={DOMAIN: 1})


def test_operators_of_runtimes_optimised_files_are_listed(load: Load) -> None:
    domain = "com.microsoft.nchwc"
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], domain=domain),
        helper.make_node("MatMul", ["a", "b"], ["y"], "product"),
    ]
    inputs = {"x": [1, 8, 9, 9], "w": [8, 8, 3, 3], "a": [2, 3], "b": [3, 4]}
    workload = load(nodes, inputs, domains={domain: 1})
    assert "optimiser" in workload.unmapped[0].reason
