"""`--pad` and `--compare-unpadded`, with the real mapper."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import click.testing
import pytest
from ortools.sat.python import cp_model

from dmaze_cp import Architecture, load_result
from dmaze_cp.cli.app import cli
from dmaze_cp.spec import architecture_to_dict
from tests.kit.program import own_variables, with_one_job

CHIP = Architecture(name="chip", pes=4, rf_bytes=16, spm_banks=4, spm_bank_bytes=64)
"""Small enough that primes are dear."""

LAYERS = [
    {"name": "a", "kind": "gemm", "bounds": {"X": 7, "Y": 13, "K": 8}},
    {
        "name": "b",
        "kind": "conv",
        "bounds": {"M": 3, "C": 4, "Ox": 5, "Oy": 5, "Fx": 3, "Fy": 3},
        "padded_input": [7, 7],
    },
]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run the program in this process, in a directory with a network."""
    for name in own_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("net.json").write_text(json.dumps({"name": "net", "layers": LAYERS}))
    Path("chip.json").write_text(json.dumps(architecture_to_dict(CHIP)))

    def invoke(*arguments: object) -> click.testing.Result:
        return click.testing.CliRunner().invoke(cli, with_one_job(*arguments), prog_name="dmaze-cp")

    return invoke


def test_a_padded_result_is_written_read_evaluated_and_verified(run) -> None:
    asked = ("net.json", "--arch", "chip.json", "--engine", "bounds")
    done = run("map", *asked, "--pad", "auto", "--pad", "K=2", "--compare-unpadded", "-o", "r.json")
    assert done.exit_code == 0, done.output
    record = json.loads(Path("r.json").read_text())
    assert record["layers"][0]["constraints"] == ["pad.K=2", "pad=auto"]
    first, second = record["layers"]
    assert first["bounds"] == LAYERS[0]["bounds"]
    raised = first["padded"]["bounds"]
    assert raised["X"] == 8
    assert first["padded"]["padded_input"] is None
    assert first["useful_macs_share"] == pytest.approx(728 / (8 * raised["Y"] * raised["K"]))
    assert second["padded_input"] == [7, 7]
    for layer in record["layers"]:
        assert layer["unpadded"]["status"] == layer["status"] == "optimal"
        gain = 1 - layer["value"] / layer["unpadded"]["value"]
        assert layer["padding_gain"] == pytest.approx(gain)
        assert gain >= 0
    result = load_result("r.json")
    result.save("again.json")
    assert json.loads(Path("again.json").read_text()) == record
    assert run("verify", "r.json", "--reprove").exit_code == 0
    assert run("evaluate", "r.json", "-o", "answers.json").exit_code == 0
    answers = json.loads(Path("answers.json").read_text())
    assert [a["edp"] for a in answers] == [layer["edp"] for layer in record["layers"]]
    assert answers[0]["padded"] == first["padded"]


def test_csv_has_columns_for_padding_where_it_was_asked_for(run) -> None:
    asked = ("net.json", "--layer", "a", "--arch", "chip.json", "--engine", "bounds")
    plain = run("map", *asked, "--format", "csv").stdout
    assert not {"padded", "padding_gain"} & set(plain.splitlines()[0].split(","))
    table = run("map", *asked, "--pad", "auto", "--compare-unpadded", "--format", "csv").stdout
    (row,) = csv.DictReader(table.splitlines())
    assert row["bounds"] == "X=7 Y=13 K=8"
    assert row["padded"].startswith("X=8 Y=")
    assert float(row["padding_gain"]) > 0
    assert int(row["unpadded_value"]) > int(row["value"])


def test_a_layer_that_is_not_raised_says_so(run) -> None:
    assert run("map", "net.json", "--pad", "X=1", "-o", "r.json").exit_code == 0
    (layer,) = [a for a in json.loads(Path("r.json").read_text())["layers"] if a["name"] == "b"]
    assert layer["padded"] is None
    assert layer["useful_macs_share"] == 1
    assert "unpadded" not in layer


@pytest.mark.parametrize("given", [("--pad", "C=3"), ("--pin", "pad.C=3")])
def test_padding_of_what_no_layer_has_is_refused(run, given) -> None:
    done = run("map", "net.json", "--layer", "a", *given)
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {given[0]}: pad.C=3: found dimensions that none of the layers")


def test_reports_show_the_larger_layer_its_guard_and_what_is_saved(run) -> None:
    done = run(
        "map",
        "net.json",
        "--layer",
        "a",
        "--arch",
        "chip.json",
        "--pad",
        "auto",
        "--compare-unpadded",
    )
    assert done.exit_code == 0, done.output
    assert "padded or not" in done.stdout
    assert "x < 7" in done.stdout
    assert "X 7 -> 8" in done.stdout
    assert "without padding: " in done.stdout
    assert "of the multiply-accumulates are useful" in " ".join(done.stdout.split())
    (line,) = [s for s in done.stdout.splitlines() if s.startswith("without padding  ")]
    assert "proven; padding saves " in line


def test_a_wrong_chip_and_wrong_padding_are_said_at_once(run) -> None:
    bad = {
        "name": "bad",
        "pes": 4,
        "pe_array": {"rows": 4, "unroll_rows": []},
        "rf_bytes": {"OI": 4, "IW": 8},
        "spm_banks": {"OI": 4},
        "energy": {"rf_pj": {"O": 1, "W": 2}},
    }
    chip = architecture_to_dict(CHIP)
    energy = chip["energy"] | bad["energy"]
    Path("bad.json").write_text(json.dumps(chip | bad | {"energy": energy}))
    done = run("map", "net.json", "--arch", "bad.json", "--pad", "C=-1", "--pad", "Q=2")
    assert done.exit_code == 1
    places = [line.removeprefix("error: bad.json: ") for line in done.stderr.splitlines()]
    starts = [
        *("pes: found 4, expected it or pe_array", "pe_array.cols: found nothing"),
        *("rf_bytes: found operand I in OI and IW", "spm_banks: found operand W in no pool"),
        *("pe_array.unroll_rows: found an empty list", "energy.rf_pj.I: found nothing"),
        *("error: padding.C: found -1", "error: padding.Q: found no dimension"),
    ]
    assert len(places) == len(starts)
    for place, start in zip(places, starts, strict=True):
        assert place.startswith(start)


def optimum(path: str) -> float:
    model = cp_model.CpModel()
    assert model.Proto().parse_text_format(Path(path).read_text())
    solver = cp_model.CpSolver()
    assert solver.solve(model) == cp_model.OPTIMAL
    return solver.objective_value


def test_the_written_model_has_the_larger_layers(run) -> None:
    asked = ("net.json", "--layer", "a", "--objective", "latency", "--arch", "chip.json")
    run("map", *asked, "--pad", "auto", "-o", "r.json")
    (layer,) = json.loads(Path("r.json").read_text())["layers"]
    for name, padding in (("plain.txt", ()), ("padded.txt", ("--pad", "auto"))):
        assert run("model", *asked, *padding, "-o", name).exit_code == 0
    assert layer["value"] * 0.999 <= optimum("padded.txt") <= layer["value"]
    assert optimum("padded.txt") <= optimum("plain.txt")


@pytest.mark.parametrize("command", [("map", "net.json"), ("model", "net.json", "--layer", "a")])
def test_everything_wrong_is_said_at_once(run, command) -> None:
    bad = ("--pad", "Q=3", "--pad", "C=-1", "--pad", "foo", "--pad", "X=2", "--pad", "X=3")
    done = run(*command, *bad, "--arch", "nowhere", "-o", "no/where.txt")
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 6
    assert sum("padding" in line for line in lines) == 4


def test_there_has_to_be_padding_to_compare_with(run) -> None:
    done = run("map", "net.json", "--compare-unpadded")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line == "error: --compare-unpadded: found no --pad, expected padding to compare with"


@pytest.mark.parametrize(
    ("padded", "expected"),
    [
        ({"bounds": {"X": 6}}, "layer.padded.bounds.X: found 6, expected at least 7"),
        ({"bounds": {"Q": 6}}, "layer.padded.bounds.Q: found an unknown dimension"),
        ({"bounds": {"X": 8}, "padded_input": [3, 3]}, "layer.padded.padded_input: found [3, 3]"),
        ({"bounds": {"X": 9}}, "tiling.*.X: found"),
        ({"bounds": {"X": 0}}, "layer.padded.bounds.X: found 0"),
        ({"bound": {"X": 8}}, "layer.padded.bound"),
        (3, "layer.padded: found"),
    ],
)
def test_padding_of_a_mapping_record_that_is_wrong(run, padded, expected) -> None:
    layer = {"kind": "gemm", "bounds": LAYERS[0]["bounds"], "padded": padded}
    orders = {"DRAM": ["X", "Y", "K"]}
    tiling = {"DRAM": {"X": 8, "Y": 13, "K": 8}}
    record = {"layer": layer, "tiling": tiling, "loop_order": orders}
    Path("m.json").write_text(json.dumps(record))
    done = run("evaluate", "m.json", "-o", "-")
    assert done.exit_code == 1, done.output
    assert expected in json.loads(done.stdout)["error"]


def test_a_sweep_pads_too(run) -> None:
    asked = ("-", "net.json", "--base", "chip.json", "--param", "pes=4,16", "--all")
    for name, padding in (("plain.json", ()), ("padded.json", ("--pad", "auto"))):
        done = run("dse", *asked, "--engine", "bounds", *padding, "-o", name)
        assert done.exit_code == 0, done.output
    plain, padded = (json.loads(Path(f"{n}.json").read_text()) for n in ("plain", "padded"))
    assert padded["constraints"] == {"*": ["pad=auto"]}
    values = [[p["value"] for p in sweep["points"]] for sweep in (plain, padded)]
    assert all(more <= less for less, more in zip(*values, strict=True))
    assert values[0] != values[1]


def test_padded_mappings_are_compared_with_what_may_be_padded(run) -> None:
    asked = ("net.json", "--layer", "a", "--arch", "chip.json", "--engine", "bounds")
    assert run("map", *asked, "--pad", "auto", "-o", "padded.json").exit_code == 0
    assert run("map", *asked, "-o", "plain.json").exit_code == 0
    for given, padding, valid in (("padded", True, True), ("plain", True, True), ("padded", 0, 0)):
        options = ("--pad", "auto") if padding else ()
        done = run("map", *asked, *options, "--compare", f"{given}.json", "-o", "found.json")
        assert done.exit_code == 0, done.output
        record = json.loads(Path("found.json").read_text())
        (distance,) = record["compared"]
        assert distance["valid"] is bool(valid)
        assert (distance["ratio"] == 1) == (given == "padded" and bool(padding))
    done = run("evaluate", "padded.json", "--against-optimum", "edp", "-o", "answers.json")
    assert done.exit_code == 0, done.output
    (answer,) = json.loads(Path("answers.json").read_text())
    assert answer["against_optimum"]["ratio"] >= 1


def test_the_best_mappings_may_be_of_different_larger_layers(run) -> None:
    asked = ("net.json", "--layer", "a", "--arch", "chip.json", "--engine", "bounds")
    done = run("map", *asked, "--pad", "auto", "--top-k", "60", "-o", "r.json")
    assert done.exit_code == 0, done.output
    record = json.loads(Path("r.json").read_text())
    (layer,) = record["layers"]
    ranked = [layer, *layer["alternatives"]]
    assert len(ranked) == layer["alternatives_proven"] == 60
    larger = {json.dumps(each.get("padded")) for each in ranked}
    assert len(larger) > 1
    load_result("r.json").save("again.json")
    assert json.loads(Path("again.json").read_text()) == record
    assert run("verify", "r.json").exit_code == 0


def test_a_front_is_over_larger_layers_too(run) -> None:
    asked = ("net.json", "--layer", "a", "--arch", "chip.json", "--engine", "bounds")
    for name, padding in (("plain.json", ()), ("padded.json", ("--pad", "auto"))):
        done = run("pareto", *asked, *padding, "-o", name)
        assert done.exit_code == 0, done.output
    plain, padded = (
        json.loads(Path(f"{n}.json").read_text())["layers"][0]["points"]
        for n in ("plain", "padded")
    )
    assert any("padded" in point for point in padded)
    assert not any("padded" in point for point in plain)
    costs = [(p["energy_pj"], p["latency_cycles"]) for p in padded]
    for point in plain:
        mine = point["energy_pj"], point["latency_cycles"]
        assert any(e <= mine[0] and t <= mine[1] for e, t in costs)
