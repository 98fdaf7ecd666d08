"""Convolutions: geometry against onnx's inference, groups, ranks, attributes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, shape_inference

from dmaze_cp.errors import SpecError
from dmaze_cp.frontend.attributes import Attributes
from dmaze_cp.frontend.conv import lower_causal_conv, lower_conv, lower_conv_channels_last
from dmaze_cp.frontend.operators import Refusal
from dmaze_cp.workload import Kind, Layer
from tests.kit.problems import refused

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


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


def im2col_work(data, weights, strides, groups=1):
    """Multiply-accumulates as the definition has them, without padding."""
    outs = [
        len(range(0, size - k + 1, s))
        for size, k, s in zip(data[2:], weights[2:], strides, strict=True)
    ]
    return data[0] * weights[0] * math.prod(outs) * math.prod(weights[1:])


@pytest.mark.parametrize(
    ("data", "weights", "strides", "groups", "bounds"),
    [
        # frames one by one
        ((2, 4, 5, 9, 9), (6, 4, 1, 3, 3), (1, 1, 1), 1, {"N": 10, "C": 4, "Ox": 7}),
        # every second frame
        ((2, 4, 5, 9, 9), (6, 4, 1, 3, 3), (2, 1, 1), 1, {"N": 6, "C": 4, "Ox": 7}),
        # blocks of two frames, as in video transformers
        ((1, 3, 8, 32, 32), (16, 3, 2, 8, 8), (2, 8, 8), 1, {"N": 4, "C": 6, "Ox": 4, "Fx": 8}),
        # all frames at once
        ((1, 3, 5, 9, 9), (6, 3, 5, 3, 3), (1, 1, 1), 1, {"N": 1, "C": 15, "Oy": 7}),
        # groups
        ((1, 8, 6, 9, 9), (8, 2, 2, 3, 3), (2, 1, 1), 4, {"N": 3, "C": 4, "M": 2}),
        # depthwise in channels, not in frames
        ((1, 8, 6, 9, 9), (8, 1, 2, 3, 3), (2, 1, 1), 8, {"N": 3, "C": 2, "M": 1}),
        # four axes
        ((1, 3, 4, 5, 9, 9), (2, 3, 2, 1, 3, 3), (2, 1, 1, 1), 1, {"N": 10, "C": 6}),
    ],
)
def test_axes_whose_windows_do_not_overlap(data, weights, strides, groups, bounds) -> None:
    layer = conv(data, weights, strides=strides, group=groups)
    assert isinstance(layer, Layer)
    assert {d: layer.bounds[d] for d in bounds} == bounds
    assert layer.macs * layer.instances == im2col_work(data, weights, strides)


@pytest.mark.parametrize("axis", [0, 1])
def test_only_axes_beyond_two_are_folded(axis) -> None:
    """Patches of two dimensions stay a convolution; overlapping third ones are refused."""
    patches = conv((1, 3, 32, 32), (16, 3, 8, 8), strides=[8, 8])
    assert (patches.bounds["Fx"], patches.bounds["Ox"]) == (8, 4)
    strides = [1, 1, 1]
    strides[axis] = 3
    folded = conv((1, 3, 9, 9, 9), (4, 3, 3, 3, 3), strides=strides)
    assert isinstance(folded, Layer if axis == 0 else Refusal)


def test_dilated_windows_overlap_although_the_stride_is_the_kernel() -> None:
    result = conv((1, 3, 9, 9, 9), (4, 3, 2, 3, 3), strides=[2, 1, 1], dilations=[3, 1, 1])
    assert isinstance(result, Refusal)


def test_channels_last() -> None:
    weights = (16, 8, 3, 5)
    first = conv((2, 8, 20, 31), weights, strides=[2, 3])
    last = Attributes({"strides": [2, 3]})
    assert lower_conv_channels_last("conv", (2, 20, 31, 8), weights, last) == first
    assert conv((2, 20, 31, 8), weights, strides=[2, 3], channels_last=1) == first


def test_causal_convolution_sees_as_many_positions_as_it_gives() -> None:
    layer = lower_causal_conv("conv", (2, 8, 100), (8, 1, 4), Attributes({}))
    assert layer.kind is Kind.DEPTHWISE
    assert layer.bounds == {"N": 2, "M": 1, "C": 8, "Ox": 1, "Oy": 100, "Fx": 1, "Fy": 4}
    assert layer.padded_input == (1, 103)


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
    ("data", "weights", "attributes", "where"),
    [
        ((1, 8, 9, 9), (16, 4, 3, 3), {}, "group"),
        ((1, 8, 9, 9), (9, 4, 3, 3), {"group": 2}, "group"),
        ((1, 8, 9, 9), (8, 4, 3, 3), {"group": 0}, "group"),
        ((1, 8, 9), (8, 8, 3, 3), {}, "inputs"),
        ((1, 8), (8, 8), {}, "inputs"),
        ((1, 8, 2, 9), (8, 8, 3, 3), {}, "pads"),
        ((1, 8, 0, 9), (8, 8, 3, 3), {}, "data"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"strides": [0, 1]}, "strides"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"strides": [1]}, "strides"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"pads": [0, 0, -1, 0]}, "pads"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"kernel_shape": [5, 5]}, "kernel_shape"),
        ((1, 8, 9, 9), (8, 8, 3, 3), {"auto_pad": "same"}, "auto_pad"),
        ((1, 2**21, 1, 1), (1, 2**21, 1, 1), {}, "bounds.C"),
    ],
)
def test_contradictions_are_named(data, weights, attributes, where) -> None:
    with refused(where):
        conv(data, weights, **attributes)


def test_all_attribute_problems_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        conv((1, 8, 9, 9), (8, 8, 3, 3), strides=[0, 1], dilations=[1], auto_pad="no")
    assert [p.where for p in caught.value.problems] == ["strides", "dilations", "auto_pad"]
