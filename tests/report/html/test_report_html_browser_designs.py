"""Pages of sweeps in a browser: what is said of designs is true, whatever became of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints, rules_for
from dmaze_cp.dse.design import Sample
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.objective import Objective
from dmaze_cp.report.sweep_figures import Sweep
from tests.kit import documents
from tests.kit.browser import Open, Opened
from tests.kit.sweep_documents import CLOCKS, THREE, WIDE, key, swept, with_status
from tests.report.html.test_report_html_browser import column
from tests.report.html.test_report_html_browser_sweeps import DESIGNS, HEAT

pytestmark = pytest.mark.browser

LIMITED = Constraints.of_options(min_pe_utilization=0.5, no_spatial_reduction=True)
OPEN = (
    PointStatus.OPTIMAL,
    PointStatus.SKIPPED,
    PointStatus.UNKNOWN,
    PointStatus.FEASIBLE,
    PointStatus.FAILED,
)
CELLS = """() => [...document.querySelectorAll('#plot-heat-map .cell')].map(cell => {
    const box = cell.getBoundingClientRect();
    const text = [...document.querySelectorAll('#plot-heat-map .cell-text')].find(node => {
        const { x, y } = node.getBoundingClientRect();
        return x > box.left - 4 && x < box.right && y > box.top && y < box.bottom;
    });
    const fill = cell.getAttribute('fill');
    return { key: cell.dataset.key, fill, text: text ? text.textContent : '' };
})"""


def cells_of(opened: Opened) -> list[dict[str, str]]:
    """The cells of the heat map, which is drawn a moment after it is asked for."""
    opened.until(f"document.querySelectorAll('{HEAT} .cell').length > 0")
    found: list[dict[str, str]] = opened.page.evaluate(CELLS)
    return found


def tiles(opened: Opened) -> dict[str, str]:
    found = (text.split("\n", 1) for text in opened.texts(".tile"))
    return {lines[0]: lines[1] for lines in found}


def drawn(opened: Opened, plot: str) -> set[str]:
    keys = opened.page.eval_on_selector_all(
        f"{plot} g .mark", "marks => marks.map(mark => mark.dataset.key)"
    )
    return set(keys)


def test_every_outcome_is_counted(open_page: Open):
    result = swept()
    opened = open_page(result)
    counts = {status: result.count(status) for status in PointStatus}
    designs = tiles(opened)["Designs"]
    assert designs.startswith(f"{len(result.points)}\n{counts[PointStatus.OPTIMAL]} mapped")
    assert f"{counts[PointStatus.SKIPPED]} skipped" in designs
    assert f"{counts[PointStatus.INFEASIBLE]} infeasible" in designs
    assert f"{counts[PointStatus.UNKNOWN]} not finished" in designs
    assert tiles(opened)["Left out"] == "2\nRF energy 2"
    opened.page.click(".fold:has(table) summary >> nth=-1")
    table = "table[data-caption='points that are no design']"
    assert column(opened, "Cause", table) == ["RF energy", "RF energy"]
    assert "no entry for 2 KiB" in column(opened, "Reason", table)[0]
    assert opened.errors == []


def test_only_bounds_that_mean_something_are_drawn(open_page: Open):
    result = swept()
    opened = open_page(result)
    infeasible = {str(p.design.index) for p in with_status(result, PointStatus.INFEASIBLE)}
    shown = drawn(opened, "#plot-pareto")
    assert shown.isdisjoint(infeasible)
    assert {str(p.design.index) for p in with_status(result, PointStatus.SKIPPED)} <= shown
    opened.page.click(f"{DESIGNS} tr[data-key='{min(infeasible)}']")
    assert "at least" not in opened.text("#details-point .facts")
    assert "a reason" in opened.texts("#details-point p")


def test_what_is_no_design_has_a_cell_that_cannot_be_chosen(open_page: Open):
    opened = open_page(swept())
    before = opened.text("#details-point h2")
    cell = opened.page.locator(f"{HEAT} .state-invalid").first
    cell.scroll_into_view_if_needed()
    opened.settle()
    cell.hover(force=True)
    assert opened.text("#tip").startswith("no design")
    assert "RF energy" in opened.text("#tip")
    cell.click(force=True)
    assert opened.text("#details-point h2") == before
    assert opened.errors == []


def test_cells_are_in_multiples_of_the_best_and_bounds_are_not_rounded_up(open_page: Open):
    result = swept()
    opened = open_page(result)
    sweep = Sweep(result)
    texts = opened.page.eval_on_selector_all(
        f"{HEAT} .cell-text", "nodes => nodes.map(node => node.textContent)"
    )
    assert "1.00" in texts
    bounds = [float(text[1:]) for text in texts if text.startswith("≥")]
    skipped = [sweep.ratio(p.bound) or 0.0 for p in with_status(result, PointStatus.SKIPPED)]
    for shown in bounds:
        assert any(0 <= ratio - shown < 0.01 for ratio in skipped), (bounds, skipped)
    assert len(bounds) >= len(skipped)
    # Their colour is faint, below the hatching.
    assert opened.page.locator(f"{HEAT} rect[fill-opacity]").count() >= len(skipped)


def test_the_proof_says_that_it_holds_within_the_limits(open_page: Open):
    result = swept(statuses=(PointStatus.OPTIMAL,))
    networks = [
        replace(n, layers=tuple(replace(r, constraints=LIMITED) for r in n.layers))
        for n in result.points[result.best or 0].networks
    ]
    points = list(result.points)
    points[result.best or 0] = replace(points[result.best or 0], networks=tuple(networks))
    opened = open_page(replace(result, constraints=rules_for(LIMITED), points=tuple(points)))
    assert "proven best within the limits" in tiles(opened)["Best EDP"]
    limits = tiles(opened)["Limits"]
    assert "util.PE>=0.5" in limits
    assert "spatial=O" in limits
    assert "area at most 20 mm2" in limits
    opened.page.click("#details-point table[data-caption=Layers] tbody tr")
    assert "within the limits costs less" in opened.text("#details-layer .claim")


def test_the_mapping_page_says_it_too(open_page: Open):
    result = documents.mapped()
    free = open_page(result)
    assert free.text("#details-layer .claim") == "EDP: optimal, proven: no mapping costs less"
    assert "Limits" not in tiles(free)
    layers = tuple(replace(r, constraints=LIMITED) for r in result.layers)
    limited = open_page(replace(result, layers=layers))
    assert "within the limits" in limited.text("#details-layer .claim")
    assert "util.PE>=0.5" in limited.text("#details-layer")
    assert "proven optimal within the limits" in tiles(limited)["EDP, sum of layers"]


def test_a_sample_is_no_proof_for_the_whole_space(open_page: Open):
    result = swept()
    opened = open_page(replace(result, space=replace(result.space, sample=Sample(6))))
    assert "of those drawn" in tiles(opened)["Best EDP"]
    assert tiles(opened)["Drawn"] == "6 points\nof 8, at random"


def test_cycles_of_different_clocks_are_not_compared(open_page: Open):
    opened = open_page(swept(CLOCKS, (PointStatus.OPTIMAL,)))
    heads = opened.texts(f"{DESIGNS} thead th")
    assert "Time" in heads
    assert "Cycles" not in heads
    assert "cycles" not in " ".join(opened.texts("#plot-pareto select option"))
    assert "pJ x s" in tiles(opened)["Best EDP"]
    rows = opened.texts("#details-point table.matrix >> nth=0 >> tbody th")
    assert "time" in [row.strip() for row in rows]
    assert opened.errors == []


@pytest.mark.parametrize("objective", Objective)
def test_why_the_best_wins_agrees_with_the_figures(objective, open_page: Open):
    result = swept(statuses=(PointStatus.OPTIMAL,), objective=objective)
    sweep = Sweep(result)
    opened = open_page(result)
    best, following = sweep.ranking[:2]
    figures, others = sweep.figures(best), sweep.figures(following)
    assert figures is not None
    assert others is not None
    rows = opened.texts("#details-point table.matrix >> nth=0 >> tbody tr")
    quotients = {cells[0].strip(): cells[3] for row in rows if len(cells := row.split("\t")) > 3}
    assert float(quotients["energy"]) == pytest.approx(
        others.energy_pj / figures.energy_pj, abs=5e-4
    )
    assert float(quotients["cycles"]) == pytest.approx(
        others.latency_cycles / figures.latency_cycles, abs=5e-4
    )
    assert {"compute", "NoC/reduction", "DMA"} <= set(quotients)


def test_a_network_alone_needs_no_table_of_its_best(open_page: Open):
    result = swept()
    both = open_page(result)
    table = "table[data-caption='best design of each network']"
    proofs = {True: "yes", False: "no"}
    sweep = Sweep(result)
    expected = [proofs[sweep.network_is_proven(model)] for model in ("one", "two")]
    assert column(both, "proven", table) == expected
    both.page.click(f"{table} tbody tr >> nth=1")
    assert both.text("#details-point h2").startswith(f"Design {key(result, result.best_of('two'))}")
    alone = swept(networks=result.networks[:1])
    assert open_page(alone).page.locator(table).count() == 0


def test_where_no_design_fits_the_reason_is_shown(open_page: Open):
    opened = open_page(swept(statuses=(PointStatus.INFEASIBLE,)), width=360)
    assert "No design maps the networks" in opened.text("main > .warning")
    assert "a reason" in opened.texts("#details-point p")
    assert opened.overflow() <= 0
    assert opened.errors == []


def test_of_more_parameters_memories_are_shown_first(open_page: Open):
    opened = open_page(swept(THREE, (PointStatus.OPTIMAL,)))
    chosen = {
        opened.page.input_value(f"{HEAT} label:has(> span:text-is('{axis}')) select")
        for axis in "xy"
    }
    assert chosen == {"rf_bytes", "spm_kb"}


def test_a_bound_is_no_value_at_any_width(open_page: Open):
    result = swept(WIDE, OPEN)
    best = result.points[result.best or 0].value or 0.0
    points = tuple(
        # Also bounds that differ in their last digits from what is rounded up.
        point if point.is_mapped else replace(point, bound=best * (1.0799 + k * k))
        for k, point in enumerate(result.points)
    )
    bounds = {str(p.design.index): p.bound for p in points if not p.is_mapped}
    status = {str(p.design.index): p.status for p in points}
    opened = open_page(replace(result, points=points), width=360)
    for width in (360, 1280, 2560):
        opened.resize(width, "light")
        cells = {c["key"]: c for c in cells_of(opened)}
        assert set(cells) == set(status)
        for index, cell in cells.items():
            is_bound = index in bounds
            assert (cell["fill"] == "url(#hatch)") is is_bound, (width, index)
            assert cell["text"].startswith("≥") is is_bound, (width, index)
            if is_bound:
                assert float(cell["text"].lstrip("≥")) <= bounds[index] / best
            assert cell["text"].endswith("*") is (status[index] is PointStatus.FEASIBLE)
        assert opened.overflow() <= 0
        legend = opened.text(f"{HEAT} .legend").replace("\n", "")
        assert "≥hatched: skipped or not finished" in legend
        assert "*may cost less" in legend
    ratios = zip(column(opened, "#", DESIGNS), column(opened, "× best", DESIGNS), strict=True)
    for index, text in ratios:
        assert text.startswith("≥") is (index in bounds)
    assert opened.errors == []


def test_a_cell_of_several_designs_says_what_may_be_less(open_page: Open):
    result = swept(THREE, (PointStatus.OPTIMAL, PointStatus.UNKNOWN))
    best = result.points[result.best or 0].value or 0.0
    # A bound below every value, but for one design of which nothing is known.
    points = [p if p.is_mapped else replace(p, bound=best * 0.5) for p in result.points]
    points[-1] = replace(points[-1], bound=0.0)
    opened = open_page(replace(result, points=tuple(points)))
    opened.page.select_option(f"{HEAT} select >> nth=1", "pes")
    opened.page.select_option(f"{HEAT} select >> nth=2", "spm_kb")
    texts = [cell["text"] for cell in cells_of(opened)]
    # Of each pair of register files one is mapped; the other may cost less.
    assert texts
    assert all(text.endswith("*") for text in texts), texts
    opened.page.select_option(f"{HEAT} select >> nth=1", "rf_bytes")
    texts = [cell["text"] for cell in cells_of(opened)]
    assert sorted(texts)[-2:] == ["?", "≥0.50"]


def test_leakage_has_a_place_where_some_design_leaks(open_page: Open):
    for leakage, shown in (((0.0, 5.0), True), ((0.0,), False)):
        space = DesignSpace(
            "power", parameters=(Parameter("leakage_mw", leakage), Parameter("pes", (64, 128)))
        )
        opened = open_page(swept(space, (PointStatus.OPTIMAL,)))
        assert ("leakage" in opened.texts("#plot-energy .legend li")) is shown
        opened.page.click(f"{DESIGNS} tr[data-key='0']")
        text = opened.text("main")
        assert "NaN" not in text
        assert "undefined" not in text
        assert opened.errors == []


def test_leakage_has_a_bar_where_a_machine_leaks(open_page: Open):
    for leakage, shown in ((250.0, True), (0.0, False)):
        machine = Architecture(leakage_mw=leakage)
        opened = open_page(documents.mapped(architecture=machine))
        assert ("leakage" in opened.texts("#plot-energy .legend li")) is shown
        assert "NaN" not in opened.text("main")
        assert opened.errors == []
