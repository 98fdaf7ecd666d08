"""Files that are no model: one line each, never a traceback."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from dmaze_cp.errors import SpecError
from dmaze_cp.frontend import load_onnx
from dmaze_cp.workload import Workload
from tests.kit.onnx_models import Load, MakeModel, value
from tests.kit.problems import refused

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


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
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


def test_sizes_of_zero(load: Load) -> None:
    nodes = [helper.make_node("MatMul", ["a", "b"], ["y"], "m")]
    with refused("input a, dimension 0"):
        load(nodes, {"a": [0, 3], "b": [3, 4]})


@pytest.mark.parametrize(
    ("a", "b", "where"),
    [
        ([2**62, 4], [4, 5], "m.bounds.X"),
        ([3, 2**40], [2**40, 5], "m.bounds.K"),
        ([2**40, 2**40, 4], [4, 5], "m.bounds.X"),
        ([3, 4], [5, 6], "m.inputs"),
        ([], [4, 5], "m.inputs"),
    ],
)
def test_sizes_that_make_no_layer(load: Load, a, b, where) -> None:
    with refused(where):
        load([helper.make_node("MatMul", ["a", "b"], ["y"], "m")], {"a": a, "b": b})


def test_weights_of_negative_size(save: MakeModel) -> None:
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[-4, 5])
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "m")]
    assert "m.inputs: found" in message(save(nodes, {"x": [3, 4]}, initializers=[weights]))


def test_inputs_without_shape(load: Load) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"], "lost"),
        helper.make_node("MatMul", ["a", "w"], ["z"], "product"),
    ]
    workload = load(nodes, {"x": value("x", None), "a": [2, 3], "w": [3, 4]})
    assert [layer.name for layer in workload] == ["product"]
    assert "its shape depends on data" in workload.unmapped[0].reason


def test_import_is_cheap() -> None:
    import subprocess
    import sys

    code = "import sys, dmaze_cp.frontend; sys.exit('onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def composite(save: MakeModel) -> Path:
    """A small file with every kind of operator that is looked into."""
    from tests.frontend.test_frontend_control import choice, constant
    from tests.frontend.test_frontend_loops import LOOP_INPUTS, loop, scan

    def contrib(op_type: str, inputs: list[str], output: str, **attributes: object):
        return helper.make_node(op_type, inputs, [output], domain="com.microsoft", **attributes)

    weights = {"lw": [1, 20, 3], "lr": [1, 20, 5], "gw": [1, 15, 3], "gr": [1, 15, 5]}
    nodes = [
        constant("n", 6),
        constant("go", True, bool),
        loop("n", "go"),
        choice("go"),
        choice("unknown", name="other"),
        scan(),
        helper.make_node("LSTM", ["s", "lw", "lr"], ["states"], hidden_size=5),
        helper.make_node("GRU", ["s", "gw", "gr"], ["gates"], hidden_size=5),
        helper.make_node("Einsum", ["s", "s"], ["e"], equation="abc,adc->abd"),
        helper.make_node("ConvTranspose", ["x", "w"], ["up"], strides=[2, 2], pads=[1, 0, 1, 0]),
        helper.make_node("Conv", ["x3", "w3"], ["deep"], strides=[2, 1, 1], group=2),
        helper.make_node("Attention", ["q", "q", "q"], ["att"]),
        contrib("MultiHeadAttention", ["s", "s", "s"], "heads", num_heads=3),
        contrib("MatMulNBits", ["s", "packed"], "bits", K=3, N=7, bits=4, block_size=16),
        contrib("QLinearConcat", ["s", "s", "s", "s", "s"], "both", axis=0),
        contrib("FusedMatMul", ["s", "s"], "fused", transB=1),
        helper.make_node("Reshape", ["fused", "n"], ["flat"]),
    ]
    inputs = {**LOOP_INPUTS, **weights, "s": [7, 2, 3], "x": [1, 4, 5, 5], "w": [4, 2, 3, 3]}
    inputs |= {"x3": [1, 4, 4, 5, 5], "w3": [4, 2, 2, 3, 3], "q": [1, 2, 6, 4], "packed": [7, 1, 8]}
    inputs |= {"frames": [7, 2, 4], "unknown": value("unknown", [], TensorProto.BOOL)}
    return save(nodes, inputs, opset=23, domains={"com.microsoft": 1}, name="composite")


def test_composite_file_is_good(save: MakeModel) -> None:
    workload = load_onnx(composite(save))
    assert len(workload) > 12
    assert {"If", "Loop", "Scan"} <= {op.operator for op in workload.unmapped}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_composite_files(tmp_path: Path, save: MakeModel, data: st.DataObject) -> None:
    """Numbers, names and attributes of every kind of operator, each changed by chance."""
    content = bytearray(composite(save).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    outcome = attempt(path)
    assert outcome.problems if isinstance(outcome, SpecError) else outcome.mapped_macs > 0
