"""Defaults from the environment and from `pyproject.toml`: what takes them, and what never."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from dmaze_cp import mapper
from dmaze_cp.cli.app import cli
from dmaze_cp.cli.settings import FILE, Limit, Setting, key_of, variable_of
from dmaze_cp.mapper import map_layer
from tests.kit import fake_mapper


def options(kind: type[click.Option]) -> dict[str, click.Option]:
    commands = [cli, *cli.commands.values()]
    return {key_of(p): p for command in commands for p in command.params if isinstance(p, kind)}


def settings(text: str) -> None:
    Path(FILE).write_text(f"[tool.other]\nx = 1\n[tool.dmaze-cp]\n{text}\n", encoding="utf-8")


def places(stderr: str) -> list[str]:
    """What the lines on stderr are about."""
    lines = stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    return [line.removeprefix("error: ").split(": found ")[0] for line in lines]


@pytest.fixture
def mapped(run, model):
    """Map a layer; what the mapper was asked, and the accelerators."""

    def ask(*arguments: str) -> tuple[list[str], str]:
        fake_mapper.calls.clear()
        result = run("map", model("fc"), "-o", "out.json", *arguments)
        assert result.exit_code == 0, result.output
        record = json.loads(Path("out.json").read_text())
        results = record.get("results", [record])
        names = [each["architecture"]["name"] for each in results]
        return names, results[0]["objectives"][0]

    return ask


def test_a_flag_goes_before_the_environment_before_the_file(mapped, monkeypatch) -> None:
    assert mapped() == (["default"], "edp")
    settings('arch = "edge"\nobjective = "latency"')
    assert mapped() == (["edge"], "latency")
    monkeypatch.setenv("DMAZE_CP_ARCH", "server eyeriss")
    assert mapped() == (["server", "eyeriss"], "latency")
    monkeypatch.setenv("DMAZE_CP_OBJECTIVE", "energy")
    assert mapped("--arch", "edge") == (["edge"], "energy")
    assert mapped("--arch", "edge", "--objective", "edp") == (["edge"], "edp")


def test_a_list_in_the_file_and_an_empty_variable(mapped, monkeypatch) -> None:
    settings('arch = ["edge", "server"]')
    for name in ("ARCH", "JOBS", "OBJECTIVE"):
        monkeypatch.setenv(f"DMAZE_CP_{name}", "")
    assert mapped()[0] == ["edge", "server"]


def test_only_the_working_folder_counts(mapped, tmp_path, monkeypatch) -> None:
    settings('arch = "edge"')
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert mapped()[0] == ["default"]


def test_where_results_are_kept(run, model, monkeypatch) -> None:
    settings('store = "of_file.sqlite"')
    command = ("map", model("fc"), "-o", "out.json")
    assert run(*command).exit_code == 0
    assert Path("of_file.sqlite").is_file()
    assert "of_file.sqlite" in run("store").stdout
    monkeypatch.setenv("DMAZE_CP_STORE", "of_variable.sqlite")
    assert run(*command).exit_code == 0
    assert Path("of_variable.sqlite").is_file()
    # Not the same as both options: only one of them was typed.
    assert run(*command, "--no-store").exit_code == 0


def test_everything_that_is_wrong_is_told_at_once(run, monkeypatch) -> None:
    settings('arch = ["edge", 3]\njobs = "1"\ngap = 0.1\nobjectve = "edp"\nlayer = "x"\nseed = -1')
    for name, value in (("JOBS", "many"), ("TIME_LIMIT", "3"), ("DEBUG", "1"), ("ENGINE", "x")):
        monkeypatch.setenv(f"DMAZE_CP_{name}", value)
    result = run("models")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert places(result.stderr) == [
        *("DMAZE_CP_DEBUG", "DMAZE_CP_ENGINE", "DMAZE_CP_JOBS", "DMAZE_CP_TIME_LIMIT"),
        *(
            f"pyproject.toml: tool.dmaze-cp.{key}"
            for key in ("arch", "jobs", "gap", "objectve", "layer", "seed")
        ),
    ]
    (line,) = [line for line in result.stderr.splitlines() if "objectve" in line]
    assert line.endswith("expected objective")


@pytest.mark.parametrize("value", ["[]", "true", "1", "1.5", "{}", "2026-11-24"])
@pytest.mark.parametrize("key", ["arch", "store", "objective", "scheduler"])
def test_texts_of_a_wrong_type(run, key, value) -> None:
    settings(f"{key} = {value}")
    assert places(run("models").stderr) == [f"pyproject.toml: tool.dmaze-cp.{key}"]


@pytest.mark.parametrize("value", ["true", "1.0", '"1"', "[1]", "0"])
def test_numbers_of_a_wrong_type_or_size(run, value) -> None:
    settings(f"workers = {value}")
    assert places(run("models").stderr) == ["pyproject.toml: tool.dmaze-cp.workers"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"[tool.dmaze-cp", "pyproject.toml"),
        (b"\xff\xfe", "pyproject.toml"),
        (b"[tool.dmaze-cp]\njobs = " + b"7" * 5000, "pyproject.toml: line 2"),
        (b"[tool]\ndmaze-cp = 3", "pyproject.toml: tool.dmaze-cp"),
    ],
)
def test_a_file_that_cannot_be_read(run, content, place) -> None:
    Path(FILE).write_bytes(content)
    result = run("models")
    assert (result.exit_code, places(result.stderr)) == (1, [place])


@pytest.mark.parametrize("content", ["", "tool = 3", "[tool]\nother = 3", "[tool.dmaze-cp]"])
def test_a_file_without_settings(run, content) -> None:
    Path(FILE).write_text(content)
    assert run("models").exit_code == 0


def test_what_weakens_a_proof_takes_no_default(run, monkeypatch) -> None:
    """All of them, from either place; none is also a setting of some other command."""
    limits, allowed = options(Limit), options(Setting)
    assert {"gap", "time-limit", "total-time-limit", "opt-no-feature-dram"} <= set(limits)
    assert {"arch", "objective", "store", "jobs", "seed", "log-level"} <= set(allowed)
    assert not set(limits) & set(allowed)
    for key in limits:
        monkeypatch.setenv(variable_of(key), "1")
    settings("\n".join(f"{key} = 1" for key in limits))
    result = run("models")
    in_file = [f"pyproject.toml: tool.dmaze-cp.{key}" for key in limits]
    assert places(result.stderr) == sorted(map(variable_of, limits)) + in_file
    assert all("weaken proofs" in line for line in result.stderr.splitlines())


def test_no_option_reads_another_variable() -> None:
    for command in (cli, *cli.commands.values()):
        for option in command.params:
            own = variable_of(key_of(option)) if isinstance(option, Setting) else None
            assert option.envvar == own


def test_the_level_of_the_log(run, monkeypatch) -> None:
    assert run("layers", "resnet18").stderr == ""
    assert "INFO dmaze_cp.loading: " in run("--log-level", "info", "layers", "resnet18").stderr
    settings('log-level = "info"')
    assert "INFO dmaze_cp.loading: " in run("layers", "resnet18").stderr
    monkeypatch.setenv("DMAZE_CP_LOG_LEVEL", "warning")
    assert run("layers", "resnet18").stderr == ""


ONE = (("pareto", "--jobs", "1"), ("sensitivity", "--no-ranges", "--jobs", "1"))
"""Commands that take one accelerator."""


@pytest.fixture
def real_mapper(run, monkeypatch, command) -> None:
    """Fronts end at proofs, which the stand-in has none of."""
    if command == ONE[0]:
        monkeypatch.setattr(mapper, "map_layer", map_layer)


def of_one(run, model, command: tuple[str, ...], *arguments: str) -> tuple[int, str, str]:
    """Exit code, accelerator and errors."""
    result = run(command[0], model("fc"), "--format", "json", *command[1:], *arguments)
    record = json.loads(result.stdout) if result.exit_code == 0 else None
    return result.exit_code, record["architecture"]["name"] if record else "", result.stderr


@pytest.mark.usefixtures("real_mapper")
@pytest.mark.parametrize("command", ONE, ids=lambda command: command[0])
def test_one_accelerator_of_the_settings_is_that_of_all_commands(
    run, model, monkeypatch, command
) -> None:
    for text in ('arch = "edge"', 'arch = ["edge", "edge"]'):
        settings(text)
        assert of_one(run, model, command)[:2] == (0, "edge")
    monkeypatch.setenv("DMAZE_CP_ARCH", " server ")
    assert of_one(run, model, command)[:2] == (0, "server")


@pytest.mark.usefixtures("real_mapper")
@pytest.mark.parametrize("command", ONE, ids=lambda command: command[0])
def test_several_accelerators_are_refused_by_commands_that_take_one(
    run, model, monkeypatch, command
) -> None:
    settings('arch = ["edge", "server"]')
    code, _, stderr = of_one(run, model, command)
    assert (code, places(stderr)) == (1, ["pyproject.toml: tool.dmaze-cp.arch"])
    assert "found edge, server, expected one" in stderr
    assert f"{command[0]} takes" in stderr
    assert "--arch" in stderr
    shown = " ".join(run(command[0], "--help").stdout.split())
    assert "default: none, as the settings name several: edge, server" in shown
    monkeypatch.setenv("DMAZE_CP_ARCH", "edge eyeriss")
    code, _, stderr = of_one(run, model, command)
    assert (code, places(stderr)) == (1, ["DMAZE_CP_ARCH"])
    assert of_one(run, model, command, "--arch", "edge")[:2] == (0, "edge")


def test_all_objectives_are_refused_by_a_command_that_takes_one(run, model, monkeypatch) -> None:
    settings('objective = "all"')
    code, _, stderr = of_one(run, model, ONE[1])
    assert (code, places(stderr)) == (1, ["pyproject.toml: tool.dmaze-cp.objective"])
    monkeypatch.setenv("DMAZE_CP_OBJECTIVE", "all")
    code, _, stderr = of_one(run, model, ONE[1])
    assert (code, places(stderr)) == (1, ["DMAZE_CP_OBJECTIVE"])
    assert of_one(run, model, ONE[1], "--objective", "energy")[0] == 0
    monkeypatch.setenv("DMAZE_CP_OBJECTIVE", "latency")
    assert of_one(run, model, ONE[1])[0] == 0


def test_wrong_usage_does_not_blame_a_variable(run, model, monkeypatch) -> None:
    monkeypatch.setenv("DMAZE_CP_WORKERS", "2")
    result = run("map", model("fc"), "--workers", "0")
    assert (result.exit_code, "DMAZE_CP_WORKERS" in result.stderr) == (2, False)
    monkeypatch.setenv("DMAZE_CP_LOG_LEVEL", "loud")
    assert "DMAZE_CP_LOG_LEVEL" in run("models").stderr


@pytest.mark.parametrize(
    "option", [("--workers", "2"), ("--solver-log",), ("--solver-param", "linearization_level=1")]
)
def test_options_of_a_solver_that_is_never_asked_are_wrong_usage(
    run, model, mapped, monkeypatch, option
) -> None:
    for command in ("map", "pareto", "sensitivity"):
        result = run(command, model("fc"), "--engine", "bounds", *option)
        assert result.exit_code == 2
        line = result.stderr.splitlines()[-1]
        assert line.startswith(f"Error: {option[0]}: ")
        assert "--engine bounds" in line
    # An engine of the settings is not typed: what is without effect is said.
    monkeypatch.setenv("DMAZE_CP_ENGINE", "bounds")
    said = run("map", model("fc"), "-o", "out.json", *option)
    assert (said.exit_code, said.stderr.split(": ")[:2]) == (0, ["warning", option[0]])
    assert run("map", model("fc"), "-o", "out.json", "--engine", "auto", *option).stderr == ""
    monkeypatch.setenv("DMAZE_CP_WORKERS", "2")
    mapped("--engine", "bounds")


def test_a_store_is_nothing_to_evaluate_without_a_proof(run, monkeypatch) -> None:
    gemm = {"kind": "gemm", "bounds": {"X": 2, "Y": 2, "K": 2}}
    Path("record.json").write_text(json.dumps({"layer": gemm, "tiling": {"RF": gemm["bounds"]}}))
    result = run("evaluate", "record.json", "--store", "z.sqlite")
    assert result.exit_code == 2
    assert "--against-optimum" in result.stderr
    assert not Path("z.sqlite").exists()
    monkeypatch.setenv("DMAZE_CP_STORE", "z.sqlite")
    assert run("evaluate", "record.json").exit_code == 0
