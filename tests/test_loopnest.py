"""The loop nest is run as the program that it claims to be."""

from __future__ import annotations

import re
from collections import Counter
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate
from dmaze_cp.loopnest import loop_nest
from dmaze_cp.mapping import Mapping
from dmaze_cp.padding import parse_padding
from dmaze_cp.workload import Kind, Layer
from tests.kit import strategies
from tests.kit.samples import CONV, DEPTHWISE, GEMM, ONE, STRIDED, sample_result

ARCHITECTURE = Architecture()


def shapes(layer: Layer) -> dict[str, tuple[int, ...]]:
    b = layer.bounds
    if layer.kind is Kind.GEMM:
        return {"O": (b["X"], b["Y"]), "I": (b["X"], b["K"]), "W": (b["K"], b["Y"])}
    inputs = (b["N"], b["C"], *layer.used_input)
    if layer.kind is Kind.DEPTHWISE:
        return {
            "O": (b["N"], b["C"], b["Ox"], b["Oy"]),
            "I": inputs,
            "W": (b["C"], b["Fx"], b["Fy"]),
        }
    return {
        "O": (b["N"], b["M"], b["Ox"], b["Oy"]),
        "I": inputs,
        "W": (b["M"], b["C"], b["Fx"], b["Fy"]),
    }


def reference(layer: Layer, inputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    if layer.kind is Kind.GEMM:
        return inputs @ weights
    b = layer.bounds
    (sx, sy), (dx, dy) = layer.stride, layer.dilation
    total = np.zeros(shapes(layer)["O"], dtype=np.int64)
    for fx in range(b["Fx"]):
        for fy in range(b["Fy"]):
            window = inputs[:, :, fx * dx :: sx, fy * dy :: sy][:, :, : b["Ox"], : b["Oy"]]
            taps = weights[..., fx, fy]
            if layer.kind is Kind.DEPTHWISE:
                total += window * taps[None, :, None, None]
            else:
                total += np.einsum("ncxy,mc->nmxy", window, taps)
    return total


def run(mapping: Mapping, width: int = 10_000) -> tuple[np.ndarray, np.ndarray, Counter[str]]:
    """Result of the nest, what it should be, and how often each comment was passed."""
    layer = mapping.of_layer
    source = []
    for line in loop_nest(mapping, ARCHITECTURE, width=width).split("\n"):
        comment = re.match(r"( *)# (.*)$", line)
        source.append(
            f"{comment[1]}passed[{comment[2]!r}] += 1"
            if comment
            else line.replace("parallel_for", "for")
        )
    random = np.random.default_rng(0)
    size = shapes(layer)
    inputs, weights = (random.integers(-9, 10, size[x]) for x in "IW")
    passed: Counter[str] = Counter()
    output = np.zeros(size["O"], dtype=np.int64)
    exec("\n".join(source), {"O": output, "I": inputs, "W": weights, "passed": passed})
    return output, reference(layer, inputs, weights), passed


@pytest.mark.parametrize("layer", [STRIDED, DEPTHWISE, GEMM, ONE], ids=lambda layer: layer.name)
def test_the_nest_computes_the_layer_also_where_its_lines_are_broken(layer: Layer) -> None:
    mapping = sample_result(layer).mapping
    assert mapping is not None
    found, expected, _ = run(mapping, width=28)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "layer",
    [
        Layer.gemm("g", {"X": 7, "Y": 5, "K": 11}),
        Layer.conv("c", {"M": 3, "C": 5, "Ox": 3, "Oy": 5, "Fx": 3}, stride=(2, 1)),
        Layer.depthwise("d", {"C": 7, "Ox": 3, "Oy": 3, "Fx": 2}),
    ],
    ids=lambda layer: layer.name,
)
@pytest.mark.parametrize("texts", [["auto"], ["M=1", "Fx=2", "Ox=3", "Y=2"], ["N=1", "K=1"]])
def test_the_nest_of_a_padded_layer_computes_the_layer(layer: Layer, texts: list[str]) -> None:
    larger = layer.raised(parse_padding(texts).largest(layer))
    mapping = sample_result(larger).mapping
    assert mapping is not None
    padded = mapping.for_layer(layer)
    for width in (10_000, 28):
        found, expected, _ = run(padded, width)
        np.testing.assert_array_equal(found, expected)
    guards = [
        line.strip() for line in loop_nest(padded, ARCHITECTURE).split("\n") if " if " in line
    ]
    raised = [d for d, n in larger.bounds.items() if n > layer.bounds[d]]
    edges = " and ".join(f"{d.lower()} < {layer.bounds[d]}" for d in raised)
    assert guards == ([f"if {edges}:"] if raised else [])


@given(st.data())
@settings(max_examples=25)
def test_any_nest_computes_its_layer_and_moves_tiles_as_often_as_the_model_says(
    data: st.DataObject,
) -> None:
    layer = data.draw(strategies.layers(max_tilings=300))
    mapping = data.draw(strategies.mappings(layer))
    if layer.macs > 5000:
        return
    found, expected, passed = run(mapping)
    np.testing.assert_array_equal(found, expected)

    passes = prod(mapping.level("DRAM").values())
    inner = prod(mapping.level("SPM").values())
    loads = {x: passed_times(passed, r"DMA: load .*\b" + x + r"\b.* to the SPM$") for x in "IW"}
    cost = evaluate(mapping, ARCHITECTURE)
    sends = {x: passed_times(passed, r"NoC: send .*\b" + x + r"\b.* to the RFs") for x in "IW"}
    for x in "IW":
        assert loads[x] == passes // cost.reuse_dram[x]
        expected_sends = passes * inner // cost.reuse_spm[x]
        if cost.held == x:
            expected_sends = passes // cost.reuse_dram[x]
        assert sends[x] == expected_sends
    assert passed["DMA: store O"] == passes // cost.reuse_dram["O"]
    collected = passed_times(passed, r"NoC: .*collect O")
    if cost.held == "O":
        assert collected == passes // cost.reuse_dram["O"]
    else:
        assert collected == passes * inner // cost.reuse_spm["O"]


def passed_times(passed: Counter[str], pattern: str) -> int:
    return sum(times for text, times in passed.items() if re.match(pattern, text))


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("layer", [CONV, STRIDED, DEPTHWISE, GEMM], ids=lambda layer: layer.name)
def test_no_line_is_wider_than_asked(layer: Layer, width: int) -> None:
    result = sample_result(layer)
    assert result.mapping is not None
    assert result.cost is not None
    lines = loop_nest(result.mapping, ARCHITECTURE, cost=result.cost, width=width).split("\n")
    assert max(map(len, lines)) <= width


def test_many_loops_stay_inside_80_columns() -> None:
    bounds = dict.fromkeys(("N", "M", "C", "Ox", "Oy", "Fx", "Fy"), 16)
    layer = Layer.conv("deep", bounds, stride=(2, 3), dilation=(2, 3))
    row = (2,) * 7
    order = layer.dimensions
    mapping = Mapping(layer, (row, row, row, row), order, order)
    lines = loop_nest(mapping, ARCHITECTURE).split("\n")
    assert sum("for " in line and "#" not in line for line in lines) == 28
    assert max(map(len, lines)) <= 80


def test_only_loops_with_iterations_are_written() -> None:
    mapping = Mapping.from_tiling(
        GEMM, {"DRAM": {"X": 8}, "PE": {"Y": 30}, "RF": {"K": 64}}, {"DRAM": ["X"]}
    )
    text = loop_nest(mapping, ARCHITECTURE)
    assert [line.strip() for line in text.split("\n") if "for " in line and "#" not in line] == [
        "for x in range(8):",
        "for k in range(64):",
        "parallel_for y in range(30):",
    ]
    assert "O[x][y] += I[x][k] * W[k][y]" in text
    # W is the same for every x: it is loaded once and held.
    assert text.index("load W") < text.index("for x")
    assert "held there across SPM passes" in text


def test_a_sum_across_pes_is_marked() -> None:
    mapping = Mapping.from_tiling(GEMM, {"DRAM": {"X": 8}, "RF": {"Y": 30}, "PE": {"K": 64}})
    text = loop_nest(mapping, ARCHITECTURE)
    assert "64 of 256 PEs; O is summed across K" in text
    assert "sum O across 64 PEs each" in text
