"""Why an operator is not mapped."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Final

from dmaze_cp.frontend.attributes import Sizes


@dataclass(frozen=True)
class Refusal:
    """Why an operator is not mapped, and the multiply-accumulates it does (0: unknown)."""

    reason: str
    macs: int = 0


_REASONS: Final = {
    "constant": "Constant ConstantOfShape EyeLike Range RandomNormal RandomNormalLike "
    "RandomUniform RandomUniformLike Bernoulli Multinomial BlackmanWindow HammingWindow "
    "HannWindow MelWeightMatrix",
    "data movement": "BitCast Cast CastLike CenterCropPad Col2Im Compress Concat "
    "ConcatFromSequence DepthToSpace Dropout Expand Flatten Gather GatherBlockQuantized "
    "GatherElements GatherND Identity Im2Col OneHot Optional OptionalGetElement "
    "OptionalHasElement Pad QLinearConcat QLinearWhere RemovePadding Reshape RestorePadding "
    "ReverseSequence Scatter ScatterElements ScatterND SequenceAt SequenceConstruct "
    "SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Size Slice SpaceToDepth "
    "Split SplitToSequence Squeeze TensorScatter Tile Transpose Trilu Unsqueeze Where",
    "element-wise": "Abs Acos Acosh Add And Asin Asinh Atan Atanh BiasAdd BiasDropout BiasGelu "
    "BiasSplitGelu BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil Celu Clip Cos Cosh "
    "Div Elu Equal Erf Exp FastGelu Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish IsInf "
    "IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow "
    "QLinearAdd QLinearHardSigmoid QLinearLeakyRelu QLinearMul QLinearSigmoid QuickGelu "
    "Reciprocal Relu RotaryEmbedding Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign "
    "Sqrt Sub Sum SwiGLU Swish Tan Tanh ThresholdedRelu Xor",
    "quantisation": "DequantizeLinear DynamicQuantizeLinear QuantizeLinear",
    "pooling": "AveragePool GlobalAveragePool GlobalLpPool GlobalMaxPool LpPool MaxPool "
    "MaxRoiPool MaxUnpool NhwcMaxPool QLinearAveragePool QLinearGlobalAveragePool RoiAlign",
    "normalisation": "BatchNormalization EmbedLayerNormalization GroupNorm GroupNormalization "
    "InstanceNormalization LRN LayerNormalization LpNormalization MeanVarianceNormalization "
    "NhwcGroupNorm RMSNormalization SimplifiedLayerNormalization SkipGroupNorm "
    "SkipLayerNormalization SkipSimplifiedLayerNormalization",
    "softmax": "Hardmax LogSoftmax QLinearSoftmax Softmax",
    "reduction": "ArgMax ArgMin CumProd CumSum Det QLinearReduceMean ReduceL1 ReduceL2 "
    "ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum "
    "ReduceSumSquare",
    "sorting or selection": "NonMaxSuppression NonZero TopK Unique",
    "resampling": "AffineGrid GridSample Resize Upsample",
    "control flow": "If Loop Scan SequenceMap",
    "signal transform": "DFT STFT",
    "deformable convolution: it reads where other data say": "DeformConv",
    "linear attention: a recurrence over a matrix for each head": "LinearAttention",
    "attention over a past whose length depends on data": "DecoderMaskedMultiHeadAttention "
    "DecoderMaskedSelfAttention PagedAttention SparseAttention",
    "attention over packed sequences, whose lengths depend on data": "PackedAttention "
    "PackedMultiHeadAttention",
    "attention of an older or experimental kind": "DecoderAttention FlexAttention "
    "GatedRelativePositionBias LongformerAttention QOrderedAttention QOrderedLongformerAttention",
    "mixture of experts: which of them work depends on data": "MoE QMoE",
    "beam search or sampling: how many steps depends on data": "BeamSearch GreedySearch Sampling "
    "WhisperBeamSearch",
    "loss": "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
    "text or image decoding": "ImageDecoder RegexFullMatch StringConcat StringNormalizer "
    "StringSplit TfIdfVectorizer Tokenizer",
}

REASONS: Final = {op: reason for reason, ops in _REASONS.items() for op in ops.split()}
"""Why an operator type is not mapped."""

_DOMAIN_REASONS: Final = {
    "ai.onnx.ml": "classical machine learning",
    "ai.onnx.training": "training",
    "ai.onnx.preview.training": "training",
    "com.microsoft.nchwc": "blocked layout of one machine, written by ONNX Runtime's optimiser",
    "com.ms.internal.nhwc": "layout of one machine, written by ONNX Runtime's optimiser",
}


def reason_for(op_type: str, *, domain: str) -> str:
    """Why an operator is not mapped; `domain` is empty for ONNX's own operators."""
    if domain in ("", "com.microsoft") and op_type in REASONS:
        return REASONS[op_type]
    if not domain:
        return "an operator without a loop nest here"
    return _DOMAIN_REASONS.get(domain, f"an operator of the domain {domain}")


def deformable_macs(weights: Sizes | None, out: Sizes | None) -> int:
    """Every output position meets every weight; 0 where a shape is not known."""
    if weights is None or out is None or len(out) < 3:
        return 0
    return out[0] * prod(out[2:]) * prod(weights)
