"""Loops and scans: how often their bodies run."""

from __future__ import annotations

import pytest
from onnx import helper

from tests.frontend.test_frontend_control import BOOL, INPUTS, INT, PRODUCT, constant
from tests.kit.onnx_models import Load, value


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
