"""The command `dse`, on tiny spaces with the real engine."""

from __future__ import annotations

import csv
import io
import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click.testing
import openpyxl
import pytest

from dmaze_cp import load_architecture, load_workload, map_workload, mapper
from dmaze_cp.cli.app import cli
from dmaze_cp.cli.dse_models import weighted_refs
from dmaze_cp.documents import result_of
from dmaze_cp.engine import Engine
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format
from dmaze_cp.result import Ending, Status
from tests.kit import remembered
from tests.kit.missing import without
from tests.kit.patience import HANG_S
from tests.kit.problems import refused
from tests.kit.program import environment, own_variables

Run = Callable[..., click.testing.Result]
PARAMS = ("--param", "rf_bytes=16,32", "--param", "pes=4,8")


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """Run `dse` in this process with the real mapper, in a folder with two small networks.

    Equal searches of several tests are done once.
    """
    monkeypatch.setattr(mapper, "map_layer", remembered.map_layer)
    for name in {"COLUMNS"} | own_variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.chdir(tmp_path)
    for name, sizes in (("net", (8, 12, 16)), ("other", (16, 4, 64))):
        layers = [
            {"name": "fc1", "kind": "gemm", "bounds": dict(zip("XYK", sizes, strict=True))},
            {"name": "fc2", "kind": "gemm", "bounds": {"X": 4, "Y": 6, "K": 8}, "instances": 2},
        ]
        Path(f"{name}.json").write_text(json.dumps({"name": name, "layers": layers}))

    def invoke(*arguments: object) -> click.testing.Result:
        texts = ["dse", *map(str, arguments), "--jobs", "1"]
        if "--engine" not in texts:  # the quickest on layers so small
            texts += ["--engine", "bounds"]
        if "--store" not in texts:
            texts.append("--no-store")
        return click.testing.CliRunner().invoke(cli, texts, prog_name="dmaze-cp")

    return invoke


def space(**fields: object) -> str:
    content = {"parameters": {"rf_bytes": [16, 32], "pes": [4, 8]}, **fields}
    Path("space.json").write_text(json.dumps(content))
    return "space.json"


def test_for_people(run) -> None:
    result = run("-", "net.json", *PARAMS)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert max(map(len, result.stdout.split("\n"))) <= 80
    assert "least EDP of net" in result.stdout
    assert "proven: no design of the space is better" in result.stdout
    assert "Why it wins" in result.stdout
    assert "[1.00]" in result.stdout


def test_json_agrees_with_mapping_each_design(run) -> None:
    arguments = ("-", "net.json=3", "other.json=0.5", *PARAMS[:2], "--all", "-o", "out.json")
    result = run(*arguments, "--engine", "cp-sat")
    assert (result.exit_code, result.output) == (0, "")
    record = json.loads(Path("out.json").read_text())
    assert "</html>" in render(result_of(record), Format.PAGE)
    assert [(m["model"], m["weight"]) for m in record["models"]] == [("net", 3), ("other", 0.5)]
    assert record["counts"]["solved"] == len(record["points"]) == 2
    totals = []
    for point in record["points"]:
        machine = load_architecture(point["architecture"])
        edp = 0.0
        for name, weight in (("net", 3), ("other", 0.5)):
            net = load_workload(f"{name}.json")
            mapped = map_workload(net, machine, "edp", engine=Engine.BOUNDS)
            edp += weight * mapped.totals(mapped.objectives[0]).edp
        assert point["value"] == edp
        assert point["status"] == "optimal"
        totals.append(edp)
    best = record["points"][totals.index(min(totals))]
    assert record["best"] == best["index"]
    assert record["best_proven"] is True


OPEN = {
    "name": "open",
    "shape": {"rows": 4, "more": 0},
    "layers": [
        {
            "name": "fc",
            "kind": "gemm",
            "bounds": {"X": "rows + more", "Y": 6, "K": 8},
            "batch": "instances",
        }
    ],
}
"""A network with open sizes."""


def bounds_of(record: dict) -> dict[str, tuple[int, int]]:
    """By network, X and the instances of its one layer."""
    networks = record["points"][record["best"]]["networks"]
    layers = {n["model"]: n["layers"][0] for n in networks}
    return {name: (a["bounds"]["X"], a["instances"]) for name, a in layers.items()}


def test_one_network_with_several_sizes(run) -> None:
    Path("open.json").write_text(json.dumps(OPEN))
    uses = [
        "open.json",
        {"model": "open.json", "shape": {"rows": 1, "more": 7}, "batch": 3},
    ]
    file = space(models=uses, parameters={"pes": [4]})
    run(file, "-o", "out.json")
    assert bounds_of(json.loads(Path("out.json").read_text())) == {
        "open": (4, 1),
        "open (rows=1, more=7, batch=3)": (8, 3),
    }
    # What the command line says goes before what the space says.
    run(file, "--shape", "rows=2", "--batch", "5", "-o", "out.json")
    assert bounds_of(json.loads(Path("out.json").read_text())) == {
        "open": (2, 5),
        "open (more=7)": (9, 5),
    }


def test_sizes_of_a_space_that_a_network_does_not_have(run) -> None:
    Path("open.json").write_text(json.dumps(OPEN))
    result = run(space(models=[{"model": "open.json", "shape": {"row": 1}}, "net.json"]))
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "open.json: --shape row: found an unknown dimension" in line


def test_skipping_finds_the_same_best_design(run) -> None:
    records = []
    for more in ((), ("--all",)):
        assert run("-", "net.json", *PARAMS, *more, "-o", "out.json").exit_code == 0
        records.append(json.loads(Path("out.json").read_text()))
    some, every = records
    assert some["best"] == every["best"]
    assert some["best_proven"]
    assert every["counts"]["skipped"] == 0
    for point, full in zip(some["points"], every["points"], strict=True):
        assert point["bound"] <= full["value"]


def test_the_front(run) -> None:
    assert run("-", "net.json", *PARAMS, "--pareto", "area", "-o", "out.json").exit_code == 0
    record = json.loads(Path("out.json").read_text())
    points = {p["index"]: p for p in record["points"]}
    front = [points[index] for index in record["front"]]
    assert record["front_proven"]
    assert record["best"] in record["front"]
    assert [p["area_mm2"] for p in front] == sorted(p["area_mm2"] for p in front)
    assert [p["value"] for p in front] == sorted((p["value"] for p in front), reverse=True)


def models_of(record: dict) -> list[tuple]:
    """Name, weight and number of layers of each network of a sweep."""
    return [(m["model"], m["weight"], m["layers"]) for m in record["models"]]


def test_a_file_says_models_objective_and_budgets(run) -> None:
    models = [{"model": "net.json", "weight": 2, "layers": ["fc2"]}]
    file = space(models=models, objective="latency", budgets={"area_mm2": 4.15})
    assert run(file, "-o", "out.json").exit_code == 0
    record = json.loads(Path("out.json").read_text())
    assert record["objective"] == "latency"
    assert models_of(record) == [("net", 2, 1)]
    assert record["counts"]["invalid_by_cause"] == {"area budget": 2}
    assert record["unit"] == "cycles"
    best = next(p for p in record["points"] if p["index"] == record["best"])
    (layer,) = best["networks"][0]["layers"]
    assert layer["name"] == "fc2"


def test_options_go_before_the_file(run) -> None:
    models = [{"model": "net.json", "layers": ["fc2"]}]
    file = space(models=models, objective="latency", budgets={"area_mm2": 4.15})
    done = run(
        file, "other.json", "--objective", "energy", "--area-budget", "100", "--layer", "fc1",
        "--param", "rf_bytes=64", "--rule", "pes < 8", "--base", "edge", "-o", "out.json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    record = json.loads(Path("out.json").read_text())
    assert (record["objective"], record["budgets"]) == ("energy", {"area_mm2": 100.0})
    assert models_of(record) == [("other", 1.0, 1)]
    assert record["base"]["name"] == "edge"
    assert record["counts"]["invalid_by_cause"] == {"pes < 8": 1}
    assert [p["parameters"] for p in record["points"]] == [{"rf_bytes": 64, "pes": 4}]


def test_a_sample_of_a_space_that_is_too_large(run) -> None:
    many = "1:1001:+1"
    params = ("--param", f"pes={many}", "--param", f"dma_startup_cycles={many}")
    too_large = run("-", "net.json", *params)
    assert too_large.exit_code == 1
    assert "1002001 points" in too_large.stderr
    sample = ("--sample", 3, "--seed", 7, "--layer", "fc2", "--format", "csv")
    for name in ("-", space(parameters={"pes": {"from": 1, "to": 1001, "step": 1}})):
        done = [run(name, "net.json", *params, *sample) for _ in range(2)]
        assert done[0].exit_code == 0, done[0].output
        rows = [list(csv.DictReader(io.StringIO(d.stdout))) for d in done]
        assert len(rows[0]) == 3
        assert [r["index"] for r in rows[0]] == [r["index"] for r in rows[1]]


@pytest.mark.parametrize("form", ["csv", "markdown", "table", "json"])
def test_forms(run, form) -> None:
    result = run("-", "net.json", *PARAMS, "--format", form)
    assert result.exit_code == 0
    starts = {"csv": "index,", "markdown": "## Sweep", "table": "Sweep", "json": "{"}
    assert result.stdout.startswith(starts[form])


def test_a_workbook_and_plots(run) -> None:
    result = run("-", "net.json", *PARAMS, "-o", "out.xlsx", "--plots", "plots")
    assert result.exit_code == 0, result.output
    assert openpyxl.load_workbook("out.xlsx")["points"].max_row == 5
    names = {path.name for path in Path("plots").iterdir()}
    assert {"heat-map.png", "heat-map.svg", "energy.svg", "roofline.svg", "pareto.png"} <= names
    assert all(path.stat().st_size for path in Path("plots").iterdir())


@pytest.mark.parametrize(
    ("module", "options", "extra"),
    [("matplotlib", ("--plots", "p"), "plot"), ("openpyxl", ("-o", "out.xlsx"), "excel")],
)
def test_a_missing_extra_is_named_before_anything_is_solved(
    run, monkeypatch, module, options, extra
) -> None:
    without(monkeypatch, module)
    monkeypatch.setattr("dmaze_cp.dse.sweep.sweep", lambda *a, **k: pytest.fail("solved"))
    result = run("-", "net.json", *PARAMS, *options)
    assert result.exit_code == 1
    (line,) = result.stderr.strip().split("\n")
    assert f"dmaze-cp[{extra}]" in line


def test_a_design_that_nothing_fits_does_not_stop_the_others(run) -> None:
    result = run("-", "net.json", "--param", "rf_bytes=4,32,4096", "-o", "out.json")
    assert result.exit_code == 0
    lines = result.stderr.strip().split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("warning: rf_bytes=4096: left out: RF energy: no entry for 4 KiB")
    assert lines[1].startswith("warning: rf_bytes=4: infeasible: fc1: rf_bytes: found 4")
    record = json.loads(Path("out.json").read_text())
    assert record["counts"]["infeasible"] == 1
    assert [p["parameters"] for p in record["invalid"]] == [{"rf_bytes": 4096}]


def test_no_design_fits(run) -> None:
    result = run("-", "net.json", "--param", "rf_bytes=2,4")
    assert result.exit_code == 3
    assert "no design maps the networks" in result.stdout
    assert result.stderr.count("error: rf_bytes=") == 2


def test_no_time(run) -> None:
    options = ("--total-time-limit", "1e-9", "--time-limit", "1e-9")
    result = run("-", "resnet18", "--layer", "1", "--param", "pes=256,512", *options)
    assert result.exit_code == 4, result.output
    assert "unknown" in result.stderr


def out_of_time(monkeypatch, *, unmapped_pes: int | None = None) -> None:
    """Searches that end with nothing proven, and on some designs with no mapping either."""
    search = mapper.map_layer

    def limited(layer, architecture, objective, **options):
        found = search(layer, architecture, objective, **options)
        found = replace(found, status=Status.FEASIBLE, bound=0)
        if architecture.pes == unmapped_pes:
            nothing = {"mapping": None, "dataflow": None, "cost": None}
            found = replace(found, status=Status.UNKNOWN, **nothing)
        return found.as_ended(Ending.TIME_LIMIT)

    monkeypatch.setattr(mapper, "map_layer", limited)


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_out_of_time_with_a_mapping_for_every_design(run, monkeypatch, options) -> None:
    out_of_time(monkeypatch)
    result = run("-", "net.json", *PARAMS, *options, "-o", "out.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(Path("out.json").read_text())["counts"]["feasible"] == 4


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_out_of_time_with_no_mapping_for_some_designs(run, monkeypatch, options) -> None:
    out_of_time(monkeypatch, unmapped_pes=8)
    result = run("-", "net.json", *PARAMS, *options, "-o", "out.json")
    assert result.exit_code == 4
    lines = result.stderr.strip().split("\n")
    assert [line.split(": ")[:3:2] for line in lines] == [["error", "unknown"]] * 2
    record = json.loads(Path("out.json").read_text())
    assert record["points"][record["best"]]["parameters"]["pes"] == 4


def test_out_of_time_with_a_mapping_that_breaks_the_power_budget(run, monkeypatch) -> None:
    """Whether another mapping keeps it is not known: no reason to call the run a failure."""
    out_of_time(monkeypatch)
    arguments = ("-", "net.json", *PARAMS, "-o", "out.json")
    assert run(*arguments).exit_code == 0
    powers = [p["power_mw"] for p in json.loads(Path("out.json").read_text())["points"]]
    result = run(*arguments, "--power-budget", sum(sorted(powers)[1:3]) / 2)
    assert result.exit_code == 0
    lines = result.stderr.strip().split("\n")
    assert [line.split(": ")[:3:2] for line in lines] == [["warning", "unknown"]] * 2


def test_many_designs_that_nothing_fits_are_counted(run) -> None:
    result = run(
        "-", "net.json", *("--param", "pes=1:9:+1", "--param", "rf_bytes=4,32", "--layer", "fc2")
    )
    assert result.exit_code == 0
    lines = result.stderr.strip().split("\n")
    assert len(lines) == 6
    assert lines[-1] == "warning: 4 more designs are infeasible"


def test_a_power_budget(run) -> None:
    result = run("-", "net.json", *PARAMS, "--power-budget", "1e-6")
    assert result.exit_code == 3
    assert "power budget" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-", "net.json", "--param", "rf_byts=1"], "--param: rf_byts: found an unknown parameter"),
        (["-", "net.json", "--param", "pes=4", "--param", "pes=8"], "the parameter twice"),
        (["-", "net.json", "--param", "pes=8:4:*2"], "from at most to"),
        (["-", "net.json", "--param", "pes=4", "--rule", "pes <"], "--rule: found 'pes <'"),
        (["-", "net.json", "--param", "pes=4", "--rule", "pes < 4"], "no valid design"),
        (["-", "net.json", "--param", "pes=4", "--base", "nope"], "nope"),
        (["-", "net.json=0", "--param", "pes=4"], "a weight from 1e-09 to 1e+09"),
        (["-", "net.json", "net.json=2", "--param", "pes=4"], "MODEL: found 'net.json' twice"),
        (["-", "--param", "pes=4"], "a network that designs are judged by"),
        (["-", "net.json", "--param", "pes=4", "--layer", "nope"], "--layer: found 'nope'"),
        (["-", "net.json", "--param", "pes=4", "-o", "net.json"], "a file that is read"),
        (["-", "net.json", "--param", "pes=4", "-o", "a.html"], "found the suffix '.html'"),
        (["-", "net.json", "--param", "pes=4", "--plots", "net.json"], "--plots: found a file"),
        (["net.json", "--param", "pes=4"], "found an unknown field"),
        (["resnet18", "--param", "pes=4"], "or - where --param gives all of it"),
        (["nope.yaml", "net.json"], "nope.yaml"),
        (["chip", "net.json", "--param", "spm_kb=3"], "no valid design"),
    ],
)
def test_bad_input_is_one_line(run, arguments, expected) -> None:
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.strip().split("\n")
    assert line.startswith("error: ")
    assert expected in line
    assert result.stdout == ""


def test_all_problems_at_once(run) -> None:
    result = run("-", "nope1", "nope2=2", "--param", "pes=x", "--rule", "a", "-o", "no/such/file")
    assert result.exit_code == 1
    assert len(result.stderr.strip().split("\n")) == 5


def test_a_front_needs_areas(run) -> None:
    result = run(space(area="none"), "net.json", "--pareto", "area")
    assert result.exit_code == 1
    assert "error: --pareto: found area, in a space without areas" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["-", "net.json"], ["-", "net.json", *PARAMS, "--format", "excel"]],
)
def test_wrong_usage(run, arguments) -> None:
    assert run(*arguments).exit_code == 2


def test_answers_are_looked_up_the_next_time(run) -> None:
    options = ("--store", "store.sqlite", "-o", "out.json", "--all")
    counts = []
    for _ in range(2):
        assert run("-", "net.json", *PARAMS, *options).exit_code == 0
        counts.append(json.loads(Path("out.json").read_text())["counts"])
    assert counts[0]["searches"] > 0
    assert counts[1]["searches"] == 0
    assert counts[1]["looked_up"] > 0


def test_a_workbook_keeps_the_mode_of_the_file(run) -> None:
    path = Path("out.xlsx")
    path.touch()
    path.chmod(0o600)
    assert run("-", "net.json", *PARAMS, "-o", path).exit_code == 0
    assert path.read_bytes()[:2] == b"PK"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_verbose(run) -> None:
    result = run("-", "net.json", *PARAMS, "--verbose", "-o", "out.json")
    lines = result.stderr.strip().split("\n")
    assert lines[0].startswith("4 designs, ")
    assert sorted(line.split(":")[0].split(" ", 1)[0] for line in lines[1:]) == [
        f"{k}/4" for k in range(1, 5)
    ]


def test_what_is_finished_when_interrupted_is_written(tmp_path) -> None:
    sizes = [f"{{name: c{k}, kind: conv, bounds: {{M: {k}, C: 96, Ox: 56, Oy: 56, Fx: 3, Fy: 3}}}}"
             for k in (96, 120, 144, 180)]  # fmt: skip
    (tmp_path / "net.yaml").write_text("name: net\nlayers:\n" + "".join(f"- {s}\n" for s in sizes))
    process = subprocess.Popen(
        [sys.executable, "-m", "dmaze_cp", "dse", "-", "net.yaml", "--no-store", "--jobs", "1",
         "--engine", "bounds",
         "--param", "pes=64,128,256", "--param", "rf_bytes=64:512:*2", "--all", "--verbose",
         "-o", "out.json"],
        stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(),
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("12 designs")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=HANG_S)
    assert process.returncode == 130
    record = json.loads((tmp_path / "out.json").read_text())
    assert record["interrupted"] is True
    assert record["counts"]["unknown"] > 0
    assert "</html>" in render(result_of(record), Format.PAGE)


def test_weights_do_not_clash_with_files(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net=2").write_text("")
    models = weighted_refs(["net=2", "a=b.onnx", "resnet18=0.5", "dir=3/x.onnx", "x=y.onnx=3"])
    assert [(m.model, m.weight) for m in models] == [
        ("net=2", 1), ("a=b.onnx", 1), ("resnet18", 0.5), ("dir=3/x.onnx", 1), ("x=y.onnx", 3),
    ]  # fmt: skip
    for bad in ("m=0", "m=-1", "m=inf", "m=nan"):
        with refused("MODEL"):
            weighted_refs([bad])


def test_spaces_are_listed_and_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    runner = click.testing.CliRunner()
    listed = runner.invoke(cli, ["spaces"])
    # Descriptions go on in lines that are indented.
    names = [line.split()[0] for line in listed.stdout.splitlines() if not line.startswith(" ")]
    assert names == ["chip", "memory_tuning"]
    assert "spm_kb:" in runner.invoke(cli, ["spaces", "chip"]).stdout
    missing = runner.invoke(cli, ["spaces", "chp"])
    assert missing.exit_code == 1
    assert "chip" in missing.stderr
