"""What is known of the operators that are not mapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Final

from dmaze_cp.errors import Problem, SpecError

Sizes = tuple[int, ...]
"""A shape whose dimensions are all known."""


@dataclass(frozen=True)
class Refusal:
    """Why an operator is not mapped, and the multiply-accumulates it does (0: unknown)."""

    reason: str
    macs: int = 0


@dataclass(frozen=True)
class Attributes:
    """Attributes of an operator, with checked access."""

    values: Mapping[str, object]

    def integer(self, name: str, default: int) -> int:
        """An integer attribute."""
        value = self.values.get(name, default)
        if not isinstance(value, int):
            raise SpecError(Problem(name, repr(value), "an integer"))
        return value

    def integers(self, name: str, default: Sizes) -> Sizes:
        """A list of integers."""
        value = self.values.get(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(v, int) for v in value):
            raise SpecError(Problem(name, repr(value), "a list of integers"))
        return tuple(value)

    def text(self, name: str, default: str) -> str:
        """A string attribute."""
        value = self.values.get(name, default)
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        if not isinstance(text, str):
            raise SpecError(Problem(name, repr(value), "a string"))
        return text


_REASONS: Final = {
    "constant": "Constant ConstantOfShape EyeLike Range RandomNormal RandomNormalLike "
    "RandomUniform RandomUniformLike Bernoulli Multinomial BlackmanWindow HammingWindow "
    "HannWindow MelWeightMatrix",
    "data movement": "BitCast Cast CastLike CenterCropPad Col2Im Compress Concat "
    "ConcatFromSequence DepthToSpace Dropout Expand Flatten Gather GatherElements GatherND "
    "Identity Im2Col OneHot Optional OptionalGetElement OptionalHasElement Pad Reshape "
    "ReverseSequence Scatter ScatterElements ScatterND SequenceAt SequenceConstruct "
    "SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Size Slice SpaceToDepth "
    "Split SplitToSequence Squeeze TensorScatter Tile Transpose Trilu Unsqueeze Where",
    "element-wise": "Abs Acos Acosh Add And Asin Asinh Atan Atanh BiasGelu BiasDropout BitShift "
    "BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp "
    "FastGelu Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish IsInf IsNaN LeakyRelu "
    "Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow QLinearAdd "
    "QLinearLeakyRelu QLinearMul QLinearSigmoid QuickGelu Reciprocal Relu RotaryEmbedding Round "
    "Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum SwiGLU Swish Tan Tanh "
    "ThresholdedRelu Xor",
    "quantisation": "DequantizeLinear DynamicQuantizeLinear QuantizeLinear",
    "pooling": "AveragePool GlobalAveragePool GlobalLpPool GlobalMaxPool LpPool MaxPool "
    "MaxRoiPool MaxUnpool QLinearAveragePool QLinearGlobalAveragePool RoiAlign",
    "normalisation": "BatchNormalization GroupNorm GroupNormalization InstanceNormalization LRN "
    "LayerNormalization LpNormalization MeanVarianceNormalization RMSNormalization "
    "SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization",
    "softmax": "Hardmax LogSoftmax QLinearSoftmax Softmax",
    "reduction": "ArgMax ArgMin CumProd CumSum Det ReduceL1 ReduceL2 ReduceLogSum "
    "ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare",
    "sorting or selection": "NonMaxSuppression NonZero TopK Unique",
    "resampling": "AffineGrid GridSample Resize Upsample",
    "control flow": "If Loop Scan SequenceMap",
    "signal transform": "DFT STFT",
    "transposed convolution": "ConvTranspose",
    "deformable convolution": "DeformConv",
    "recurrent": "GRU LSTM RNN",
    "general tensor contraction": "Einsum",
    "attention": "Attention FlexAttention GroupQueryAttention LinearAttention "
    "MultiHeadAttention QAttention",
    "matrix product with block-wise quantised weights": "MatMulNBits",
}

REASONS: Final = {op: reason for reason, ops in _REASONS.items() for op in ops.split()}
"""Why an operator type is not mapped."""


def reason_for(op_type: str, *, domain: str) -> str:
    """Why an operator is not mapped; `domain` is empty for ONNX's own operators."""
    if domain in ("", "com.microsoft") and op_type in REASONS:
        return REASONS[op_type]
    if not domain:
        return "an operator without a loop nest here"
    return f"an operator of the domain {domain}"


def _recurrent(operands: list[Sizes | None], _outputs: list[Sizes | None], _: Attributes) -> int:
    """Every weight is used once for each step and sequence: data [steps, batch, features]."""
    data, *weights = operands[:3]
    if data is None or len(data) != 3 or len(weights) != 2 or None in weights:
        return 0
    return data[0] * data[1] * sum(prod(w) for w in weights if w is not None)


def _transposed(operands: list[Sizes | None], _outputs: list[Sizes | None], _: Attributes) -> int:
    """Every input element meets every weight of its channel."""
    data, weights = operands[:2]
    if data is None or weights is None or len(data) < 3:
        return 0
    return data[0] * prod(data[2:]) * prod(weights)


def _deformable(operands: list[Sizes | None], outputs: list[Sizes | None], _: Attributes) -> int:
    """Every output position meets every weight."""
    weights, out = operands[1], outputs[0]
    if weights is None or out is None or len(out) < 3:
        return 0
    return out[0] * prod(out[2:]) * prod(weights)


def _einsum(operands: list[Sizes | None], _: list[Sizes | None], attributes: Attributes) -> int:
    """One for each value of all indices, where there are two operands."""
    terms = attributes.text("equation", "").replace(" ", "").split("->")[0].split(",")
    if len(terms) != 2 or len(operands) != 2:
        return 0
    extents: dict[str, int] = {}
    for term, sizes in zip(terms, operands, strict=True):
        if sizes is None or "." in term or len(term) != len(sizes):
            return 0
        for index, size in zip(term, sizes, strict=True):
            extents[index] = max(size, extents.get(index, 1))
    return prod(extents.values())


def _attention(operands: list[Sizes | None], _: list[Sizes | None], attributes: Attributes) -> int:
    """Scores and weighted values, for Q, K, V as [batch, heads, length, size] or folded."""
    if len(operands) < 3:
        return 0
    query, key, value = operands[:3]
    past = operands[4] if len(operands) > 4 else None
    if query is None or key is None or value is None or len({*map(len, (query, key, value))}) > 1:
        return 0
    if len(query) == 4:
        heads, size = query[1], query[3] + value[3]
    elif len(query) == 3:
        heads = attributes.integer("q_num_heads", 0)
        kv_heads = attributes.integer("kv_num_heads", 0)
        if heads < 1 or kv_heads < 1:
            return 0
        size = query[2] // heads + value[2] // kv_heads
    else:
        return 0
    keys = key[-2] + (past[2] if past is not None and len(past) == 4 else 0)
    return query[0] * heads * query[-2] * keys * size


def _quantised(operands: list[Sizes | None], _: list[Sizes | None], attributes: Attributes) -> int:
    """Data [..., K] times weights whose K and N are attributes."""
    data = operands[0]
    return 0 if data is None else prod(data) * attributes.integer("N", 0)


MACS: Final[
    Mapping[str, tuple[int, Callable[[list[Sizes | None], list[Sizes | None], Attributes], int]]]
] = {
    "Attention": (3, _attention),
    "ConvTranspose": (2, _transposed),
    "DeformConv": (2, _deformable),
    "Einsum": (1, _einsum),
    "GRU": (3, _recurrent),
    "LSTM": (3, _recurrent),
    "MatMulNBits": (2, _quantised),
    "RNN": (3, _recurrent),
}
"""Fewest inputs, and the multiply-accumulates, of operators that are not mapped."""
