"""What was changed on purpose, with a digest to match: what a file says must hold by itself."""

from __future__ import annotations

from typing import Any

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.checker import DigestState, check
from dmaze_cp.objective import Objective
from tests.kit.verified import document, interrupted, resigned

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
