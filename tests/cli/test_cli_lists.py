"""`layers`, `models`, `archs` and the help."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dmaze_cp.cli.failure import ExitCode
from dmaze_cp.dse.space_files import load_space
from dmaze_cp.loading import load_architecture, load_workload


def test_layers_for_people(run) -> None:
    result = run("layers", "resnet18")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.split("\n"))) <= 80
    assert "12 distinct layers, 21 in all: 1,814,073,344 MACs" in result.stdout
    assert "Every operator is mapped" in result.stdout


def test_layers_as_json(run) -> None:
    assert run("layers", "resnet18", "-o", "layers.json").output == ""
    record = json.loads(Path("layers.json").read_text())
    assert record["mapped_macs"] == 1_814_073_344
    assert record["layers"][11] == {
        "index": 11,
        "name": "fc",
        "also": [],
        "kind": "gemm",
        "instances": 1,
        "bounds": {"X": 1, "Y": 1000, "K": 512},
        "stride": [1, 1],
        "dilation": [1, 1],
        "padded_input": None,
        "macs": 512_000,
    }


def test_the_form_of_layers_goes_before_where_they_are_written(run) -> None:
    run("layers", "resnet18", "-o", "layers.json")
    record = Path("layers.json").read_text()
    assert run("layers", "resnet18", "--format", "json").stdout == record
    assert run("layers", "resnet18", "-o", "-").stdout == record
    run("layers", "resnet18", "--format", "json", "-o", "layers.txt")
    assert Path("layers.txt").read_text() == record
    run("layers", "resnet18", "--format", "table", "-o", "layers.txt")
    assert "12 distinct layers" in Path("layers.txt").read_text()
    assert "12 distinct layers" in run("layers", "resnet18", "--format", "table").stdout


@pytest.mark.parametrize("command", ["models", "archs", "spaces"])
def test_lists_as_json(run, command) -> None:
    record = json.loads(run(command, "--format", "json").stdout)
    assert record["schema"] == f"dmaze-cp/{command}/1"
    rows = [line.split(maxsplit=1) for line in run(command).stdout.splitlines()]
    assert [[spec["name"], spec["description"]] for spec in record[command]] == rows


@pytest.mark.parametrize(
    ("command", "load"),
    [("models", load_workload), ("archs", load_architecture), ("spaces", load_space)],
)
def test_a_spec_that_is_printed_as_json_is_that_spec(run, command, load) -> None:
    for entry in json.loads(run(command, "--format", "json").stdout)[command][::3]:
        name = entry["name"]
        Path(f"{name}.json").write_text(run(command, name, "--format", "json").stdout)
        printed, known = load(f"{name}.json"), load(name)
        assert getattr(printed, "layers", printed) == getattr(known, "layers", known)


def test_operators_that_are_not_mapped_are_listed(run) -> None:
    result = run("layers", "light_shufflenet")
    assert result.exit_code == 0
    workload = load_workload("light_shufflenet")
    total = sum(op.count for op in workload.unmapped)
    assert f"Not mapped: {total:,} operators" in result.stdout
    for operator in {op.operator for op in workload.unmapped}:
        assert operator in result.stdout
    assert "of the model's known MACs" in result.stdout


@pytest.mark.parametrize("reference", ["resnet19", "none.onnx", "none.yaml"])
def test_models_that_are_not_there(run, reference) -> None:
    result = run("layers", reference)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert reference in line


def test_models_are_listed_with_a_description(run) -> None:
    rows = [line.split(maxsplit=1) for line in run("models").stdout.splitlines()]
    assert {"resnet18", "vgg16", "light_resnet50"} <= {name for name, _ in rows}
    assert all(text for _, text in rows)


@pytest.mark.parametrize("name", ["resnet18", "light_squeezenet"])
def test_a_model_that_is_printed_is_that_model(run, name) -> None:
    result = run("models", name)
    assert result.exit_code == 0
    Path("printed.yaml").write_text(result.stdout)
    assert load_workload("printed.yaml").layers == load_workload(name).layers


def test_archs_are_listed_and_printed(run) -> None:
    names = [line.split()[0] for line in run("archs").stdout.splitlines()]
    assert names[0] == "default"
    for name in names:
        Path(f"{name}.yaml").write_text(run("archs", name).stdout)
        assert load_architecture(f"{name}.yaml") == load_architecture(name)


@pytest.mark.parametrize(("command", "name"), [("models", "default"), ("archs", "resnet18")])
def test_a_name_of_the_other_list_is_bad_input(run, command, name) -> None:
    result = run(command, name)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert repr(name) in line


def test_a_slip_gets_the_nearest_name(run) -> None:
    assert "resnet18" in run("models", "resnt18").stderr


@pytest.mark.parametrize("command", ["map", "layers", "evaluate", "models", "archs"])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(run, command, option) -> None:
    assert f"\n  {command} " in run(option).stdout
    result = run(command, option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: dmaze-cp {command} ")
    assert "\b" not in result.stdout
    assert "noqa" not in result.stdout


def test_the_help_of_the_program_names_every_exit_code(run) -> None:
    codes = run("--help").stdout.partition("Exit codes:")[2].partition("Options:")[0]
    named = {int(code) for code in re.findall(r"(?:^|  )(\d+)  ", codes, re.MULTILINE)}
    assert named == {*ExitCode, 2}


def test_the_help_of_map_names_every_option(run) -> None:
    text = run("map", "-h").stdout
    for option in (
        "--layer", "--arch", "--objective", "--time-limit", "--gap", "-o, --output", "--batch",
        "--shape", "--workers", "--seed", "--opt-min-utilization PE RF SPM",
        "--opt-no-feature-dram", "--opt-no-spatial-reduction", "--summary",
    ):  # fmt: skip
        assert option in text


@pytest.mark.parametrize("arguments", [["map"], ["evaluate"], ["layers"], ["nonsense"]])
def test_wrong_usage(run, arguments) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr


@pytest.mark.parametrize("command", ["models", "archs", "spaces"])
def test_a_list_fits_a_narrow_terminal_and_has_a_line_for_each_name_without_one(
    run, monkeypatch, command
) -> None:
    lines = run(command).stdout.splitlines()
    assert all(line[0].strip() for line in lines)
    monkeypatch.setenv("COLUMNS", "44")
    narrow = run(command).stdout
    assert max(map(len, narrow.splitlines())) <= 44
    assert narrow.split() == [word for line in lines for word in line.split()]
