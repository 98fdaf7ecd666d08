"""What a notebook shows: all nouns, as HTML that is well formed and runs nothing."""

from __future__ import annotations

import html as standard
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp import Architecture, Layer, load_architecture, load_workload
from dmaze_cp.report import numbers
from tests.kit.networks import lost, network
from tests.kit.samples import CONV, DEPTHWISE, GEMM, sample_result
from tests.kit.sweeps import sample_sweep

NETWORK = network(sample_result(CONV), sample_result(GEMM), lost(DEPTHWISE))


def shown(noun: object) -> str:
    """The text that is shown."""
    fragment = noun._repr_html_()
    root = ElementTree.fromstring(fragment)
    assert {element.tag for element in root.iter()} <= {"pre", "span"}
    return "".join(root.itertext())


def test_a_result_of_a_layer_and_of_a_network() -> None:
    result = NETWORK.layers[0]
    text = shown(result)
    assert numbers.exact(result.cost.energy_pj) in text
    assert "Tiling" in text
    whole = shown(NETWORK)
    assert all(layer.name in whole for layer in NETWORK.workload)


def test_a_sweep() -> None:
    result = sample_sweep()
    assert result.space.name in shown(result)


def test_a_network_and_its_layers() -> None:
    workload = load_workload("resnet18")
    assert all(layer.name in shown(workload) for layer in workload)
    layer = workload["conv2_2b"]
    text = shown(layer)
    assert layer.name in text
    assert all(f"{d}={bound}" in text for d, bound in layer.bounds.items())


@pytest.mark.parametrize("name", ["default", "edge"])
def test_an_accelerator(name: str) -> None:
    arch = load_architecture(name)
    text = shown(arch)
    for field in ("pes", "rf_bytes", "spm_banks", "dma_mhz"):
        assert re.search(rf"{field} +{getattr(arch, field)}", text)
    assert f"dram_pj {arch.energy.dram_pj}" in text
    assert "leakage" not in text
    assert "leakage_mw" in shown(replace(arch, leakage_mw=2.0))


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=30))
def test_names_are_text_whatever_they_are(name: str) -> None:
    hostile = f"<script>{name}</pre>&amp;"
    for noun in (Layer.gemm(hostile, {"X": 2}), Architecture(name=hostile)):
        fragment = noun._repr_html_()
        assert "<script" not in fragment
        assert fragment.count("</pre>") == 1
        assert "<script>" in standard.unescape(fragment)
