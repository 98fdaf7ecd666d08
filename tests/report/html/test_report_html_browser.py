"""Pages in a browser: nothing goes wrong, and what one clicks is what one gets."""

from __future__ import annotations

from typing import Any

import pytest

from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer
from tests.kit import documents
from tests.kit.browser import Open, Opened
from tests.kit.patience import wait_for

pytestmark = pytest.mark.browser

DOCUMENTS = {
    "result": lambda: documents.result(*Objective),
    "gap": lambda: documents.result(Objective.ENERGY, bound_fraction=0.9),
    "infeasible": lambda: documents.result(architecture=documents.TINY),
    "no layers": lambda: documents.result(layers=()),
    "results": documents.results,
    "sweep": documents.sweep,
    "pareto": lambda: documents.sweep(pareto=True),
    "one parameter": lambda: without_second_parameter(documents.sweep()),
    "nothing solved": lambda: documents.unsolved(documents.sweep()),
}


def without_second_parameter(sweep: dict[str, Any]) -> dict[str, Any]:
    return sweep | {"parameters": ["rf_bytes"]}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_it_opens_without_errors_or_requests(kind, open_page: Open):
    opened = open_page(DOCUMENTS[kind](), width=360)
    assert opened.page.locator("main > *").count() > 0
    for width, scheme in ((360, "light"), (1280, "dark"), (2560, "light")):
        opened.resize(width, scheme)
        assert opened.overflow() <= 0, (width, "px")
    assert opened.errors == []
    assert len(opened.requests) == 1
    assert opened.requests[0].startswith("file://")


def column(opened: Opened, name: str, table: str = "table.layers") -> list[str]:
    ids = opened.page.eval_on_selector_all(
        f"{table} thead th", "cells => cells.map(cell => cell.dataset.column)"
    )
    return opened.texts(f"{table} tbody tr > :nth-child({ids.index(name) + 1})")


def sort(opened: Opened, name: str, table: str = "table.layers") -> str:
    """Click a column's head; which way it says it is sorted then."""
    opened.page.click(f"{table} th[data-column={name}] button")
    return str(opened.page.get_attribute(f"{table} th[data-column={name}]", "aria-sort"))


def test_a_click_on_a_layer_shows_its_mapping(open_page: Open):
    document = documents.result()
    opened = open_page(document)
    for record in document["layers"]:
        opened.page.click(f"table.layers tr[data-key='{record['name']}']")
        assert opened.text("#detail h2").startswith(record["name"])
        rows = opened.page.locator("#detail table.matrix tbody tr").all_inner_texts()
        for row, (level, factors) in zip(rows, record["tiling"].items(), strict=True):
            cells = row.split()
            assert cells[0] == level
            assert cells[1:-1] == [str(f) if f > 1 else "·" for f in factors.values()]
        assert "for " in opened.text("#detail .nest")
        assert f"{record['value']:,}" in opened.text("#detail .proof")
        current = opened.page.locator("table.layers tr[aria-current=true]")
        assert current.get_attribute("data-key") == record["name"]


def test_a_row_answers_to_keys(open_page: Open):
    opened = open_page(documents.result())
    opened.page.focus("table.layers tbody tr:nth-child(1)")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("Enter")
    assert opened.text("#detail h2").startswith(documents.LAYERS[2].name)
    assert f"layer={documents.LAYERS[2].name}" in opened.page.url


def test_a_link_leads_to_a_layer_and_back_again(open_page: Open):
    opened = open_page(documents.result(), fragment="#layer=fc")
    assert opened.text("#detail h2").startswith("fc")
    opened.page.click("table.layers tr[data-key=dw]")
    assert opened.text("#detail h2").startswith("dw")
    opened.page.go_back()
    assert opened.text("#detail h2").startswith("fc")


def test_tabs_change_the_objective(open_page: Open):
    document = documents.result(*Objective)
    opened = open_page(document, fragment="#layer=fc")
    opened.page.click("[role=tab][data-objective=latency]")
    record = next(
        r for r in document["layers"] if r["name"] == "fc" and r["objective"] == "latency"
    )
    assert opened.text("#detail .proof").count(f"{record['value']:,}") >= 2
    assert opened.page.get_attribute("[data-objective=latency]", "aria-selected") == "true"
    opened.page.keyboard.press("ArrowLeft")
    selected = opened.page.locator("[role=tab][aria-selected=true]")
    assert selected.get_attribute("data-objective") == "energy"


def test_a_sort_sorts_numbers_as_numbers_both_ways(open_page: Open):
    layers = tuple(
        Layer.gemm(f"g{i}", {"X": x, "Y": 4, "K": 4}, instances=n)
        for i, (x, n) in enumerate(((2, 10), (16, 9), (8, 2), (1, 100), (4, 1)))
    )
    opened = open_page(documents.result(layers=layers))
    assert sort(opened, "instances") == "descending"
    assert column(opened, "instances") == ["100", "10", "9", "2", "1"]
    assert sort(opened, "instances") == "ascending"
    assert column(opened, "instances") == ["1", "2", "9", "10", "100"]
    assert sort(opened, "name") == "ascending"
    assert column(opened, "name") == ["g0", "g1", "g2", "g3", "g4"]
    assert opened.page.get_attribute("th[data-column=instances]", "aria-sort") == "none"
    sort(opened, "macs")
    assert column(opened, "name") == ["g1", "g2", "g4", "g0", "g3"]


def test_what_is_not_known_is_sorted_last(open_page: Open):
    document = documents.result()
    document["layers"][0] = documents.without_mapping(document["layers"][0])
    opened = open_page(document)
    for _ in range(2):
        sort(opened, "energy")
        assert column(opened, "name")[-1] == document["layers"][0]["name"]


def test_a_filter_leaves_what_matches(open_page: Open):
    opened = open_page(documents.result())
    opened.page.fill("input[type=search]", "depthwise")
    assert column(opened, "name") == ["dw"]
    assert "1 of 4" in opened.text(".tools .count")
    opened.page.fill("input[type=search]", "")
    assert len(column(opened, "name")) == 4


def background(opened: Opened) -> str:
    return str(opened.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_the_theme_follows_the_system_and_toggles(open_page: Open):
    light = open_page(documents.result())
    dark = open_page(documents.result(), scheme="dark")
    bright, dim = background(light), background(dark)
    assert bright != dim
    light.page.click("#theme")
    assert background(light) == dim
    light.page.click("#theme")
    assert background(light) == bright


def places(opened: Opened, plot: str) -> list[list[float]]:
    return opened.page.eval_on_selector_all(  # type: ignore[no-any-return]
        f"{plot} .mark",
        "marks => marks.map(mark => mark.getBoundingClientRect()).map(box => [box.x, box.y])",
    )


@pytest.mark.parametrize("plot", ["#plot-roofline", "#plot-energy"])
def test_plots_zoom_by_wheel_drag_and_keys_and_reset(plot, open_page: Open):
    opened = open_page(documents.result())
    page = opened.page
    page.locator(f"{plot} .surface").scroll_into_view_if_needed()
    box = page.locator(f"{plot} .surface").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    whole = places(opened, plot)
    scrolled = page.evaluate("window.scrollY")

    def zoomed() -> bool:
        return places(opened, plot) != whole

    page.mouse.move(*middle)
    page.mouse.wheel(0, -200)
    page.wait_for_selector(f"{plot}.zoomed")
    assert zoomed()
    assert page.evaluate("window.scrollY") == scrolled
    page.click(f"{plot} .zoom button:last-child")
    assert not zoomed()
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 80, middle[1] + 60, steps=3)
    page.mouse.up()
    assert zoomed()
    page.focus(f"{plot} .surface")
    page.keyboard.press("Escape")
    assert not zoomed()
    page.keyboard.press("+")
    assert zoomed()
    page.keyboard.press("0")
    assert not zoomed()


def test_the_wheel_scrolls_the_page_where_there_is_nothing_to_zoom_out_of(open_page: Open):
    opened = open_page(documents.result())
    box = opened.page.locator("#plot-energy .surface").bounding_box()
    opened.page.mouse.move(box["x"] + 100, box["y"] + 50)
    opened.page.mouse.wheel(0, 300)
    opened.until("window.scrollY > 0")


def test_hover_tells_and_a_click_on_a_mark_selects(open_page: Open):
    opened = open_page(documents.result())
    mark = opened.page.locator("#plot-roofline .mark[data-key=fc]").first
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    assert opened.page.is_visible("#tip")
    assert opened.text("#tip").startswith("fc")
    assert "MACs/B" in opened.text("#tip")
    mark.click(force=True)
    assert opened.text("#detail h2").startswith("fc")
    opened.page.mouse.move(2, 2)
    assert not opened.page.is_visible("#tip")


def test_a_tap_selects_on_a_phone(open_page: Open):
    opened = open_page(documents.result(), width=360, touch=True)
    mark = opened.page.locator("#plot-share .mark").last
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    opened.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert opened.text("#detail h2").startswith(mark.get_attribute("data-key"))
    assert opened.overflow() <= 0


def test_hostile_names_are_text(open_page: Open):
    name = documents.HOSTILE
    layers = (Layer.gemm(name, {"X": 8, "Y": 4, "K": 4}), documents.LAYERS[3])
    opened = open_page(documents.result(layers=layers, model=name))
    assert opened.text("h1") == name
    assert name in column(opened, "name")
    opened.page.click("table.layers tbody tr:nth-child(1)")
    assert opened.text("#detail h2").startswith(name)
    sweep = documents.sweep(models=(name, "b"))
    sweep["name"] = name
    sweep["points"][2]["reason"] = name
    swept = open_page(sweep, fragment="#point=2")
    assert swept.text("#design .reason") == name
    for page in (opened, swept):
        assert page.page.evaluate("window.hacked") is None
        assert page.errors == []
        assert len(page.requests) == 1


def test_the_policy_forbids_other_scripts_and_requests(open_page: Open):
    opened = open_page(documents.result())
    opened.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.injected = 1";
            const image = document.createElement("img");
            image.src = "http://127.0.0.1:9/x.png";
            document.body.append(script, image);
        }"""
    )
    wait_for(lambda: opened.page.evaluate("1") and len(opened.errors) >= 2, "both refusals")
    assert opened.page.evaluate("window.injected") is None
    assert all("Content Security Policy" in error for error in opened.errors)


def test_a_file_that_disagrees_with_the_cost_model_is_found_out(open_page: Open):
    document = documents.result()
    document["layers"][3]["energy_pj"] += 1000
    opened = open_page(document, fragment="#layer=fc")
    assert "do not agree" in opened.text("main > .warning")
    assert "energy_pj: the file has" in opened.text("#detail .warning")
    assert "Proven" not in opened.text("#detail")
    assert "proven" not in opened.text(".tiles")


def test_paper_has_every_row_and_no_tools(open_page: Open):
    layers = tuple(Layer.gemm(f"g{i}", {"X": 1 + i, "Y": 2, "K": 2}) for i in range(180))
    opened = open_page(documents.result(layers=layers))
    assert len(column(opened, "name")) < 180
    opened.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    assert len(column(opened, "name")) == 180
    assert not opened.page.is_visible(".tools")


def test_columns_of_long_names_are_told_apart(open_page: Open):
    names = [f"encoder.layers.{n}.{part}.query" for n in range(4) for part in ("self", "cross")]
    layers = tuple(Layer.gemm(name, {"X": 2, "Y": 3, "K": 4 + k}) for k, name in enumerate(names))
    opened = open_page(documents.result(layers=layers), width=360)
    labels = opened.page.locator("#plot-energy .axis.x text").all_text_contents()
    assert len(set(labels)) == len(labels) == len(names)
