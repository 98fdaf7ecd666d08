"""Costs and capacities of wider machines: measured mappings; rows and columns by brute force."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import PEArray
from dmaze_cp.cost import evaluate, fits, placed
from dmaze_cp.cost.array import best_rows, row_factors
from dmaze_cp.spec import mapping_record_from_dict

FILE = Path(__file__).parents[1] / "data" / "wide_machine.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def test_all_measured_mappings_are_there():
    assert len(ROWS) == 400
    assert sum(row["expected"]["valid"] for row in ROWS) == 221


@pytest.mark.parametrize("chunk", range(8))
def test_measured_mappings(chunk):
    for place in range(chunk, len(ROWS), 8):
        record = dict(ROWS[place])
        expected = record.pop("expected")
        mapping, arch = mapping_record_from_dict(record)
        cost = evaluate(mapping, arch)
        assert abs(cost.energy_pj - expected["energy_pj"]) <= 1, place
        assert cost.latency_cycles == expected["latency_cycles"], place
        assert (fits(mapping, arch) == ()) is expected["valid"], place
        on_rows = placed(mapping, arch)
        if expected["valid"]:
            assert (on_rows.row_factors is not None) is (arch.pe_array is not None)
            assert fits(on_rows, arch) == ()
        parts = cost.energy_breakdown_pj.values()
        assert sum(parts) == pytest.approx(cost.energy_pj, abs=0.5 + 1e-6 * cost.energy_pj)
        for component, by_purpose in cost.energy_by_operand_pj.items():
            whole = cost.energy_breakdown_pj[component]
            assert sum(by_purpose.values()) == pytest.approx(whole, rel=1e-9)


DIMENSIONS = ("N", "M", "C", "Ox")
LISTS = st.none() | st.lists(st.sampled_from(DIMENSIONS), min_size=1, unique=True).map(tuple)
SIZES = st.integers(1, 13)


@given(st.lists(st.sampled_from((1, 1, 2, 3, 4, 6, 8, 12)), min_size=4, max_size=4), st.data())
def test_row_factors_exist_where_trying_all_finds_some(pes, data):
    array = PEArray(*(data.draw(s) for s in (SIZES, SIZES, LISTS, LISTS)))
    found = row_factors(DIMENSIONS, dict(zip(DIMENSIONS, pes, strict=True)), array)
    splits = [[r for r in range(1, pe + 1) if pe % r == 0] for pe in pes]
    good = [rows for rows in product(*splits) if is_placed(pes, rows, array)]
    assert (found is not None) == bool(good)
    assert found is None or found in good


def is_placed(pes, rows, array) -> bool:
    used_rows = used_cols = 1
    for d, pe, row in zip(DIMENSIONS, pes, rows, strict=True):
        used_rows, used_cols = used_rows * row, used_cols * (pe // row)
        if row > 1 and array.unroll_rows is not None and d not in array.unroll_rows:
            return False
        if pe > row and array.unroll_cols is not None and d not in array.unroll_cols:
            return False
    return used_rows <= array.rows and used_cols <= array.cols


@given(st.integers(1, 200), st.integers(0, 20), st.integers(0, 20))
def test_best_rows_are_the_most(free, rows, cols):
    good = [r for r in range(1, rows + 1) if free % r == 0 and free // r <= cols]
    assert best_rows(free, rows, cols) == max(good, default=None)
