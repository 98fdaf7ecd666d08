"""Fronts against every mapping, by code that shares nothing with the package."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dmaze_cp as dm
from dmaze_cp.spec.constraint_files import rules_from_object
from tests.kit.fronts import SMALL, fronts_document, searched
from tests.kit.patience import HANG_S

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import exhaustive
from exhaustive_front import Front

Run = tuple[int, str]


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], record: Any, *options: str) -> Run:
    path = tmp_path / "fronts.json"
    path.write_text(json.dumps(record))
    return exhaustive.main([str(path), *options]), capsys.readouterr().out


def test_a_front_is_what_no_other_beats() -> None:
    rng = np.random.default_rng(3)
    for size in (1, 5, 400):
        front, pairs = Front(), []
        for _ in range(4):
            energy, latency = rng.integers(0, 60, size), rng.integers(0, 60, size)
            front.update(energy, latency)
            pairs += zip(latency.tolist(), energy.tolist(), strict=True)
        beaten = [p for p in pairs if any(q[0] <= p[0] and q[1] <= p[1] and q != p for q in pairs)]
        assert front.within(()) == sorted(set(pairs) - set(beaten))


def test_true_fronts_agree(tmp_path, capsys) -> None:
    code, out = run(tmp_path, capsys, fronts_document(searched()))
    assert (code, out.count(": agrees;")) == (0, 3)
    assert "3 spaces tried in full, 0 records disagree" in out
    limits = rules_from_object({"*": ["RF.K<=6", "spatial=M,Y"], "dw": ["stationary.SPM=O|none"]})
    for options in ({"epsilon": 0.05}, {"constraints": limits}, {"time_limit": 1e-9}):
        found = dm.pareto(searched().workload, SMALL, engine="auto", **options)
        assert run(tmp_path, capsys, fronts_document(found))[0] == 0, options
    assert "skipped" in run(tmp_path, capsys, fronts_document(searched()), "--max-tilings", "9")[1]


def test_false_fronts_do_not(tmp_path, capsys) -> None:
    short = fronts_document(searched())
    short["layers"][0]["points"].pop(2)
    assert "is left out" in run(tmp_path, capsys, short, "--layer", "conv")[1]
    cheap = fronts_document(searched())
    cheap["layers"][0]["points"][1]["energy_pj"] -= 1
    code, out = run(tmp_path, capsys, cheap)
    assert code == 1
    assert "costs something else" in out
    assert "is not on the front" in out
    assert "1 records disagree" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "layer", "points", "tilings"),
    [("resnet18", "conv5_1b", 7, 2_398_874), ("mobilenetv2", "block12.depthwise", 2, 1_631_706)],
)
def test_fronts_of_real_layers(model, layer, points, tilings, tmp_path, capsys) -> None:
    chosen, machine = dm.load_workload(model)[layer], dm.load_architecture("default")
    found = dm.pareto(chosen, machine, time_limit=HANG_S)
    code, out = run(tmp_path, capsys, fronts_document(found))
    assert code == 0
    assert f"{layer}: complete, {points} points: agrees; {tilings} of" in out
