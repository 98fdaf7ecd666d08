"""Pages in a browser: nothing goes wrong, and what one clicks is what one gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.objective import Objective
from dmaze_cp.result import Slice, Status
from dmaze_cp.workload import Layer
from tests.kit import documents, samples
from tests.kit.browser import Open, Opened
from tests.kit.fronts import searched
from tests.kit.networks import lost
from tests.kit.patience import wait_for
from tests.kit.sweep_documents import THREE, swept
from tests.kit.sweeps import weighted

pytestmark = pytest.mark.browser

RF_ONLY = DesignSpace("rf", parameters=(Parameter("rf_bytes", (64, 128, 256)),))
NO_DESIGN = (PointStatus.INFEASIBLE, PointStatus.FAILED, PointStatus.UNKNOWN)

DOCUMENTS = {
    "result": lambda: documents.mapped(*Objective),
    "gap": lambda: documents.mapped(Objective.ENERGY, bound_fraction=0.9),
    "infeasible": lambda: documents.mapped(architecture=documents.TINY),
    "no layers": lambda: documents.mapped(layers=()),
    "results": documents.results,
    "fronts": searched,
    "sweep": swept,
    "pareto": lambda: swept(pareto=True),
    "three parameters": lambda: swept(THREE),
    "one parameter": lambda: swept(RF_ONLY),
    "nothing solved": lambda: swept(statuses=NO_DESIGN),
}


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


def test_every_dataflow_and_pair_of_dimensions_has_its_cell(open_page: Open):
    whole = documents.mapped(layers=(samples.CONV,))
    (layer,) = whole.layers
    assert layer.value is not None
    named = {("O", "W"): layer.value, ("W", "none"): 2 * layer.value}
    flows = tuple(Slice(key, Status.OPTIMAL, value=value) for key, value in named.items())
    pairs = (Slice(("M", "C"), Status.OPTIMAL, value=4 * layer.value),)
    layers = (replace(layer, dataflows=flows, unrollings=pairs),)
    opened = open_page(replace(whole, layers=layers))
    for plot, cells in (
        (0, {"DRAM O, SPM W": "best", "DRAM W, SPM none": "+100 %"}),
        (1, {"M and C unrolled": "+300 %"}),
    ):
        surface = opened.page.locator(f"#plot-slices-{plot} .surface")
        found = {}
        surface.scroll_into_view_if_needed()
        opened.settle()
        for cell in surface.locator(".cell").all():
            cell.hover(force=True)
            name, _, text = opened.text("#tip").split("\n")
            found[name] = text
        assert found == cells
    assert opened.errors == []


LAYERS = "table[data-caption=Layers]"


def column(opened: Opened, name: str, table: str = LAYERS) -> list[str]:
    ids = opened.page.eval_on_selector_all(
        f"{table} thead th", "cells => cells.map(cell => cell.dataset.column)"
    )
    return opened.texts(f"{table} tbody tr > :nth-child({ids.index(name) + 1})")


def sort(opened: Opened, name: str, table: str = LAYERS) -> str:
    """Click a column's head; which way it says it is sorted then."""
    opened.page.click(f"{table} th[data-column='{name}'] button")
    return str(opened.page.get_attribute(f"{table} th[data-column='{name}']", "aria-sort"))


def test_a_click_on_a_layer_shows_its_mapping(open_page: Open):
    result = documents.mapped()
    opened = open_page(result)
    for one in result.layers:
        assert one.mapping is not None
        name = one.layer.name
        opened.page.click(f"{LAYERS} tr[data-key='{name}']")
        assert opened.text("#details-layer h2").startswith(name)
        table = opened.page.locator("#details-layer table.matrix").first
        rows = table.locator("tbody tr").all_inner_texts()
        for row, (level, factors) in zip(rows, one.mapping.tiling.items(), strict=False):
            cells = row.split()
            assert cells[0] == level
            assert cells[1:-1] == [str(f) if f > 1 else "." for f in factors.values()]
        assert "for " in opened.text("#details-layer .nest")
        assert f"{one.value:,}" in opened.text("#details-layer .facts >> nth=0")
        current = opened.page.locator(f"{LAYERS} tr[aria-current=true]")
        assert current.get_attribute("data-key") == name


def test_a_row_answers_to_keys(open_page: Open):
    opened = open_page(documents.mapped())
    opened.page.focus(f"{LAYERS} tbody tr:nth-child(1)")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("Enter")
    third = column(opened, "layer")[2]
    assert opened.text("#details-layer h2").startswith(third)
    assert f"layer={third}" in opened.page.url


def test_a_link_leads_to_a_layer_and_back_again(open_page: Open):
    opened = open_page(documents.mapped(), fragment="#layer=fc")
    assert opened.text("#details-layer h2").startswith("fc")
    opened.page.click(f"{LAYERS} tr[data-key=dw]")
    assert opened.text("#details-layer h2").startswith("dw")
    opened.page.go_back()
    assert opened.text("#details-layer h2").startswith("fc")


def test_tabs_change_the_objective(open_page: Open):
    result = documents.mapped(*Objective)
    opened = open_page(result, fragment="#layer=fc")
    opened.page.click("[role=tab][data-value=latency]")
    (one,) = [r for r in result.of(Objective.LATENCY) if r.layer.name == "fc"]
    assert opened.text("#details-layer .facts >> nth=0").count(f"{one.value:,}") == 2
    assert opened.page.get_attribute("[data-value=latency]", "aria-selected") == "true"
    opened.page.keyboard.press("ArrowLeft")
    selected = opened.page.locator("[role=tab][aria-selected=true]")
    assert selected.get_attribute("data-value") == "energy"


def test_a_sort_sorts_numbers_as_numbers_both_ways(open_page: Open):
    layers = tuple(
        Layer.gemm(f"g{i}", {"X": x, "Y": 4, "K": 4}, instances=n)
        for i, (x, n) in enumerate(((2, 10), (16, 9), (8, 2), (1, 100), (4, 1)))
    )
    opened = open_page(documents.mapped(layers=layers))
    assert sort(opened, "n") == "descending"
    assert column(opened, "n") == ["100", "10", "9", "2", "1"]
    assert sort(opened, "n") == "ascending"
    assert column(opened, "n") == ["1", "2", "9", "10", "100"]
    assert sort(opened, "layer") == "ascending"
    assert column(opened, "layer") == ["g0", "g1", "g2", "g3", "g4"]
    assert opened.page.get_attribute("th[data-column=n]", "aria-sort") == "none"
    sort(opened, "MACs")
    assert column(opened, "layer") == ["g1", "g2", "g4", "g0", "g3"]


def test_what_is_not_known_is_sorted_last(open_page: Open):
    result = documents.mapped()
    first = result.layers[0].layer
    opened = open_page(replace(result, layers=(lost(first), *result.layers[1:])))
    for _ in range(2):
        sort(opened, "energy")
        assert column(opened, "layer")[-1] == first.name


def test_a_filter_leaves_what_matches(open_page: Open):
    opened = open_page(documents.mapped())
    opened.page.fill("input[type=search]", "depthwise")
    assert column(opened, "layer") == ["dw"]
    assert "1 of 4" in opened.text(".tools .count")
    opened.page.fill("input[type=search]", "")
    assert len(column(opened, "layer")) == 4


def background(opened: Opened) -> str:
    return str(opened.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_the_theme_follows_the_system_and_toggles(open_page: Open):
    light = open_page(documents.mapped())
    dark = open_page(documents.mapped(), scheme="dark")
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
    opened = open_page(documents.mapped())
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
    opened = open_page(documents.mapped())
    box = opened.page.locator("#plot-energy .surface").bounding_box()
    opened.page.mouse.move(box["x"] + 100, box["y"] + 50)
    opened.page.mouse.wheel(0, 300)
    opened.until("window.scrollY > 0")


def test_hover_tells_and_a_click_on_a_mark_selects(open_page: Open):
    opened = open_page(documents.mapped())
    mark = opened.page.locator("#plot-roofline .mark[data-key=fc]").first
    mark.scroll_into_view_if_needed()
    opened.settle()
    mark.hover(force=True)
    assert opened.page.is_visible("#tip")
    assert opened.text("#tip").startswith("fc")
    assert "MACs/B" in opened.text("#tip")
    mark.click(force=True)
    assert opened.text("#details-layer h2").startswith("fc")
    opened.page.mouse.move(2, 2)
    assert not opened.page.is_visible("#tip")


def test_a_tap_selects_on_a_phone(open_page: Open):
    opened = open_page(documents.mapped(), width=360, touch=True)
    mark = opened.page.locator("#plot-share .mark").last
    mark.scroll_into_view_if_needed()
    opened.settle()
    box = mark.bounding_box()
    opened.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert opened.text("#details-layer h2").startswith(mark.get_attribute("data-key"))
    assert opened.overflow() <= 0


def test_hostile_names_are_text(open_page: Open):
    name = documents.HOSTILE
    layers = (Layer.gemm(name, {"X": 8, "Y": 4, "K": 4}), documents.LAYERS[3])
    opened = open_page(documents.mapped(layers=layers, model=name))
    assert opened.text("h1") == name
    assert name in column(opened, "layer")
    opened.page.click(f"{LAYERS} tbody tr:nth-child(2)")
    assert opened.text("#details-layer h2").startswith(name)
    sweep = swept(networks=[weighted(name, 1.0, samples.GEMM), weighted("b")])
    points = tuple(replace(point, reason=name) for point in sweep.points)
    space = replace(sweep.space, name=name)
    other = open_page(replace(sweep, space=space, points=points), fragment="#point=2")
    assert name in other.texts("#details-point p")
    for page in (opened, other):
        assert page.page.evaluate("window.hacked") is None
        assert page.errors == []
        assert len(page.requests) == 1


def test_the_policy_forbids_other_scripts_and_requests(open_page: Open):
    opened = open_page(documents.mapped())
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


def test_paper_has_every_row_and_no_tools(open_page: Open):
    layers = tuple(Layer.gemm(f"g{i}", {"X": 1 + i, "Y": 2, "K": 2}) for i in range(180))
    opened = open_page(documents.mapped(layers=layers))
    assert len(column(opened, "layer")) < 180
    opened.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    assert len(column(opened, "layer")) == 180
    assert not opened.page.is_visible(".tools")


def test_columns_of_long_names_are_told_apart(open_page: Open):
    names = [f"encoder.layers.{n}.{part}.query" for n in range(4) for part in ("self", "cross")]
    layers = tuple(Layer.gemm(name, {"X": 2, "Y": 3, "K": 4 + k}) for k, name in enumerate(names))
    opened = open_page(documents.mapped(layers=layers), width=360)
    labels = opened.page.locator("#plot-energy .axis.x text").all_text_contents()
    assert len(set(labels)) == len(labels) == len(names)


def test_a_point_of_a_front_shows_its_mapping_and_one_of_the_totals_its_choice(open_page: Open):
    opened = open_page(searched(), fragment="#layer=fc&point=2&total=3")
    page = opened.page
    choice = searched().network.points[3].choice
    assert [
        f"{place} of" in text
        for place, text in zip(
            choice, opened.texts("table[data-caption=Choice] tbody tr"), strict=True
        )
    ] == [True] * 3
    assert page.get_by_text("Point 2 of fc").is_visible()
    page.locator("table[data-caption=Choice] button.cell-link", has_text="dw").click(timeout=20_000)
    wait_for(lambda: page.get_by_text(f"Point {choice[1]} of dw").is_visible())
    assert opened.errors == []
