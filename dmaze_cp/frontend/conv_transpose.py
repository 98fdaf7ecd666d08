"""Transposed convolutions -> loop nests of ordinary ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import gcd, prod

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.attributes import Attributes, Sizes
from dmaze_cp.frontend.conv import AUTO_PADS, Axis, conv_layer
from dmaze_cp.frontend.limits import MAX_LAYERS, past
from dmaze_cp.frontend.operators import Refusal
from dmaze_cp.workload import Layer


@dataclass(frozen=True)
class _Phase:
    """Outputs of one axis that lie a stride apart: they meet the same filter taps.

    Attributes
    ----------
    taps
        Filter taps that meet them, every other tap only zeros between the inputs.
    dilation
        Distance in the input of two neighbouring taps.
    out
        How many outputs.
    first
        Input position that the first output and the first tap meet.
    """

    taps: int
    dilation: int
    out: int
    first: int

    @property
    def axis(self) -> Axis:
        """The axis of the convolution with stride 1 that computes the phase."""
        return Axis(self.taps, 1, self.dilation, self.out + self.dilation * (self.taps - 1))


_Phases = Counter[_Phase]


def lower_conv_transpose(
    name: str, data: Sizes, weights: Sizes, attributes: Attributes
) -> tuple[Layer, ...] | Refusal:
    """The loop nests of a transposed convolution: data [N, C, ...], weights [C, M / groups, ...].

    Outputs whose positions are equal modulo the stride meet the same taps of the
    filter, so they are a convolution of the input with stride 1. There is one for
    each position modulo the stride; those that read the same inputs are one
    convolution with so many times the output channels. No zero between the inputs
    is multiplied; zeros around the input are, as in any padded convolution.

    Raises
    ------
    SpecError
        With every problem found, when shapes and attributes contradict each other.
    """
    groups = attributes.integer("group", 1)
    problems = list(_shape_problems(data, weights, groups))
    if problems:
        raise SpecError(problems)
    axes = _axes(data[2:], weights[2:], attributes)
    images, channels, filters = data[0], data[1] // groups, weights[1]
    for phases in axes[:-2]:
        (phase, times), *others = phases.items()
        if others or phase.taps > 1:
            reason = f"transposed convolution over {len(axes)} spatial axes, windows overlap"
            return Refusal(reason, data[0] * prod(data[2:]) * prod(weights))
        images, filters = images * phase.out, filters * times
    x_phases, y_phases = (Counter({_Phase(1, 1, 1, 0): 1}), *axes)[-2:]
    if len(x_phases) * len(y_phases) > MAX_LAYERS:
        raise past("layers", len(x_phases) * len(y_phases), MAX_LAYERS, "strides")
    pairs = list(product(x_phases.items(), y_phases.items()))
    return tuple(
        conv_layer(
            name if len(pairs) == 1 else f"{name}.phase{index}",
            (images, channels, filters * x_times * y_times, groups),
            x.axis,
            y.axis,
        )
        for index, ((x, x_times), (y, y_times)) in enumerate(pairs)
    )


def _shape_problems(data: Sizes, weights: Sizes, groups: int) -> Iterator[Problem]:
    if len(data) < 3 or len(data) != len(weights):
        yield Problem(
            "inputs",
            f"data {list(data)} and weights {list(weights)}",
            "data [N, C, ...] and weights [C, M/group, ...] of the same rank, 3 or more",
        )
        return
    for operand, sizes in (("data", data), ("weights", weights)):
        if min(sizes) < 1:
            yield Problem(operand, f"shape {list(sizes)}", "sizes of at least 1")
    if max(weights[2:]) > MAX_LAYERS:
        yield Problem("weights", f"shape {list(weights)}", f"at most {MAX_LAYERS} filter taps")
    if data[1] != weights[0]:
        found = f"{data[1]} channels in data and {weights[0]} in weights"
        yield Problem("inputs", found, "the same number")
    if groups < 1 or data[1] % groups:
        yield Problem("group", f"{groups} for {data[1]} channels", "a divisor of the channels")


def _axes(data: Sizes, kernel: Sizes, attributes: Attributes) -> list[_Phases]:
    rank = len(kernel)
    lists = {}
    problems = []
    for field, default, length, least in (
        ("strides", 1, rank, 1),
        ("dilations", 1, rank, 1),
        ("output_padding", 0, rank, 0),
        ("pads", 0, 2 * rank, 0),
        ("output_shape", 0, rank, 0),
    ):
        values = attributes.integers(field, (default,) * length)
        lists[field] = values
        if len(values) != length or min(values) < least:
            expected = f"{length} integers of at least {least}"
            problems.append(Problem(field, str(list(values)), expected))
    stated = attributes.integers("kernel_shape", kernel)
    if stated != kernel:
        expected = f"{list(kernel)}, as the weights have it"
        problems.append(Problem("kernel_shape", str(list(stated)), expected))
    auto_pad = attributes.text("auto_pad", "NOTSET")
    if auto_pad not in AUTO_PADS:
        problems.append(Problem("auto_pad", repr(auto_pad), f"one of {', '.join(AUTO_PADS)}"))
    if problems:
        raise SpecError(problems)
    axes = []
    for i, (size, taps) in enumerate(zip(data, kernel, strict=True)):
        stride, dilation = lists["strides"][i], lists["dilations"][i]
        full = stride * (size - 1) + lists["output_padding"][i] + dilation * (taps - 1) + 1
        given = lists["pads"][i], lists["pads"][i + rank]
        before, out = _cut(auto_pad, full, size * stride, lists["output_shape"][i], given)
        if out < 1:
            found = f"{given[0]} + {given[1]} of {full} outputs of axis {i}"
            problems.append(Problem("pads", found, "less than all of them"))
            continue
        axes.append(_phases(taps, stride, dilation, out, before))
    if problems:
        raise SpecError(problems)
    return axes


def _cut(
    auto_pad: str, full: int, same: int, stated: int, given: tuple[int, int]
) -> tuple[int, int]:
    """Outputs cut off in front, and outputs left, by the ONNX definition."""
    if not stated and auto_pad in ("NOTSET", "VALID"):
        before, after = given if auto_pad == "NOTSET" else (0, 0)
        return before, full - before - after
    out = stated or same
    total = max(full - out, 0)
    return (total // 2 if auto_pad == "SAME_UPPER" else total - total // 2), out


def _phases(taps: int, stride: int, dilation: int, out: int, before: int) -> _Phases:
    """The phases of one axis, equal ones counted; those that meet no tap do no work."""
    step = stride // gcd(stride, dilation)
    phases: _Phases = Counter()
    for first_tap in range(min(step, taps)):
        first_out = (first_tap * dilation - before) % stride
        if first_out < out:
            phase = _Phase(
                taps=len(range(first_tap, taps, step)),
                dilation=dilation // gcd(stride, dilation),
                out=-(-(out - first_out) // stride),
                first=(first_out + before - first_tap * dilation) // stride,
            )
            phases[phase] += 1
    return phases
