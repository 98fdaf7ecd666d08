"""What was changed on purpose, with a digest to match: what a file says must hold by itself."""

from __future__ import annotations

from typing import Any

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.checker import DigestState, check
from dmaze_cp.objective import Objective
from tests.kit.verified import WIDE, document, interrupted, resigned

Document = dict[str, Any]


def wrong(record: Document) -> list[str]:
    """Where something does not hold, whose digest is right."""
    found = check(resigned(record))
    assert found.digest is DigestState.EQUAL
    own = [problem.where for problem in found.problems]
    return own + [problem.where for each in found.records for problem in each.problems]


def nothing_fits() -> Document:
    return document(Objective.EDP, architecture=Architecture(rf_bytes=4))


@pytest.mark.parametrize("gap", [0.5, 1e-6, None])
def test_the_gap_of_an_optimum_is_none(gap: float | None) -> None:
    record = document(Objective.EDP)
    assert record["layers"][0]["gap"] == 0
    record["layers"][0]["gap"] = gap
    assert wrong(record) == ["layers[0].gap"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ended": "failed", "failed": True}, "ended"),
        ({"ended": "time limit"}, "ended"),
        ({"failed": True}, "failed"),
        ({"ended": "tired"}, "ended"),
    ],
)
def test_an_optimum_has_ended_with_a_proof(change: Document, field: str) -> None:
    record = document(Objective.EDP)
    record["layers"][0].update(change)
    assert wrong(record) == [f"layers[0].{field}"]
    none = nothing_fits()
    none["layers"][1].update(change)
    assert wrong(none) == [f"layers[1].{field}"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ended": "proven"}, "ended"),
        ({"ended": "failed"}, "failed"),
        ({"ended": "gap", "failed": True}, "failed"),
    ],
)
def test_what_is_not_proven_has_not_ended_with_a_proof(change: Document, field: str) -> None:
    record = interrupted()
    record["layers"][1].update(change)
    assert wrong(record) == [f"layers[1].{field}"]


def test_a_file_that_does_not_say_how_a_search_ended_may_say_that_it_failed() -> None:
    record = interrupted()
    del record["layers"][1]["ended"]
    record["layers"][1]["failed"] = True
    assert wrong(record) == []
    del record["layers"][0]["ended"]
    record["layers"][0]["failed"] = True
    assert wrong(record) == ["layers[0].failed"]


@pytest.mark.parametrize("field", ["bound", "useful_macs_share"])
def test_what_has_no_mapping_has_nothing_of_one(field: str) -> None:
    record = nothing_fits()
    record["layers"][0][field] = 1
    assert wrong(record) == [f"layers[0].{field}"]


def test_totals_have_no_other_fields() -> None:
    record = document(Objective.EDP)
    record["totals"]["edp"]["zz"] = 1
    assert wrong(record) == ["totals.edp.zz"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("energy_share", {"DRAM": 1}),
        ("energy_share", {}),
        ("energy_breakdown_pj", {"DRAM": 1.0}),
        ("energy_breakdown_pj", {}),
    ],
)
@pytest.mark.parametrize("make", [nothing_fits, lambda: document(Objective.EDP)])
def test_shares_are_those_of_every_component(make: Any, field: str, value: Document) -> None:
    record = make()
    record["totals"]["edp"][field] = value
    assert wrong(record) == [f"totals.edp.{field}"]
    record = make()
    for part in record["totals"]["edp"][field]:
        changed = make()
        changed["totals"]["edp"][field][part] = 0.7
        assert wrong(changed) == [f"totals.edp.{field}.{part}"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unroll_rows": ["C", "Fx", "K", "X", "Q"]}, "unroll_rows"),
        ({"unroll_cols": ["M", "Y", "Y", "C"]}, "unroll_cols"),
        ({"unroll_cols": []}, "unroll_cols"),
    ],
)
def test_a_machine_unrolls_dimensions_that_there_are_once_each(
    change: Document, field: str
) -> None:
    record = document(Objective.EDP, architecture=WIDE)
    record["architecture"]["pe_array"].update(change)
    assert wrong(record) == [f"architecture.pe_array.{field}"]


def test_an_array_has_no_more_elements_than_any_machine() -> None:
    record = document(Objective.EDP, architecture=WIDE)
    record["architecture"]["pe_array"] |= {"rows": 2**40, "cols": 2}
    assert wrong(record) == ["architecture.pe_array"]


@pytest.mark.parametrize("field", ["stride", "dilation"])
def test_a_gemm_has_no_stride(field: str) -> None:
    record = document(Objective.EDP)
    (index,) = [k for k, each in enumerate(record["layers"]) if each["kind"] == "gemm"]
    record["layers"][index][field] = [2, 2]
    assert wrong(record) == [f"layers[{index}].{field}"]


def test_a_layer_is_no_larger_than_what_is_mapped() -> None:
    record = document(Objective.EDP)
    layer = record["layers"][2]
    layer["bounds"] = dict.fromkeys(layer["bounds"], 2**20)
    assert wrong(record) == ["layers[2].bounds"]
