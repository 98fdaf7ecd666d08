"""The page's text: what is embedded and how."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate
from dmaze_cp.cost.usage import dram_bytes
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.loopnest import loop_nest
from dmaze_cp.mapping import Dataflow
from dmaze_cp.report.design_page import DETAILED_POINTS
from dmaze_cp.report.html.page import embedded_json
from dmaze_cp.report.layer_figures import roofline
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format
from dmaze_cp.workload import UnmappedOperator
from tests.kit import documents, samples
from tests.kit.sweeps import sample_sweep, weighted


class Scripts(HTMLParser):
    """Text of the page's elements that are not shown, and every address in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside = ""
        self.texts: dict[str, str] = {}
        self.addresses: list[str] = []
        self.policy = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [str(given[key]) for key in ("src", "href") if key in given]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(given["content"])
        if tag in {"script", "style"}:
            self.inside = given.get("id") or tag
            assert self.inside not in self.texts
            self.texts[self.inside] = ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[self.inside] += data


def data_of(page: str) -> dict[str, Any]:
    return dict(json.loads(Scripts(page).texts["data"]))


def blocks_of(value: Any, kind: str) -> Iterator[dict[str, Any]]:
    """All blocks of a kind, wherever they are."""
    if isinstance(value, dict):
        if value.get("is") == kind:
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from blocks_of(item, kind)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_embedded_json_ends_no_element_and_reads_back(value):
    text = embedded_json(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()
    assert json.loads(text) == value


def test_a_page_asks_for_nothing_and_its_policy_fits_its_parts():
    parts = Scripts(render(documents.mapped(), Format.PAGE))
    assert parts.addresses == ["data:,"]
    assert "default-src 'none'" in parts.policy
    assert "unsafe" not in parts.policy
    for directive, name in (("script-src", "script"), ("style-src", "style")):
        digest = base64.b64encode(hashlib.sha256(parts.texts[name].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in parts.policy
    assert "http" not in parts.texts["style"]
    # The namespace of SVG is a name, not an address.
    assert set(re.findall(r"https?://[^\"]*", parts.texts["script"])) == {
        "http://www.w3.org/2000/svg"
    }


def test_the_script_makes_no_html_of_text():
    script = Scripts(render(documents.mapped(), Format.PAGE)).texts["script"]
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in script


def test_names_cannot_break_out_of_the_data():
    name = documents.HOSTILE
    result = documents.mapped(model=name)
    operators = (UnmappedOperator("pool", "MaxPool", "@SCRIPT@"),)
    page = render(
        replace(result, workload=replace(result.workload, unmapped=operators)), Format.PAGE
    )
    assert name not in page
    data = data_of(page)
    assert data["title"] == name
    assert "@SCRIPT@" in {
        cell
        for table in blocks_of(data, "Table")
        for r in table["rows"]
        for cell in r
        if isinstance(cell, str)
    }


def test_a_layer_has_its_loop_nest_and_exact_figures():
    result = documents.mapped()
    (details,) = blocks_of(data_of(render(result, Format.PAGE)), "Details")
    for one in result.layers:
        assert one.mapping is not None
        assert one.cost is not None
        blocks = details["items"][one.layer.name]
        (code,) = blocks_of(blocks, "Code")
        assert "\n".join(code["lines"]) == loop_nest(one.mapping, one.architecture, width=84)
        facts = dict(row for block in blocks_of(blocks, "Facts") for row in block["rows"])
        assert facts["  value"] == f"{one.cost.edp:,} pJ x cycles"


def test_layers_without_a_mapping_are_shown_with_their_reason():
    result = documents.mapped(architecture=documents.TINY)
    (details,) = blocks_of(data_of(render(result, Format.PAGE)), "Details")
    for blocks in details["items"].values():
        texts = [note["text"] for note in blocks_of(blocks, "Note")]
        assert "EDP: infeasible" in texts
        assert any("expected" in text for text in texts)
        assert not list(blocks_of(blocks, "Code"))


@pytest.mark.parametrize("layer", documents.LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("dram", ["O", "I", "W"])
def test_no_mapping_is_above_the_roofs(layer, dram):
    """The traffic is that of the model's DRAM energy; the roofs follow from it."""
    for machine in (Architecture(), Architecture(pes=16, dma_startup_cycles=0.0, rf_bytes=64)):
        result = samples.sample_result(layer, architecture=machine, dataflow=Dataflow(dram, "O"))
        assert result.mapping is not None
        cost = evaluate(result.mapping, machine)
        traffic = dram_bytes(result.mapping, cost, machine)
        energy = cost.energy_breakdown_pj["DRAM"] / machine.energy.dram_pj * machine.word_bytes
        assert traffic == pytest.approx(energy)
        figure = roofline("roofs", machine, [("all", result)], {layer.name: layer.name})
        flat, slope = figure.lines
        (x,), (y,) = figure.data["intensity"], figure.data["speed"]
        assert x == pytest.approx(layer.macs / traffic)
        assert y == pytest.approx(layer.macs / cost.latency_cycles)
        assert y <= flat.points[0][1] == machine.pes
        (x0, y0), _ = slope.points
        assert y <= x * y0 / x0 * (1 + 1e-9)


def test_a_sweep_has_the_mappings_of_its_best_designs_only():
    values = tuple(range(64, 64 + 80 * 8, 8))
    space = DesignSpace("many", parameters=(Parameter("rf_bytes", values),))
    sweep = sample_sweep(space, [weighted("net", 1.0, samples.GEMM)])
    page = data_of(render(sweep, Format.PAGE))
    (details,) = [d for d in blocks_of(page, "Details") if d["key"] == "point"]
    full = {key for key, blocks in details["items"].items() if list(blocks_of(blocks, "Code"))}
    assert len(full) == DETAILED_POINTS < len(details["items"]) == len(sweep.points)
    by_value = sorted(sweep.points, key=lambda p: p.value or 0.0)
    worst = max(p.value or 0.0 for p in by_value[:DETAILED_POINTS])
    indices = {str(p.design.index) for p in sweep.points if (p.value or 0.0) <= worst}
    assert full <= indices
    # The others still have their tilings.
    for key in details["items"].keys() - full:
        assert "Tiling" in {h["text"] for h in blocks_of(details["items"][key], "Heading")}
