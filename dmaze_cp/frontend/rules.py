"""Which operators become layers, and which of their inputs decide the loop nest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dmaze_cp.frontend.attention import (
    lower_attention,
    lower_group_query_attention,
    lower_multi_head_attention,
    lower_packed_attention,
)
from dmaze_cp.frontend.conv import lower_causal_conv, lower_conv, lower_conv_channels_last
from dmaze_cp.frontend.conv_transpose import lower_conv_transpose
from dmaze_cp.frontend.einsum import lower_einsum
from dmaze_cp.frontend.matmul import lower_gemm, lower_matmul, lower_packed_weights
from dmaze_cp.frontend.operators import Refusal
from dmaze_cp.frontend.recurrent import lower_gru, lower_lstm, lower_quantised_lstm, lower_rnn
from dmaze_cp.workload import Layer

Lowered = Layer | Sequence[Layer] | Refusal
"""What an operator becomes: layers, or the reason why it becomes none."""


@dataclass(frozen=True)
class LoweringRule:
    """How an operator becomes layers.

    Attributes
    ----------
    lower
        Takes a name, the sizes of the inputs, and the operator's attributes.
    required, optional
        Positions of the inputs whose sizes are handed on; an optional one that is
        left out is None.
    values
        Positions of inputs that are one number, handed on after the sizes; None where
        it is not known.
    variadic
        Whether the sizes of all inputs are handed on, as one list.
    """

    lower: Callable[..., Lowered]
    required: tuple[int, ...] = (0, 1)
    optional: tuple[int, ...] = ()
    values: tuple[int, ...] = ()
    variadic: bool = False


_MICROSOFT: Final = "com.microsoft"

RULES: Final[dict[tuple[str, str], LoweringRule]] = {
    ("", "Conv"): LoweringRule(lower_conv),
    ("", "ConvInteger"): LoweringRule(lower_conv),
    ("", "QLinearConv"): LoweringRule(lower_conv, (0, 3)),
    ("", "CausalConvWithState"): LoweringRule(lower_causal_conv),
    ("", "ConvTranspose"): LoweringRule(lower_conv_transpose),
    ("", "Gemm"): LoweringRule(lower_gemm),
    ("", "MatMul"): LoweringRule(lower_matmul),
    ("", "MatMulInteger"): LoweringRule(lower_matmul),
    ("", "QLinearMatMul"): LoweringRule(lower_matmul, (0, 3)),
    ("", "Einsum"): LoweringRule(lower_einsum, (0,), variadic=True),
    ("", "RNN"): LoweringRule(lower_rnn, (0, 1, 2)),
    ("", "LSTM"): LoweringRule(lower_lstm, (0, 1, 2)),
    ("", "GRU"): LoweringRule(lower_gru, (0, 1, 2)),
    ("", "Attention"): LoweringRule(lower_attention, (0, 1, 2), (4,)),
    (_MICROSOFT, "Attention"): LoweringRule(lower_packed_attention, (0, 1), (4,)),
    (_MICROSOFT, "CausalConvWithState"): LoweringRule(lower_causal_conv),
    (_MICROSOFT, "DynamicQuantizeLSTM"): LoweringRule(lower_quantised_lstm, (0, 1, 2)),
    (_MICROSOFT, "DynamicQuantizeMatMul"): LoweringRule(lower_matmul),
    (_MICROSOFT, "FusedConv"): LoweringRule(lower_conv),
    (_MICROSOFT, "FusedGemm"): LoweringRule(lower_gemm),
    (_MICROSOFT, "FusedMatMul"): LoweringRule(lower_matmul),
    (_MICROSOFT, "FusedMatMulActivation"): LoweringRule(lower_matmul),
    (_MICROSOFT, "GemmFastGelu"): LoweringRule(lower_matmul),
    (_MICROSOFT, "GroupQueryAttention"): LoweringRule(
        lower_group_query_attention, (0,), (1,), (6,)
    ),
    (_MICROSOFT, "MatMulBnb4"): LoweringRule(lower_packed_weights, (0,)),
    (_MICROSOFT, "MatMulInteger16"): LoweringRule(lower_matmul),
    (_MICROSOFT, "MatMulIntegerToFloat"): LoweringRule(lower_matmul),
    (_MICROSOFT, "MatMulNBits"): LoweringRule(lower_packed_weights, (0,)),
    (_MICROSOFT, "MultiHeadAttention"): LoweringRule(
        lower_multi_head_attention, (0,), (1, 2, 6, 8)
    ),
    (_MICROSOFT, "NhwcConv"): LoweringRule(lower_conv_channels_last),
    (_MICROSOFT, "NhwcFusedConv"): LoweringRule(lower_conv_channels_last),
    (_MICROSOFT, "QAttention"): LoweringRule(lower_packed_attention, (0, 1), (8,)),
    (_MICROSOFT, "QGemm"): LoweringRule(lower_gemm, (0, 3)),
    (_MICROSOFT, "QLinearConv"): LoweringRule(lower_conv, (0, 3)),
    (_MICROSOFT, "TransposeMatMul"): LoweringRule(lower_matmul),
}
"""By domain (empty for ONNX's own operators) and operator type."""
