"""Shapes of ONNX Runtime's own operators, which ONNX's inference does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from dmaze_cp.frontend.attributes import Attributes, attributes_of
from dmaze_cp.frontend.tensors import Shape, Tensors, as_value_info, declared_shapes

if TYPE_CHECKING:
    from onnx import AttributeProto, NodeProto

Shapes = list[Shape | None]
"""One for each output; None where nothing is known."""

_SAME_AS_FIRST = (
    "BiasAdd BiasDropout BiasGelu CausalConvWithState DequantizeLinear FastGelu Gelu GroupNorm "
    "NhwcGroupNorm QLinearHardSigmoid QLinearLeakyRelu QLinearSigmoid QLinearSoftmax "
    "QuantizeLinear QuickGelu RotaryEmbedding SimplifiedLayerNormalization "
    "SkipLayerNormalization SkipSimplifiedLayerNormalization"
)

SAME_AS_FIRST: Final = frozenset(_SAME_AS_FIRST.split())
"""Operators whose first output has the shape of their first input."""

PROXIES: Final[dict[str, tuple[str, tuple[int, ...]]]] = {
    "DynamicQuantizeMatMul": ("MatMul", (0, 1)),
    "FusedConv": ("Conv", (0, 1)),
    "FusedGemm": ("Gemm", (0, 1)),
    "GemmFastGelu": ("MatMul", (0, 1)),
    "MatMulInteger16": ("MatMul", (0, 1)),
    "MatMulIntegerToFloat": ("MatMul", (0, 1)),
    "NhwcConv": ("Conv", (0, 1)),
    "NhwcFusedConv": ("Conv", (0, 1)),
    "NhwcMaxPool": ("MaxPool", (0,)),
    "QGemm": ("Gemm", (0, 3)),
    "QLinearAdd": ("Add", (0, 3)),
    "QLinearAveragePool": ("AveragePool", (0,)),
    "QLinearConv": ("Conv", (0, 3)),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", (0,)),
    "QLinearMul": ("Mul", (0, 3)),
    "QLinearReduceMean": ("ReduceMean", (0,)),
}
"""ONNX operators, with their inputs, whose output has the same shape."""

_PROXY_OPSET: Final = 13
"""The last one in which all of them have their sizes as attributes."""


def contrib_shapes(node: NodeProto, tensors: Tensors) -> Shapes:
    """Shapes of the outputs of an operator of the domain com.microsoft."""
    operands = [tensors[name] if name else None for name in node.input]
    if node.domain != "com.microsoft" or not operands:
        return []
    if node.op_type in PROXIES or node.op_type == "QLinearConcat":
        return [_proxy_shape(node, operands)]
    first = operands[0]
    if first is None:
        return []
    if node.op_type in SAME_AS_FIRST:
        # The sum that skip normalisations also hand out is their fourth output.
        return [first, None, None, first] if node.op_type.startswith("Skip") else [first]
    handler = _HANDLERS.get(node.op_type)
    return handler(operands, attributes_of(node)) if handler else []


def _proxy_shape(node: NodeProto, operands: list[Shape | None]) -> Shape | None:
    """What ONNX's inference says of the operator that stands for this one."""
    if node.op_type == "QLinearConcat":
        op_type, positions = "Concat", tuple(range(2, len(operands), 3))
    else:
        op_type, positions = PROXIES[node.op_type]
    if len(operands) <= max(positions, default=0):
        return None
    shapes = [operands[position] for position in positions]
    last = bool(attributes_of(node).integer("channels_last", 0)) or node.op_type.startswith("Nhwc")
    if last and shapes[0] is not None and len(shapes[0]) > 1:
        shapes[0] = (shapes[0][0], shapes[0][-1], *shapes[0][1:-1])
    shape = _infer_one(op_type, shapes, node.attribute)
    return (shape[0], *shape[2:], shape[1]) if last and shape and len(shape) > 1 else shape


def _infer_one(op_type: str, shapes: Shapes, attributes: Iterable[AttributeProto]) -> Shape | None:
    from onnx import TensorProto, defs, helper, shape_inference

    known = defs.get_schema(op_type, _PROXY_OPSET).attributes
    names = [f"in{index}" for index in range(len(shapes))]
    node = helper.make_node(op_type, names, ["out"])
    node.attribute.extend(a for a in attributes if a.name in known)
    inputs = [
        as_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip(names, shapes, strict=True)
    ]
    output = as_value_info("out", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "proxy", inputs, [output])
    opset = helper.make_opsetid("", _PROXY_OPSET)
    model = helper.make_model(graph, opset_imports=[opset])
    try:
        inferred = shape_inference.infer_shapes(model)
    except Exception:
        return None  # the contradiction is reported where the operator is lowered
    return declared_shapes(inferred.graph).get("out")


def _matmul(operands: Shapes, attributes: Attributes) -> Shapes:
    if len(operands) < 2 or operands[0] is None or operands[1] is None:
        return []
    a = _in_front(operands[0], attributes, "A")
    b = _in_front(operands[1], attributes, "B")
    if min(len(a), len(b)) < 2 or _differ(a[:-2], b[:-2]):
        return []
    batch = a[:-2] if len(a) >= len(b) else b[:-2]
    return [(*batch, a[-2], b[-1])]


def _in_front(shape: Shape, attributes: Attributes, operand: str) -> Shape:
    """An operand's shape with the batch in front and rows before columns."""
    if attributes.integer(f"transBatch{operand}", 0) and len(shape) > 2:
        shape = (*shape[1:-1], shape[0], shape[-1])
    if attributes.integer(f"trans{operand}", 0) and len(shape) > 1:
        shape = (*shape[:-2], shape[-1], shape[-2])
    return shape


def _differ(a: Iterable[object], b: Iterable[object]) -> bool:
    """Whether two batch shapes need more than right-alignment to be broadcast."""
    return any(x != y for x, y in zip(reversed(tuple(a)), reversed(tuple(b)), strict=False))


def _packed_weights(operands: Shapes, attributes: Attributes) -> Shapes:
    return [(*(operands[0] or ())[:-1], attributes.integer("N", 0) or None)]


def _packed_attention(operands: Shapes, attributes: Attributes) -> Shapes:
    data, weights = operands[0], operands[1] if len(operands) > 1 else None
    if data is None or len(data) != 3:
        return []
    columns = weights[-1] if weights else None
    third = columns // 3 if isinstance(columns, int) else None
    sizes = attributes.integers("qkv_hidden_sizes", ())
    return [(*data[:2], sizes[-1] if sizes else third)]


def _multi_head_attention(operands: Shapes, attributes: Attributes) -> Shapes:
    query = operands[0]
    value = operands[2] if len(operands) > 2 else None
    if query is None or len(query) != 3 or not value:
        return []
    size = value[-1]
    if len(value) == 4:
        size = size * attributes.integer("num_heads", 0) if isinstance(size, int) else None
    return [(*query[:2], size)]


def _group_query_attention(operands: Shapes, attributes: Attributes) -> Shapes:
    query = operands[0]
    if query is None or len(query) != 3 or not isinstance(query[2], int):
        return []
    if len(operands) > 1 and operands[1] is not None:
        return [query]
    heads, others = attributes.integer("num_heads", 0), attributes.integer("kv_num_heads", 0)
    whole = heads + 2 * others
    return [(*query[:2], query[2] // whole * heads)] if whole else []


def _quantised_lstm(operands: Shapes, _: Attributes) -> Shapes:
    data, recurrence = operands[0], operands[2] if len(operands) > 2 else None
    if data is None or recurrence is None or len(data) != 3 or len(recurrence) != 3:
        return []
    directions, hidden, _columns = recurrence
    state = (directions, data[1], hidden)
    return [(data[0], *state[:1], *state[1:]), state, state]


def _embedding(operands: Shapes, _: Attributes) -> Shapes:
    table = operands[2] if len(operands) > 2 else None
    return [(*(operands[0] or ()), table[-1] if table else None)]


_HANDLERS: Final[dict[str, Callable[[Shapes, Attributes], Shapes]]] = {
    "Attention": _packed_attention,
    "DynamicQuantizeLSTM": _quantised_lstm,
    "EmbedLayerNormalization": _embedding,
    "FusedMatMul": _matmul,
    "FusedMatMulActivation": _matmul,
    "GroupQueryAttention": _group_query_attention,
    "MatMulBnb4": _packed_weights,
    "MatMulNBits": _packed_weights,
    "MultiHeadAttention": _multi_head_attention,
    "QAttention": _packed_attention,
    "TransposeMatMul": _matmul,
}

READERS: Final = frozenset({*_HANDLERS, *PROXIES, "QLinearConcat"})
"""Operators whose attributes are read here."""
