from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.errors import MissingExtraError
from dmaze_cp.objective import Objective
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import SWEEP_SUFFIXES, Format, format_of
from dmaze_cp.spec import mapping_record_from_dict
from tests.kit.samples import DEPTHWISE, GEMM
from tests.kit.sweeps import SPACE, sample_sweep, sweep_text, sweeps, weighted

SKIPS = (PointStatus.OPTIMAL, PointStatus.SKIPPED)


def as_json(result, **options):
    return json.loads(render(result, Format.JSON, **options))


@given(sweeps(), st.sampled_from((40, 60, 80)))
@settings(max_examples=25, deadline=None)
def test_any_sweep_can_be_written(result, width):
    record = as_json(result)
    assert [p["index"] for p in record["points"]] == [p.design.index for p in result.points]
    assert "<script" in render(result, Format.PAGE)
    rows = list(csv.DictReader(io.StringIO(render(result, Format.CSV))))
    assert [int(row["index"]) for row in rows] == sorted(
        p.index for p in (*(p.design for p in result.points), *result.invalid)
    )
    for row in rows:
        assert None not in row, "more cells than columns"
    assert render(result, Format.MARKDOWN).startswith("## Sweep: ")
    text = sweep_text(result, width)
    assert max(map(len, text.split("\n"))) <= width
    assert "\x1b" not in text
    assert "…" not in text, "something is cut"


@pytest.mark.parametrize("objective", Objective)
def test_values_are_exact_sums(objective):
    networks = [weighted("one", 3.0, GEMM, DEPTHWISE), weighted("two", 1.0, GEMM)]
    record = sweep_record(sample_sweep(networks=networks, objective=objective), details=True)
    for point in record["points"]:
        machine = point["architecture"]
        energy = value = 0
        for network, weight in zip(point["networks"], (3, 1), strict=True):
            for layer in network["layers"]:
                mapping, _ = mapping_record_from_dict({**layer, "architecture": machine})
                cost = evaluate(mapping, Architecture(**machine_fields(machine)))
                energy += weight * layer["instances"] * cost.energy_pj
                own = objective.of(cost.energy_pj, cost.latency_cycles)
                value += weight * layer["instances"] * own
        assert (point["energy_pj"], point["value"]) == (energy, value)
        assert isinstance(point["value"], int)
        assert point["bound"] == point["value"]
        assert sum(point["latency_breakdown_cycles"].values()) == point["latency_cycles"]
        assert sum(point["energy_breakdown_pj"].values()) == pytest.approx(energy, abs=10)


def machine_fields(record):
    from dmaze_cp.architecture import AccessEnergy

    return {**record, "energy": AccessEnergy(**record["energy"])}


def test_the_document():
    record = as_json(sample_sweep(statuses=SKIPS, pareto=True))
    assert record["schema"] == "dmaze-cp/sweep/1"
    assert record["parameters"] == ["rf_bytes", "spm_kb"]
    assert record["pareto"] == ["area_mm2"]
    assert record["budgets"] == {"area_mm2": 20.0}
    counts = record["counts"]
    assert (counts["points"], counts["solved"], counts["skipped"]) == (6, 3, 3)
    points = {p["index"]: p for p in record["points"]}
    best = points[record["best"]]
    assert best["value"] == min(p["value"] for p in points.values() if p["value"])
    for point in points.values():
        skipped = point["status"] == "skipped"
        assert (point["value"] is None) is skipped
        assert (point["energy_breakdown_pj"] is None) is skipped
        assert point["bound"] > 0
        winner = point["index"] in {record["best"], *record["front"]}
        assert [bool(n["layers"]) for n in point["networks"]] == [winner]
    every = as_json(sample_sweep(statuses=SKIPS), details=True)
    assert all(n["layers"] for p in every["points"] for n in p["networks"])


def test_different_clocks_are_compared_in_seconds():
    clocks = DesignSpace("clocks", parameters=(Parameter("accelerator_mhz", (250.0, 500.0)),))
    record = sweep_record(sample_sweep(clocks, objective=Objective.LATENCY))
    assert record["unit"] == "s"
    for point in record["points"]:
        assert point["value"] == pytest.approx(point["latency_s"])
    assert sweep_record(sample_sweep(objective=Objective.LATENCY))["unit"] == "cycles"
    assert sweep_record(sample_sweep(clocks, objective=Objective.ENERGY))["unit"] == "pJ"
    assert "pJ x s" in sweep_text(sample_sweep(clocks))


def test_a_network_is_proven_only_if_no_skipped_design_may_be_better():
    networks = [weighted("one", 1.0, GEMM), weighted("two", 1.0, DEPTHWISE)]
    proven = sweep_record(sample_sweep(networks=networks))["best_by_model_proven"]
    assert proven == {"one": True, "two": True}
    result = sample_sweep(networks=networks, statuses=SKIPS)
    # What was skipped may cost the second network nothing.
    points = tuple(
        replace(p, networks=(p.networks[0], replace(p.networks[1], bound=0.0)))
        if p.status is PointStatus.SKIPPED
        else replace(p, networks=p.networks)
        for p in result.points
    )
    high = tuple(
        replace(p, networks=(replace(p.networks[0], bound=1e9), p.networks[1]))
        if p.status is PointStatus.SKIPPED
        else p
        for p in points
    )
    proven = sweep_record(replace(result, points=high))["best_by_model_proven"]
    assert proven == {"one": True, "two": False}
    assert "not proven" in sweep_text(replace(result, points=high))


def test_csv_has_a_row_for_each_point_also_invalid_ones():
    space = replace(SPACE, rules=(Rule("rf_bytes < 256", "=small"),))
    networks = [weighted("=net", 1.0, GEMM)]
    result = sample_sweep(space, networks, statuses=SKIPS)
    rows = list(csv.DictReader(io.StringIO(render(result, Format.CSV))))
    assert len(rows) == SPACE.size
    assert [row["status"] for row in rows[-2:]] == ["invalid", "invalid"]
    assert rows[-1]["cause"] == "'=small"
    record = sweep_record(result)
    for row, point in zip(rows, record["points"], strict=False):
        assert int(row["rf_bytes"]) == point["parameters"]["rf_bytes"]
        assert row["value"] == ("" if point["value"] is None else str(point["value"]))
        assert float(row["bound"]) == pytest.approx(point["bound"])
    assert [row["best"] for row in rows].count("true") == 1


def test_the_workbook_has_numbers_and_no_formulas():
    space = replace(SPACE, name="=space", rules=(Rule("rf_bytes < 256", "=small"),))
    result = sample_sweep(space, [weighted("=net", 1.0, GEMM)], statuses=SKIPS, pareto=True)
    content = render(result, Format.EXCEL)
    assert isinstance(content, bytes)
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    assert workbook.sheetnames == ["points", "front", "best design", "invalid"]
    sheet = workbook["points"]
    header = [cell.value for cell in sheet[1]]
    rows = [dict(zip(header, row, strict=True)) for row in sheet.iter_rows(2, values_only=True)]
    assert len(rows) == len(result.points)
    for row, point in zip(rows, sweep_record(result)["points"], strict=True):
        assert row["value"] == point["value"]
        assert row["rf_bytes"] == point["parameters"]["rf_bytes"]
        assert row["area_mm2"] == pytest.approx(point["area_mm2"])
    for each in workbook:
        assert each.freeze_panes == "A2"
        assert each.auto_filter.ref.startswith("A1:")
        assert all(cell.data_type != "f" for row in each for cell in row)
    assert workbook["best design"]["A2"].value == "=net"
    assert workbook["front"].max_row == 1 + len(result.front)
    assert workbook["invalid"].max_row == 3


def test_without_openpyxl_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"dmaze-cp\[excel\]"):
        render(sample_sweep(), Format.EXCEL)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (None, "table"), ("a.json", "json"), ("a", "json"), ("a.CSV", "csv"),
        ("a.xlsx", "excel"), ("a.md", "markdown"), ("a.txt", "table"),
    ],
)  # fmt: skip
def test_the_suffix_says_the_format(path, form):
    assert format_of(path, None, SWEEP_SUFFIXES) == form
    assert format_of(path, Format.CSV, SWEEP_SUFFIXES) == "csv"
