"""Pages of sweeps and comparisons in a browser."""

from __future__ import annotations

import pytest

from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.objective import Objective
from tests.kit import documents
from tests.kit.browser import Open, Opened
from tests.kit.samples import DEPTHWISE, GEMM, ONE
from tests.kit.sweep_documents import THREE, key, swept, with_status
from tests.kit.sweeps import sample_sweep, weighted
from tests.report.html.test_report_html_browser import LAYERS, column, sort

pytestmark = pytest.mark.browser

HEAT = "#plot-heat-map"
DESIGNS = "table[data-caption=Designs]"
MAPPED = (PointStatus.OPTIMAL,)


def click_cell(opened: Opened, index: int | str) -> None:
    cell = opened.page.locator(f"{HEAT} .cell[data-key='{index}']")
    cell.scroll_into_view_if_needed()
    opened.settle()
    cell.click(force=True)


def cell_texts(opened: Opened) -> list[str]:
    return list(opened.page.locator(f"{HEAT} .cell-text").all_text_contents())


def test_a_click_on_a_cell_shows_the_design_and_its_layers(open_page: Open):
    networks = [weighted("alpha", 1.0, GEMM), weighted("beta", 1.0, GEMM, DEPTHWISE)]
    sweep = swept(statuses=MAPPED, networks=networks)
    opened = open_page(sweep)
    point = next(p for k, p in enumerate(sweep.points) if k != sweep.best)
    click_cell(opened, point.design.index)
    assert opened.text("#details-point h2").startswith(f"Design {point.design.index}")
    for name, value in point.design.parameters.items():
        assert f"{name} {value}" in opened.text("#details-point")
    assert f"the best, #{key(sweep, sweep.best)}" in opened.text("#details-point .link")
    assert f"point={point.design.index}" in opened.page.url
    opened.page.click(f"#details-point {LAYERS} tr[data-key=fc]")
    assert "for " in opened.text("#details-point .nest")
    fragment = f"#point={point.design.index}&model=beta&layer=fc"
    linked = open_page(sweep, fragment=fragment)
    assert linked.text("#details-layer h2").startswith("fc")
    assert linked.page.input_value("#details-point select") == "beta"
    linked.page.click("#details-point .link")
    assert linked.text("#details-point h2").startswith(f"Design {key(sweep, sweep.best)}")
    assert "layer=" not in linked.page.url


def test_skipped_designs_are_hatched_and_show_their_bound(open_page: Open):
    sweep = swept()
    skipped = with_status(sweep, PointStatus.SKIPPED)[0].design.index
    opened = open_page(sweep)
    cell = opened.page.locator(f"{HEAT} .cell[data-key='{skipped}']")
    assert cell.get_attribute("fill") == "url(#hatch)"
    assert any(text.startswith("≥") for text in cell_texts(opened))
    cell.hover(force=True)
    assert "at least" in opened.text("#tip")
    click_cell(opened, skipped)
    assert "not searched to the end" in opened.text("#details-point")


def test_the_best_design_is_shown_first_with_why_it_wins(open_page: Open):
    sweep = swept()
    opened = open_page(sweep)
    assert opened.text("#details-point h2").startswith(f"Design {key(sweep, sweep.best)}")
    assert "Against the runner-up" in opened.text("#details-point")
    assert "runner-up, #" in opened.text("#details-point .link")


def test_the_front_is_drawn_where_its_axes_are_shown(open_page: Open):
    sweep = swept(statuses=MAPPED, pareto=True)
    opened = open_page(sweep)
    front = opened.page.locator("#plot-pareto .line-front")
    assert front.count() == int(len(sweep.front) > 0)
    marks = opened.page.locator("#plot-pareto g .p-front, #plot-pareto g .p-best")
    keys = {marks.nth(i).get_attribute("data-key") for i in range(marks.count())}
    assert keys == {key(sweep, position) for position in {*sweep.front, sweep.best}}
    opened.page.select_option("#plot-pareto select >> nth=0", "energy_pj")
    assert front.count() == 0
    assert opened.errors == []


def test_a_slice_of_more_parameters_shows_the_best_of_the_others(open_page: Open):
    sweep = swept(THREE, MAPPED)
    opened = open_page(sweep)
    opened.page.select_option(f"{HEAT} select >> nth=1", "pes")
    opened.page.select_option(f"{HEAT} select >> nth=2", "spm_kb")
    keys = opened.page.eval_on_selector_all(
        f"{HEAT} .cell", "cells => cells.map(cell => cell.dataset.key)"
    )
    assert key(sweep, sweep.best) in keys
    groups: dict[tuple[float, float], list[int]] = {}
    for position, point in enumerate(sweep.points):
        chosen = point.design.parameters["pes"], point.design.parameters["spm_kb"]
        groups.setdefault(chosen, []).append(position)
    for group in groups.values():
        assert key(sweep, min(group, key=lambda p: sweep.points[p].value or 0.0)) in keys
    assert len(keys) == len(groups)


def test_a_thousand_designs_stay_usable(open_page: Open):
    space = DesignSpace(
        "many",
        parameters=(
            Parameter("dma_startup_cycles", tuple(float(k) for k in range(30))),
            Parameter("dma_mhz", tuple(float(1000 + k) for k in range(40))),
        ),
    )
    sweep = sample_sweep(space, [weighted("net", 1.0, ONE)])
    opened = open_page(sweep)
    assert len(sweep.points) == 1200
    sort(opened, "#", DESIGNS)
    assert column(opened, "#", DESIGNS)[0] == "1199"
    made = opened.page.locator(f"{DESIGNS} tbody tr").count()
    assert made < 500
    opened.page.evaluate(
        "() => document.querySelector('.list .scroller').scrollTo(0, Number.MAX_SAFE_INTEGER)"
    )
    opened.until(f"document.querySelectorAll('{DESIGNS} tbody tr').length > {made}")
    # Another design is chosen without drawing any mark anew.
    cells = f"[...document.querySelectorAll('{HEAT} .cell')]"
    opened.page.evaluate(f"{cells}.forEach(cell => {{ cell.drawn = true; }})")
    opened.page.evaluate(f"document.querySelector('{DESIGNS} tbody tr:nth-child(9)').click()")
    assert opened.page.evaluate(f"{cells}.map(cell => cell.drawn)") == [True] * 1200
    assert opened.errors == []


def test_a_comparison_leads_to_its_results(open_page: Open):
    results = documents.results()
    open_ended = documents.results(bound_fraction=0.97)[0]
    opened = open_page([open_ended, *results[1:]])
    assert sum("gap 3" in text for text in opened.texts(".compare td")) == 1
    assert opened.text(".compare tbody tr:nth-child(2) th") == "beta"
    assert "best" in opened.text(".compare .is-best >> nth=0")
    opened.page.click(".compare tbody tr:nth-child(2) td:nth-child(3) button")
    assert opened.page.input_value(".chooser select") == "3"
    assert len(column(opened, "layer")) == len(documents.LAYERS)
    opened.page.select_option(".chooser select", "0")
    assert len(column(opened, "layer")) == 2
    opened.page.click(f"{LAYERS} tbody tr >> nth=1")
    assert "result=0" in opened.page.url


def test_a_cell_of_a_comparison_opens_its_objective(open_page: Open):
    layers = documents.LAYERS[2:]
    results = [documents.mapped(*Objective, model=m, layers=layers) for m in ("alpha", "beta")]
    opened = open_page(results)
    opened.page.click(".compare >> nth=2 >> tbody tr:nth-child(2) button")
    assert opened.page.input_value(".chooser select") == "1"
    assert opened.page.get_attribute("[role=tab][data-value=latency]", "aria-selected") == "true"


def test_a_long_name_leaves_room_for_the_figures_on_a_phone(open_page: Open):
    long = "a_network_with_a_name_that_is_rather_long"
    opened = open_page(documents.results(models=(long, "beta")), width=360)
    box = opened.page.locator(".compare tbody td").first.bounding_box()
    assert box["x"] + box["width"] <= 360
    assert opened.overflow() <= 0
