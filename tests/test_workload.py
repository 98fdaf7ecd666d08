"""Layers and lists of layers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmaze_cp import SpecError, workload
from dmaze_cp.spec import workload_from_dict
from dmaze_cp.workload import Layer, Workload, fold_equal_layers


def gemm(name: str, rows: int) -> Layer:
    return Layer.gemm(name, {"X": rows, "Y": 2, "K": 3})


def test_equal_layers_are_folded_into_the_first() -> None:
    first, other, again = gemm("a", 1), gemm("b", 2), gemm("c", 1)
    inner = replace(gemm("d", 1), instances=3, also=("e", "f"))
    folded = fold_equal_layers([first, other, again, inner])
    assert folded == (replace(first, instances=5, also=("c", "d", "e", "f")), other)


@pytest.mark.parametrize("count", [100, 200])
def test_folding_makes_one_layer_for_each_shape(monkeypatch, count: int) -> None:
    """Names of equal layers are put together once, however many there are."""
    layers = [gemm(f"l{i}", 1) for i in range(count)]
    made = []
    original = Layer.__post_init__
    monkeypatch.setattr(Layer, "__post_init__", lambda self: (made.append(1), original(self)))
    (folded,) = fold_equal_layers(layers)
    assert (folded.instances, len(folded.also)) == (count, count - 1)
    assert len(made) <= 1


def test_a_layer_of_a_file_is_checked_once(monkeypatch) -> None:
    checked = []
    original = workload._layer_problems
    monkeypatch.setattr(
        workload, "_layer_problems", lambda layer: (checked.append(1), original(layer))[1]
    )
    layers = [
        {"name": f"l{i}", "kind": "gemm", "bounds": {"X": i, "Y": 2, "K": 3}} for i in range(1, 51)
    ]
    assert len(workload_from_dict({"layers": layers})) == 50
    assert len(checked) == 50


@pytest.mark.parametrize("name", ["", " "])
def test_a_layer_of_a_network_has_a_name(name):
    with pytest.raises(SpecError, match=r"layers\[0\].name"):
        Workload("net", (Layer.gemm(name, {"X": 2}),))
