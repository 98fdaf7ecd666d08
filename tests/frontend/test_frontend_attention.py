"""Attention against the matrix products that ONNX defines it by, and ONNX Runtime's kinds."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper, inliner

from dmaze_cp.frontend import load_onnx
from dmaze_cp.frontend.attention import (
    lower_attention,
    lower_multi_head_attention,
    lower_packed_attention,
)
from dmaze_cp.frontend.attributes import Attributes
from dmaze_cp.frontend.operators import Refusal
from tests.kit.onnx_models import Load, value
from tests.kit.problems import refused


def work(layers) -> int:
    return sum(layer.macs * layer.instances for layer in layers)


def attention(query, key, val, past=None, **attributes):
    return lower_attention("att", query, key, val, past, Attributes(attributes))


def spelled_out(tmp_path: Path, query, key, val, past, attributes):
    """The layers of the operator's definition by simpler ones, which onnx has."""
    inputs = {"q": query, "k": key, "v": val}
    names, outputs = ["q", "k", "v"], ["y"]
    if past is not None:
        mask = (query[2], past[2] + key[2])  # onnx cannot expand the operator without
        inputs |= {"mask": mask, "pk": past, "pv": (*past[:3], val[3])}
        names += ["mask", "pk", "pv"]
        outputs += ["present_k", "present_v"]
    node = helper.make_node("Attention", names, outputs, "att", **attributes)
    results = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
    graph = helper.make_graph([node], "g", [value(k, s) for k, s in inputs.items()], results)
    opset = helper.make_opsetid("", 23)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=10)
    try:
        expanded = inliner.inline_selected_functions(
            model, [("", "Attention")], inline_schema_functions=True
        )
    except TypeError:
        pytest.skip("this onnx does not expand operators")
    assert "Attention" not in {n.op_type for n in expanded.graph.node}
    onnx.save(expanded, tmp_path / "expanded.onnx")
    return load_onnx(tmp_path / "expanded.onnx")


@pytest.mark.parametrize(
    ("query", "key", "val", "past", "attributes"),
    [
        ((2, 8, 10, 16), (2, 8, 12, 16), (2, 8, 12, 32), None, {}),
        ((2, 8, 10, 16), (2, 4, 12, 16), (2, 4, 12, 32), None, {"is_causal": 1}),
        ((2, 8, 10, 16), (2, 1, 12, 16), (2, 1, 12, 16), None, {}),
        ((1, 8, 1, 16), (1, 8, 1, 16), (1, 8, 1, 16), (1, 8, 30, 16), {}),
        ((2, 10, 128), (2, 12, 64), (2, 12, 128), None, {"q_num_heads": 8, "kv_num_heads": 4}),
    ],
    ids=["cross", "grouped", "one key head", "past", "folded heads"],
)
def test_work_is_that_of_the_definition(tmp_path, query, key, val, past, attributes) -> None:
    layers = attention(query, key, val, past, **attributes)
    assert work(layers) == spelled_out(tmp_path, query, key, val, past, attributes).mapped_macs


def test_query_heads_that_share_keys_are_rows() -> None:
    scores, values = attention((2, 8, 10, 16), (2, 4, 12, 16), (2, 4, 12, 32))
    assert (scores.name, scores.bounds) == ("att.scores", {"X": 20, "Y": 12, "K": 16})
    assert (values.name, values.bounds) == ("att.values", {"X": 20, "Y": 32, "K": 12})
    assert scores.instances == values.instances == 8


def test_in_a_model(load: Load) -> None:
    nodes = [
        helper.make_node("Attention", ["q", "k", "v"], ["y"], "att"),
        helper.make_node("MatMul", ["y", "w"], ["z"], "after"),
    ]
    shape = [2, 8, "length", 16]
    inputs = {"q": shape, "k": shape, "v": shape, "w": [16, 4]}
    with refused("q:2, k:2, v:2"):
        load(nodes, inputs, opset=23)
    workload = load(nodes, inputs, opset=23, shapes={"length": 10})
    assert [layer.name for layer in workload] == ["att.scores", "att.values", "after"]
    assert workload["after"].bounds["X"] == 2 * 8 * 10


def test_packed_attention() -> None:
    """ONNX Runtime's Attention: BERT-base, as its optimiser fuses it."""
    data, weights = (2, 128, 768), (768, 3 * 768)
    layers = lower_packed_attention("att", data, weights, None, Attributes({"num_heads": 12}))
    projection, scores, values = layers
    assert projection.bounds == {"X": 256, "Y": 2304, "K": 768}
    assert scores.bounds == {"X": 128, "Y": 128, "K": 64}
    assert values.bounds == {"X": 128, "Y": 64, "K": 128}
    assert scores.instances == 24


def test_packed_attention_with_a_past_and_other_sizes() -> None:
    attributes = Attributes({"num_heads": 2, "qkv_hidden_sizes": [8, 8, 12]})
    layers = lower_packed_attention("att", (1, 5, 6), (6, 28), (2, 1, 2, 7, 4), attributes)
    assert [layer.bounds["Y"] for layer in layers] == [28, 12, 6]
    shared = attributes.but(past_present_share_buffer=1)
    assert isinstance(lower_packed_attention("att", (1, 5, 6), (6, 28), None, shared), Refusal)


def test_multi_head_attention() -> None:
    attributes = Attributes({"num_heads": 4})
    shape = (2, 10, 64)
    layers = lower_multi_head_attention("att", shape, shape, shape, None, None, attributes)
    assert layers == attention(shape, shape, shape, q_num_heads=4, kv_num_heads=4)
    cross = lower_multi_head_attention(
        "att", shape, (2, 4, 12, 16), (2, 4, 12, 16), None, None, attributes
    )
    assert cross[0].bounds == {"X": 10, "Y": 12, "K": 16}
    packed = lower_multi_head_attention(
        "att", (2, 10, 4, 3, 16), None, None, None, None, attributes
    )
    assert isinstance(packed, Refusal)
    past = lower_multi_head_attention("att", shape, shape, shape, None, (), attributes)
    assert isinstance(past, Refusal)


@pytest.mark.parametrize(
    ("query", "key", "val", "attributes", "where"),
    [
        ((2, 10, 64), (2, 10, 64), (2, 10, 64), {}, "Q"),
        ((2, 4, 10, 16), (2, 3, 10, 16), (2, 3, 10, 16), {}, "inputs"),
        ((2, 4, 10, 16), (2, 4, 10, 8), (2, 4, 10, 8), {}, "inputs"),
        ((2, 4, 10, 16), (2, 4, 10, 16), (2, 4, 11, 16), {}, "inputs"),
        ((2, 4, 0, 16), (2, 4, 10, 16), (2, 4, 10, 16), {}, "Q"),
        ((2, 4), (2, 4, 10, 16), (2, 4, 10, 16), {}, "Q"),
    ],
)
def test_contradictions_are_named(query, key, val, attributes, where) -> None:
    with refused(where):
        attention(query, key, val, **attributes)
