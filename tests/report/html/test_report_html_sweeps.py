"""What a page is given of a sweep in the form that the command writes."""

from __future__ import annotations

import copy

import pytest

from dmaze_cp.constraints import Constraints
from dmaze_cp.report.html import html_page
from dmaze_cp.report.html.sweeps import MOST_INVALID
from tests.kit import documents
from tests.kit.sweep_documents import MEMORIES, swept, with_status
from tests.report.html.test_report_html_page import changed, data_of, problems


def test_points_that_are_no_design_come_with_their_cause():
    record = swept()
    data = data_of(html_page(record))
    assert [p["parameters"] for p in data["invalid"]] == [[2048, 64], [2048, 128]]
    assert {p["cause"] for p in data["invalid"]} == {"RF energy"}
    assert data["invalid_by_cause"] == [["RF energy", 2]]
    assert data["counts"]["invalid"] == 2


def test_of_very_many_the_first_are_listed():
    record = swept()
    record["invalid"] = [copy.deepcopy(record["invalid"][0]) for _ in range(MOST_INVALID + 5)]
    assert len(data_of(html_page(record))["invalid"]) == MOST_INVALID


def test_what_is_infeasible_has_no_bound():
    record = swept()
    for point in with_status(record, "infeasible"):
        point["bound"] = 5.0
    points = data_of(html_page(record))["points"]
    assert with_status(record, "infeasible")
    for point in points:
        assert (point["bound"] is None) is (point["status"] == "infeasible")


def test_cycles_by_cause_and_the_base():
    record = swept()
    data = data_of(html_page(record))
    for point, given in zip(data["points"], record["points"], strict=True):
        causes = given["latency_breakdown_cycles"]
        expected = causes and [causes["compute"], causes["noc"], causes["dma"]]
        assert point["cycles"] == expected
    base = next(p for p in record["points"] if p["index"] == data["base"])
    assert base["parameters"] == {"rf_bytes": 512, "spm_kb": 128}


def test_limits_are_in_words():
    record = swept(constraints=Constraints(min_pe_utilization=0.5, no_feature_dram=True))
    limits = [["PE utilisation", "at least 50 %"], ["filter loops at DRAM", "none"]]
    assert data_of(html_page(record))["constraints"] == limits
    result = documents.result()
    result["constraints"] = record["constraints"]
    assert data_of(html_page(result))["constraints"] == limits


def test_older_files_without_the_newer_fields_are_read():
    record = swept()
    for name in ("size", "drawn", "base_design", "invalid", "best_by_model_proven", "constraints"):
        del record[name]
    data = data_of(html_page(record))
    assert (data["invalid"], data["constraints"], data["best_by_model_proven"]) == ([], [], {})


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("invalid", 1), 3, "invalid[1]: found 3"),
        (("invalid", 1, "cause"), 3, "invalid[1].cause: found 3"),
        (("invalid", 0, "parameters"), {}, "invalid[0].parameters.rf_bytes: found nothing"),
        (("base_design",), 99, "base_design: found 99"),
        (("counts", "invalid_by_cause"), [1], "counts.invalid_by_cause: found"),
        (("counts", "invalid_by_cause"), {"RF energy": "2"}, "counts.invalid_by_cause.RF energy"),
        (("best_by_model_proven",), {"one": 1}, "best_by_model_proven.one: found 1"),
        (("points", 0, "latency_breakdown_cycles"), {"dma": 1}, "points[0].latency_breakdown"),
    ],
)
def test_what_is_broken_is_told_where(path, value, expected):
    found = problems(changed(swept(), path, value))
    assert any(line.startswith(expected) for line in found), found


def test_the_space_of_these_tests_has_its_base():
    assert {"rf_bytes", "spm_kb"} == set(MEMORIES.swept)
