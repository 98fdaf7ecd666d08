"""Leakage is a component of energy in reports of an accelerator that leaks, and in no others."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.objective import Objective
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format
from dmaze_cp.result import result_record
from tests.kit.networks import lost, network
from tests.kit.plots import drawn
from tests.kit.samples import CONV, DEPTHWISE, GEMM, sample_result
from tests.kit.sweeps import sample_sweep, sweep_text, weighted
from tests.report.html.test_report_html_page import data_of

SILENT = Architecture(name="silent")
LEAKY = Architecture(name="leaky", leakage_mw=250.0)
NAMES = ["MAC", "RF", "NoC", "SPM", "DRAM", "leakage"]


def mapped(architecture):
    results = [sample_result(x, architecture=architecture) for x in (CONV, GEMM)]
    return network(*results, lost(DEPTHWISE, architecture=architecture), name=architecture.name)


@pytest.mark.parametrize("form", [f for f in Format if f not in {Format.EXCEL, Format.PAGE}])
def test_results_name_it_where_there_is_any(form):
    quiet, loud = (render([mapped(a)], form) for a in (SILENT, LEAKY))
    assert "leakage" in loud
    assert "leakage" not in quiet
    assert "leakage" in render([mapped(SILENT), mapped(LEAKY)], form)


def test_totals_add_up_with_it():
    result = mapped(LEAKY)
    totals = result.totals(Objective.EDP)
    parts = totals.energy_breakdown_pj
    assert list(parts) == NAMES
    assert sum(parts.values()) == pytest.approx(totals.energy_pj, abs=4)
    expected = totals.latency_cycles * 250.0 * 1000 / LEAKY.accelerator_mhz
    assert parts["leakage"] == pytest.approx(expected)
    shares = result_record(result)["totals"]["edp"]["energy_share"]
    assert sum(shares.values()) == pytest.approx(1)


def test_rows_of_accelerators_that_do_not_leak_have_an_empty_cell():
    text = render([mapped(SILENT), mapped(LEAKY)], Format.CSV)
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        assert (row["leakage_energy_pj"] != "") == (
            row["architecture"] == "leaky" and row["energy_pj"] != ""
        )
    (quiet,) = {tuple(r) for r in csv.DictReader(io.StringIO(render([mapped(SILENT)], Format.CSV)))}
    assert [name for name in rows[0] if name != "leakage_energy_pj"] == list(quiet)


def test_a_page_has_it_last():
    for architecture, names in ((SILENT, NAMES[:-1]), (LEAKY, NAMES)):
        data = data_of(render(mapped(architecture), Format.PAGE))
        (figure,) = [b for b in data["blocks"] if b["is"] == "Stack" and b["name"] == "energy"]
        assert [series["name"] for series in figure["series"]] == names
        assert {len(row["values"]) for row in figure["rows"]} == {len(names)}
        (fold,) = [b for b in data["blocks"] if b["is"] == "Fold" and "Accelerator" in b["title"]]
        facts = dict(fold["blocks"][0]["rows"])
        assert facts.get("leakage") == (None if len(names) == 5 else "250 mW")


def leaking_sweep(leakage=(0.0, 5.0), rf_bytes=(128, 256)):
    parameters = (Parameter("leakage_mw", leakage), Parameter("rf_bytes", rf_bytes))
    space = DesignSpace("power", parameters=parameters)
    return sample_sweep(space, (weighted("net", 2.0), weighted("other", 1.0, GEMM)))


def test_rows_of_a_sweep_over_leakage():
    rows = list(csv.DictReader(io.StringIO(render(leaking_sweep(), Format.CSV))))
    assert [row["leakage_energy_pj"] != "" for row in rows] == [False, False, True, True]
    assert [float(row["leakage_mw"]) for row in rows] == [0, 0, 5, 5]
    assert "leakage_energy_pj" not in render(leaking_sweep((0.0,)), Format.CSV)


def test_a_document_of_a_sweep_over_leakage():
    document = json.loads(render(leaking_sweep(), Format.JSON))
    for point in document["points"]:
        leaks = point["parameters"]["leakage_mw"] > 0
        assert ("leakage" in point["energy_breakdown_pj"]) is leaks
        assert ("leakage_mw" in point["architecture"]) is leaks


@pytest.mark.parametrize(("values", "shown"), [((0.0, 5.0), 1), ((5.0, 0.0), 1), ((0.0,), 0)])
def test_designs_of_which_some_leak_are_compared(values, shown):
    lines = sweep_text(leaking_sweep(values, (256,)), 120).splitlines()
    assert len([line for line in lines if line.startswith("  leakage ")]) == shown
    assert render(leaking_sweep(values), Format.EXCEL)


def test_a_plot_of_designs_of_which_some_leak():
    for values, names in (((0.0, 5.0), NAMES), ((0.0,), NAMES[:-1])):
        axes = drawn(leaking_sweep(values))["energy"].axes[0]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == names
