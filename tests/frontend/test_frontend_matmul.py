"""Matrix products against numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.frontend.attributes import Attributes
from dmaze_cp.frontend.matmul import lower_gemm, lower_matmul, lower_packed_weights
from tests.kit.problems import refused


def matmul(a, b, **attributes):
    return lower_matmul("matmul", tuple(a), tuple(b), Attributes(attributes))


@st.composite
def operand_shapes(draw):
    """Two shapes that numpy can multiply, vectors and broadcasting included."""
    rows, inner, columns = (draw(st.integers(1, 5)) for _ in range(3))
    batch = draw(st.lists(st.integers(1, 3), max_size=3))

    def part() -> list[int]:
        kept = batch[draw(st.integers(0, len(batch))) :]
        return [size if draw(st.booleans()) else 1 for size in kept]

    a = draw(st.sampled_from([[inner], [*part(), rows, inner]]))
    b = draw(st.sampled_from([[inner], [*part(), inner, columns]]))
    return a, b


@settings(max_examples=80, deadline=None)
@given(operand_shapes())
def test_work_and_result_are_numpys(case) -> None:
    a, b = case
    layer = matmul(a, b)
    result = np.matmul(np.zeros(a), np.zeros(b))
    bounds = layer.bounds
    assert bounds["K"] == a[-1]
    assert bounds["X"] * bounds["Y"] * layer.instances == result.size
    assert bounds["Y"] == (1 if len(b) == 1 else b[-1])


@settings(max_examples=80, deadline=None)
@given(operand_shapes())
def test_instances_never_share_a_weight_matrix_next_to_each_other(case) -> None:
    """Folding is complete: neighbouring instances use different matrices of B."""
    a, b = case
    layer = matmul(a, b)
    batch = np.broadcast_shapes(tuple(a[:-2]), tuple(b[:-2]))
    index = np.arange(math.prod(b[:-2])).reshape(b[:-2])
    used = np.broadcast_to(index, batch).ravel()
    assert layer.instances == 1 + np.count_nonzero(np.diff(used))


@pytest.mark.parametrize(
    ("a", "b", "bounds", "instances"),
    [
        ((8, 128, 64), (64, 32), {"X": 1024, "Y": 32, "K": 64}, 1),
        ((2, 8, 128, 64), (1, 1, 64, 32), {"X": 2048, "Y": 32, "K": 64}, 1),
        ((2, 12, 128, 64), (2, 12, 64, 128), {"X": 128, "Y": 128, "K": 64}, 24),
        ((128, 64), (12, 64, 32), {"X": 128, "Y": 32, "K": 64}, 12),
        ((2, 8, 128, 64), (2, 1, 64, 32), {"X": 1024, "Y": 32, "K": 64}, 2),
        ((2, 1, 128, 64), (1, 8, 64, 32), {"X": 128, "Y": 32, "K": 64}, 16),
        ((64,), (64,), {"X": 1, "Y": 1, "K": 64}, 1),
        ((64,), (5, 64, 32), {"X": 1, "Y": 32, "K": 64}, 5),
        ((5, 128, 64), (64,), {"X": 640, "Y": 1, "K": 64}, 1),
    ],
)
def test_batches(a, b, bounds, instances) -> None:
    layer = matmul(a, b)
    assert (layer.bounds, layer.instances) == (bounds, instances)


def test_gemm_transposes_each_operand_on_its_own() -> None:
    for trans_a in (0, 1):
        for trans_b in (0, 1):
            a = (7, 3) if trans_a else (3, 7)
            b = (5, 7) if trans_b else (7, 5)
            layer = lower_gemm("g", a, b, Attributes({"transA": trans_a, "transB": trans_b}))
            assert layer.bounds == {"X": 3, "Y": 5, "K": 7}
            assert matmul((4, *a), (4, *b), transA=trans_a, transB=trans_b).instances == 4


@pytest.mark.parametrize("trans", [0, 1])
@pytest.mark.parametrize("operand", ["A", "B"])
def test_moved_batch(operand, trans) -> None:
    """ONNX Runtime's transBatch: the batch is between rows and columns."""
    plain = {"A": (2, 3, 5, 7), "B": (2, 3, 7, 11)}
    rest, matrix = plain[operand][:2], plain[operand][2:]
    rows, columns = matrix[::-1] if trans else matrix
    moved = plain | {operand: (rows, *rest, columns)}
    flags = {f"transBatch{operand}": 1, f"trans{operand}": trans}
    layer = matmul(moved["A"], moved["B"], **flags)
    assert (layer.bounds, layer.instances) == ({"X": 5, "Y": 11, "K": 7}, 6)


def test_packed_weights() -> None:
    layer = lower_packed_weights("m", (2, 3, 64), Attributes({"K": 64, "N": 32, "bits": 4}))
    assert (layer.bounds, layer.instances) == ({"X": 6, "Y": 32, "K": 64}, 1)
    with refused("inputs"):
        lower_packed_weights("m", (3, 64), Attributes({"N": 32}))


@pytest.mark.parametrize(
    ("a", "b", "where"),
    [
        ((3, 4), (5, 6), "inputs"),
        ((2, 3, 4), (3, 4, 5), "inputs"),
        ((), (4, 5), "inputs"),
        ((2, 0, 4), (2, 4, 5), "inputs"),
        ((0, 3, 4), (1, 4, 5), "inputs"),
        ((0, 3, 4), (0, 4, 5), "inputs"),
        ((2**11, 2**10, 4), (4, 5), "bounds.X"),
    ],
)
def test_contradictions_are_named(a, b, where) -> None:
    with refused(where):
        matmul(a, b)


def test_gemm_takes_matrices_only() -> None:
    with refused("inputs"):
        lower_gemm("g", (2, 3, 4), (4, 5), Attributes({}))
