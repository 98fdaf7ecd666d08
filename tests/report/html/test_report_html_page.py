"""The page's text: what is embedded and how, and what a broken document is told."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate
from dmaze_cp.errors import SpecError
from dmaze_cp.mapping import Dataflow
from dmaze_cp.objective import Objective
from dmaze_cp.report.html import html_page
from dmaze_cp.report.html.layers import dram_bytes
from dmaze_cp.report.html.page import embedded_json
from dmaze_cp.report.html.results import architecture_view
from dmaze_cp.report.html.sweeps import DETAILED_POINTS
from dmaze_cp.report.loopnest import loop_nest
from dmaze_cp.spec import mapping_record_from_dict
from tests.kit import documents, samples
from tests.kit.sweep_documents import swept
from tests.kit.sweeps import weighted


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


def problems(document: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        html_page(document)
    return [str(problem) for problem in caught.value.problems]


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_embedded_json_ends_no_element_and_reads_back(value):
    text = embedded_json(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()
    assert json.loads(text) == value


def test_a_page_asks_for_nothing_and_its_policy_fits_its_parts():
    parts = Scripts(html_page(documents.result()))
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
    script = Scripts(html_page(documents.result())).texts["script"]
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in script


def test_names_cannot_break_out_of_the_data():
    name = documents.HOSTILE
    document = documents.result(model=name)
    document["unmapped_operators"][0]["reason"] = "@SCRIPT@"
    page = html_page(document)
    assert name not in page
    data = data_of(page)
    assert data["model"] == name
    assert data["unmapped"][0]["reason"] == "@SCRIPT@"


def test_a_layer_has_its_loop_nest_and_exact_figures():
    document = documents.result()
    for record, view in zip(
        document["layers"], data_of(html_page(document))["layers"], strict=True
    ):
        mapping, machine = mapping_record_from_dict(record)
        cost = evaluate(mapping, machine)
        assert tuple(view["nest"]) == loop_nest(mapping, cost, machine, 84)
        assert view["value_text"].replace(",", "") == str(cost.edp)
        assert sum(view["cycles"]) == cost.latency_cycles
        assert view["notes"] == []


def test_layers_without_a_mapping_are_shown_with_their_reason():
    data = data_of(html_page(documents.result(architecture=documents.TINY)))
    assert {layer["status"] for layer in data["layers"]} == {"infeasible"}
    assert all("expected" in layer["reason"] for layer in data["layers"])
    assert not any("nest" in layer for layer in data["layers"])


@pytest.mark.parametrize("layer", documents.LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("dram", ["O", "I", "W"])
def test_no_mapping_is_above_the_roofs(layer, dram):
    """The traffic is that of the model's DRAM energy; the roofs follow from it."""
    for machine in (Architecture(), Architecture(pes=16, dma_startup_cycles=0.0, rf_bytes=64)):
        mapping = samples.greedy_mapping(layer, machine, Dataflow(dram, "O"))
        assert mapping is not None
        cost = evaluate(mapping, machine)
        traffic = dram_bytes(mapping, cost, machine)
        energy = cost.energy_breakdown_pj["DRAM"] / machine.energy.dram_pj * machine.word_bytes
        assert traffic == pytest.approx(energy)
        view = architecture_view(machine)
        speed = layer.macs / cost.latency_cycles
        assert speed <= view["pes"]
        assert speed <= layer.macs / traffic * view["bytes_per_cycle"]


def test_a_sweep_has_the_mappings_of_its_best_designs_only():
    sweep = documents.sweep(tuple(range(64, 64 + 80 * 8, 8)), (32,))
    points = data_of(html_page(sweep))["points"]
    full = {
        p["index"] for p in points if any("nest" in n for m in p["networks"] for n in m["layers"])
    }
    by_value = sorted(
        (p for p in sweep["points"] if p["value"] is not None), key=lambda p: p["value"]
    )
    assert len(full) == DETAILED_POINTS < len(by_value)
    assert {sweep["best"], *sweep["front"]} <= full
    # The others still have their tilings.
    others = [p for p in points if p["index"] not in full and p["networks"]]
    assert others
    assert all("tiling" in n for p in others for m in p["networks"] for n in m["layers"])


def test_a_sweep_names_what_designs_share_once():
    data = data_of(html_page(documents.sweep()))
    assert set(data["points"][0]["flat"]) == {
        *("rf_bytes", "spm_banks", "energy.rf_pj", "energy.spm_pj")
    }
    assert data["shared"]["pes"] == 256


@pytest.mark.parametrize("value", [None, 3, "text", [], {}, {"schema": "dmaze-cp/layers/1"}])
def test_what_is_no_result_is_refused_in_one_line(value):
    (line,) = problems(value)
    assert "dmaze-cp/result/1" in line
    assert "\n" not in line


def changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("layers",), None, "layers: found null, expected a list"),
        (("layers", 1), 3, "layers[1]: found 3"),
        (("layers", 1, "status"), "good", "layers[1].status: found 'good'"),
        (("layers", 1, "objective"), None, "layers[1].objective: found null"),
        (("layers", 0, "energy_pj"), "5", "layers[0].energy_pj: found '5' (text)"),
        (("layers", 0, "energy_pj"), float("nan"), "layers[0].energy_pj: found nan"),
        (("layers", 0, "edp"), 10**400, "layers[0].edp: found a number that is too large"),
        (("layers", 0, "tiling", "RF", "M"), 5, "layers[0].tiling"),
        (("layers", 0, "tiling"), None, "layers[0].tiling: found null, expected a tiling"),
        (("layers", 0, "name"), "a\nb", "layers[0].name"),
        (("layers", 0, "energy_breakdown_pj"), [1], "layers[0].energy_breakdown_pj"),
        (("architecture",), {}, "architecture.pes"),
        (("architecture", "pes"), 0, "architecture.pes: found 0"),
        (("objectives",), ["area"], "objectives"),
        (("totals", "edp"), 3, "totals.edp: found 3"),
        (("totals", "edp", "gap"), [], "totals.edp.gap"),
        (("unmapped_operators",), [3], "unmapped_operators[0]: found 3"),
    ],
)
def test_a_broken_result_is_told_where(path, value, expected):
    found = problems(changed(documents.result(), path, value))
    assert any(line.startswith(expected) for line in found), found


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("points", 2, "index"), 1, "points: found an index twice"),
        (("points", 2, "index"), "1", "points[2].index: found '1'"),
        (("points", 2, "status"), None, "points[2].status"),
        (("points", 2, "parameters"), {}, "points[2].parameters.rf_bytes: found nothing"),
        (("points", 2, "parameters", "rf_bytes"), [1], "points[2].parameters.rf_bytes: found [1]"),
        (("points", 2, "architecture"), None, "points[2].architecture: found null"),
        (("points", 0, "networks", 0, "layers", 1), 0, "points[0].networks[0].layers[1]: found 0"),
        (("best",), 99, "best: found 99"),
        (("best",), [1], "best: found [1]"),
        (("front",), [0, 99], "front: found [0, 99]"),
        (("best_by_model",), {"alpha": -1}, "best_by_model.alpha: found -1"),
        (("objective",), "area", "objective: found 'area'"),
        (("parameters",), [1], "parameters"),
        (("points",), None, "points: found null"),
    ],
)
def test_a_broken_sweep_is_told_where(path, value, expected):
    found = problems(changed(documents.sweep(), path, value))
    assert any(line.startswith(expected) for line in found), found


def test_a_broken_comparison_is_told_where():
    document = documents.results()
    assert problems(changed(document, ("results", 1, "layers"), 3)) == [
        "results[1].layers: found 3, expected a list of layer records"
    ]
    assert problems(changed(document, ("comparison", 1, "result"), 9))[0].startswith(
        "comparison[1].result: found 9"
    )
    assert "results: found an empty list" in problems({**document, "results": []})[0]


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here] if here else []
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*here, key))
    return found


SMALL = (documents.LAYERS[3],)
ORIGINALS = (
    documents.result(Objective.EDP, layers=SMALL),
    documents.results(),
    documents.sweep((64, 128), (8,), layers=SMALL),
    swept(networks=[weighted("one", 1.0, samples.ONE)]),
)
VALUES = st.sampled_from(
    [None, True, -1, 0, 2**70, 10**400, 0.5, float("nan"), float("inf"), "", "x", [], [[]], {}]
)


@settings(max_examples=150)
@given(st.data())
def test_a_changed_document_gives_a_page_or_problems_on_one_line_each(data):
    original = data.draw(st.sampled_from(ORIGINALS))
    path = data.draw(st.sampled_from(paths(original)))
    document = changed(original, path, data.draw(VALUES))
    found: tuple[object, ...] = ()
    page = ""
    try:
        page = html_page(document)
    except SpecError as error:
        found = error.problems
    assert bool(page) != bool(found)
    assert all("\n" not in str(problem) for problem in found)
    assert not page or data_of(page)["schema"] == original["schema"]
