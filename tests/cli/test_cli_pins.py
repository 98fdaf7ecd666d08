"""``--pin`` and ``--constraints`` reach every search and its result, or are bad input."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dmaze_cp.cli.app import cli
from tests.kit import fake_mapper

MODEL = "mobilenetv2"
LAYERS = ("--layer", "block12.depthwise", "--layer", "block12.project")


@pytest.mark.parametrize("command", ["map", "dse"])
def test_pins_reach_the_searches(run, command) -> None:
    Path("pins.yaml").write_text(
        "'*depthwise': [RF.Fx=full, 'spatial=C,Ox']\nblock12.project: PE.M=4\n"
    )
    asked = ["--pin", "stationary.DRAM=O|W", "--pin", "RF.C<=4", "--constraints", "pins.yaml"]
    more = ["--param", "pes=64,128"] if command == "dse" else []
    models = ["-", MODEL] if command == "dse" else [MODEL]
    result = run(command, *models, *LAYERS, *asked, *more, "--engine", "bounds", "-o", "o.json")
    assert result.exit_code == 0, result.output
    record = json.loads(Path("o.json").read_text())
    if command == "map":
        wanted = {
            ("RF.C<=4", "RF.Fx=full", "spatial=C,Ox", "stationary.DRAM=O|W"),
            ("PE.M=4", "RF.C<=4", "stationary.DRAM=O|W"),
        }
        assert {call["constraints"].texts for call in fake_mapper.calls} == wanted
        assert {tuple(layer["constraints"]) for layer in record["layers"]} == wanted
    else:
        best = record["points"][record["best"]]["networks"][0]["layers"]
        assert ["PE.M=4", "RF.C<=4", "stationary.DRAM=O|W"] in [r["constraints"] for r in best]
        assert record["constraints"] == {
            "*": ["stationary.DRAM=O|W", "RF.C<=4"],
            "*depthwise": ["RF.Fx=full", "spatial=C,Ox"],
            "block12.project": ["PE.M=4"],
        }


@pytest.mark.parametrize(
    ("pins", "text"),
    [
        (["PE.Q=2"], "--pin: PE.Q=2: found 'Q', no dimension"),
        (["PE_rows.M=2"], "PE_rows.M=2: found 'PE_rows', an axis of an array, expected PE (rows"),
        (["L1.M=2"], "--pin: L1.M=2: found 'L1', no level"),
        (["PE.M=7"], "PE.M=7: found a factor that does not divide M = 96 of block12.project"),
        (["PE.X=2"], "--pin: PE.X=2: found dimensions that none of the layers has"),
        (["PE.C=2", "PE.C=3"], "PE.C=2 and PE.C=3: found C = 576"),
        (["util.PE>=1.1"], "util.PE>=1.1: found '1.1', expected a fraction from 0 to 1"),
    ],
)
@pytest.mark.parametrize("command", ["map", "model"])
def test_bad_pins_are_bad_input(run, command, pins, text) -> None:
    layer = ["--layer", "block12.project"]
    asked = [part for pin in pins for part in ("--pin", pin)]
    result = run(command, MODEL, *layer, *asked, "-o", "o.pb")
    assert result.exit_code == 1
    assert text in result.stderr
    assert not Path("o.pb").exists()


def test_all_that_is_wrong_is_said_at_once(run) -> None:
    Path("pins.yaml").write_text("conv: [PE.M=x, 3]\n")
    result = run("map", "nowhere", "--pin", "PE=3", "--constraints", "pins.yaml")
    assert result.exit_code == 1
    for text in ("nowhere", "--pin: PE=3", "pins.yaml: conv[0].PE.M=x", "pins.yaml: conv[1]"):
        assert text in result.stderr


@pytest.mark.parametrize("command", ["map", "pareto"])
def test_a_utilisation_that_no_layer_reaches_is_bad_input(monkeypatch, tmp_path, command) -> None:
    """One that some layer reaches is not: the others have no mapping."""
    monkeypatch.chdir(tmp_path)
    layers = [
        {"name": name, "kind": "gemm", "bounds": {"X": 1, "Y": n, "K": 1}}
        for name, n in (("less", 150), ("more", 200))
    ]
    Path("net.json").write_text(json.dumps({"name": "net", "layers": layers}))
    asked = [command, "net.json", "--format", "json"]
    asked += ["--jobs", "1", "--no-store"] if command != "pareto" else []
    refused = CliRunner().invoke(cli, [*asked, "--pin", "util.PE>=0.8"])
    assert refused.exit_code == 1
    text = "--pin: util.PE>=0.8: found a share that no mapping has (of more on default, which "
    assert refused.stderr == f"error: {text}comes nearest), expected at most 0.78125\n"
    refused = CliRunner().invoke(cli, [*asked, "--opt-min-utilization", "0.8", "0", "0"])
    text = text.replace("--pin", "--opt-min-utilization")
    assert refused.stderr == f"error: {text}comes nearest), expected at most 0.78125\n"
    answered = CliRunner().invoke(cli, [*asked, "--pin", "util.PE>=0.78"])
    assert answered.exit_code == 3
    assert "less" in answered.stderr
    assert "more" not in answered.stderr


def test_a_model_has_the_pins(run) -> None:
    asked = ["--pin", "RF.Fx=full", "--pin", "PE.C<=4", "--pin", "stationary.DRAM=O"]
    result = run("model", MODEL, "--layer", "block12.depthwise", *asked, "-o", "m.txt")
    assert result.exit_code == 0, result.output
    text = Path("m.txt").read_text()
    assert "case_DRAM_O" in text
    assert "case_DRAM_W" not in text


def test_what_clashes_is_said(monkeypatch, tmp_path: Path) -> None:
    """Which README shows as a table."""
    monkeypatch.chdir(tmp_path)
    bounds = {"M": 32, "C": 16, "Ox": 2, "Oy": 1, "Fx": 1, "Fy": 1}
    layer = {"name": "conv", "kind": "conv", "bounds": bounds}
    Path("net.json").write_text(json.dumps({"name": "net", "layers": [layer]}))
    pins = ["--pin", "PE.M=32", "--pin", "PE.C=16"]
    asked = ["map", "net.json", *pins, "--no-store", "--jobs", "1", "--format", "json"]
    result = CliRunner().invoke(cli, asked)
    assert result.exit_code == 3
    text = "there are 256 PEs; PE.C=16 and PE.M=32 need 512"
    assert f"infeasible on default: {text}" in result.stderr
    (record,) = json.loads(result.stdout)["layers"]
    clash = record["clash"]
    assert (record["reason"], clash["text"], clash["irreducible"]) == (text, text, True)
    relaxed = [each["relaxation"]["text"] for each in clash["members"]]
    assert relaxed == ["there are 512 PEs", "PE.C=8", "PE.M=16"]


DEPTHWISE = {
    "name": "dw",
    "kind": "depthwise",
    "bounds": {"C": 6, "Ox": 4, "Oy": 2, "Fx": 3, "Fy": 3},
}


def test_tables_are_asked_for(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    Path("net.json").write_text(json.dumps({"name": "net", "layers": [DEPTHWISE]}))
    asked = ["map", "net.json", "--per-dataflow", "--per-unrolling"]
    asked += ["--no-store", "--jobs", "1", "--engine", "bounds", "--pin", "RF.C<=16"]
    shown = CliRunner().invoke(cli, asked)
    assert shown.exit_code == 0, shown.output
    assert "EDP of every dataflow, DRAM by SPM, over the best\nDRAM " in shown.stdout
    assert "EDP of two unrolled dimensions, over the best\n" in shown.stdout
    written = CliRunner().invoke(cli, [*asked, "--format", "json"])
    (record,) = json.loads(written.stdout)["layers"]
    for table, size in (("dataflows", 16), ("unrollings", 10)):
        values = [each["value"] for each in record[table] if each["value"] is not None]
        assert len(record[table]) == size
        assert min(values) >= record["value"]
        assert (min(values) == record["value"]) or table == "unrollings"
    for each in record["dataflows"]:
        assert (each["status"] == "infeasible") == (each["tiling"] is None)


def test_a_sweep_says_what_clashes_on_a_design(monkeypatch, tmp_path: Path) -> None:
    """In the terminal, in JSON, in Markdown and on the page alike."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    layer = {"name": "fc", "kind": "gemm", "bounds": {"X": 4, "Y": 4, "K": 2}}
    Path("net.json").write_text(json.dumps({"name": "net", "layers": [layer]}))
    asked = ["dse", "-", "net.json", "--param", "pes=4,16", "--pin", "PE.X=4", "--pin", "PE.Y=2"]
    asked += ["--jobs", "1", "--engine", "bounds", "--no-store"]
    text = "infeasible: fc: there are 4 PEs; PE.X=4 and PE.Y=2 need 8"
    shown = CliRunner().invoke(cli, asked)
    assert shown.exit_code == 0, shown.output
    assert f"pes=4: {text}" in shown.stdout
    assert f"warning: pes=4: {text}" in shown.stderr
    for name in ("s.json", "s.md"):
        assert CliRunner().invoke(cli, [*asked, "-o", name]).exit_code == 0
    reasons = [each["reason"] for each in json.loads(Path("s.json").read_text())["points"]]
    assert reasons == [text.removeprefix("infeasible: "), None]
    assert f"pes=4: {text}" in Path("s.md").read_text()
    assert CliRunner().invoke(cli, ["report", "s.json", "-o", "s.html"]).exit_code == 0
    assert text.removeprefix("infeasible: ") in Path("s.html").read_text()


def test_what_is_asked_for_beside_the_best_is_written(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.json").write_text(json.dumps({"name": "net", "layers": [DEPTHWISE]}))
    asked = ["map", "net.json", "--no-store", "--jobs", "1", "--engine", "bounds"]
    beside = [*asked, "--per-unrolling", "--top-k", "2"]
    shown = CliRunner().invoke(cli, [*beside, "--summary"]).stdout
    written = CliRunner().invoke(cli, [*beside, "--format", "markdown"]).stdout
    for text in (shown, written):
        assert "Best mappings" in text
        assert "two unrolled dimensions" in text
        assert "Loop nest" not in text
    for option in (["--per-unrolling"], ["--per-dataflow"], ["--top-k", "2"]):
        refused = CliRunner().invoke(cli, [*asked, *option, "-o", "out.csv"])
        assert refused.exit_code == 2
        assert f"{option[0]} has no place in CSV" in refused.stderr
    CliRunner().invoke(cli, [*asked, "--pin", "PE.C<=2", "-o", "out.csv"])
    (row,) = csv.DictReader(Path("out.csv").read_text().splitlines())
    assert (row["constraints"], row["ended"]) == ("PE.C<=2", "proven")


def test_clashes_are_in_documents(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.json").write_text(json.dumps({"name": "net", "layers": [DEPTHWISE]}))
    asked = ["map", "net.json", "--no-store", "--max-latency", "1", "--format", "markdown"]
    written = CliRunner().invoke(cli, asked)
    assert "What clashes" in written.stdout
