"""Convolutions -> loop nests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.attributes import Attributes, Sizes
from dmaze_cp.frontend.operators import Refusal
from dmaze_cp.workload import Layer

AUTO_PADS = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")


@dataclass(frozen=True)
class Axis:
    """One spatial axis of a convolution: sizes, not positions."""

    kernel: int
    stride: int
    dilation: int
    padded: int

    @property
    def out(self) -> int:
        """Output size; 0 or less where the kernel does not fit."""
        return (self.padded - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    @property
    def disjoint(self) -> bool:
        """Whether no input position is in two windows."""
        return self.out == 1 or self.stride > self.dilation * (self.kernel - 1)


def lower_conv(name: str, data: Sizes, weights: Sizes, attributes: Attributes) -> Layer | Refusal:
    """The loop nest of a convolution with data [N, C, ...], weights [M, C / groups, ...].

    Groups are instances of a smaller convolution, but for the depthwise one with a
    single output channel for each input channel. In one dimension, the spatial
    axis is y, the innermost of the memory layout. In three or more, an axis along
    which windows do not overlap is no loop over a window: its positions are more
    images, its filter taps more channels. What is left must have two axes.

    Raises
    ------
    SpecError
        With every problem found, when shapes and attributes contradict each other.
    """
    groups = attributes.integer("group", 1)
    if attributes.integer("channels_last", 0) and len(data) > 2:
        data = (data[0], data[-1], *data[1:-1])
    problems = list(_shape_problems(data, weights, groups))
    if problems:
        raise SpecError(problems)
    axes = _axes(data[2:], weights[2:], attributes)
    images, channels, filters = data[0], weights[1], weights[0] // groups
    for axis in axes[:-2]:
        if not axis.disjoint:
            macs = data[0] * prod(weights) * prod(axis.out for axis in axes)
            return Refusal(f"convolution over {len(axes)} spatial axes, windows overlap", macs)
        images, channels = images * axis.out, channels * axis.kernel
    x, y = (Axis(1, 1, 1, 1), *axes)[-2:]
    return conv_layer(name, (images, channels, filters, groups), x, y)


def lower_conv_channels_last(
    name: str, data: Sizes, weights: Sizes, attributes: Attributes
) -> Layer | Refusal:
    """The loop nest of a convolution with data [N, ..., C], weights [M, C / groups, ...].

    Raises
    ------
    SpecError
        As `lower_conv`.
    """
    return lower_conv(name, data, weights, attributes.but(channels_last=1))


def lower_causal_conv(name: str, data: Sizes, weights: Sizes, _: Attributes) -> Layer | Refusal:
    """The loop nest of a depthwise convolution over the past: data [N, C, length].

    Raises
    ------
    SpecError
        As `lower_conv`.
    """
    past = weights[-1] - 1 if weights else 0
    groups = data[1] if len(data) == 3 else 1
    return lower_conv(name, data, weights, Attributes({"group": groups, "pads": [past, 0]}))


def conv_layer(name: str, sizes: tuple[int, int, int, int], x: Axis, y: Axis) -> Layer:
    """A convolution as a layer.

    Parameters
    ----------
    name
        Of the layer.
    sizes
        Images; input and output channels of one group; groups.
    x, y
        The spatial axes.
    """
    images, channels, filters, groups = sizes
    bounds = {"N": images, "Ox": x.out, "Oy": y.out, "Fx": x.kernel, "Fy": y.kernel}
    depthwise = groups > 1 and channels == filters == 1
    make = Layer.depthwise if depthwise else Layer.conv
    return make(
        name,
        bounds | ({"C": groups} if depthwise else {"M": filters, "C": channels}),
        stride=(x.stride, y.stride),
        dilation=(x.dilation, y.dilation),
        padded_input=(x.padded, y.padded),
        instances=1 if depthwise else groups,
    )


def _shape_problems(data: Sizes, weights: Sizes, groups: int) -> Iterator[Problem]:
    if len(data) < 3 or len(data) != len(weights):
        yield Problem(
            "inputs",
            f"data {list(data)} and weights {list(weights)}",
            "data [N, C, ...] and weights [M, C/group, ...] of the same rank, 3 or more",
        )
        return
    for operand, sizes in (("data", data), ("weights", weights)):
        if min(sizes) < 1:
            yield Problem(operand, f"shape {list(sizes)}", "sizes of at least 1")
    if groups < 1 or data[1] != weights[1] * groups or weights[0] % groups:
        yield Problem(
            "group",
            f"{groups} for data {list(data)} and weights {list(weights)}",
            "a divisor of M such that the data have group times the channels of the weights",
        )


def _axes(data: Sizes, kernel: Sizes, attributes: Attributes) -> list[Axis]:
    rank = len(kernel)
    strides = attributes.integers("strides", (1,) * rank)
    dilations = attributes.integers("dilations", (1,) * rank)
    pads = attributes.integers("pads", (0,) * (2 * rank))
    auto_pad = attributes.text("auto_pad", "NOTSET")
    problems = []
    for field, values, length, least in (
        ("strides", strides, rank, 1),
        ("dilations", dilations, rank, 1),
        ("pads", pads, 2 * rank, 0),
    ):
        if len(values) != length or min(values) < least:
            expected = f"{length} integers of at least {least}"
            problems.append(Problem(field, str(list(values)), expected))
    stated = attributes.integers("kernel_shape", kernel)
    if stated != kernel:
        expected = f"{list(kernel)}, as the weights have it"
        problems.append(Problem("kernel_shape", str(list(stated)), expected))
    if auto_pad not in AUTO_PADS:
        problems.append(Problem("auto_pad", repr(auto_pad), f"one of {', '.join(AUTO_PADS)}"))
    if problems:
        raise SpecError(problems)
    axes = []
    for i, (size, extent) in enumerate(zip(data, kernel, strict=True)):
        reach = dilations[i] * (extent - 1) + 1
        padding = _padding(auto_pad, size, reach, strides[i], pads[i] + pads[i + rank])
        axes.append(Axis(extent, strides[i], dilations[i], size + padding))
        if reach > size + padding:
            found = f"a kernel that reaches over {reach} of axis {i}"
            problems.append(Problem("pads", found, f"at most the padded {size + padding}"))
    if problems:
        raise SpecError(problems)
    return axes


def _padding(auto_pad: str, size: int, reach: int, stride: int, given: int) -> int:
    """Padding on both sides together, by the ONNX definition of ``auto_pad``."""
    if auto_pad == "NOTSET":
        return given
    if auto_pad == "VALID":
        return 0
    out = -(-size // stride)
    return max((out - 1) * stride + reach - size, 0)
