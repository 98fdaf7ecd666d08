"""Branches and loops: what runs, and how often."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import GraphProto, TensorProto, helper, numpy_helper

from dmaze_cp.errors import SpecError
from tests.frontend.conftest import Load, value

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
    with pytest.raises(SpecError, match=r"--shape go: found an unknown dimension, .*: rate"):
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


def loop(limit: str, condition: str, *, again: str = "go_on", state: bool = True):
    """A body of one product with the state [3, 4] (or a constant of that shape)."""
    nodes = [
        helper.make_node("Identity", [again], ["cond_out"]),
        helper.make_node("MatMul", ["s" if state else "a", "square"], ["s_out"], "step"),
        helper.make_node("MatMul", ["s_out", "b"], ["scanned"], "scanned_product"),
    ]
    inputs = [value("i", [], INT), value("go_on", [], BOOL)]
    outputs = [value("cond_out", [], BOOL)]
    if state:
        inputs.append(value("s", None))
        outputs.append(value("s_out", None))
    outputs.append(value("scanned", None))
    body = helper.make_graph(nodes, "body", inputs, outputs)
    names = [*(["last"] if state else []), "all"]
    return helper.make_node(
        "Loop", [limit, condition, *(["a"] if state else [])], names, "loop", body=body
    )


LOOP_INPUTS = {**INPUTS, "square": [4, 4]}


@pytest.mark.parametrize("state", [True, False])
@pytest.mark.parametrize("condition", ["", "true"])
def test_a_loop_with_a_known_number_of_steps(load: Load, condition, state) -> None:
    nodes = [constant("n", 6), constant("true", True, bool), loop("n", condition, state=state)]
    workload = load(nodes, LOOP_INPUTS)
    assert workload["step"].instances == workload["scanned_product"].instances == 6
    assert workload["step"].bounds == {"X": 3, "Y": 4, "K": 4}
    (control,) = [op for op in workload.unmapped if op.operator == "Loop"]
    assert control.reason == "control flow: its body runs 6 times"
    (identity,) = [op for op in workload.unmapped if op.operator == "Identity"]
    assert identity.count == 6


def test_results_of_a_loop_are_stacked(load: Load) -> None:
    nodes = [
        constant("n", 6),
        loop("n", ""),
        helper.make_node("MatMul", ["all", "d"], ["y"], "after_all"),
        helper.make_node("MatMul", ["last", "b"], ["z"], "after_last"),
    ]
    workload = load(nodes, LOOP_INPUTS)
    assert workload["after_all"].bounds == {"X": 18, "Y": 7, "K": 5}
    assert workload["after_last"].instances == 7  # equal to the product in the loop


@pytest.mark.parametrize(
    ("start", "again", "limit", "times"),
    [
        (True, "go_on", 4, 4),
        (False, "go_on", 4, 0),
        (True, "false", 4, 1),
        (True, "false", None, 1),
        (True, "go_on", 0, 0),
        (True, "go_on", None, None),
        (True, "unknown", 4, None),
        (None, "go_on", 4, None),
        (True, "go_on", 2**63 - 1, None),
    ],
)
def test_how_often_a_loop_runs(load: Load, start, again, limit, times) -> None:
    nodes = [constant("false", False, bool)]
    if limit is not None:
        nodes.append(constant("n", limit))
    if start is not None:
        nodes.append(constant("start", start, bool))
    nodes += [loop("n" if limit is not None else "", "start", again=again), PRODUCT]
    inputs = {**LOOP_INPUTS, "unknown": value("unknown", [], BOOL)}
    if start is None:
        inputs["start"] = value("start", [], BOOL)
    workload = load(nodes, inputs)
    mapped = {layer.name: layer.instances for layer in workload}
    if times:
        assert mapped["step"] == times
        return
    assert "step" not in mapped
    (step,) = [op for op in workload.unmapped if op.name == "step"]
    assert step.macs == (0 if times == 0 else 3 * 4 * 4)
    expected = "it does not run" if times == 0 else "it is not known how often it runs"
    assert step.reason == f"inside body of Loop loop: {expected}"


def test_a_number_of_steps_from_a_shape_or_the_user(load: Load) -> None:
    nodes = [
        helper.make_node("Shape", ["frames"], ["s"]),
        constant("zero", 0),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        loop("n", ""),
    ]
    inputs = {**LOOP_INPUTS, "frames": ["T", 2]}
    assert load(nodes, inputs, shapes={"T": 9})["step"].instances == 9
    given = {**LOOP_INPUTS, "n": value("n", [], INT)}
    assert load([loop("n", "")], given, shapes={"n": 5})["step"].instances == 5


def test_state_that_grows_has_no_known_shape(load: Load) -> None:
    """A cache that each step lengthens: only what does not depend on its length is a layer."""
    nodes = [
        helper.make_node("Identity", ["go_on"], ["cond_out"]),
        helper.make_node("Concat", ["s", "a"], ["s_out"], axis=0),
        helper.make_node("MatMul", ["s_out", "b"], ["grown"], "on_the_cache"),
        helper.make_node("MatMul", ["a", "b"], ["same"], "on_the_token"),
    ]
    body = helper.make_graph(
        nodes,
        "body",
        [value("i", [], INT), value("go_on", [], BOOL), value("s", [3, 4])],
        [value("cond_out", [], BOOL), value("s_out", None)],
    )
    cache = helper.make_node("Loop", ["n", "", "a"], ["last"], "loop", body=body)
    workload = load([constant("n", 6), cache], INPUTS)
    assert [layer.name for layer in workload] == ["on_the_token"]
    assert workload[0].instances == 6
    (lost,) = [op for op in workload.unmapped if op.name == "on_the_cache"]
    assert "its shape depends on data" in lost.reason


def test_loops_inside_loops_multiply(load: Load) -> None:
    inner = loop("m", "")
    body = helper.make_graph(
        [helper.make_node("Identity", ["outer_on"], ["outer_out"]), constant("m", 3), inner],
        "outer",
        [value("j", [], INT), value("outer_on", [], BOOL)],
        [value("outer_out", [], BOOL), value("last", None)],
    )
    outer = helper.make_node("Loop", ["n", ""], ["y"], "outer", body=body)
    workload = load([constant("n", 5), outer], LOOP_INPUTS)
    assert workload["step"].instances == 15


def scan(axis: int = 0):
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["s", "square"], ["sw"], "state_product"),
            helper.make_node("MatMul", ["x", "b"], ["out"], "element_product"),
            helper.make_node("Identity", ["sw"], ["s_out"]),
        ],
        "body",
        [value("s", None), value("x", None)],
        [value("s_out", None), value("out", None)],
    )
    return helper.make_node(
        "Scan",
        ["a", "frames"],
        ["last", "outs"],
        "scan",
        num_scan_inputs=1,
        scan_input_axes=[axis],
        scan_output_axes=[1],
        body=body,
    )


@pytest.mark.parametrize(("axis", "frames"), [(0, [7, 2, 4]), (1, [2, 7, 4]), (-2, [2, 7, 4])])
def test_scan_runs_once_for_each_slice(load: Load, axis, frames) -> None:
    after = helper.make_node("MatMul", ["outs", "d"], ["y"], "after")
    workload = load([scan(axis), after], {**LOOP_INPUTS, "frames": frames})
    assert workload["state_product"].bounds == {"X": 3, "Y": 4, "K": 4}
    assert workload["state_product"].instances == 7
    assert workload["element_product"].bounds == {"X": 2, "Y": 5, "K": 4}
    assert workload["after"].bounds == {"X": 14, "Y": 7, "K": 5}


def test_scan_over_an_open_dimension_asks_for_it_or_is_listed(load: Load) -> None:
    inputs = {**LOOP_INPUTS, "frames": ["T", 2, 4]}
    workload = load([scan(), PRODUCT], inputs)
    (step,) = [op for op in workload.unmapped if op.name == "state_product"]
    assert "it is not known how often it runs" in step.reason
    assert load([scan(), PRODUCT], inputs, shapes={"T": 4})["state_product"].instances == 4


def test_scan_of_opset_8_is_listed(load: Load) -> None:
    node = scan()
    del node.attribute[:]
    node.attribute.extend(helper.make_node("Scan", [], [], num_scan_inputs=1).attribute)
    body = next(a for a in scan().attribute if a.name == "body")
    node.attribute.append(body)
    del node.input[:]
    node.input.extend(["", "a3", "frames"])
    inputs = {**LOOP_INPUTS, "frames": [1, 7, 2, 4], "a3": [1, 3, 4]}
    workload = load([node, PRODUCT], inputs, opset=8)
    assert [layer.name for layer in workload] == ["product"]
    listed = {op.operator: op.count for op in workload.unmapped}
    assert listed == {"Scan": 1, "MatMul": 2, "Identity": 1}


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
        with pytest.raises(SpecError, match=r"contradict each other|an output of the operands"):
            load(nodes, INPUTS)
        return
    workload = load(nodes, INPUTS)
    assert {layer.name for layer in workload} == {"e_product", "product"}
    assert {"sum", "inside"} <= {op.name for op in workload.unmapped}
