"""`dmaze-cp pareto`: tables, files, plots, bad input."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import dmaze_cp as dm
from dmaze_cp import mapper
from dmaze_cp.cli.app import cli
from dmaze_cp.schemas import json_schema

SPEC = """
name: small
layers:
  - {name: fc, kind: gemm, bounds: {X: 4, Y: 6, K: 12}, instances: 2}
  - {name: out, kind: gemm, bounds: {X: 2, Y: 8, K: 6}}
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DMAZE_CP_JOBS", "1")
    path = tmp_path / "small.yaml"
    path.write_text(SPEC)
    return str(path)


def pareto(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["pareto", *arguments])


def test_layers_and_totals_are_shown(model):
    done = pareto(model)
    assert done.exit_code == 0, done.output
    assert done.stdout.count("front: complete") == 3
    assert "small on default: totals" in done.stdout


def test_files_of_all_forms(model):
    for name in ("out.json", "out.csv", "out.md", "out.txt"):
        assert pareto(model, "-o", name).exit_code == 0
    record = json.loads(Path("out.json").read_text())
    jsonschema.validate(record, json_schema("front"))
    layers = {layer["name"]: layer for layer in record["layers"]}
    for layer in layers.values():
        costs = [(p["latency_cycles"], p["energy_pj"]) for p in layer["points"]]
        assert costs == sorted(costs)
        assert [e for _, e in costs] == sorted((e for _, e in costs), reverse=True)
        assert all(p["proven"] for p in layer["points"])
        assert (layer["status"], layer["open"]) == ("complete", None)
    for point in record["network"]["points"]:
        chosen = {name: layers[name]["points"][place] for name, place in point["choice"].items()}
        for cost in ("energy_pj", "latency_cycles"):
            total = sum(layers[name]["instances"] * p[cost] for name, p in chosen.items())
            assert point[cost] == total
    rows = list(csv.DictReader(Path("out.csv").read_text().splitlines()))
    count = sum(len(layer["points"]) for layer in layers.values())
    assert len(rows) == count + len(record["network"]["points"])


def test_a_report_of_a_file_is_what_the_command_writes(model):
    names = ("out.json", "out.csv", "out.md", "out.txt")
    for name in names:
        # The same times: all files are made from one run.
        source = ["pareto", model] if name == "out.json" else ["report", "out.json"]
        assert CliRunner().invoke(cli, [*source, "-o", name]).exit_code == 0
    assert Path("out.txt").read_text().count("front: complete") == 3
    shown = CliRunner().invoke(cli, ["report", "out.json", "--format", "table"])
    assert shown.stdout == CliRunner().invoke(cli, ["pareto", model]).stdout
    for form, suffix in (("json", "json"), ("csv", "csv"), ("markdown", "md")):
        shown = CliRunner().invoke(cli, ["report", "out.json", "--format", form])
        assert shown.exit_code == 0
        assert shown.stdout == Path(f"out.{suffix}").read_text()
    done = CliRunner().invoke(cli, ["report", "out.json"])
    assert (done.exit_code, done.stderr) == (0, "wrote out.html\n")
    assert "front: complete" in Path("out.html").read_text()
    assert dm.load_front("out.json").workload.name == "small"


def test_a_report_is_not_written_under_the_name_of_another_form(model):
    assert pareto(model, "-o", "out.json").exit_code == 0
    done = CliRunner().invoke(cli, ["report", "out.json", "-o", "out.xlsx"])
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: out.xlsx: -o: found the suffix '.xlsx', expected a .html, .txt")
    assert not Path("out.xlsx").exists()


def test_a_bad_file_is_a_line_for_each_problem(model):
    assert pareto(model, "-o", "out.json").exit_code == 0
    record = json.loads(Path("out.json").read_text())
    record["layers"][0]["points"][0]["energy_pj"] += 1
    record["layers"][1]["status"] = "whole"
    Path("bad.json").write_text(json.dumps(record))
    done = CliRunner().invoke(cli, ["report", "bad.json", "-o", "page.html"])
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: bad.json: layers[1].status: found 'whole' (text), expected one")
    assert not Path("page.html").exists()


def test_a_page_has_the_mappings(model):
    assert pareto(model, "-o", "out.html").exit_code == 0
    page = Path("out.html").read_text()
    assert page.startswith("<!doctype html>")
    for text in ("Front of the totals", "Point 1 of fc", "Loop nest", "Accelerator default"):
        assert text in page
    assert pareto(model, "--layer", "fc", "--format", "page").stdout.startswith("<!doctype html>")


def test_layers_side_by_side_and_the_store(model):
    assert pareto(model, "--jobs", "2", "-o", "two.json").exit_code == 0
    done = pareto(model, "-o", "one.json", "-v")
    assert done.exit_code == 0
    assert done.stderr.count("stored") == 2
    assert pareto(model, "--no-store", "-o", "new.json").exit_code == 0
    one, two, new = (json.loads(Path(f"{name}.json").read_text()) for name in ("one", "two", "new"))
    assert one["network"] == two["network"] == new["network"]
    assert [layer["searches"] for layer in one["layers"]] == [0, 0]
    assert all(layer["searches"] > 1 for layer in new["layers"])


def test_an_epsilon_leaves_points_out(model):
    assert pareto(model, "-o", "exact.json").exit_code == 0
    assert pareto(model, "--epsilon", "1000", "-o", "rough.json").exit_code == 0
    rough = json.loads(Path("rough.json").read_text())
    assert [len(layer["points"]) for layer in rough["layers"]] == [1, 1]
    assert rough["network"]["epsilon"] >= 1000


def test_what_is_wrong_is_said_at_once(model):
    done = pareto("nosuch", "--arch", "neither", "-o", "no/such/folder.json")
    assert done.exit_code == 1
    for arguments in (("--epsilon", "-1"), ("--epsilon", "x"), ("--time-limit", "0")):
        assert pareto(model, *arguments).exit_code == 2


def test_a_layer_that_fits_in_no_way_is_exit_code_3(model):
    Path("tiny.yaml").write_text("base: default\nrf_bytes: 2\n")
    done = pareto(model, "--arch", "tiny.yaml")
    assert done.exit_code in {1, 3}


def test_out_of_time_is_exit_code_4_and_said(model):
    done = pareto("resnet18", "--layer", "conv1", "--time-limit", "1e-9", "-o", "out.json")
    assert done.exit_code == 4
    (layer,) = json.loads(Path("out.json").read_text())["layers"]
    assert (layer["status"], layer["points"]) == ("partial", [])
    assert layer["open"] == {"energy_pj": None, "latency_cycles": 0}


def test_a_search_that_fails_is_exit_code_70_and_leaves_what_was_found(model, monkeypatch):
    search = mapper.map_layer

    def breaking(layer, *arguments, known, **options):
        if layer.bounds["K"] == 12 and known.bound:
            raise RuntimeError("broken")
        return search(layer, *arguments, known=known, **options)

    monkeypatch.setattr(mapper, "map_layer", breaking)
    done = pareto(model, "--no-store", "-o", "out.json")
    assert done.exit_code == 70
    assert done.stderr == "error: fc: failed: RuntimeError: broken\n"
    broken, whole = json.loads(Path("out.json").read_text())["layers"]
    assert (broken["ended"], broken["status"], len(broken["points"])) == ("failed", "partial", 1)
    assert (whole["ended"], whole["status"]) == ("proven", "complete")
    assert CliRunner().invoke(cli, ["verify", "out.json"]).exit_code == 0


def test_plots(model):
    pytest.importorskip("matplotlib")
    assert pareto(model, "--plots", "plots").exit_code == 0
    names = {path.name for path in Path("plots").iterdir()}
    assert {"front.png", "front.svg", "front-0.png"} <= names
