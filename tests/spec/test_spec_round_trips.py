"""Accelerators, networks and mappings are read back equal to what was written."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.mapping import Mapping
from dmaze_cp.spec import architecture_from_dict, architecture_to_dict, mapping_record_from_dict
from dmaze_cp.spec.mapping_files import mapping_record
from dmaze_cp.spec.workload_files import workload_from_dict, workload_to_dict
from dmaze_cp.workload import Layer, UnmappedOperator, Workload, fold_equal_layers
from tests.kit.strategies import architectures, layers, mappings

NOTES = st.text(max_size=20)


def read(record: object) -> object:
    return json.loads(json.dumps(record, allow_nan=False))


@st.composite
def mapped_layers(draw: st.DrawFn) -> Mapping:
    return draw(mappings(draw(layers(max_tilings=200))))


@given(architectures(), NOTES, st.integers(1, 9))
def test_an_accelerator(architecture, notes: str, stages: int) -> None:
    architecture = replace(architecture, notes=notes, pe_pipeline_stages=stages)
    assert architecture_from_dict(read(architecture_to_dict(architecture))) == architecture


@given(st.lists(layers(max_tilings=200), min_size=1, max_size=6), NOTES, st.integers(0, 2**60))
def test_a_network(drawn: list[Layer], text: str, macs: int) -> None:
    named = [replace(layer, name=f"l{k}", instances=k + 1) for k, layer in enumerate(drawn)]
    operators = (UnmappedOperator("pool", "MaxPool", text, macs, 3),)
    workload = Workload("a net", fold_equal_layers(named), operators)
    assert workload_from_dict(read(workload_to_dict(workload))) == workload


@given(mapped_layers(), architectures())
def test_a_mapping(mapping: Mapping, architecture) -> None:
    record = read(mapping_record(mapping, architecture))
    assert mapping_record_from_dict(record) == (mapping, architecture)
