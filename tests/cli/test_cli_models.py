"""Several models on one command line: whose size is whose, and what is left out."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from tests.kit import fake_mapper


def product(name: str, rows: str | int) -> str:
    """An ONNX file with one matrix product of so many rows."""
    sizes = {"x": [rows, 8], "w": [8, 4], "y": [rows, 4]}
    x, w, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in sizes.items())
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "product")
    model = helper.make_model(helper.make_graph([node], "graph", [x, w], [y]), ir_version=8)
    onnx.save(model, name)
    return name


@pytest.fixture
def models(run, model) -> tuple[str, ...]:
    """Two with a dimension each, one with none, and a spec."""
    few = product("a.onnx", "alpha"), product("b.onnx", "beta"), product("c.onnx", 5)
    return (*few, model("fc").name)


def test_each_size_goes_to_the_models_that_have_it(run, models) -> None:
    sizes = ("--shape", "alpha=2", "--shape", "beta=3")
    result = run("map", *models, *sizes, "--no-store", "-o", "-")
    assert (result.exit_code, result.stderr) == (0, "")
    results = json.loads(result.stdout)["results"]
    assert [r["layers"][0]["bounds"]["X"] for r in results] == [2, 3, 5, 4]


def test_a_place_may_be_another_thing_elsewhere(run, models) -> None:
    sizes = ("--shape", "x:0=7", "--shape", "alpha=2")
    result = run("map", "a.onnx", "b.onnx", *sizes, "--no-store", "-o", "-")
    assert (result.exit_code, result.stderr) == (0, "")
    results = json.loads(result.stdout)["results"]
    assert [r["layers"][0]["bounds"]["X"] for r in results] == [2, 7]


def test_a_size_for_no_model_is_refused_by_each(run, models) -> None:
    sizes = ("--shape", "alpha=2", "--shape", "beta=3", "--shape", "gamma=4")
    result = run("map", *models, *sizes)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == len(models)
    for line, name in zip(lines, models, strict=True):
        assert line.startswith(f"error: {name}: ")
        assert "gamma" in line
    assert fake_mapper.calls == []


def test_what_is_no_size_is_refused_by_each_that_has_it(run, models) -> None:
    layer = {"name": "f", "kind": "gemm", "bounds": {"X": "beta + 1", "Y": 1, "K": 1}}
    Path("open.json").write_text(json.dumps({"shape": {"beta": 0}, "layers": [layer]}))
    result = run("map", *models, "open.json", "--shape", "alpha=2", "--shape", "beta=0")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: b.onnx: --shape beta: found 0")
    assert fake_mapper.calls == []


def test_a_size_that_is_missing_is_asked_for(run, models) -> None:
    result = run("map", *models, "--shape", "alpha=2")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: b.onnx: ")
    assert "--shape beta=..." in line


def test_of_one_model_every_size_has_to_fit(run, models) -> None:
    result = run("map", "a.onnx", "--shape", "alhpa=2")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "--shape alhpa: found an unknown dimension" in line


def test_one_file_under_two_names_is_one_model(run, models, tmp_path: Path) -> None:
    result = run("map", "c.onnx", "./c.onnx", tmp_path / "c.onnx", "--summary", "--no-store")
    assert result.exit_code == 0, result.output
    assert "Comparison" not in result.stdout
    assert len(fake_mapper.calls) == 1


def test_a_model_without_the_layers_asked_for_is_left_out_aloud(run, models) -> None:
    names = ("c.onnx", "net.json")
    result = run("map", *names, "--layer", "fc", "--summary", "--no-store")
    assert result.exit_code == 0
    assert result.stderr == "warning: c: no layer that --layer asks for: left out\n"
    assert "Summary: net on default" in result.stdout


def test_the_store_knows_layers_and_not_their_sizes(run, model) -> None:
    """A layer is searched once, whatever it was made with."""
    layer = {"name": "f", "kind": "gemm", "bounds": {"X": "rows + more", "Y": 7, "K": 9}}
    spec = {"shape": {"rows": 5, "more": 0}, "layers": [layer | {"batch": "X"}]}
    Path("open.json").write_text(json.dumps(spec))
    for sizes in (
        ["--shape", "rows=12"],
        ["--shape", "rows=5", "--shape", "more=7"],
        ["--shape", "rows=3", "--batch", "4"],
    ):
        result = run("map", "open.json", *sizes, "--store", "store.db", "-o", "-")
        assert (result.exit_code, result.stderr) == (0, "")
        (record,) = json.loads(result.stdout)["layers"]
        assert record["bounds"]["X"] == 12
    assert record["from_store"]
    assert len(fake_mapper.calls) == 1
