"""Convolutions: geometry against onnx's inference, groups, ranks, attributes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, shape_inference

from dmaze_cp.errors import SpecError
from dmaze_cp.frontend.conv import lower_conv
from dmaze_cp.frontend.operators import Attributes, Refusal
from dmaze_cp.workload import Kind, Layer

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def conv(data, weights, **attributes):
    return lower_conv("conv", tuple(data), tuple(weights), Attributes(attributes))


def onnx_output(data, weights, attributes):
    """Output shape by onnx's own inference; None where it refuses."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], **attributes)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("x", data), ("w", weights))
    ]
    graph = helper.make_graph([node], "g", inputs, [helper.make_empty_tensor_value_info("y")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    inferred = shape_inference.infer_shapes(model, strict_mode=True)
    return [d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]


@st.composite
def convolutions(draw):
    rank = draw(st.sampled_from([1, 2]))
    groups = draw(st.integers(1, 4))
    channels, filters = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    ints = lambda low, high, n=rank: [draw(st.integers(low, high)) for _ in range(n)]  # noqa: E731
    kernel, dilations = ints(1, 4), ints(1, 3)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
    size = [r + extra for r, extra in zip(reach, ints(0, 12), strict=True)]
    attributes = {"group": groups, "strides": ints(1, 4), "dilations": dilations}
    auto_pad = draw(st.sampled_from(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", None]))
    if auto_pad:
        attributes["auto_pad"] = auto_pad
    if auto_pad in ("NOTSET", None):
        attributes["pads"] = ints(0, 3, 2 * rank)
    data = [draw(st.integers(1, 3)), channels * groups, *size]
    return data, [filters * groups, channels, *kernel], attributes


@QUICK
@given(convolutions())
def test_output_size_and_work_agree_with_onnx(case) -> None:
    data, weights, attributes = case
    layer = conv(data, weights, **attributes)
    assert isinstance(layer, Layer)
    batch, filters, *out = onnx_output(data, weights, attributes)
    b = layer.bounds
    assert [b["Ox"], b["Oy"]] == ([1, *out] if len(out) == 1 else out)
    macs = batch * filters * int(np.prod(out)) * int(np.prod(weights[1:]))
    assert layer.macs * layer.instances == macs


@QUICK
@given(convolutions())
def test_padded_input_follows_the_definition(case) -> None:
    """Pads as stated; or, for SAME, the least that gives ceil(size / stride) outputs."""
    data, weights, attributes = case
    layer = conv(data, weights, **attributes)
    padded = layer.padded_input[2 - len(data[2:]) :]
    for axis, size in enumerate(data[2:]):
        if attributes.get("auto_pad", "NOTSET") == "NOTSET":
            pads = attributes["pads"]
            assert padded[axis] == size + pads[axis] + pads[axis + len(data) - 2]
        elif attributes["auto_pad"] == "VALID":
            assert padded[axis] == size
        else:
            stride, dilation = attributes["strides"][axis], attributes["dilations"][axis]
            reach = dilation * (weights[2 + axis] - 1) + 1
            outs = {p: len(range(0, p - reach + 1, stride)) for p in range(size, size + 20)}
            assert padded[axis] == min(p for p, out in outs.items() if out == -(-size // stride))


def test_x_is_the_first_spatial_axis() -> None:
    layer = conv(
        (2, 8, 20, 31),
        (16, 8, 3, 5),
        strides=[2, 3],
        dilations=[1, 2],
        pads=[1, 0, 2, 4],
    )
    assert layer.bounds == {"N": 2, "M": 16, "C": 8, "Ox": 11, "Oy": 9, "Fx": 3, "Fy": 5}
    assert (layer.stride, layer.dilation, layer.padded_input) == ((2, 3), (1, 2), (23, 35))


def test_one_dimension_is_y() -> None:
    layer = conv((1, 4, 100), (8, 4, 5), strides=[2], pads=[2, 2])
    assert layer.bounds == {"N": 1, "M": 8, "C": 4, "Ox": 1, "Oy": 50, "Fx": 1, "Fy": 5}
    assert (layer.stride, layer.padded_input) == ((1, 2), (1, 104))


def test_three_dimensions_are_refused_with_their_work() -> None:
    result = conv((1, 4, 8, 9, 10), (6, 4, 3, 3, 3))
    assert isinstance(result, Refusal)
    assert "3 spatial axes" in result.reason
    assert result.macs == 6 * (6 * 7 * 8) * 4 * 27


@pytest.mark.parametrize(
    ("data_channels", "weights", "groups", "kind", "bounds", "instances"),
    [
        (8, (16, 8), 1, Kind.CONV, {"M": 16, "C": 8}, 1),
        (8, (8, 1), 8, Kind.DEPTHWISE, {"M": 1, "C": 8}, 1),
        (8, (16, 2), 4, Kind.CONV, {"M": 4, "C": 2}, 4),
        (8, (24, 1), 8, Kind.CONV, {"M": 3, "C": 1}, 8),
        (1, (1, 1), 1, Kind.CONV, {"M": 1, "C": 1}, 1),
    ],
    ids=["plain", "depthwise", "grouped", "multiplier", "one channel"],
)
def test_groups(data_channels, weights, groups, kind, bounds, instances) -> None:
    layer = conv((1, data_channels, 10, 10), (*weights, 3, 3), group=groups)
    assert layer.kind is kind
    assert {d: layer.bounds[d] for d in "MC"} == bounds
    assert layer.instances == instances
    assert layer.macs * instances == weights[0] * 64 * weights[1] * 9


@pytest.mark.parametrize(
    ("data", "weights", "attributes", "message"),
    [
        ((1, 8, 9, 9), (16, 4, 3, 3), {}, r"group: found 1 for data \[1, 8, 9, 9\]"),
        ((1, 8, 9, 9), (9, 4, 3, 3), {"group": 2}, "group: found 2"),
        ((1, 8, 9, 9), (8, 4, 3, 3), {"group": 0}, "group: found 0"),
        ((1, 8, 9), (8, 8, 3, 3), {}, "inputs: found data .* of the same rank"),
        ((1, 8), (8, 8), {}, "rank, 3 or more"),
        ((1, 8, 2, 9), (8, 8, 3, 3), {}, "pads: found a kernel that reaches over 3 of axis 0"),
        ((1, 8, 0, 9), (8, 8, 3, 3), {}, r"data: found shape \[1, 8, 0, 9\]"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"strides": [0, 1]}, r"strides: found \[0, 1\]"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"strides": [1]}, r"strides: found \[1\], expected 2"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"pads": [0, 0, -1, 0]}, "pads: found .*at least 0"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"kernel_shape": [5, 5]}, r"kernel_shape: found \[5, 5\]"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"auto_pad": "same"}, "auto_pad: found 'same'"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"auto_pad": 3}, "auto_pad: found 3, expected a string"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"group": 1.5}, "group: found 1.5, expected an integer"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"dilations": 2}, "dilations: found 2, expected a list"),
        ((1, 2**21, 1, 1), (1, 2**21, 1, 1), {}, "bounds.C: found 2097152"),
    ],
)
def test_contradictions_are_named(data, weights, attributes, message) -> None:
    with pytest.raises(SpecError, match=message):
        conv(data, weights, **attributes)


def test_all_attribute_problems_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        conv((1, 8, 9, 9), (8, 8, 3, 3), strides=[0, 1], dilations=[1], auto_pad="no")
    assert [p.where for p in caught.value.problems] == ["strides", "dilations", "auto_pad"]
