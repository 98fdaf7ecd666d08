"""What a page is given of a sweep."""

from __future__ import annotations

from dataclasses import replace

from dmaze_cp.constraints import Constraints, rules_for
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format
from dmaze_cp.report.sweep_page import MOST_INVALID
from tests.kit.sweep_documents import swept, with_status
from tests.report.html.test_report_html_page import blocks_of, data_of


def left_out(result):
    data = data_of(render(result, Format.PAGE))
    return [t for t in blocks_of(data, "Table") if t.get("caption") == "points that are no design"]


def test_points_that_are_no_design_come_with_their_cause():
    (table,) = left_out(swept())
    assert [[row[1][0], row[2][0]] for row in table["rows"]] == [["2048", "64"], ["2048", "128"]]
    assert {row[3] for row in table["rows"]} == {"RF energy"}


def test_of_very_many_the_first_are_listed():
    result = swept()
    many = tuple(replace(result.invalid[0], index=k) for k in range(MOST_INVALID + 5))
    (table,) = left_out(replace(result, invalid=many))
    assert len(table["rows"]) == MOST_INVALID


def test_what_is_infeasible_is_drawn_at_no_bound():
    result = swept()
    data = data_of(render(result, Format.PAGE))
    (front,) = [s for s in blocks_of(data, "Scatter") if s["name"] == "pareto"]
    values = dict(zip(front["keys"], front["data"]["value"], strict=True))
    infeasible = with_status(result, PointStatus.INFEASIBLE)
    assert infeasible
    assert {values[str(point.design.index)] for point in infeasible} == {None}
    skipped = with_status(result, PointStatus.SKIPPED)
    assert None not in {values[str(point.design.index)] for point in skipped}


def test_limits_are_in_words():
    limits = Constraints.of_options(min_pe_utilization=0.5, no_feature_dram=True)
    data = data_of(render(replace(swept(), constraints=rules_for(limits)), Format.PAGE))
    tiles = next(b for b in blocks_of(data, "Facts") if b.get("tiles"))
    (shown,) = [row[3] for row in tiles["rows"] if row[0] == "Limits"]
    assert "DRAM.Fx=1, DRAM.Fy=1, util.PE>=0.5" in shown
