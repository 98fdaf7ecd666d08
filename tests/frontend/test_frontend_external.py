"""Weights in other files: of any size, never read, and not needed at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dmaze_cp.errors import SpecError
from dmaze_cp.frontend import load_onnx
from tests.kit.onnx_models import MakeModel
from tests.kit.problems import refused

LAYERS, WIDTH = 24, 8192
"""24 matrices of 256 MiB: 6 GiB, more than a protobuf file can hold."""


def external(name: str, dims, file: str, elem_type: int = TensorProto.FLOAT, offset: int = 0):
    tensor = TensorProto(name=name, data_type=elem_type, dims=dims)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=file)
    tensor.external_data.add(key="offset", value=str(offset))
    return tensor


def big_model(save: MakeModel) -> Path:
    size = WIDTH * WIDTH * 4
    weights = [
        external(f"w{i}", [WIDTH, WIDTH], "weights.bin", offset=i * size) for i in range(LAYERS)
    ]
    biases = [external(f"b{i}", [16], "weights.bin") for i in range(LAYERS)]
    nodes = [
        helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"], f"layer{i}")
        for i in range(LAYERS)
    ]
    path = save(nodes, {"x0": [16, WIDTH]}, initializers=[*weights, *biases])
    with (path.parent / "weights.bin").open("wb") as file:
        os.truncate(file.fileno(), LAYERS * size)  # a hole: takes no room on the disk
    return path


LISTING = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from dmaze_cp.frontend import load_onnx
layers = load_onnx(sys.argv[1]).layers
assert [layer.instances for layer in layers] == [int(sys.argv[2])], layers
assert any(name.endswith("model.onnx") for name in opened), opened
sys.exit(any(name.endswith("weights.bin") for name in opened))
"""


def test_six_gigabytes_are_not_opened(save: MakeModel) -> None:
    path = big_model(save)
    assert (path.parent / "weights.bin").stat().st_size > 2**31
    command = [sys.executable, "-c", LISTING, str(path), str(LAYERS)]
    subprocess.run(command, check=True)


def test_the_file_need_not_be_there(save: MakeModel) -> None:
    path = big_model(save)
    (path.parent / "weights.bin").unlink()
    assert load_onnx(path)[0].bounds == {"X": 16, "Y": WIDTH, "K": WIDTH}


def reshaped(save: MakeModel, target: TensorProto) -> Path:
    nodes = [
        helper.make_node("Identity", ["target"], ["copy"]),
        helper.make_node("Reshape", ["x", "copy"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["y"], "product"),
    ]
    weights = external("w", [2**16, 2**15], "absent.bin")
    return save(nodes, {"x": [4, 2**8, 2**8]}, initializers=[weights, target])


def test_constants_that_shapes_come_from_are_read(save: MakeModel, tmp_path: Path) -> None:
    values = numpy_helper.from_array(np.array([4, 2**16], np.int64)).raw_data
    (tmp_path / "shapes.bin").write_bytes(values)
    path = reshaped(save, external("target", [2], "shapes.bin", TensorProto.INT64))
    assert load_onnx(path)["product"].bounds == {"X": 4, "Y": 2**15, "K": 2**16}
    (tmp_path / "shapes.bin").unlink()
    with pytest.raises(SpecError) as caught:
        load_onnx(path)
    (problem,) = caught.value.problems
    assert (problem.where, problem.source) == ("target", str(path))
    assert problem.found == "a constant in the file shapes.bin, which cannot be read"


def test_files_outside_the_folder_are_not_read(save: MakeModel, tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    values = numpy_helper.from_array(np.array([4, 2**16], np.int64)).raw_data
    (tmp_path / "shapes.bin").write_bytes(values)
    path = reshaped(save, external("target", [2], "../shapes.bin", TensorProto.INT64))
    moved = tmp_path / "inside" / "model.onnx"
    path.rename(moved)
    with refused("target"):
        load_onnx(moved)


def test_scales_of_a_resize_are_read(save: MakeModel, tmp_path: Path) -> None:
    (tmp_path / "scales.bin").write_bytes(np.array([1, 1, 2, 3], np.float32).tobytes())
    nodes = [
        helper.make_node("Resize", ["x", "", "scales"], ["big"]),
        helper.make_node("Conv", ["big", "w"], ["y"], "conv"),
    ]
    scales = external("scales", [4], "scales.bin")
    path = save(nodes, {"x": [1, 3, 4, 5], "w": [2, 3, 1, 1]}, initializers=[scales])
    bounds = load_onnx(path)["conv"].bounds
    assert (bounds["Ox"], bounds["Oy"]) == (8, 15)


def test_weights_inside_the_file_are_dropped(save: MakeModel) -> None:
    """What inference copies does not grow with the weights."""
    from dmaze_cp.frontend.model_file import read_model

    weights = numpy_helper.from_array(np.zeros((512, 512), np.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "m")]
    path = save(nodes, {"x": [3, 512]}, initializers=[weights])
    assert path.stat().st_size > 2**20
    assert read_model(path).ByteSize() < 2**10
    assert onnx.load(path).graph.initializer[0].raw_data
