"""Open dimensions: what sets them, and what is said when they are not set."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from dmaze_cp.errors import SpecError
from tests.kit.onnx_models import Load, value
from tests.kit.problems import refused

CONV = [helper.make_node("Conv", ["x", "w"], ["y"], "conv")]
WEIGHTS = {"w": [8, 3, 3, 3]}


def test_batch_and_named_dimensions(load: Load) -> None:
    workload = load(CONV, {"x": ["N", 3, "H", "W"], **WEIGHTS}, batch=4, shapes={"H": 10, "W": 12})
    assert workload["conv"].bounds | {"C": 0} == {
        "N": 4, "M": 8, "C": 0, "Ox": 8, "Oy": 10, "Fx": 3, "Fy": 3,
    }  # fmt: skip


def test_unnamed_dimensions_are_input_and_axis(load: Load) -> None:
    workload = load(CONV, {"x": [None, 3, None, 12], **WEIGHTS}, batch=2, shapes={"x:2": 7})
    assert workload["conv"].padded_input == (7, 12)
    assert workload["conv"].bounds["N"] == 2


def test_a_named_dimension_may_be_called_by_its_place(load: Load) -> None:
    inputs = {"x": ["N", 3, "H", "W"], "z": ["H"], **WEIGHTS}
    shapes = {"x:0": 4, "z:0": 10, "H": 10, "x:3": 12}
    assert load(CONV, inputs, shapes=shapes)["conv"].padded_input == (10, 12)


def test_every_open_dimension_is_named_with_its_flag(load: Load) -> None:
    with pytest.raises(SpecError) as caught:
        load(CONV, {"x": ["N", 3, "H", None], **WEIGHTS})
    text = str(caught.value).splitlines()
    assert len(text) == 3
    assert "model.onnx: x:0: found the open dimension N" in text[0]
    assert "--batch or --shape N=..." in text[0]
    assert "--shape H=..." in text[1]
    assert "--shape x:3=..." in text[2]


def test_only_needed_dimensions_are_asked_for(load: Load) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"], "product"),
        helper.make_node("Add", ["z", "z"], ["zz"]),
    ]
    with pytest.raises(SpecError) as caught:
        load(nodes, {"x": ["S", 4], "w": [4, 8], "z": ["unused"]})
    assert len(caught.value.problems) == 1
    assert "S" in str(caught.value)
    assert "unused" not in str(caught.value)
    assert load(nodes, {"x": [6, 4], "w": [4, 8], "z": ["unused"]})["product"].macs == 192


def test_derived_dimensions_lead_to_all_open_inputs(load: Load) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"], "first"),
        helper.make_node("Conv", ["y", "v"], ["z"], "second"),
    ]
    inputs = {"x": [1, 3, "H", 12], "v": [2, 8, 1, 1], **WEIGHTS}
    with refused("x:2"):
        load(nodes, inputs)
    assert load(nodes, inputs, shapes={"H": 9})["second"].bounds["Ox"] == 7


def test_named_sizes_go_before_the_batch(load: Load) -> None:
    nodes = [helper.make_node("MatMul", ["x", "y"], ["z"], "product")]
    workload = load(nodes, {"x": ["B", 5, 4], "y": ["T", 4, 6]}, batch=3, shapes={"T": 1})
    assert workload["product"].bounds["X"] == 15


def test_inputs_without_batch_keep_their_size(load: Load) -> None:
    nodes = [helper.make_node("MatMul", ["x", "y"], ["z"], "product")]
    assert load(nodes, {"x": ["B", 4], "y": [4, 6]}, batch=3)["product"].bounds["X"] == 3


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"shapes": {"Q": 3}}, "--shape Q"),
        ({"shapes": {"x:1": 3}}, "--shape x:1"),
        ({"shapes": {"N": 2, "x:0": 3}}, "--shape x:0"),
        ({"shapes": {"x:2": 2**21}}, "--shape x:2"),
        ({"shapes": {"N": 3}, "batch": 4}, "--batch, input x, dimension 0"),
        ({"batch": 0}, "--batch"),
        ({"batch": True}, "--batch"),
        ({"shapes": {"N": -1}}, "--shape N"),
        ({"shapes": {"N": 2**21}}, "--shape N"),
        ({"shapes": {"N": "4"}}, "--shape N"),
    ],
)
def test_values_that_do_not_fit(load: Load, options, where) -> None:
    nodes = [helper.make_node("Conv", ["x", "k"], ["y"], "conv")]
    weights = numpy_helper.from_array(np.zeros((8, 3, 3, 3), np.float32), "k")
    with refused(where):
        load(nodes, {"x": ["N", 3, "H", 12]}, initializers=[weights], **options)


def test_all_bad_values_at_once(load: Load) -> None:
    with pytest.raises(SpecError) as caught:
        load(CONV, {"x": ["N", 0, "H", 0], **WEIGHTS}, batch=0, shapes={"Q": 1})
    assert [p.where for p in caught.value.problems] == [
        "--batch",
        "input x, dimension 1",
        "input x, dimension 3",
        "--shape Q",
    ]


@pytest.mark.parametrize("written", [-1, "?", "", None])
def test_dimensions_that_exporters_write_as_unknown(load: Load, written) -> None:
    inputs = {"x": [written, 3, written, 12], **WEIGHTS}
    with pytest.raises(SpecError) as caught:
        load(CONV, inputs)
    assert [p.found for p in caught.value.problems] == [
        "the open dimension x:0",
        "the open dimension x:2",
    ]
    assert load(CONV, inputs, batch=2, shapes={"x:2": 7})["conv"].bounds["Ox"] == 5


def test_negative_sizes_of_intermediates_are_unknown_ones(load: Load) -> None:
    nodes = [
        helper.make_node("Mystery", ["x"], ["r"], domain="some.domain"),
        helper.make_node("MatMul", ["r", "b"], ["y"], "lost"),
        helper.make_node("MatMul", ["a", "b"], ["z"], "product"),
    ]
    inputs = {"x": [3], "a": [2, 4], "b": [4, 5]}
    workload = load(nodes, inputs, value_info=[value("r", [-1, 4])])
    assert [layer.name for layer in workload] == ["product"]
    assert "its shape depends on data" in workload.unmapped[-1].reason


def test_stale_shapes_in_the_file_do_not_count(load: Load) -> None:
    """A file exported at batch 1 still says so of its intermediates."""
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Conv", ["r", "w"], ["y"])]
    workload = load(
        nodes,
        {"x": ["N", 3, 8, 8], **WEIGHTS},
        value_info=[value("r", [1, 3, 8, 8]), value("y", [1, 8, 6, 6])],
        batch=5,
    )
    assert workload[0].bounds["N"] == 5


def test_shapes_in_the_file_serve_where_inference_ends(load: Load) -> None:
    nodes = [
        helper.make_node("Mystery", ["x"], ["r"], domain="some.domain"),
        helper.make_node("Conv", ["r", "w"], ["y"], "conv"),
    ]
    info = [value("r", ["N", 3, 8, 8])]
    workload = load(nodes, {"x": ["N", 77], **WEIGHTS}, value_info=info, batch=5)
    assert workload["conv"].bounds["N"] == 5
    assert [(op.operator, op.reason) for op in workload.unmapped] == [
        ("Mystery", "an operator of the domain some.domain")
    ]


def test_reshape_targets_are_computed(load: Load) -> None:
    """The exporters' idiom: shape, gather, concatenate, reshape."""
    constants = [
        numpy_helper.from_array(np.array([0], np.int64), "zero"),
        numpy_helper.from_array(np.array([-1], np.int64), "rest"),
    ]
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Concat", ["n", "rest"], ["target"], axis=0),
        helper.make_node("Reshape", ["x", "target"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w"], ["y"], "fc"),
    ]
    inputs = {"x": ["N", 4, 5], "w": [20, 7]}
    workload = load(nodes, inputs, initializers=constants, batch=6)
    assert workload["fc"].bounds == {"X": 6, "Y": 7, "K": 20}
    assert sum(op.count for op in workload.unmapped) == 4


def test_arithmetic_beyond_inference_is_folded(load: Load) -> None:
    """Where and Equal choose the target of an Expand, as in exported BERTs."""
    constants = [
        numpy_helper.from_array(np.array([-1, 6, 4], np.int64), "wanted"),
        numpy_helper.from_array(np.array([-1], np.int64), "minus"),
        numpy_helper.from_array(np.array([1, 1, 1], np.int64), "ones"),
    ]
    nodes = [
        helper.make_node("Equal", ["wanted", "minus"], ["any"]),
        helper.make_node("Where", ["any", "ones", "wanted"], ["target"]),
        helper.make_node("Expand", ["x", "target"], ["wide"]),
        helper.make_node("MatMul", ["wide", "w"], ["y"], "product"),
    ]
    workload = load(nodes, {"x": [2, 1, 1], "w": [4, 7]}, initializers=constants)
    assert workload["product"].bounds == {"X": 12, "Y": 7, "K": 4}
    assert [op.operator for op in workload.unmapped] == ["Equal", "Where", "Expand"]


def test_huge_computed_constants_are_not_built(load: Load) -> None:
    constants = [numpy_helper.from_array(np.array([2**40], np.int64), "size")]
    nodes = [
        helper.make_node("ConstantOfShape", ["size"], ["huge"]),
        helper.make_node("Reshape", ["x", "huge"], ["lost"]),
        helper.make_node("MatMul", ["lost", "w"], ["y"], "lost_product"),
        helper.make_node("MatMul", ["x", "w"], ["z"], "product"),
    ]
    workload = load(nodes, {"x": [2, 4], "w": [4, 7]}, initializers=constants)
    assert [layer.name for layer in workload] == ["product"]
    assert "depends on data" in workload.unmapped[-1].reason


def test_shapes_that_depend_on_data_are_listed(load: Load) -> None:
    nodes = [
        helper.make_node("NonZero", ["x"], ["where"]),
        helper.make_node("Cast", ["where"], ["some"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["v", "some"], ["y"], "lost"),
        helper.make_node("MatMul", ["x", "w"], ["z"], "found"),
    ]
    workload = load(nodes, {"x": [2, 4], "w": [4, 7], "v": [3, 2]})
    assert [layer.name for layer in workload] == ["found"]
    lost = [op for op in workload.unmapped if op.name == "lost"]
    assert "depends on data" in lost[0].reason
