"""Attributes of a wrong type are refused, in one place for all operators."""

from __future__ import annotations

from itertools import product

import pytest
from onnx import AttributeProto, helper

from dmaze_cp.errors import SpecError
from dmaze_cp.frontend import load_onnx
from dmaze_cp.frontend.attributes import TYPES, check_attributes
from dmaze_cp.frontend.load import _readers
from tests.frontend.test_frontend_control import choice, constant
from tests.kit.onnx_models import Load, MakeModel
from tests.kit.problems import refused

MICROSOFT = "com.microsoft"


def lines(load: Load, nodes, inputs, **options: object) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load(nodes, inputs, **options)
    return [line.partition(": ")[2] for line in str(caught.value).splitlines()]


def test_every_operator_that_reads_attributes() -> None:
    """Each attribute, as one of another type, is one line with node and attribute."""
    readers = _readers()
    operators = [(domain, operator) for domain, names in readers.items() for operator in names]
    for (domain, operator), (name, kind) in product(operators, TYPES.items()):
        other = "x" if kind != "STRING" else 1
        node = helper.make_node(operator, ["a"], ["y"], "n", domain=domain, **{name: other})
        with pytest.raises(SpecError) as caught:
            check_attributes([node], readers)
        (problem,) = caught.value.problems
        assert problem.where == f"n.{name}"
        assert problem.found == ("a string" if other == "x" else "an integer")
        assert problem.expected


def test_all_of_a_model_at_once(load: Load) -> None:
    nodes = [
        helper.make_node("MatMulNBits", ["a", "p"], ["b"], "m", domain=MICROSOFT, N="7", K=3),
        helper.make_node("Conv", ["x", "w"], ["c"], "c", dilations=2, group=1.5, auto_pad=3),
        helper.make_node("Conv", ["x", "w"], ["c"], "", strides=["a", "b"]),
    ]
    inputs = {"a": [2, 3], "p": [7, 1, 8], "x": [1, 8, 9, 9], "w": [8, 8, 3, 3]}
    assert lines(load, nodes, inputs, domains={MICROSOFT: 1}) == [
        "m.N: found a string, expected an integer",
        "c.auto_pad: found an integer, expected a string",
        "c.dilations: found an integer, expected a list of integers",
        "c.group: found a number, expected an integer",
        "c.strides: found a list of strings, expected a list of integers",
    ]


def test_attributes_in_nested_graphs(load: Load) -> None:
    node = choice("go")
    for attribute in node.attribute:
        attribute.g.node.add(op_type="Conv", name="inner").attribute.append(
            helper.make_attribute("group", "one")
        )
    found = lines(load, [constant("go", True, bool), node], {"x": [2, 3]})
    assert found == ["inner.group: found a string, expected an integer"] * 2


def test_attributes_without_a_type(save: MakeModel) -> None:
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "m")
    node.attribute.append(AttributeProto(name="transA", i=1))
    node.attribute.append(AttributeProto(name="unread", i=1))
    path = save([node], {"x": [2, 3], "w": [3, 4]})
    with refused("m.transA"):
        load_onnx(path)


@pytest.mark.parametrize(
    "attributes",
    [{"strides": [1] * 2000}, {"auto_pad": "x" * 2000}],
    ids=["list", "text"],
)
def test_attributes_that_are_too_long(load: Load, attributes: dict[str, object]) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["c"], "c", **attributes)
    (line,) = lines(load, [node], {"x": [1, 8, 9, 9], "w": [8, 8, 3, 3]})
    assert line.startswith(f"c.{next(iter(attributes))}: found one of length 2000 (at most ")


def test_long_constants_are_no_problem(load: Load) -> None:
    long = helper.make_node("Constant", [], ["k"], value_ints=[1] * 2000)
    matmul = helper.make_node("MatMul", ["x", "w"], ["y"], "m")
    assert len(load([long, matmul], {"x": [2, 3], "w": [3, 4]})) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_outputs_of_a_split_are_counted(load: Load, count: int) -> None:
    """ONNX's inference ends the process where the attribute says less than there are."""
    split = helper.make_node("Split", ["x"], ["a", "b"], "s", axis=0, num_outputs=count)
    found = lines(load, [split], {"x": [2, 3]}, opset=21)
    assert found == [f"s.num_outputs: found {count}, expected 2, as it has outputs"]
