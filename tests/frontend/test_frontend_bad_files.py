"""Files that are no model: one line each, never a traceback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from dmaze_cp.errors import SpecError
from dmaze_cp.frontend import load_onnx
from dmaze_cp.workload import Workload
from tests.frontend.conftest import Load, MakeModel

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / "light_vgg19.onnx"


def message(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load_onnx(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


def attempt(path: Path) -> Workload | SpecError:
    try:
        return load_onnx(path)
    except SpecError as error:
        return error


def test_missing_file(tmp_path: Path) -> None:
    assert "found no such file, expected an ONNX model" in message(tmp_path / "none.onnx")


def test_directory(tmp_path: Path) -> None:
    assert "found a directory" in message(tmp_path)


def test_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "found an unreadable file (Not a directory)" in message(tmp_path / "file" / "m.onnx")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"hello, world", "a truncated or non-ONNX file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a truncated or non-ONNX file"),
        (b"\x08\x07", "graph: found no graph"),
        (b'{"CONV": []}', "a truncated or non-ONNX file"),
    ],
)
def test_other_content(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert found in message(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated_file(tmp_path: Path, share: float) -> None:
    content = LIGHT.read_bytes()
    path = tmp_path / "model.onnx"
    path.write_bytes(content[: int(len(content) * share)])
    assert "truncated" in message(path)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_files_load_or_raise_spec_errors(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(LIGHT.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    outcome = attempt(path)
    if isinstance(outcome, SpecError):
        assert outcome.problems
        assert all(p.source == str(path) for p in outcome.problems)
    else:
        assert outcome.mapped_macs > 0


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(LIGHT.read_bytes().replace(b"Relu", b"Re\xff\xfe"))
    assert "graph: found names that are not UTF-8, expected an intact model" in message(path)


def test_no_operator_sets(tmp_path: Path) -> None:
    model = onnx.load(LIGHT)
    del model.opset_import[:]
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    assert "opset_import: found none" in message(path)


def test_operator_set_of_another_domain_only(tmp_path: Path) -> None:
    model = onnx.load(LIGHT)
    model.opset_import[0].domain = "ai.onnx.ml"
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    assert "opset_import: found none for the domain ai.onnx" in message(path)


def test_operator_set_from_the_future(save: MakeModel) -> None:
    path = save([helper.make_node("MatMul", ["a", "b"], ["y"])], {"a": [2, 3], "b": [3, 4]})
    model = onnx.load(path)
    model.opset_import[0].version = 999
    path.write_bytes(model.SerializeToString())
    assert "found opset 999 of ai.onnx, expected a version from 1 to" in message(path)


def test_no_layer(save: MakeModel) -> None:
    path = save([helper.make_node("Relu", ["x"], ["y"])], {"x": [2, 3]})
    assert "no convolution or matrix product that can be mapped (Relu: element-wise)" in message(
        path
    )


def test_operands_that_do_not_exist(save: MakeModel) -> None:
    nodes = [helper.make_node("MatMul", ["x", "nowhere"], ["y"], "m")]
    assert "(MatMul: its shape depends on data" in message(save(nodes, {"x": [2, 3]}))


def test_operands_left_out(save: MakeModel) -> None:
    nodes = [helper.make_node("MatMul", ["x"], ["y"], "m")]
    assert "m.inputs: found 1 inputs, expected at least 2" in message(save(nodes, {"x": [2, 3]}))


def test_all_layers_problems_at_once(save: MakeModel) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "first", strides=[0, 1]),
        helper.make_node("MatMul", ["a", "b"], ["y"], "second"),
        helper.make_node("MatMul", ["a", "a"], ["z"], "third"),
    ]
    inputs = {"x": [1, 3, 9, 9], "w": [2, 3, 3, 3], "a": [2**21, 3], "b": [3, 4]}
    lines = message(save(nodes, inputs)).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "first.strides",
        "second.bounds.X",
        "third.inputs",
    ]


def test_external_weights_need_not_be_there(tmp_path: Path, save: MakeModel) -> None:
    """Weights of 8 GB by their shape; the target of the reshape is in a file that exists."""
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2**16, 2**15])
    target = numpy_helper.from_array(np.array([4, 2**16], np.int64), "target")
    (tmp_path / "shapes.bin").write_bytes(target.raw_data)
    target.ClearField("raw_data")
    for tensor, file in ((weights, "absent.bin"), (target, "shapes.bin")):
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=file)
    nodes = [
        helper.make_node("Reshape", ["x", "target"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["y"], "product"),
    ]
    path = save(nodes, {"x": [4, 2**8, 2**8]}, initializers=[weights, target])
    assert load_onnx(path)["product"].bounds == {"X": 4, "Y": 2**15, "K": 2**16}
    (tmp_path / "shapes.bin").unlink()
    assert "no convolution or matrix product" in message(path)


def test_sizes_of_zero(load: Load) -> None:
    nodes = [helper.make_node("MatMul", ["a", "b"], ["y"], "m")]
    with pytest.raises(SpecError, match="input a, dimension 0: found size 0"):
        load(nodes, {"a": [0, 3], "b": [3, 4]})


def test_import_is_cheap() -> None:
    import subprocess
    import sys

    code = "import sys, dmaze_cp.frontend; sys.exit('onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
