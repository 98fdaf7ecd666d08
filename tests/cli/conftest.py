"""Run the program, in this process or in one of its own, with a stand-in mapper."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

from dmaze_cp import mapper
from dmaze_cp.cli.app import cli
from tests.kit import fake_mapper

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., click.testing.Result]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """Run the program in this process, in an empty directory."""
    monkeypatch.setattr(mapper, "map_layer", fake_mapper.map_layer)
    monkeypatch.delenv("COLUMNS", raising=False)
    for name in own_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.chdir(tmp_path)
    fake_mapper.calls.clear()

    def invoke(*arguments: object) -> click.testing.Result:
        runner = click.testing.CliRunner()
        return runner.invoke(cli, with_one_job(*arguments), prog_name="dmaze-cp")

    return invoke


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., Path]:
    """Write a model of small gemm layers with these names."""

    def write(*names: str, **bounds: int) -> Path:
        sizes = {"X": 4, "Y": 6, "K": 8} | bounds
        x = sizes["X"]
        # Each has a shape of its own, so that equal layers are not folded; the hardest is
        # searched first, so they are searched in this order.
        few = len(names) < 10
        layers = [
            {"name": n, "kind": "gemm", "bounds": sizes | {"X": x << i if few else x + i}}
            for i, n in reversed(list(enumerate(reversed(names))))
        ]
        path = tmp_path / "net.json"
        path.write_text(json.dumps({"name": "net", "layers": layers}))
        return path

    return write


def with_one_job(*arguments: object) -> list[str]:
    """The arguments, with searches in the program's own process, where the stand-in is."""
    texts = [str(a) for a in arguments]
    given = {"--jobs", "--scheduler", "--help"} & set(texts)
    return [*texts, "--jobs", "1"] if texts[:1] == ["map"] and not given else texts


def without_store(*arguments: str) -> list[str]:
    """The arguments, with nothing that an earlier test has left."""
    given = {"--store", "--no-store"} & set(arguments)
    return [*arguments, "--no-store"] if arguments[:1] == ("map",) and not given else [*arguments]


def own_variables() -> set[str]:
    """Variables that are set, and that the program takes defaults from."""
    return {name for name in os.environ if name.startswith("DMAZE_CP_")}


def environment(**extra: str) -> dict[str, str]:
    own = {"COLUMNS"} | own_variables()
    keep = {k: v for k, v in os.environ.items() if k not in own}
    return keep | {"PYTHONPATH": str(ROOT)} | extra


def start(*arguments: object, fake: bool = True, **options: Any) -> subprocess.Popen[str]:
    """The program as a process of its own; with the stand-in mapper unless told."""
    module = "tests.kit.fake_mapper" if fake else "dmaze_cp"
    settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    settings |= {"text": True, "env": environment(), "cwd": ROOT} | options
    texts = without_store(*(with_one_job(*arguments) if fake else map(str, arguments)))
    return subprocess.Popen([sys.executable, "-m", module, *texts], **settings)
