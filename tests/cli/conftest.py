"""Run the program, in this process or in one of its own, with a stand-in mapper."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest

from dmaze_cp import mapper
from dmaze_cp.cli.app import cli
from tests.kit import fake_mapper
from tests.kit.program import own_variables, with_one_job

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
