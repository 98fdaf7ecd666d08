"""Attention operators -> loop nests of their matrix products."""

from __future__ import annotations

from math import gcd

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.attributes import Attributes, Sizes
from dmaze_cp.frontend.operators import Refusal
from dmaze_cp.workload import Layer

Heads = tuple[int, int, int, int]
"""Batch, heads, length and size of a head."""


def lower_attention(
    name: str,
    query: Sizes,
    key: Sizes,
    value: Sizes,
    past: Sizes | None,
    attributes: Attributes,
) -> tuple[Layer, ...]:
    """Layers of ONNX's Attention: scores and weighted values.

    Operands are [batch, heads, length, size], or [batch, length, heads * size]. Where
    query heads share a key head, their rows are the rows of one GEMM. What a mask
    hides is computed, as the operator is defined.

    Raises
    ------
    SpecError
        When shapes and attributes contradict each other.
    """
    heads = attributes.integer("q_num_heads", 0)
    kv_heads = attributes.integer("kv_num_heads", 0)
    q, k, v = (
        _heads(operand, sizes, count)
        for operand, sizes, count in (
            ("Q", query, heads),
            ("K", key, kv_heads),
            ("V", value, kv_heads),
        )
    )
    before = past[2] if past is not None and len(past) == 4 else 0
    return _scores_and_values(name, q, k, v, before)


def lower_multi_head_attention(
    name: str,
    query: Sizes,
    key: Sizes | None,
    value: Sizes | None,
    past: Sizes | None,
    past_length: Sizes | None,
    attributes: Attributes,
) -> tuple[Layer, ...] | Refusal:
    """Layers of ONNX Runtime's MultiHeadAttention: scores and weighted values.

    Queries are [batch, length, heads * size]; keys and values the same, or
    [batch, heads, length, size]. A past whose length is an operand is refused.

    Raises
    ------
    SpecError
        When shapes and attributes contradict each other.
    """
    if key is None or value is None:
        return Refusal("attention with keys packed into another operand")
    if past_length is not None:
        return Refusal("attention over a past whose length depends on data")
    heads = attributes.integer("num_heads", 0)
    q, k, v = (
        _heads(operand, sizes, heads)
        for operand, sizes in (("query", query), ("key", key), ("value", value))
    )
    before = past[2] if past is not None and len(past) == 4 else 0
    return _scores_and_values(name, q, k, v, before)


def lower_group_query_attention(
    name: str,
    query: Sizes,
    key: Sizes | None,
    keys: int | None,
    attributes: Attributes,
) -> tuple[Layer, ...] | Refusal:
    """Layers of ONNX Runtime's GroupQueryAttention: scores and weighted values.

    Queries are [batch, length, heads * size], with keys and values side by side where
    these are no operands. `keys` is the length with the past, of every sequence.

    Raises
    ------
    SpecError
        When shapes and attributes contradict each other.
    """
    if keys is None:
        return Refusal("attention over a past whose length depends on data")
    window = attributes.integer("local_window_size", -1)
    if 0 <= window < keys:
        return Refusal(f"attention to the last {window} positions only")
    heads, kv_heads = attributes.integer("num_heads", 0), attributes.integer("kv_num_heads", 0)
    columns = heads if key is not None else heads + 2 * kv_heads
    batch, _, length, size = _heads("query", query, columns)
    shared = (batch, kv_heads, keys, size)
    return _scores_and_values(name, (batch, heads, length, size), shared, shared, 0)


def lower_packed_attention(
    name: str, data: Sizes, weights: Sizes, past: Sizes | None, attributes: Attributes
) -> tuple[Layer, ...] | Refusal:
    """Layers of ONNX Runtime's Attention and QAttention: projection, scores, values.

    Data are [batch, length, K]; weights [K, columns of Q, K and V side by side].

    Raises
    ------
    SpecError
        When shapes and attributes contradict each other.
    """
    heads = attributes.integer("num_heads", 0)
    if len(data) != 3 or len(weights) != 2 or data[2] != weights[0]:
        found = f"data {list(data)} and weights {list(weights)}"
        raise SpecError(
            Problem("inputs", found, "data [batch, length, K] and weights [K, columns]")
        )
    if attributes.integer("past_present_share_buffer", 0):
        return Refusal("attention over a past whose length depends on data")
    third = weights[1] // 3
    columns = attributes.integers("qkv_hidden_sizes", (third, third, weights[1] - 2 * third))
    if len(columns) != 3 or sum(columns) != weights[1]:
        found = f"{list(columns)} for weights {list(weights)}"
        raise SpecError(Problem("qkv_hidden_sizes", found, "three that sum to the columns"))
    batch, length, inner = data
    q, k, v = (_heads("weights", (batch, length, count), heads) for count in columns)
    before = past[3] if past is not None and len(past) == 5 else 0
    bounds = {"X": batch * length, "Y": weights[1], "K": inner}
    projection = Layer.gemm(f"{name}.projection", bounds)
    return projection, *_scores_and_values(name, q, k, v, before)


def _heads(operand: str, sizes: Sizes, heads: int) -> Heads:
    if len(sizes) == 4:
        batch, count, length, size = sizes
    elif len(sizes) == 3 and heads > 0 and sizes[2] % heads == 0:
        batch, length, count, size = *sizes[:2], heads, sizes[2] // heads
    else:
        found = f"shape {list(sizes)} and {heads} heads"
        expected = "[batch, heads, length, size] or [batch, length, heads * size]"
        raise SpecError(Problem(operand, found, expected))
    if min(batch, count, length, size) < 1:
        raise SpecError(Problem(operand, f"shape {list(sizes)}", "sizes of at least 1"))
    return batch, count, length, size


def _scores_and_values(name: str, q: Heads, k: Heads, v: Heads, before: int) -> tuple[Layer, ...]:
    """Both products of every head; `before` counts keys of earlier calls."""
    if min(*q, *k, *v) < 1:
        found = f"heads [batch, heads, length, size] of {list(q)}, {list(k)}, {list(v)}"
        raise SpecError(Problem("inputs", found, "sizes of at least 1"))
    same_keys = k[:3] == v[:3] and k[0] == q[0] and k[3] == q[3]
    if not same_keys or gcd(q[1], k[1]) != k[1]:
        found = f"heads [batch, heads, length, size] of {list(q)}, {list(k)}, {list(v)}"
        raise SpecError(Problem("inputs", found, "queries, keys and values that fit each other"))
    instances = k[0] * k[1]
    rows, keys = q[2] * (q[1] // k[1]), k[2] + before
    scores = {"X": rows, "Y": keys, "K": q[3]}
    values = {"X": rows, "Y": v[3], "K": keys}
    return (
        Layer.gemm(f"{name}.scores", scores, instances=instances),
        Layer.gemm(f"{name}.values", values, instances=instances),
    )
