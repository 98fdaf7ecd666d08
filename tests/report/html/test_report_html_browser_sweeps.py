"""Pages of sweeps and comparisons in a browser."""

from __future__ import annotations

import pytest

from tests.kit import documents
from tests.kit.browser import Open, Opened
from tests.report.html.test_report_html_browser import column, sort

pytestmark = pytest.mark.browser


def click_cell(opened: Opened, index: int) -> None:
    cell = opened.page.locator(f"#plot-heatmap .cell[data-key='{index}']")
    cell.scroll_into_view_if_needed()
    cell.click(force=True)


def cell_texts(opened: Opened) -> list[str]:
    return list(opened.page.locator("#plot-heatmap .cell-text").all_text_contents())


def test_a_click_on_a_cell_shows_the_design_and_its_layers(open_page: Open):
    sweep = documents.sweep()
    opened = open_page(sweep)
    point = sweep["points"][7]
    click_cell(opened, 7)
    assert opened.text("#design h2").startswith("Design 7")
    for value in point["parameters"].values():
        assert str(value) in opened.text("#design .shape")
    assert f"the best, #{sweep['best']}" in opened.text("#design .against")
    assert "point=7" in opened.page.url
    opened.page.click("#design table.layers tr[data-key=fc]")
    assert "for " in opened.text("#design .nest")
    linked = open_page(sweep, fragment="#point=7&model=beta&layer=fc")
    assert linked.text("#design .layer-in-design h2").startswith("fc")
    assert linked.page.input_value("#design .networks select") == "beta"


def test_skipped_designs_are_hatched_and_show_their_bound(open_page: Open):
    sweep = documents.sweep()
    opened = open_page(sweep)
    cell = opened.page.locator("#plot-heatmap .cell[data-key='2']")
    assert cell.get_attribute("fill") == "url(#hatch)"
    assert any(text.startswith("≥") for text in cell_texts(opened))
    cell.hover(force=True)
    assert "at least" in opened.text("#tip")
    click_cell(opened, 2)
    assert "costs at least" in opened.text("#design .against")


def test_the_best_design_is_shown_first_with_why_it_wins(open_page: Open):
    sweep = documents.sweep()
    opened = open_page(sweep)
    assert opened.text("#design h2").startswith(f"Design {sweep['best']}")
    assert "the next best" in opened.text("#design .against")
    assert "EDP −" in opened.text("#design .why")
    assert len(opened.texts("#by-network tbody tr")) == 2


def test_the_front_is_drawn_where_its_axes_are_shown(open_page: Open):
    sweep = documents.sweep(pareto=True)
    opened = open_page(sweep)
    front = opened.page.locator("#plot-pareto .front-line")
    assert front.count() == 1
    marks = opened.page.locator("#plot-pareto g .p-front, #plot-pareto g .p-best")
    keys = {int(marks.nth(i).get_attribute("data-key")) for i in range(marks.count())}
    assert keys == set(sweep["front"]) | {sweep["best"]}
    opened.page.select_option("#plot-pareto select >> nth=0", "energy_pj")
    assert front.count() == 0
    assert opened.errors == []


def test_a_slice_of_more_parameters_shows_the_best_of_the_others(open_page: Open):
    sweep = documents.sweep()
    for i, point in enumerate(sweep["points"]):
        point["parameters"]["pes"] = 128 << (i % 2)
    sweep["parameters"].append("pes")
    opened = open_page(sweep)
    opened.page.select_option("#plot-heatmap select >> nth=1", "pes")
    keys = opened.page.eval_on_selector_all(
        "#plot-heatmap .cell", "cells => cells.map(cell => Number(cell.dataset.key))"
    )
    assert sweep["best"] in keys
    groups: dict[tuple[int, int], list[int]] = {}
    for point in sweep["points"]:
        if point["value"] is not None:
            key = (point["parameters"]["pes"], point["parameters"]["spm_banks"])
            groups.setdefault(key, []).append(point["index"])
    value = {point["index"]: point["value"] for point in sweep["points"]}
    for group in groups.values():
        assert min(group, key=value.__getitem__) in keys


def test_thousands_of_designs_stay_usable(open_page: Open):
    sweep = documents.sweep(tuple(range(16, 16 + 50 * 8, 8)), tuple(range(1, 61)), detailed=False)
    opened = open_page(sweep)
    assert len(sweep["points"]) == 3000
    sort(opened, "area", "table.points")
    assert column(opened, "index", "table.points")[0] == "2999"
    made = opened.page.locator("table.points tbody tr").count()
    assert made < 500
    opened.page.evaluate(
        "() => document.querySelector('.list .scroller').scrollTo(0, Number.MAX_SAFE_INTEGER)"
    )
    opened.until(f"document.querySelectorAll('table.points tbody tr').length > {made}")
    # Another design is chosen without drawing any mark anew.
    cells = "[...document.querySelectorAll('#plot-heatmap .cell')]"
    opened.page.evaluate(f"{cells}.forEach(cell => {{ cell.drawn = true; }})")
    opened.page.evaluate("document.querySelector('table.points tbody tr:nth-child(9)').click()")
    assert opened.page.evaluate(f"{cells}.map(cell => cell.drawn)") == [True] * 3000
    assert opened.errors == []


def test_a_comparison_leads_to_its_results(open_page: Open):
    document = documents.results()
    document["comparison"][0]["gap"] = 0.03
    opened = open_page(document)
    less = [text for text in opened.texts("#comparison td") if "may be less by" in text]
    assert len(less) == sum(record["gap"] > 0 for record in document["comparison"])
    assert opened.text("#comparison table.compare tbody tr:nth-child(2) th") == "beta"
    assert "best" in opened.text("#comparison .is-best >> nth=0")
    opened.page.click("#comparison table.compare tbody tr:nth-child(2) td:nth-child(3) button")
    assert opened.page.input_value(".chooser select") == "3"
    assert len(column(opened, "name")) == len(documents.LAYERS)
    opened.page.select_option(".chooser select", "0")
    assert len(column(opened, "name")) == 2
    opened.page.click("table.layers tr >> nth=1")
    assert "result=0" in opened.page.url


def test_a_long_name_leaves_room_for_the_figures_on_a_phone(open_page: Open):
    long = "a_network_with_a_name_that_is_rather_long"
    opened = open_page(documents.results(models=(long, "beta")), width=360)
    box = opened.page.locator("#comparison .compare tbody td").first.bounding_box()
    assert box["x"] + box["width"] <= 360
    assert opened.overflow() <= 0
