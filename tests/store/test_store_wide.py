"""The store keeps what a wider machine's mappings are, and tells such machines apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmaze_cp import Architecture, Constraints, Layer, Objective, PEArray
from dmaze_cp.store.question import Question, question_from_text, question_text

WIDE = Architecture(
    pe_array=PEArray(4, 6, ("C", "M"), ("M",)),
    word_bytes={"O": 4, "I": 1, "W": 1},
    rf_bytes={"O": 64, "IW": 128},
    spm_banks={"O": 8, "I": 8, "W": 16},
    noc_elements_per_cycle={"O": 2, "I": 4, "W": 4},
)
LAYER = Layer.gemm("g", {"X": 4, "Y": 6, "K": 8})


def text(architecture: Architecture) -> str:
    return question_text(Question(LAYER.shape, architecture, Objective.EDP, Constraints()))


def test_a_question_is_read_back():
    read, _ = question_from_text(text(WIDE))
    assert read.architecture == replace(WIDE, name="stored")
    assert text(read.architecture) == text(WIDE)


@pytest.mark.parametrize(
    "changes",
    [
        {"pe_array": PEArray(6, 4, ("C", "M"), ("M",))},
        {"pe_array": PEArray(4, 6, ("C", "M"))},
        {"pe_array": None, "pes": 24},
        {"word_bytes": {"O": 4, "I": 1, "W": 2}},
        {"rf_bytes": {"OI": 64, "W": 128}},
        {"spm_banks": 32},
        {"noc_elements_per_cycle": 4},
        {"energy": replace(WIDE.energy, word_bytes=2)},
        {"energy": replace(WIDE.energy, rf_pj={"O": 0.96, "I": 0.96, "W": 0.96})},
    ],
)
def test_every_figure_is_part_of_the_question(changes):
    assert text(replace(WIDE, **changes)) != text(WIDE)


def test_spelling_is_not():
    same = replace(WIDE, rf_bytes={"WI": 128, "O": 64}, pe_array=PEArray(4, 6, ("M", "C"), ("M",)))
    assert text(same) == text(WIDE)


def test_a_mapping_keeps_its_rows_and_columns(tmp_path):
    from dmaze_cp import Store, Workload, map_workload

    store = Store.open(tmp_path / "store.sqlite")
    work = Workload("w", (LAYER,))
    first, second = (map_workload(work, WIDE, "edp", store=store).layers[0] for _ in "ab")
    assert second.from_store
    assert first.mapping is not None
    assert first.mapping.row_factors is not None
    assert second.mapping == first.mapping
