"""ONNX models in memory: as their files, and left as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from dmaze_cp import SpecError, load_workload
from dmaze_cp.spec.builtin import builtin_model_path
from tests.kit.onnx_models import MakeModel

PRODUCT = [helper.make_node("MatMul", ["x", "w"], ["y"], "m")]


def problems_of(model: object, **options: object) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        load_workload(model, **options)
    return [(problem.source, problem.where) for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["light_squeezenet", "light_resnet50"])
def test_a_model_in_memory_is_as_its_file(name: str) -> None:
    path = builtin_model_path(name)
    model = onnx.load(path)
    before = model.SerializeToString(deterministic=True)
    loaded = load_workload(model)
    assert loaded == replace(load_workload(name), name=model.graph.name)
    assert model.SerializeToString(deterministic=True) == before


def test_sizes_that_it_leaves_open_are_given(save: MakeModel) -> None:
    weights = numpy_helper.from_array(np.zeros((40, 50), np.float32), "w")
    model = onnx.load(save(PRODUCT, {"x": ["batch", 40]}, initializers=[weights]))
    assert load_workload(model, batch=3)["m"].bounds == {"X": 3, "Y": 50, "K": 40}
    assert load_workload(model, shapes={"batch": 7})["m"].bounds["X"] == 7
    assert np.array_equal(numpy_helper.to_array(model.graph.initializer[0]), np.zeros((40, 50)))


def test_a_graph_without_a_name(save: MakeModel) -> None:
    model = onnx.load(save(PRODUCT, {"x": [2, 3], "w": [3, 4]}))
    model.graph.name = ""
    assert load_workload(model).name == "model"


def test_external_data_is_not_looked_for(
    save: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = numpy_helper.from_array(np.array([6, 4]), "shape")
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["w"]), *PRODUCT]
    nodes[1].input[0] = "a"
    model = onnx.load(save(nodes, {"x": [24], "a": [5, 6]}, initializers=[shape]))
    monkeypatch.chdir(tmp_path)
    path = "external.onnx"
    onnx.save(model, path, save_as_external_data=True, size_threshold=0, location="data.bin")
    assert load_workload(path)["m"].bounds == {"X": 5, "Y": 4, "K": 6}
    outside = onnx.load(path, load_external_data=False)
    assert problems_of(outside) == [("ONNX model", "shape")]


def test_what_is_wrong_is_told_as_of_a_file(save: MakeModel) -> None:
    model = onnx.load(save(PRODUCT, {"x": [0, 3], "w": [4, 5]}))
    assert problems_of(model) == [("ONNX model", "input x, dimension 0")]
    assert problems_of(onnx.ModelProto()) == [("ONNX model", "graph")]
    assert ("ONNX model", "--shape n") in problems_of(model, shapes={"n": 3})


@pytest.mark.parametrize("other", [3, None, b"net.onnx", onnx.GraphProto()])
def test_something_else_is_bad_input(other: object) -> None:
    assert problems_of(other) == [("ONNX model", "")]
