"""Matrix products -> loop nests."""

from __future__ import annotations

from math import prod

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.attributes import Attributes, Sizes
from dmaze_cp.workload import Layer


def lower_gemm(name: str, a: Sizes, b: Sizes, attributes: Attributes) -> Layer:
    """The loop nest of ``A' B' + C``, each operand transposed where its flag says so.

    Raises
    ------
    SpecError
        When the operands are no matrices or do not fit each other.
    """
    if len(a) != 2 or len(b) != 2:
        raise SpecError(Problem("inputs", f"A {list(a)} and B {list(b)}", "two matrices"))
    left = a[::-1] if attributes.integer("transA", 0) else a
    right = b[::-1] if attributes.integer("transB", 0) else b
    return _gemm(name, left, right, instances=1)


def lower_matmul(name: str, a: Sizes, b: Sizes, attributes: Attributes) -> Layer:
    """The loop nest of numpy's matmul: one GEMM, with the batch as instances.

    Vectors are matrices with one row (first operand) or one column (second). Where
    one matrix of the second operand is shared by neighbouring matrices of the first
    (always, if it is a weight matrix), their rows are the rows of one GEMM. The
    attributes are those of ONNX Runtime's FusedMatMul.

    Raises
    ------
    SpecError
        When the operands do not fit each other.
    """
    if not a or not b:
        raise SpecError(Problem("inputs", f"A {list(a)} and B {list(b)}", "no scalars"))
    # As for numpy, a vector has no transpose.
    left = (1, *a) if len(a) == 1 else _transposed(a, attributes, "A")
    right = (*b, 1) if len(b) == 1 else _transposed(b, attributes, "B")
    batch_rank = max(len(left), len(right)) - 2
    left_batch = (1,) * (batch_rank - len(left) + 2) + left[:-2]
    right_batch = (1,) * (batch_rank - len(right) + 2) + right[:-2]
    if any(x != y and 1 not in (x, y) for x, y in zip(left_batch, right_batch, strict=True)):
        found = f"A {list(a)} and B {list(b)}"
        raise SpecError(Problem("inputs", found, "batch dimensions that can be broadcast"))
    shared = batch_rank
    while shared and right_batch[shared - 1] == 1:
        shared -= 1
    rows = prod(left_batch[shared:]) * left[-2]
    outer = zip(left_batch[:shared], right_batch[:shared], strict=True)
    instances = prod(max(x, y) if min(x, y) else 0 for x, y in outer)
    return _gemm(name, (rows, left[-1]), right[-2:], instances)


def lower_packed_weights(name: str, a: Sizes, attributes: Attributes) -> Layer:
    """The loop nest of data [..., K] times packed weights, whose K and N are attributes.

    Raises
    ------
    SpecError
        When an attribute is missing or does not fit the data.
    """
    if not a:
        raise SpecError(Problem("inputs", f"A {list(a)}", "no scalar"))
    inner, columns = attributes.integer("K", 0), attributes.integer("N", 0)
    return _gemm(name, (prod(a[:-1]), a[-1]), (inner, columns), instances=1)


def _transposed(sizes: Sizes, attributes: Attributes, operand: str) -> Sizes:
    """An operand of a FusedMatMul with its batch in front, as it is multiplied."""
    if attributes.integer(f"transBatch{operand}", 0) and len(sizes) > 2:
        sizes = (*sizes[1:-1], sizes[0], sizes[-1])
    if attributes.integer(f"trans{operand}", 0):
        sizes = (*sizes[:-2], sizes[-1], sizes[-2])
    return sizes


def _gemm(name: str, left: Sizes, right: Sizes, instances: int) -> Layer:
    if left[1] != right[0]:
        found = f"{left[1]} columns in A and {right[0]} rows in B"
        raise SpecError(Problem("inputs", found, "the same number"))
    if min(*left, *right, instances) < 1:
        found = f"A {list(left)}, B {list(right)}, batch {instances}"
        raise SpecError(Problem("inputs", found, "sizes of at least 1"))
    bounds = {"X": left[0], "Y": right[1], "K": left[1]}
    return Layer.gemm(name, bounds, instances=instances)
