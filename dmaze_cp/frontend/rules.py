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
class Rule:
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

RULES: Final[dict[tuple[str, str], Rule]] = {
    ("", "Conv"): Rule(lower_conv),
    ("", "ConvInteger"): Rule(lower_conv),
    ("", "QLinearConv"): Rule(lower_conv, (0, 3)),
    ("", "CausalConvWithState"): Rule(lower_causal_conv),
    ("", "ConvTranspose"): Rule(lower_conv_transpose),
    ("", "Gemm"): Rule(lower_gemm),
    ("", "MatMul"): Rule(lower_matmul),
    ("", "MatMulInteger"): Rule(lower_matmul),
    ("", "QLinearMatMul"): Rule(lower_matmul, (0, 3)),
    ("", "Einsum"): Rule(lower_einsum, (0,), variadic=True),
    ("", "RNN"): Rule(lower_rnn, (0, 1, 2)),
    ("", "LSTM"): Rule(lower_lstm, (0, 1, 2)),
    ("", "GRU"): Rule(lower_gru, (0, 1, 2)),
    ("", "Attention"): Rule(lower_attention, (0, 1, 2), (4,)),
    (_MICROSOFT, "Attention"): Rule(lower_packed_attention, (0, 1), (4,)),
    (_MICROSOFT, "CausalConvWithState"): Rule(lower_causal_conv),
    (_MICROSOFT, "DynamicQuantizeLSTM"): Rule(lower_quantised_lstm, (0, 1, 2)),
    (_MICROSOFT, "DynamicQuantizeMatMul"): Rule(lower_matmul),
    (_MICROSOFT, "FusedConv"): Rule(lower_conv),
    (_MICROSOFT, "FusedGemm"): Rule(lower_gemm),
    (_MICROSOFT, "FusedMatMul"): Rule(lower_matmul),
    (_MICROSOFT, "FusedMatMulActivation"): Rule(lower_matmul),
    (_MICROSOFT, "GemmFastGelu"): Rule(lower_matmul),
    (_MICROSOFT, "GroupQueryAttention"): Rule(lower_group_query_attention, (0,), (1,), (6,)),
    (_MICROSOFT, "MatMulBnb4"): Rule(lower_packed_weights, (0,)),
    (_MICROSOFT, "MatMulInteger16"): Rule(lower_matmul),
    (_MICROSOFT, "MatMulIntegerToFloat"): Rule(lower_matmul),
    (_MICROSOFT, "MatMulNBits"): Rule(lower_packed_weights, (0,)),
    (_MICROSOFT, "MultiHeadAttention"): Rule(lower_multi_head_attention, (0,), (1, 2, 6, 8)),
    (_MICROSOFT, "NhwcConv"): Rule(lower_conv_channels_last),
    (_MICROSOFT, "NhwcFusedConv"): Rule(lower_conv_channels_last),
    (_MICROSOFT, "QAttention"): Rule(lower_packed_attention, (0, 1), (8,)),
    (_MICROSOFT, "QGemm"): Rule(lower_gemm, (0, 3)),
    (_MICROSOFT, "QLinearConv"): Rule(lower_conv, (0, 3)),
    (_MICROSOFT, "TransposeMatMul"): Rule(lower_matmul),
}
"""By domain (empty for ONNX's own operators) and operator type."""
