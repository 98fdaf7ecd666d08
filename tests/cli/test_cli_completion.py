"""Completion: what is offered, and that a shell takes the script."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from dmaze_cp import load_workload
from dmaze_cp.cli.app import cli
from dmaze_cp.spec import builtin_architectures, builtin_models
from tests.kit.patience import HANG_S
from tests.kit.program import environment

MODELS = {spec.name for spec in builtin_models()}
ARCHITECTURES = {spec.name for spec in builtin_architectures()}


def offered(*words: str, files: bool = False) -> set[str]:
    """What is offered for the last of the words."""
    items = ShellComplete(cli, {}, "dmaze-cp", "_X").get_completions([*words[:-1]], words[-1])
    assert (items[:1] != [] and items[0].type == "file") == files
    return {item.value for item in items if item.type != "file"}


@pytest.mark.parametrize("command", [("map",), ("layers",), ("model",), ("dse", "memory_tuning")])
def test_models_and_files(command) -> None:
    assert offered(*command, "", files=True) == MODELS
    assert offered(*command, "resn", files=True) == {n for n in MODELS if n.startswith("resn")}


def test_names_of_lists() -> None:
    assert offered("models", "light_") == {n for n in MODELS if n.startswith("light_")}
    assert offered("archs", "") == ARCHITECTURES
    assert "memory_tuning" in offered("spaces", "mem") & offered("dse", "mem", files=True)


@pytest.mark.parametrize(
    "words",
    [
        *(("map", "resnet18", "--arch"), ("map", "--arch"), ("evaluate", "x.json", "--arch")),
        *(("model", "resnet18", "--arch"), ("dse", "-", "--base")),
    ],
)
def test_accelerators(words) -> None:
    assert offered(*words, "", files=True) == ARCHITECTURES


@pytest.mark.parametrize(
    "words",
    [
        ("map", "resnet18", "--layer"),
        ("map", "resnet18", "--arch", "edge", "--layer", "conv1", "--layer"),
        ("map", "--summary", "resnet18", "--layer"),
        ("model", "resnet18", "--layer"),
        ("dse", "memory_tuning", "resnet18", "--layer"),
    ],
)
def test_layers_of_the_models_that_are_typed(words) -> None:
    layers = load_workload("resnet18").layers
    names = {name for layer in layers for name in (layer.name, *layer.also)}
    assert offered(*words, "") == names
    assert offered(*words, "conv2") == {name for name in names if name.startswith("conv2")}


def test_layers_of_several_models_of_a_file_and_of_none(model) -> None:
    both = offered("map", "resnet18", str(model("mine")), "--layer", "")
    assert {"mine", "conv1"} <= both
    assert offered("map", "no_such_model", "--layer", "") == set()
    assert offered("map", "--layer", "") == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts(run, shell) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_DMAZE_CP_COMPLETE={shell}_complete" in result.stdout
    assert run("completion", "tcsh").exit_code == 2
    installed = shutil.which(shell)
    if installed is not None:
        checked = subprocess.run(
            [installed, "-n"], input=result.stdout, text=True, capture_output=True, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_a_layer(tmp_path: Path) -> None:
    program = tmp_path / "dmaze-cp"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dmaze_cp "$@"\n')
    program.chmod(0o755)
    script = """
        eval "$(dmaze-cp completion bash)"
        COMP_WORDS=(dmaze-cp map resnet18 --layer conv2) COMP_CWORD=4
        _dmaze_cp_completion dmaze-cp
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = f"{tmp_path}:{environment()['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=environment(PATH=path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_S,
    )
    assert set(done.stdout.split()) == offered("map", "resnet18", "--layer", "conv2")
    assert done.stderr == ""
