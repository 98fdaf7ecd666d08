"""Transposed convolutions against their definition and onnx's reference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, shape_inference
from onnx.reference import ReferenceEvaluator

from dmaze_cp.frontend.attributes import Attributes
from dmaze_cp.frontend.conv_transpose import lower_conv_transpose
from dmaze_cp.frontend.operators import Refusal
from dmaze_cp.workload import Kind
from tests.kit.onnx_models import value
from tests.kit.problems import refused

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def lowered(data, weights, **attributes):
    return lower_conv_transpose("up", tuple(data), tuple(weights), Attributes(attributes))


def work(layers) -> int:
    return sum(layer.macs * layer.instances for layer in layers)


def one_node_model(data, weights, attributes):
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], **attributes)
    inputs = [value("x", data), value("w", weights)]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "g", inputs, [output])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def onnx_output(data, weights, attributes):
    model = one_node_model(data, weights, attributes)
    inferred = shape_inference.infer_shapes(model, strict_mode=True)
    return [d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]


@st.composite
def cases(draw):
    rank = draw(st.sampled_from([1, 2]))
    ints = lambda low, high, n=rank: [draw(st.integers(low, high)) for _ in range(n)]  # noqa: E731
    groups, channels, filters = ints(1, 3, 3)
    kernel, strides, dilations = ints(1, 5), ints(1, 4), ints(1, 3)
    size = ints(1, 7)
    full = [
        s * (n - 1) + d * (k - 1) + 1
        for s, n, d, k in zip(strides, size, dilations, kernel, strict=True)
    ]
    attributes = {"group": groups, "strides": strides, "dilations": dilations}
    auto_pad = draw(st.sampled_from(["NOTSET", "VALID", None]))
    if auto_pad:
        attributes["auto_pad"] = auto_pad
    if auto_pad != "VALID":
        before = [draw(st.integers(0, min(3, (f - 1) // 2))) for f in full]
        after = [draw(st.integers(0, min(3, (f - 1) // 2))) for f in full]
        attributes["pads"] = before + after
    if draw(st.booleans()):
        attributes["output_padding"] = [draw(st.integers(0, s - 1)) for s in strides]
    data = [draw(st.integers(1, 3)), channels * groups, *size]
    return data, [channels * groups, filters, *kernel], attributes


@QUICK
@given(cases())
def test_work_is_that_of_the_definition(case) -> None:
    """Each output meets the taps for which there is an input, or padding, a stride apart."""
    data, weights, attributes = case
    batch, filters, *outs = onnx_output(data, weights, attributes)
    rank = len(outs)
    pads = attributes.get("pads", [0] * rank)
    meets = 1
    for axis, out in enumerate(outs):
        stride, dilation = attributes["strides"][axis], attributes["dilations"][axis]
        meets *= sum(
            (position + pads[axis] - tap * dilation) % stride == 0
            for position in range(out)
            for tap in range(weights[2 + axis])
        )
    layers = lowered(data, weights, **attributes)
    channels = data[1] // attributes["group"]
    assert work(layers) == batch * filters * channels * meets


@QUICK
@given(cases())
def test_work_is_not_less_than_what_the_reference_sums(case) -> None:
    """With ones everywhere, onnx's result is the number of products of real elements."""
    data, weights, attributes = case
    model = one_node_model(data, weights, attributes)
    try:
        (result,) = ReferenceEvaluator(model).run(
            None, {"x": np.ones(data, np.float32), "w": np.ones(weights, np.float32)}
        )
    except (RuntimeError, ValueError, NotImplementedError, IndexError, TypeError):
        return  # onnx's reference does not know all cases
    assert work(lowered(data, weights, **attributes)) >= result.sum()


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_filters_as_wide_as_the_stride_are_one_matrix_product(stride) -> None:
    """As in the up-sampling of segmentation networks: nothing is summed across inputs."""
    data, weights = (2, 24, 10, 12), (24, 5, stride, stride)
    (layer,) = lowered(data, weights, strides=[stride, stride])
    bounds = {"N": 2, "M": 5 * stride**2, "C": 24, "Ox": 10, "Oy": 12, "Fx": 1, "Fy": 1}
    assert (layer.name, layer.bounds, layer.stride) == ("up", bounds, (1, 1))
    model = one_node_model(data, weights, {"strides": [stride, stride]})
    (ones,) = ReferenceEvaluator(model).run(
        None, {"x": np.ones(data, np.float32), "w": np.ones(weights, np.float32)}
    )
    assert layer.macs == ones.sum()


def test_stride_one_is_a_convolution() -> None:
    (layer,) = lowered((1, 8, 10, 12), (8, 4, 3, 5), pads=[1, 2, 1, 2])
    assert layer.bounds == {"N": 1, "M": 4, "C": 8, "Ox": 10, "Oy": 12, "Fx": 3, "Fy": 5}
    assert layer.padded_input == (12, 16)


def test_phases_of_the_generator_of_a_gan() -> None:
    """Filters 4 x 4, stride 2, padding 1: four convolutions 2 x 2, none of them equal in place."""
    layers = lowered((1, 64, 8, 8), (64, 32, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1])
    assert [layer.name for layer in layers] == [f"up.phase{i}" for i in range(4)]
    bounds = {"N": 1, "M": 32, "C": 64, "Ox": 8, "Oy": 8, "Fx": 2, "Fy": 2}
    assert all(layer.bounds == bounds for layer in layers)


def test_dilation_that_shares_a_factor_with_the_stride() -> None:
    """Every tap falls on outputs of the same phase: the others are bias alone."""
    (layer,) = lowered((1, 2, 9), (2, 3, 3), strides=[2], dilations=[2])
    assert layer.bounds["Fy"] == 3
    assert layer.dilation == (1, 1)
    assert layer.bounds["Oy"] == 9 + 2


@pytest.mark.parametrize(
    ("auto_pad", "expected"), [("SAME_UPPER", 20), ("SAME_LOWER", 20), ("VALID", 21)]
)
def test_automatic_padding(auto_pad, expected) -> None:
    layers = lowered((1, 2, 10), (2, 3, 3), strides=[2], auto_pad=auto_pad)
    assert sum(layer.bounds["Oy"] for layer in layers) == expected


@pytest.mark.parametrize("shape", [18, 20, 24])
def test_stated_output_shape(shape) -> None:
    layers = lowered((1, 2, 10), (2, 3, 3), strides=[2], output_shape=[shape])
    assert sum(layer.bounds["Oy"] for layer in layers) == shape


def test_groups() -> None:
    (grouped,) = lowered((1, 8, 5, 5), (8, 3, 2, 2), strides=[2, 2], group=4)
    assert (grouped.kind, grouped.bounds["C"], grouped.bounds["M"]) == (Kind.CONV, 2, 12)
    assert grouped.instances == 4
    layers = lowered((1, 8, 5, 5), (8, 1, 3, 3), strides=[2, 2], group=8)
    assert {layer.kind for layer in layers} == {Kind.DEPTHWISE}
    assert math.prod((8, 11, 11)) == sum(
        math.prod(layer.bounds[d] for d in ("C", "Ox", "Oy")) for layer in layers
    )


def test_third_axis() -> None:
    (layer,) = lowered((1, 4, 3, 5, 6), (4, 2, 2, 2, 2), strides=[2, 2, 2])
    assert layer.bounds == {"N": 3, "M": 16, "C": 4, "Ox": 5, "Oy": 6, "Fx": 1, "Fy": 1}
    assert isinstance(lowered((1, 4, 3, 5, 6), (4, 2, 3, 2, 2), strides=[2, 2, 2]), Refusal)


@pytest.mark.parametrize(
    ("data", "weights", "attributes", "where"),
    [
        ((1, 8, 9), (8, 8, 3, 3), {}, "inputs"),
        ((1, 8, 9, 9), (4, 8, 3, 3), {}, "inputs"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"group": 3}, "group"),
        ((1, 8, 0, 9), (8, 8, 3, 3), {}, "data"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"strides": [0, 1]}, "strides"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"output_padding": [1]}, "output_padding"),
        ((1, 8, 1, 9), (8, 8, 3, 3), {"pads": [2, 0, 1, 0]}, "pads"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"kernel_shape": [5, 5]}, "kernel_shape"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"auto_pad": "same"}, "auto_pad"),
    ],
)
def test_contradictions_are_named(data, weights, attributes, where) -> None:
    with refused(where):
        lowered(data, weights, **attributes)
