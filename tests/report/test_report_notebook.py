"""What notebooks show: well-formed, complete, and text as text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.report import nouns
from dmaze_cp.workload import Workload
from tests.kit.documents import HOSTILE
from tests.kit.networks import network
from tests.kit.samples import CONV, GEMM, sample_result
from tests.kit.sweeps import sample_sweep

EMPTY = {"rect", "br"}
NOUNS = {
    "layer": CONV,
    "network": Workload("net", (CONV, GEMM)),
    "result": sample_result(CONV),
    "results": network(sample_result(CONV), sample_result(GEMM)),
    "sweep": sample_sweep(),
    "accelerator": Architecture(),
}


class Checked(HTMLParser):
    """Every element is closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.seen: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()
        assert self.inside == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in EMPTY:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.inside.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data}\n"


@pytest.mark.parametrize("kind", NOUNS)
def test_every_noun_has_a_well_formed_fragment(kind: str) -> None:
    checked = Checked(NOUNS[kind]._repr_html_())
    assert "script" not in checked.seen
    assert checked.text.strip()


def test_a_result_has_its_loop_nest_and_exact_value() -> None:
    result = sample_result(CONV)
    text = Checked(nouns.html(result)).text
    assert f"{result.value:,} pJ x cycles" in text
    assert "for m3 in range(" in text
    assert {"pre", "svg", "table"} <= Checked(nouns.html(result)).seen


def test_names_are_text() -> None:
    html = replace(GEMM, name=HOSTILE)._repr_html_()
    assert Checked(html).text.strip().startswith(HOSTILE)
    assert "<script" not in html


def test_what_has_no_report_is_refused() -> None:
    with pytest.raises(TypeError, match="int"):
        nouns.html(3)
