"""The cost model equals the published figures."""

from __future__ import annotations

from itertools import product

import pytest

from dmaze_cp.cost import evaluate, fits
from dmaze_cp.levels import OPERANDS
from dmaze_cp.mapping import Mapping, stationary_order
from dmaze_cp.workload import Layer
from tests.kit.published import (
    ENVIRONMENTS,
    golden_mapping,
    golden_rows,
    leakage_rows,
    validation_factors,
    validation_rows,
)

EXACT = (
    "reuse_dram",
    "reuse_spm",
    "rf_elements",
    "spm_elements",
    "noc_cycles",
    "reduction_cycles",
    "dma_invocations",
    "dma_burst_elements",
    "dma_cycles",
    "spm_pass_cycles",
    "energy_pj",
    "latency_cycles",
)


def test_every_golden_row_is_reproduced_exactly():
    rows = golden_rows()
    assert len(rows) == 900
    wrong = []
    for number, row in enumerate(rows):
        cost = evaluate(golden_mapping(row), ENVIRONMENTS[row["env"]])
        wrong += [(number, name) for name in EXACT if getattr(cost, name) != row[name]]
        if cost.energy_breakdown_pj != pytest.approx(row["energy_breakdown_pj"], rel=1e-9, abs=0):
            wrong.append((number, "energy_breakdown_pj"))
    assert wrong == []


def test_published_energy_with_leakage():
    for mapping, arch, expected in leakage_rows():
        cost = evaluate(mapping, arch)
        assert arch.leakage_mw > 0
        assert {name: getattr(cost, name) for name in expected} == expected


def test_golden_rows_cover_what_the_model_distinguishes():
    rows = golden_rows()
    held = {evaluate(golden_mapping(r), ENVIRONMENTS[r["env"]]).held for r in rows[::3]}
    halves = sum(sum(r["energy_breakdown_pj"].values()) % 1 == 0.5 for r in rows)
    assert held == {None, "O", "I", "W"}
    assert halves > 0


CONV5_2 = Layer.conv("conv5_2", {"N": 4, "M": 512, "C": 512, "Ox": 7, "Oy": 7, "Fx": 3, "Fy": 3})


@pytest.mark.parametrize("row", validation_rows(), ids=lambda row: row["dataflow"])
def test_published_validation_energy(row):
    factors = validation_factors(row)
    orders = [stationary_order(CONV5_2, operand) for operand in OPERANDS]
    mappings = [Mapping(CONV5_2, factors, dram, spm) for dram, spm in product(orders, orders)]
    cost = min(
        (evaluate(mapping, ENVIRONMENTS["default"]) for mapping in mappings),
        key=lambda cost: cost.energy_pj,
    )
    assert cost.energy_pj == int(row["energy_pj_dmazerunner"])
    parts = {"MAC": "mac", "RF": "rf", "NoC": "noc", "SPM": "spm", "DRAM": "dram"}
    published = {component: float(row[column]) for component, column in parts.items()}
    assert cost.energy_breakdown_pj == pytest.approx(published, rel=1e-9)
    assert fits(mappings[0], ENVIRONMENTS["default"]) == ()
