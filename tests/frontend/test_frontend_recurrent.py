"""Recurrent networks against a count of their definition."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from dmaze_cp.frontend.attributes import Attributes
from dmaze_cp.frontend.recurrent import lower_gru, lower_lstm, lower_quantised_lstm, lower_rnn
from tests.kit.onnx_models import Load, value
from tests.kit.problems import refused

LOWER = {"RNN": (lower_rnn, 1), "GRU": (lower_gru, 3), "LSTM": (lower_lstm, 4)}
STEPS, BATCH, INPUTS, HIDDEN = 7, 2, 3, 5


def shapes(gates: int, directions: int = 1):
    weights = (directions, gates * HIDDEN, INPUTS)
    return (STEPS, BATCH, INPUTS), weights, (directions, gates * HIDDEN, HIDDEN)


def lowered(kind: str, **attributes):
    lower, gates = LOWER[kind]
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    data, weights, recurrence = shapes(gates, directions)
    if attributes.get("layout"):
        data = (BATCH, STEPS, INPUTS)
    return lower("r", data, weights, recurrence, Attributes(attributes))


class Counter(np.ndarray):
    """An array that counts the multiply-accumulates of its matrix products."""

    total = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [np.asarray(x) for x in inputs]
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.matmul:
            Counter.total += result.size * plain[0].shape[-1]
        return np.asarray(result).view(Counter)


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("kind", LOWER)
def test_work_is_that_of_the_recurrence(kind, direction) -> None:
    """Steps one by one, gates one by one, as the definition is written."""
    gates = LOWER[kind][1]
    directions = 2 if direction == "bidirectional" else 1
    Counter.total = 0
    for _ in range(directions):
        state = np.zeros((BATCH, HIDDEN)).view(Counter)
        for _ in range(STEPS):
            new = 0
            for _ in range(gates):
                fed = np.matmul(np.zeros((BATCH, INPUTS)).view(Counter), np.zeros((INPUTS, HIDDEN)))
                new = new + fed + np.matmul(state, np.zeros((HIDDEN, HIDDEN)))
            state = new
    layers = lowered(kind, direction=direction)
    assert sum(layer.macs * layer.instances for layer in layers) == Counter.total


def test_lstm_layers() -> None:
    fed, state = lowered("LSTM", direction="bidirectional", hidden_size=HIDDEN)
    assert (fed.name, fed.bounds) == ("r.input", {"X": 14, "Y": 20, "K": 3})
    assert (state.name, state.bounds) == ("r.state", {"X": 2, "Y": 20, "K": 5})
    assert (fed.instances, state.instances) == (2, 14)


def test_gru_layers() -> None:
    """The candidate's product waits for the reset gate, unless that is applied after it."""
    fed, gates, candidate = lowered("GRU")
    assert [layer.bounds["Y"] for layer in (fed, gates, candidate)] == [15, 10, 5]
    assert [layer.name for layer in (gates, candidate)] == ["r.state0", "r.state1"]
    assert {gates.instances, candidate.instances} == {STEPS}
    fed, state = lowered("GRU", linear_before_reset=1)
    assert (state.bounds["Y"], state.instances) == (15, STEPS)


def test_batch_first() -> None:
    assert lowered("LSTM", layout=1) == lowered("LSTM")


def test_quantised_weights_are_transposed() -> None:
    data, weights, _ = shapes(4)
    layers = lower_quantised_lstm(
        "r", data, (1, weights[2], weights[1]), (1, HIDDEN, 20), Attributes({})
    )
    assert layers == lowered("LSTM")


@pytest.mark.parametrize(("kind", "outputs"), [("RNN", 2), ("GRU", 2), ("LSTM", 3)])
def test_what_follows_has_a_shape(load: Load, kind, outputs) -> None:
    """The sizes that inference gives what follows are those the reference computes."""
    gates = LOWER[kind][1]
    data, weights, recurrence = shapes(gates)
    names = ["y", "h", "c"][:outputs]
    node = helper.make_node(kind, ["x", "w", "r"], names, "rnn", hidden_size=HIDDEN)
    nodes = [
        node,
        helper.make_node("Squeeze", ["h"], ["state"], axes=[0]),
        helper.make_node("MatMul", ["state", "v"], ["z"], "head"),
    ]
    inputs = {"x": data, "w": weights, "r": recurrence, "v": [HIDDEN, 9]}
    workload = load(nodes, inputs, opset=12)
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names]
    graph = helper.make_graph([node], "g", [value(k, s) for k, s in inputs.items()][:3], info)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    feeds = {k: np.zeros(s, np.float32) for k, s in list(inputs.items())[:3]}
    state = ReferenceEvaluator(model).run(["h"], feeds)[0]
    assert workload["head"].bounds == {"X": state.shape[1], "Y": 9, "K": state.shape[2]}
    assert [op.operator for op in workload.unmapped] == ["Squeeze"]


@pytest.mark.parametrize(
    ("data", "weights", "recurrence", "attributes", "where"),
    [
        ((2, 3), (1, 20, 3), (1, 20, 5), {}, "inputs"),
        ((7, 2, 4), (1, 20, 3), (1, 20, 5), {}, "W"),
        (
            (7, 2, 3),
            (1, 20, 3),
            (1, 20, 6),
            {},
            "W",
        ),
        ((7, 2, 3), (1, 20, 3), (2, 20, 5), {}, "R"),
        ((7, 2, 3), (1, 20, 3), (1, 20, 5), {"hidden_size": 4}, "W R"),
        ((7, 2, 3), (2, 20, 3), (2, 20, 5), {}, "direction"),
        ((0, 2, 3), (1, 20, 3), (1, 20, 5), {}, "inputs"),
    ],
)
def test_contradictions_are_named(data, weights, recurrence, attributes, where) -> None:
    with refused(*where.split()):
        lower_lstm("r", data, weights, recurrence, Attributes(attributes))
