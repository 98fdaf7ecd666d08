"""Pages of sweeps in a browser: what is said of designs is true, whatever became of them."""

from __future__ import annotations

import re

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.objective import Objective
from tests.kit import documents
from tests.kit.browser import Open, Opened
from tests.kit.sweep_documents import CLOCKS, THREE, WIDE, swept, with_status
from tests.report.html.test_report_html_browser import column

pytestmark = pytest.mark.browser

LIMITED = Constraints(min_pe_utilization=0.5, no_spatial_reduction=True)


def tiles(opened: Opened) -> dict[str, str]:
    found = (text.split("\n", 1) for text in opened.texts(".tile"))
    return {lines[0]: lines[1] for lines in found}


def drawn(opened: Opened, plot: str) -> set[int]:
    keys = opened.page.eval_on_selector_all(
        f"{plot} g .mark", "marks => marks.map(mark => Number(mark.dataset.key))"
    )
    return set(keys)


def head_of(opened: Opened) -> list[str]:
    return opened.texts("table.points thead th")


def test_every_outcome_is_counted(open_page: Open):
    record = swept()
    opened = open_page(record)
    counts = record["counts"]
    designs = tiles(opened)["Designs"]
    assert designs.startswith(f"{counts['points']}\n{counts['solved']} mapped")
    assert f"{counts['skipped']} skipped" in designs
    assert f"{counts['infeasible']} infeasible" in designs
    assert f"{counts['unknown']} not finished" in designs
    assert tiles(opened)["Left out"] == "2\nRF energy 2"
    opened.page.click(".fold:has(table.invalid) summary")
    assert column(opened, "cause", "table.invalid") == ["RF energy", "RF energy"]
    assert "no entry for 2 KiB" in column(opened, "reason", "table.invalid")[0]
    assert opened.errors == []


def test_only_bounds_that_mean_something_are_drawn(open_page: Open):
    record = swept()
    opened = open_page(record)
    infeasible = {p["index"] for p in with_status(record, "infeasible")}
    assert drawn(opened, "#plot-pareto").isdisjoint(infeasible)
    shown = drawn(opened, "#plot-pareto")
    assert {p["index"] for p in with_status(record, "skipped")} <= shown
    opened.page.click(f"table.points tr[data-key='{min(infeasible)}']")
    assert "at least" not in opened.text("#design")
    assert opened.text("#design .reason") == "a reason"


def test_what_is_no_design_has_a_cell_that_cannot_be_chosen(open_page: Open):
    opened = open_page(swept())
    before = opened.text("#design h2")
    cell = opened.page.locator("#plot-heatmap .status-invalid").first
    cell.scroll_into_view_if_needed()
    cell.hover(force=True)
    assert opened.text("#tip").startswith("no design")
    assert "RF energy" in opened.text("#tip")
    cell.click(force=True)
    assert opened.text("#design h2") == before
    assert opened.errors == []


def test_cells_are_in_multiples_of_the_best_and_bounds_are_not_rounded_up(open_page: Open):
    record = swept()
    opened = open_page(record)
    best = next(p["value"] for p in record["points"] if p["index"] == record["best"])
    texts = opened.page.eval_on_selector_all(
        "#plot-heatmap .cell-text", "nodes => nodes.map(node => node.textContent)"
    )
    assert "1.00" in texts
    bounds = [float(text[2:]) for text in texts if text.startswith("≥ ")]
    skipped = [p["bound"] / best for p in with_status(record, "skipped")]
    for shown in bounds:
        assert any(0 <= ratio - shown < 0.01 for ratio in skipped), (bounds, skipped)
    assert len(bounds) >= len(skipped)
    # Their colour is faint, below the hatching.
    assert opened.page.locator("#plot-heatmap rect[fill-opacity]").count() >= len(skipped)


def test_the_proof_says_that_it_holds_within_the_limits(open_page: Open):
    opened = open_page(swept(constraints=LIMITED))
    assert "proven best within the limits" in tiles(opened)["Best EDP"]
    limits = tiles(opened)["Limits"]
    assert "PE utilisation at least 50 %" in limits
    assert "no sums across PEs" in limits
    assert "area ≤ 20\u202fmm²" in limits
    opened.page.click("#design table.layers tbody tr")
    claim = opened.text("#design .claim")
    assert "within the limits (PE utilisation at least 50 %, no sums across PEs)" in claim


def test_the_mapping_page_says_it_too(open_page: Open):
    document = documents.result()
    free = open_page(document)
    assert free.text("#detail .claim") == "Proven: no mapping costs less."
    assert "Limits" not in tiles(free)
    document["constraints"] = vars(LIMITED) | {}
    limited = open_page(document)
    assert "within the limits (PE utilisation" in limited.text("#detail .claim")
    assert "proven optimal within the limits" in tiles(limited)["EDP, sum of layers"]


def test_a_sample_is_no_proof_for_the_whole_space(open_page: Open):
    record = swept() | {"size": 4000, "drawn": 6}
    opened = open_page(record)
    assert "of those drawn" in tiles(opened)["Best EDP"]
    assert tiles(opened)["Drawn"] == "6 points\nof 4,000, at random"


def test_cycles_of_different_clocks_are_not_compared(open_page: Open):
    record = swept(CLOCKS, (PointStatus.OPTIMAL,))
    opened = open_page(record)
    assert "Time" in head_of(opened)
    assert "Cycles" not in head_of(opened)
    assert "cycles" not in " ".join(opened.texts("#plot-pareto select option"))
    points = {p["index"]: p for p in record["points"]}
    ranked = sorted(points.values(), key=lambda p: p["value"])
    ratio = ranked[0]["latency_s"] / ranked[1]["latency_s"]
    assert stated_change(opened, "latency") == (None if ratio == 1 else ratio < 1)
    assert opened.errors == []


def stated_change(opened: Opened, name: str) -> bool | None:
    """Whether something is said to be less; None where it is equal."""
    found = re.search(rf"{name} (−|\+|equal)", opened.text("#design .why"))
    assert found is not None
    return {"−": True, "+": False, "equal": None}[found[1]]


def test_why_the_best_wins_agrees_with_the_figures(open_page: Open):
    for objective in Objective:
        record = swept(statuses=(PointStatus.OPTIMAL,), objective=objective)
        opened = open_page(record)
        best, following = sorted(record["points"], key=lambda p: p["value"])[:2]
        for name, key in (("energy", "energy_pj"), ("latency", "latency_s"), ("area", "area_mm2")):
            ratio = best[key] / following[key]
            expected = None if abs(ratio - 1) < 5e-5 else ratio < 1
            assert stated_change(opened, name) == expected
        assert " instead of " in opened.text("#design .against")
        cycles = opened.texts("#design .pair-tables table >> nth=1 >> tbody tr th")
        assert cycles == ["compute", "NoC/reduction", "DMA"]


def test_a_network_alone_needs_no_table_of_its_best(open_page: Open):
    record = swept()
    both = open_page(record)
    proofs = {True: "proven", False: "not proven"}
    assert column(both, "proof", "#by-network table") == [
        proofs[record["best_by_model_proven"][model]] for model in ("one", "two")
    ]
    record["models"] = record["models"][:1]
    assert open_page(record).page.locator("#by-network").count() == 0


def test_where_no_design_fits_the_reason_is_shown(open_page: Open):
    record = swept(statuses=(PointStatus.INFEASIBLE,))
    opened = open_page(record, width=360)
    assert "No design maps the networks" in opened.text("main > .warning")
    assert opened.text("#design .reason") == "a reason"
    assert opened.overflow() <= 0
    assert opened.errors == []


def test_of_more_parameters_memories_are_shown_first(open_page: Open):
    record = swept(THREE, (PointStatus.OPTIMAL,))
    opened = open_page(record)
    chosen = [
        opened.page.input_value(f"#plot-heatmap label:has(> span:text-is('{axis}')) select")
        for axis in "xy"
    ]
    assert chosen == ["rf_bytes", "spm_kb"]


def test_a_bound_is_no_value_at_any_width(open_page: Open):
    record = swept(WIDE, OPEN)
    best = next(p["value"] for p in record["points"] if p["index"] == record["best"])
    bounds = {p["index"]: p["bound"] for p in record["points"] if p["value"] is None}
    for k, index in enumerate(bounds):
        # Also bounds that differ in their last digits from what is rounded up.
        bounds[index] = best * (1.0799 + k * k)
        record["points"][index]["bound"] = bounds[index]
    opened = open_page(record, width=360)
    for width in (360, 1280, 2560):
        opened.resize(width, "light")
        cells = {int(c["key"]): c for c in opened.page.evaluate(CELLS)}
        assert set(cells) == {p["index"] for p in record["points"]}
        for index, cell in cells.items():
            is_bound = index in bounds
            assert (cell["fill"] == "url(#hatch)") is is_bound, (width, index)
            assert cell["text"].startswith("≥") is is_bound, (width, index)
            if is_bound:
                assert float(cell["text"].lstrip("≥ ")) <= bounds[index] / best
            status = record["points"][index]["status"]
            assert cell["text"].endswith("*") is (status == "feasible")
        assert opened.overflow() <= 0
        legend = opened.text("#plot-heatmap .legend")
        assert "≥ skipped or not finished: costs at least so much" in legend
        assert "*may cost less" in legend.replace("\n", "").replace(" may", "may")
    boxes = opened.page.eval_on_selector_all(
        "#design .pair-tables .scroller", "all => all.map(box => box.scrollWidth - box.clientWidth)"
    )
    assert boxes
    assert not any(boxes)
    table = dict(
        zip(
            column(opened, "index", "table.points"),
            column(opened, "ratio", "table.points"),
            strict=True,
        )
    )
    for index in bounds:
        assert table[str(index)].startswith("≥")
    assert opened.errors == []


OPEN = (
    PointStatus.OPTIMAL,
    PointStatus.SKIPPED,
    PointStatus.UNKNOWN,
    PointStatus.FEASIBLE,
    PointStatus.FAILED,
)

CELLS = """() => [...document.querySelectorAll('#plot-heatmap .cell')].map(cell => {
    const box = cell.getBoundingClientRect();
    const text = [...document.querySelectorAll('#plot-heatmap .cell-text')].find(node => {
        const { x, y } = node.getBoundingClientRect();
        return x > box.left - 4 && x < box.right && y > box.top && y < box.bottom;
    });
    const fill = cell.getAttribute('fill');
    return { key: cell.dataset.key, fill, text: text ? text.textContent : '' };
})"""


def test_a_cell_of_several_designs_says_what_may_be_less(open_page: Open):
    statuses = (PointStatus.OPTIMAL, PointStatus.UNKNOWN)
    record = swept(THREE, statuses)
    best = next(p for p in record["points"] if p["index"] == record["best"])
    for point in record["points"]:
        # A bound below every value, but for one design of which nothing is known.
        if point["value"] is None:
            point["bound"] = best["value"] * 0.5
    record["points"][-1]["bound"] = None
    opened = open_page(record)
    assert "Nothing is known of some designs" in opened.text("#design .note")
    opened.page.select_option("#plot-heatmap select >> nth=1", "pes")
    opened.page.select_option("#plot-heatmap select >> nth=2", "spm_kb")
    texts = {cell["text"] for cell in opened.page.evaluate(CELLS)}
    # Of each pair of register files one is mapped; the other may cost less.
    assert all(text.endswith("*") for text in texts), texts
    opened.page.select_option("#plot-heatmap select >> nth=1", "rf_bytes")
    opened.until("document.querySelectorAll('#plot-heatmap .cell-text').length > 0")
    texts = [cell["text"] for cell in opened.page.evaluate(CELLS)]
    assert sorted(texts)[-2:] == ["?", "≥ 0.50"]


def test_leakage_has_a_place_where_some_design_leaks(open_page: Open):
    for leakage, shown in (((0.0, 5.0), True), ((0.0,), False)):
        space = DesignSpace(
            "power", parameters=(Parameter("leakage_mw", leakage), Parameter("pes", (64, 128)))
        )
        opened = open_page(swept(space, (PointStatus.OPTIMAL,)))
        assert ("leakage" in opened.texts("#plot-best .legend li")) is shown
        opened.page.click("table.points tr[data-key='0']")
        text = opened.text("main")
        assert "NaN" not in text
        assert "undefined" not in text
        assert opened.errors == []


def test_leakage_has_a_bar_where_a_machine_leaks(open_page: Open):
    for leakage, shown in ((250.0, True), (0.0, False)):
        machine = Architecture(leakage_mw=leakage)
        opened = open_page(documents.result(architecture=machine))
        assert ("leakage" in opened.texts("#plot-energy .legend li")) is shown
        assert "NaN" not in opened.text("main")
        assert opened.errors == []
