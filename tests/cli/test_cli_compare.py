"""`map --compare` and `evaluate --against-optimum`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dmaze_cp.cli.app import cli

SPEC = """
name: small
layers:
  - {name: fc, kind: gemm, bounds: {X: 12, Y: 8, K: 6}}
  - {name: out, kind: gemm, bounds: {X: 4, Y: 4, K: 4}}
"""
MINE = {
    "layer": {"kind": "gemm", "bounds": {"X": 12, "Y": 8, "K": 6}},
    "tiling": {"DRAM": {"X": 12, "Y": 8, "K": 6}},
    "loop_order": {"DRAM": ["X", "Y", "K"]},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "small.yaml").write_text(SPEC)
    (tmp_path / "mine.json").write_text(json.dumps(MINE))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--no-store", "--jobs", "1"])


def test_map_says_how_far_a_given_mapping_is(folder: Path) -> None:
    done = run("map", "small.yaml", "--compare", "mine.json", "-o", "out.json")
    assert done.exit_code == 0, done.output
    record = json.loads((folder / "out.json").read_text())
    (found,) = record["compared"]
    best = record["layers"][0]
    assert found["name"] == best["name"] == "fc"
    assert found["optimum"] == {k: best[k] for k in ("status", "value", "bound")}
    assert found["ratio"] == found["value"] / best["value"] > 1
    assert found["best_move"]["value"] < found["value"]
    assert CliRunner().invoke(cli, ["verify", "out.json"]).exit_code == 0
    record["compared"][0]["value"] += 1
    (folder / "out.json").write_text(json.dumps(record))
    assert CliRunner().invoke(cli, ["verify", "out.json"]).exit_code == 1


def test_tables_show_where_they_differ(folder: Path) -> None:
    for output in ((), ("-o", "out.md")):
        done = run("map", "small.yaml", "--layer", "fc", "--compare", "mine.json", *output)
        assert done.exit_code == 0, done.output
        text = done.stdout or (folder / "out.md").read_text()
        assert "given - best" in text
        assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_a_result_is_compared_with_itself(folder: Path) -> None:
    assert run("map", "small.yaml", "-o", "first.json").exit_code == 0
    done = run("map", "small.yaml", "--compare", "first.json", "-o", "again.json")
    assert done.exit_code == 0, done.output
    again = json.loads((folder / "again.json").read_text())
    assert [each["ratio"] for each in again["compared"]] == [1, 1]
    assert all(each["best_move"] is None for each in again["compared"])


def test_mappings_of_other_layers_are_bad_input(folder: Path) -> None:
    other = {**MINE, "layer": {"kind": "gemm", "bounds": {"X": 12, "Y": 8, "K": 3}}}
    wrong = {**other, "tiling": {"DRAM": {"X": 12, "Y": 8, "K": 3}}}
    (folder / "mine.json").write_text(json.dumps([MINE, other, wrong]))
    done = run("map", "small.yaml", "--compare", "mine.json")
    assert done.exit_code == 1
    places = [line.split(": found")[0] for line in done.stderr.splitlines()]
    assert places == [
        "error: mine.json: record 1: tiling.*.K",
        "error: mine.json: record 2: layer",
    ]
    assert run("map", "small.yaml", "--compare", "missing.json").exit_code == 1
    csv = run("map", "small.yaml", "--compare", "mine.json", "-o", "x.csv")
    assert csv.exit_code == 2


def test_evaluate_against_the_optimum(folder: Path) -> None:
    records = [MINE, {"layer": MINE["layer"]}, MINE]
    (folder / "mine.json").write_text(json.dumps(records))
    done = run("evaluate", "mine.json", "--against-optimum", "energy", "-o", "answers.json")
    assert done.exit_code == 1
    first, bad, last = json.loads((folder / "answers.json").read_text())
    assert "error" in bad
    against = first["against_optimum"]
    assert against == last["against_optimum"]
    assert against["optimum"]["status"] == "optimal"
    assert against["value"] == first["energy_pj"]
    assert against["ratio"] > 1
    shown = run("evaluate", "mine.json", "--against-optimum", "energy", "--summary")
    assert f"{against['ratio']:.4g}" in shown.stdout
    assert against["optimum"]["ended"] == "proven"
    alone = CliRunner().invoke(cli, ["evaluate", "mine.json", "--time-limit", "3"])
    assert alone.exit_code == 2
