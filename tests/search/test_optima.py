"""Layers of real networks: optima found by trying every mapping."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.mapper import map_layer
from dmaze_cp.result import Status
from dmaze_cp.workload import Layer
from tests.kit.patience import HANG_S

TABLE = Path(__file__).parents[1] / "data" / "optima.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
OBJECTIVES = {"energy": "energy_pj", "latency": "latency_cycles", "edp": "edp"}

LONG = {
    "alexnet/AlexNet_CONV_1": ("edp", "latency", "energy"),
    "alexnet/AlexNet_CONV_2": ("edp", "latency"),
    "alexnet/AlexNet_FC_6": ("edp", "energy"),
    "efficientnetb0/blks.6.expand": ("latency",),
    "mobilenetv2/features.2.conv.3": ("energy",),
    "mobilenetv2/features.4.conv.3": ("energy",),
    "mobilenetv2/features.5.conv.0": ("latency",),
    "mobilenetv2/features.8.conv.0": ("latency", "edp"),
    "resnet18/ResNet18_CONV_3_1a": ("latency", "edp"),
}
"""Layers and objectives whose proof takes more than about a second."""


def layer_of(row):
    if row["kind"] == "gemm":
        return Layer.gemm(row["name"], row["bounds"])
    make = Layer.conv if row["kind"] == "conv" else Layer.depthwise
    stride, padded = (row["stride"],) * 2, (row["padded_input"],) * 2
    return make(row["name"], row["bounds"], stride=stride, padded_input=padded)


def questions():
    """Each layer, with the other objectives, and what takes long, in slow tests."""
    for place, row in enumerate(ROWS):
        short = [o for o in OBJECTIVES if o not in LONG.get(row["name"], ())]
        for objective in OBJECTIVES:
            fast = bool(short) and objective == short[place % len(short)]
            marks = [] if fast else [pytest.mark.slow]
            yield pytest.param(row, objective, id=f"{row['name']}-{objective}", marks=marks)


@pytest.mark.parametrize(("row", "objective"), list(questions()))
def test_equals_the_published_optimum(row, objective):
    exact = int(row[OBJECTIVES[objective]])
    result = map_layer(layer_of(row), Architecture(), objective, time_limit=HANG_S)
    assert result.status is Status.OPTIMAL
    # The table's numbers went through a double.
    assert result.value == (exact if exact < 2**53 else pytest.approx(exact, rel=1e-12))
    assert result.bound <= exact * (1 + 1e-12)
    assert result.gap == 0


def test_the_table_is_whole():
    assert set(LONG) <= {row["name"] for row in ROWS}
    assert len(ROWS) == 22
    assert {row["kind"] for row in ROWS} == {"conv", "depthwise", "gemm"}


@pytest.mark.parametrize("row", [r for r in ROWS if r["dmazerunner"]], ids=lambda r: r["name"])
def test_dmazerunner_is_never_better(row):
    assert row["dmazerunner"]["edp"] >= row["edp"] * (1 - 1e-12)
