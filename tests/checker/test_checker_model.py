"""The checker's own cost model and limits: published figures, and any mapping of the package."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.checker.machine import misfits
from dmaze_cp.checker.model import cost
from dmaze_cp.checker.pins import broken_pins
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.mapping import Mapping
from dmaze_cp.mapspace import is_allowed
from dmaze_cp.pinning import check_pins
from dmaze_cp.spec import architecture_to_dict
from dmaze_cp.spec.layers import layer_record
from tests.kit import strategies
from tests.kit.published import DATA, ENVIRONMENTS, golden_mapping, golden_rows


def own_cost(mapping: Mapping, architecture: Architecture) -> Any:
    record, machine = layer_record(mapping.layer), architecture_to_dict(architecture)
    return cost(record, machine, mapping.tiling, mapping.loop_order)


def test_costs_are_the_published_ones() -> None:
    rows = golden_rows()
    assert len(rows) == 900
    for row in rows:
        found = own_cost(golden_mapping(row), ENVIRONMENTS[row["env"]])
        told = (found.energy_pj, found.latency_cycles, found.reuse)
        reuse = {"DRAM": row["reuse_dram"], "SPM": row["reuse_spm"]}
        assert told == (row["energy_pj"], row["latency_cycles"], reuse)


def test_wide_machines_are_the_published_ones() -> None:
    """Words, energies, buses and pools by operand, leakage, rows and columns."""
    rows = [json.loads(line) for line in (DATA / "wide_machine.jsonl").read_text().splitlines()]
    assert len(rows) == 400
    for row in rows:
        layer = {"stride": [1, 1], "dilation": [1, 1]} | row["layer"]
        machine, tiling = row["architecture"], row["tiling"]
        found = cost(layer, machine, tiling, row["loop_order"])
        expected = row["expected"]
        told = (found.energy_pj, found.latency_cycles)
        assert told == (expected["energy_pj"], expected["latency_cycles"])
        if "PE_rows" in tiling or "pe_array" not in machine:
            assert expected["valid"] == (list(misfits(layer, machine, tiling)) == [])


@given(st.data())
def test_any_mapping_costs_and_fits_as_in_the_package(data: st.DataObject) -> None:
    mapping = data.draw(strategies.layers().flatmap(strategies.mappings))
    architecture = data.draw(strategies.wide_architectures())
    own, other = own_cost(mapping, architecture), evaluate(mapping, architecture)
    assert (own.energy_pj, own.latency_cycles) == (other.energy_pj, other.latency_cycles)
    assert list(own.breakdown_pj) == list(other.energy_breakdown_pj)
    record, machine = layer_record(mapping.layer), architecture_to_dict(architecture)
    good = not list(misfits(record, machine, mapping.tiling))
    if architecture.pe_array is None:
        # Else it depends on rows and columns, which the mapping does not say.
        assert good == (not fits(mapping, architecture))


@given(st.data())
def test_limits_are_those_of_the_package(data: st.DataObject) -> None:
    mapping = data.draw(strategies.layers().flatmap(strategies.mappings))
    architecture: Architecture = data.draw(strategies.wide_architectures())
    limits = check_pins(
        mapping.layer,
        data.draw(strategies.constraints() | strategies.pins(mapping.layer)),
    )
    record, machine = layer_record(mapping.layer), architecture_to_dict(architecture)
    if fits(mapping, architecture):
        return
    own = cost(record, machine, mapping.tiling, mapping.loop_order)
    broken = list(broken_pins(record, machine, limits.texts, mapping.tiling, own))
    assert (not broken) == is_allowed(mapping, architecture, limits)
