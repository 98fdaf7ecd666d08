"""Padding is part of a stored question, and stored mappings are of larger layers."""

from __future__ import annotations

import pytest

from dmaze_cp import Architecture, Constraints, Layer, Objective, Padding, Store, Workload
from dmaze_cp import map_workload as map_network
from dmaze_cp.constraints import padded
from dmaze_cp.store.checks import verify
from dmaze_cp.store.question import Question, question_from_text, question_text

CHIP = Architecture(pes=4, rf_bytes=16, spm_banks=4, spm_bank_bytes=64)
LAYER = Layer.gemm("g", {"X": 7, "Y": 13, "K": 8})
AUTO = Constraints.parse("pad=auto")


def text(constraints: Constraints) -> str:
    return question_text(Question(LAYER.shape, Architecture(), Objective.EDP, constraints))


def test_a_question_is_read_back():
    for padding in (Padding(auto=True), Padding(by=(("X", 2),)), Padding(True, (("K", 1),))):
        read, _ = question_from_text(text(padded(Constraints(), padding)))
        assert read.constraints.padding == padding


def test_padding_is_part_of_it_and_none_says_nothing():
    assert "pad" not in text(Constraints())
    texts = {text(padded(Constraints(), {"X": n})) for n in (0, 1, 2)}
    assert len({*texts, text(AUTO)}) == 4
    both = [Padding(by=(("X", 1), ("Y", 2))), Padding(by=(("Y", 2), ("X", 1)))]
    assert len({text(padded(Constraints(), padding)) for padding in both}) == 1


def test_a_padded_mapping_is_kept_and_found_by_an_equal_layer(tmp_path):
    store = Store.open(tmp_path / "store.sqlite")
    other = Layer.gemm("other", LAYER.bounds, instances=3)
    first, second = (
        map_network(Workload("w", (layer,)), CHIP, store=store, padding="auto").layers[0]
        for layer in (LAYER, other)
    )
    assert second.from_store
    assert first.mapping is not None
    assert second.mapping is not None
    assert first.mapping.layer.extents == second.mapping.layer.extents != LAYER.extents
    assert second.mapping.of_layer == second.layer == other
    assert (first.value, first.bound) == (second.value, second.bound)
    plain = map_network(Workload("w", (LAYER,)), CHIP, store=store).layers[0]
    assert not plain.from_store
    assert plain.value is not None
    assert second.value is not None
    assert second.value <= plain.value
    assert verify(store.entries()).bad == ()


@pytest.mark.parametrize("by", [{"X": 1}, {"X": 1, "Y": 3}])
def test_larger_padding_costs_no_more(by):
    small, large = (
        map_network(Workload("w", (LAYER,)), CHIP, padding=padding).layers[0]
        for padding in ({"X": 1}, by)
    )
    assert small.value is not None
    assert large.value is not None
    assert large.value <= small.value
