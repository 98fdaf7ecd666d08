"""Results of real networks, saved and read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import dmaze_cp as dm
from dmaze_cp.cli.app import cli
from dmaze_cp.engine import Engine
from dmaze_cp.result import result_record
from dmaze_cp.spec import builtin_models

ONNX = [spec.name for spec in builtin_models() if spec.is_onnx]


@pytest.mark.slow
def test_nine_onnx_networks_are_read_back_equal(tmp_path: Path) -> None:
    """By whatever takes a result: reports, `evaluate`, `verify` and the store."""
    assert len(ONNX) == 9
    networks = [dm.load_workload(name) for name in ONNX]
    settings = dm.RunSettings(engine=Engine.AUTO, jobs=None)
    chip = dm.load_architecture("default")
    results = dm.map_networks(networks, [chip], ["energy"], settings)
    several = tmp_path / "several.json"
    records = [result_record(result) for result in results]
    several.write_text(json.dumps({"schema": "dmaze-cp/results/1", "results": records}))
    assert dm.load_results(several) == results

    path = tmp_path / "one.json"
    with dm.Store.open(tmp_path / "store.sqlite") as store:
        for result in results:
            result.save(path)
            assert dm.load_result(path) == result
            for layer in dm.load_result(path):
                store.put(layer)
                assert store.get(dm.Question.of(layer)).value == layer.value
    for command, file in (("evaluate", several), ("verify", path), ("report", several)):
        out = str(tmp_path / ("out.html" if command == "report" else "out.json"))
        done = CliRunner().invoke(cli, [command, str(file), "-o", out])
        assert done.exit_code == 0, done.output
