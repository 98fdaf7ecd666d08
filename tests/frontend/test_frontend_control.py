"""Branches: what runs."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import GraphProto, TensorProto, helper, numpy_helper

from dmaze_cp.errors import SpecError
from tests.kit.onnx_models import Load, value
from tests.kit.problems import refused

BOOL, INT = TensorProto.BOOL, TensorProto.INT64
MATMUL_INPUTS = {"a": [3, 4], "b": [4, 5]}
PRODUCT = helper.make_node("MatMul", ["a", "b"], ["product_out"], "product")


def constant(name: str, data: object, dtype: type = np.int64):
    return helper.make_node(
        "Constant", [], [name], f"make_{name}", value=numpy_helper.from_array(np.array(data, dtype))
    )


def branch(name: str, weights: str) -> GraphProto:
    node = helper.make_node("MatMul", ["a", weights], [name], f"{name}_product")
    return helper.make_graph([node], name, [], [value(name, None)])


def choice(condition: str, then: str = "b", other: str = "c", name: str = "choice"):
    return helper.make_node(
        "If",
        [condition],
        [f"{name}_out"],
        name,
        then_branch=branch(f"{name}_t", then),
        else_branch=branch(f"{name}_e", other),
    )


INPUTS = {**MATMUL_INPUTS, "c": [4, 6], "d": [5, 7]}


@pytest.mark.parametrize(("decision", "name", "columns"), [(True, "t", 5), (False, "e", 6)])
def test_a_constant_condition_decides(load: Load, decision, name, columns) -> None:
    nodes = [constant("go", decision, bool), choice("go")]
    workload = load(nodes, INPUTS)
    assert [layer.name for layer in workload] == [f"choice_{name}_product"]
    assert workload[0].bounds["Y"] == columns
    other = "e" if name == "t" else "t"
    (idle,) = [op for op in workload.unmapped if op.operator == "MatMul"]
    assert (idle.name, idle.macs) == (f"choice_{other}_product", 0)
    assert "the other branch runs" in idle.reason
    (control,) = [op for op in workload.unmapped if op.operator == "If"]
    assert control.reason == f"control flow: {'then' if decision else 'else'}_branch runs"


def test_what_follows_has_the_shape_of_the_branch_that_runs(load: Load) -> None:
    after = helper.make_node("MatMul", ["choice_out", "d"], ["y"], "after")
    workload = load([constant("go", True, bool), choice("go"), after], INPUTS)
    assert workload["after"].bounds == {"X": 3, "Y": 7, "K": 5}


def test_branches_of_one_shape_need_no_decision_for_what_follows(load: Load) -> None:
    after = helper.make_node("MatMul", ["choice_out", "d"], ["y"], "after")
    nodes = [choice("go", "b", "b2"), after]
    inputs = {**INPUTS, "b2": [4, 5], "go": value("go", [], BOOL)}
    workload = load(nodes, inputs)
    assert [layer.name for layer in workload] == ["after"]


def test_an_undecided_condition_lists_both_branches(load: Load) -> None:
    workload = load([choice("go"), PRODUCT], {**INPUTS, "go": value("go", [], BOOL)})
    assert [layer.name for layer in workload] == ["product"]
    by_name = {op.name: op for op in workload.unmapped}
    assert by_name["choice"].reason == "control flow"
    assert (by_name["choice_t_product"].macs, by_name["choice_e_product"].macs) == (60, 72)
    expected = "inside then_branch of If choice: it is not known which branch runs"
    assert by_name["choice_t_product"].reason == expected


@pytest.mark.parametrize("shape", [[], [1]])
def test_an_integer_input_decides_and_the_user_gives_it(load: Load, shape) -> None:
    """As in voice detectors: the sampling rate picks one of two networks."""
    nodes = [
        constant("wanted", 16000),
        helper.make_node("Equal", ["rate", "wanted"], ["go"]),
        choice("go"),
        PRODUCT,
    ]
    inputs = {**INPUTS, "rate": value("rate", shape, INT)}
    assert load(nodes, inputs, shapes={"rate": 16000})[0].instances == 2
    assert load(nodes, inputs, shapes={"rate": 8000})[0].name == "choice_e_product"
    undecided = load(nodes, inputs)
    reasons = {op.reason for op in undecided.unmapped if op.operator == "MatMul"}
    assert all(reason.endswith("; --shape rate=... decides") for reason in reasons)


def test_a_name_that_is_no_dimension_and_no_integer_is_refused(load: Load) -> None:
    inputs = {**INPUTS, "rate": value("rate", [], INT), "go": value("go", [], BOOL)}
    with refused("--shape go"):
        load([choice("go"), PRODUCT], inputs, shapes={"go": 1})


def test_decisions_inside_decisions(load: Load) -> None:
    """The condition inside depends on a shape that only inference inside knows."""
    inner = helper.make_graph(
        [
            helper.make_node("MatMul", ["a", "b"], ["p"], "inner_first"),
            helper.make_node("Shape", ["p"], ["s"]),
            constant("one", 1),
            constant("five", 5),
            helper.make_node("Gather", ["s", "one"], ["columns"]),
            helper.make_node("Equal", ["columns", "five"], ["is_five"]),
            choice("is_five", name="deep"),
        ],
        "inner",
        [],
        [value("deep_out", None)],
    )
    outer = helper.make_node(
        "If", ["go"], ["o"], "outer", then_branch=inner, else_branch=branch("outer_e", "c")
    )
    after = helper.make_node("MatMul", ["o", "d"], ["y"], "after")
    workload = load([constant("go", True, bool), outer, after], INPUTS)
    first = workload["inner_first"]
    assert (first.also, first.instances) == (("deep_t_product",), 2)
    assert workload["after"].bounds["K"] == 5
    unknown = (
        load([outer], {**INPUTS, "go": value("go", [], BOOL)} | {"x": [1]}, opset=17) if 0 else 0
    )
    assert unknown == 0


def test_branch_inside_one_that_does_not_run_does_not_run(load: Load) -> None:
    inner = helper.make_graph([choice("go", name="deep")], "inner", [], [value("deep_out", None)])
    outer = helper.make_node(
        "If", ["stop"], ["o"], "outer", then_branch=inner, else_branch=branch("outer_e", "c")
    )
    inputs = {**INPUTS, "go": value("go", [], BOOL)}
    workload = load([constant("stop", False, bool), outer], inputs)
    assert [layer.name for layer in workload] == ["outer_e_product"]
    assert workload.unmapped_macs == 0


def test_body_that_contradicts_itself(load: Load) -> None:
    """A problem where the graph runs; a part of the reason where that is not known."""
    with pytest.raises(
        SpecError, match=r"choice_e_product\.inputs: found 4 columns in A and 9 rows"
    ):
        load([constant("go", False, bool), choice("go")], {**INPUTS, "c": [9, 9]})
    inputs = {**INPUTS, "c": [9, 9], "go": value("go", [], BOOL)}
    workload = load([choice("go"), PRODUCT], inputs)
    assert any("4 columns in A and 9 rows in B" in op.reason for op in workload.unmapped)


@pytest.mark.parametrize("runs", [True, False])
def test_a_branch_that_inference_gives_up_on(load: Load, runs: bool) -> None:
    """A problem if it runs; else a part of the list."""
    broken = helper.make_graph(
        [
            helper.make_node("Einsum", ["a", "b"], ["e"], "sum", equation="ij,jk->iz"),
            helper.make_node("MatMul", ["a", "b"], ["t_out"], "inside"),
        ],
        "broken",
        [],
        [value("t_out", None)],
    )
    node = helper.make_node(
        "If", ["go"], ["o"], "choice", then_branch=broken, else_branch=branch("e", "c")
    )
    nodes = [constant("go", runs, bool), node, PRODUCT]
    if runs:
        with refused("sum.equation"):
            load(nodes, INPUTS)
        return
    workload = load(nodes, INPUTS)
    assert {layer.name for layer in workload} == {"e_product", "product"}
    assert {"sum", "inside"} <= {op.name for op in workload.unmapped}
