"""Recurrent networks -> loop nests of their matrix products."""

from __future__ import annotations

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.attributes import Attributes, Sizes
from dmaze_cp.workload import Layer


def lower_rnn(
    name: str, data: Sizes, weights: Sizes, recurrence: Sizes, attributes: Attributes
) -> tuple[Layer, ...]:
    """Layers of an RNN: data [steps, batch, K], weights [directions, H, K] and [directions, H, H].

    What the inputs contribute does not depend on the state: it is one GEMM for all
    steps and sequences, in each direction. What the state contributes is one GEMM
    for each step, on all sequences. Steps past the end of a shorter sequence count.

    Raises
    ------
    SpecError
        When shapes and attributes contradict each other.
    """
    steps, batch, hidden = _sizes(data, weights, recurrence, attributes, gates=1)
    return _layers(name, (steps, batch, hidden), weights, (1,))


def lower_lstm(
    name: str, data: Sizes, weights: Sizes, recurrence: Sizes, attributes: Attributes
) -> tuple[Layer, ...]:
    """Layers of an LSTM, as those of `lower_rnn` with the four gates side by side.

    Raises
    ------
    SpecError
        When shapes and attributes contradict each other.
    """
    steps, batch, hidden = _sizes(data, weights, recurrence, attributes, gates=4)
    return _layers(name, (steps, batch, hidden), weights, (4,))


def lower_quantised_lstm(
    name: str, data: Sizes, weights: Sizes, recurrence: Sizes, attributes: Attributes
) -> tuple[Layer, ...]:
    """Layers of ONNX Runtime's DynamicQuantizeLSTM, which has its weights transposed.

    Raises
    ------
    SpecError
        When shapes and attributes contradict each other.
    """
    weights, recurrence = (
        (*sizes[:-2], sizes[-1], sizes[-2]) if len(sizes) > 1 else sizes
        for sizes in (weights, recurrence)
    )
    return lower_lstm(name, data, weights, recurrence, attributes)


def lower_gru(
    name: str, data: Sizes, weights: Sizes, recurrence: Sizes, attributes: Attributes
) -> tuple[Layer, ...]:
    """Layers of a GRU, as those of `lower_rnn` with the three gates side by side.

    Without ``linear_before_reset`` the third gate multiplies the state as the second
    has changed it: then each step is two GEMMs, one after the other.

    Raises
    ------
    SpecError
        When shapes and attributes contradict each other.
    """
    steps, batch, hidden = _sizes(data, weights, recurrence, attributes, gates=3)
    together = attributes.integer("linear_before_reset", 0)
    return _layers(name, (steps, batch, hidden), weights, (3,) if together else (2, 1))


def _layers(
    name: str, sizes: tuple[int, int, int], weights: Sizes, gates: tuple[int, ...]
) -> tuple[Layer, ...]:
    """The layers; `gates` counts those of each product with the state."""
    steps, batch, hidden = sizes
    directions, columns, inputs = weights
    projection = Layer.gemm(
        f"{name}.input", {"X": steps * batch, "Y": columns, "K": inputs}, instances=directions
    )
    suffixes = ["state"] if len(gates) == 1 else [f"state{i}" for i in range(len(gates))]
    states = (
        Layer.gemm(
            f"{name}.{suffix}",
            {"X": batch, "Y": count * hidden, "K": hidden},
            instances=directions * steps,
        )
        for suffix, count in zip(suffixes, gates, strict=True)
    )
    return projection, *states


def _sizes(
    data: Sizes, weights: Sizes, recurrence: Sizes, attributes: Attributes, *, gates: int
) -> tuple[int, int, int]:
    """Steps, batch and hidden size, checked."""
    if not len(data) == len(weights) == len(recurrence) == 3:
        found = f"X {list(data)}, W {list(weights)} and R {list(recurrence)}"
        raise SpecError(Problem("inputs", found, "three operands with three dimensions each"))
    problems = []
    if min(*data, *weights, *recurrence) < 1:
        found = f"X {list(data)}, W {list(weights)}, R {list(recurrence)}"
        problems.append(Problem("inputs", found, "sizes of at least 1"))
    directions, columns, inputs = weights
    hidden = attributes.integer("hidden_size", recurrence[2])
    if inputs != data[2]:
        found = f"{inputs} inputs in W {list(weights)}"
        problems.append(Problem("W", found, f"{data[2]}, as X has them"))
    if columns != gates * hidden:
        found = f"{columns} rows of W {list(weights)}"
        problems.append(Problem("W", found, f"{gates} gates of hidden size {hidden}"))
    if recurrence != (directions, columns, hidden):
        expected = f"{[directions, columns, hidden]}, as W and the hidden size have it"
        problems.append(Problem("R", f"shape {list(recurrence)}", expected))
    way = attributes.text("direction", "forward")
    if directions != (2 if way == "bidirectional" else 1):
        expected = "2 for bidirectional, else 1"
        problems.append(Problem("direction", f"{way} for {directions} in W", expected))
    if problems:
        raise SpecError(problems)
    steps, batch = data[:2]
    return (batch, steps, hidden) if attributes.integer("layout", 0) else (steps, batch, hidden)
