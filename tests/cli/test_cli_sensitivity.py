"""`dmaze-cp sensitivity`: tables, files, plots, bad input."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from dmaze_cp import mapper
from dmaze_cp.cli.app import cli
from dmaze_cp.schemas import json_schema
from tests.kit.adversary import exact

SPEC = """
name: small
layers:
  - {name: fc, kind: gemm, bounds: {X: 4, Y: 6, K: 2}}
  - {name: out, kind: gemm, bounds: {X: 2, Y: 2, K: 2}}
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SPEC)
    return str(path)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of dozens of machines has its optimum by brute force."""
    monkeypatch.setattr(mapper, "map_layer", exact)


def run(*words: str) -> Result:
    return CliRunner().invoke(
        cli, ["sensitivity", *words, "--no-store", "--jobs", "1", "--engine", "bounds"]
    )


def test_what_moves_the_optimum_most_comes_first(model: str) -> None:
    done = run(model, "--layer", "fc", "--no-ranges", "--set", "dram_pj=123.5")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    figures = [line.split()[0] for line in lines if "_pj" in line]
    assert figures[0] == "dram_pj"
    assert any("123.5" in line for line in lines)


@pytest.mark.parametrize("suffix", ["json", "csv", "md"])
def test_files(model: str, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"found.{suffix}"
    layers = () if suffix == "json" else ("--layer", "out")
    done = run(model, *layers, "--no-ranges", "-o", str(path))
    assert done.exit_code == 0, done.output
    if suffix == "json":
        record = json.loads(path.read_text())
        jsonschema.Draft202012Validator(json_schema("sensitivity")).validate(record)
        assert [layer["name"] for layer in record["layers"]] == ["fc", "out"]
        figure = record["layers"][0]["figures"][0]
        assert (figure["parameter"], figure["from"], figure["to"]) == ("pes", 256, 128)
        assert figure["relative"] == figure["value"] / record["layers"][0]["base"]["value"]
    elif suffix == "csv":
        rows = list(csv.DictReader(path.read_text().splitlines()))
        assert {row["layer"] for row in rows} == {"out"}
        assert {row["status"] for row in rows} == {"optimal"}
    else:
        assert path.read_text().count("| rf_bytes |") == 1


def test_plots(model: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = run(model, "--layer", "out", "--no-ranges", "--plots", str(tmp_path / "plots"))
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in (tmp_path / "plots").iterdir()) == ["tornado.png", "tornado.svg"]


def test_all_that_is_wrong_is_said_at_once(model: str, tmp_path: Path) -> None:
    done = run(
        model,
        *("--layer", "fd", "--arch", "defualt", "-o", str(tmp_path / "no" / "x.json")),
    )
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 3
    done = run(model, "--set", "rf_byte=3", "--set", "dram_pj=x")
    assert done.exit_code == 1
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == ["--set", "--set"]


def test_a_layer_that_does_not_fit(model: str, tmp_path: Path) -> None:
    arch = tmp_path / "tiny.yaml"
    text = CliRunner().invoke(cli, ["archs", "default"]).stdout
    arch.write_text(text.replace("rf_bytes: 512", "rf_bytes: 4"))
    done = run(model, "--arch", str(arch), "--layer", "fc")
    assert done.exit_code == 3, done.output
