"""Models that would take without bound are refused, by limits that count work."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import onnx
import pytest
from onnx import TensorProto, helper

from dmaze_cp.errors import SpecError
from dmaze_cp.frontend import folding, graphs, inference, limits, load_onnx, lowering, shapes, size
from dmaze_cp.frontend.limits import Work
from tests.kit.onnx_models import Load, MakeModel, value
from tests.kit.problems import refused

NODE = helper.make_node


def product(data: str = "x", name: str = "m") -> onnx.NodeProto:
    return NODE("MatMul", [data, "w"], [f"{name}_y"], name)


INPUTS = {"x": [2, 3], "w": [3, 4]}


def unsaid(name: str, dims: list[int], elem_type: int = TensorProto.INT64) -> TensorProto:
    """An initialiser without data."""
    return TensorProto(name=name, data_type=elem_type, dims=dims)


@pytest.fixture
def spent(monkeypatch) -> Iterator[list[Work]]:
    """The work of each model that is loaded."""
    made: list[Work] = []
    original = Work.on.__func__  # type: ignore[attr-defined]

    def on(kind: type[Work], operators: int) -> Work:
        made.append(original(kind, operators))
        return made[-1]

    monkeypatch.setattr(Work, "on", classmethod(on))
    return made


@pytest.mark.parametrize("size", [2**22, 2**31])
@pytest.mark.parametrize("operator", ["Add", "Mul", "Cast", "Squeeze", "Identity", "Slice"])
@pytest.mark.parametrize("through", [False, True], ids=["direct", "intermediate"])
def test_long_vectors_are_not_carried_along(
    load: Load, size: int, operator: str, through: bool
) -> None:
    """Values of a vector that shapes are computed from took 600 bytes and 2 us an element."""
    operands = {"Add": ["v", "v"], "Mul": ["v", "v"], "Slice": ["v", "one", "v"]}
    first = NODE("Relu", ["s"], ["v"]) if through else NODE("Identity", ["s"], ["v"])
    made = NODE(operator, operands.get(operator, ["v"]), ["t"])
    if operator == "Cast":
        made.attribute.append(helper.make_attribute("to", TensorProto.INT64))
    nodes = [first, made, NODE("ConstantOfShape", ["t"], ["z"]), product()]
    one = helper.make_tensor("one", TensorProto.INT64, [1], [1])
    given = value("s", [size], TensorProto.INT64)
    longest = []
    original = inference._run

    def run(model: onnx.ModelProto, *, carry: bool) -> onnx.ModelProto:
        known = inference.declared_shapes(model.graph)
        carrying = {n.op_type for n in model.graph.node if n.domain == ""} if carry else set()
        longest.extend(
            size
            for node in model.graph.node
            if node.op_type in carrying and inference._carries(node.op_type, 17)
            for name in node.input
            for size in known.get(name) or ()
            if isinstance(size, int) and node.domain == ""
        )
        return original(model, carry=carry)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference, "_run", run)
        assert len(load(nodes, {**INPUTS, "s": given}, initializers=[one])) == 1
    assert max(longest, default=0) <= limits.MAX_PROPAGATED_ELEMENTS


def test_an_initialiser_without_data_takes_no_memory(save: MakeModel) -> None:
    nodes = [NODE("Add", ["s", "s"], ["t"]), NODE("Reshape", ["x", "t"], ["z"]), product("z")]
    path = save([*nodes, product()], INPUTS, initializers=[unsaid("s", [2**31])])
    assert len(load_onnx(path)) == 1


def test_shapes_through_a_flattened_tensor_are_still_found(load: Load) -> None:
    """An operator on a long vector is left out only of carrying values."""
    nodes = [
        NODE("Shape", ["x"], ["shape"]),
        NODE("Reshape", ["x", "flat"], ["v"]),
        NODE("Add", ["v", "v"], ["u"]),
        NODE("Reshape", ["u", "shape"], ["z"]),
        product("z"),
    ]
    flat = helper.make_tensor("flat", TensorProto.INT64, [1], [-1])
    workload = load(nodes, {"x": ["n", 3], "w": [3, 4]}, initializers=[flat], shapes={"n": 2**19})
    assert workload[0].bounds == {"X": 2**19, "Y": 4, "K": 3}
    with refused("x:0"):
        load(nodes, {"x": ["n", 3], "w": [3, 4]}, initializers=[flat])


@pytest.mark.parametrize(
    ("nodes", "known"),
    [
        ([NODE("Pad", ["ones", "pads"], ["t"])], False),
        ([NODE("Where", ["a", "b", "c"], ["t"])], False),
        ([NODE("Max", ["d", "b", "c"], ["t"])], False),
        ([NODE("Gather", ["long", "long"], ["t"], axis=0)], True),
        ([NODE("Add", ["b", "b"], ["t"])], True),
    ],
)
def test_constants_with_large_results_are_not_computed(monkeypatch, nodes, known: bool) -> None:
    vectors = {"b": [1, 1000, 1], "c": [1000, 1, 1], "d": [1, 1, 1000], "ones": [1] * 6}
    vectors |= {"long": [1000], "pads": [12]}
    tensors = [
        helper.make_tensor(name, TensorProto.INT64, dims, [900] * (1000 if max(dims) > 12 else 1))
        for name, dims in vectors.items()
        if name != "pads"
    ]
    tensors.append(helper.make_tensor("pads", TensorProto.INT64, [12], [900] * 12))
    tensors.append(helper.make_tensor("a", TensorProto.BOOL, [1, 1, 1000], [True] * 1000))
    output = [helper.make_empty_tensor_value_info("t")]
    graph = helper.make_graph(nodes, "g", [], output, initializer=tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    tracemalloc.start()
    values, _ = folding.fold_constants(model, lambda _: None, Work(10**6))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ("t" in values) == known
    assert peak < 64 * 2**20


@pytest.mark.parametrize("limits_of_range", [(0.0, float("nan"), 1.0), (0.0, 1e308, 1e-308)])
def test_ranges_without_end_are_not_computed(limits_of_range) -> None:
    tensors = [
        helper.make_tensor(name, TensorProto.DOUBLE, [], [number])
        for name, number in zip("abc", limits_of_range, strict=True)
    ]
    output = [helper.make_empty_tensor_value_info("t")]
    nodes = [NODE("Range", ["a", "b", "c"], ["t"])]
    model = helper.make_model(helper.make_graph(nodes, "g", [], output, initializer=tensors))
    assert "t" not in folding.fold_constants(model, lambda _: None, Work(10**6))[0]


def test_tensors_with_very_many_dimensions(save: MakeModel) -> None:
    nodes = [product(), NODE("Constant", [], ["k"], "k", value=unsaid("", [1] * 65))]
    for options in (
        {"initializers": [unsaid("s", [1] * 65)]},
        {"inputs": {**INPUTS, "s": [1] * 65}},
        {"nodes": nodes},
    ):
        arguments = {"nodes": [product()], "inputs": INPUTS} | options
        with pytest.raises(SpecError, match=r": [sk]: found 65 dimensions, expected at most 64"):
            load_onnx(save(**arguments))


def test_very_many_operators(save: MakeModel, monkeypatch) -> None:
    monkeypatch.setattr(size, "MAX_OPERATORS", 3)
    nodes = [product(name=f"m{i}") for i in range(4)]
    assert load_onnx(save(nodes[:3], INPUTS)).layers
    with refused("graph"):
        load_onnx(save(nodes, INPUTS))


def functions(depth: int, calls: int) -> list[onnx.FunctionProto]:
    """Each calls the one before so many times."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    made = []
    for level in range(depth):
        inner, domain = ("Relu", "") if not level else (f"f{level - 1}", "own")
        nodes = [
            NODE(inner, ["x" if not i else f"t{i}"], [f"t{i + 1}"], domain=domain)
            for i in range(calls)
        ]
        made.append(helper.make_function("own", f"f{level}", ["x"], [f"t{calls}"], nodes, opsets))
    return made


def test_functions_that_stand_for_very_many_operators(save: MakeModel) -> None:
    """2^30 operators in 60 lines."""
    nodes = [NODE("f29", ["x"], ["z"], domain="own"), product("z")]
    path = save(nodes, INPUTS, functions=functions(30, 2), domains={"own": 1})
    with refused("graph"):
        load_onnx(path)


def test_functions_that_call_each_other_very_deeply(save: MakeModel) -> None:
    nodes = [NODE("f999", ["x"], ["z"], domain="own"), product("z")]
    path = save(nodes, INPUTS, functions=functions(1000, 1), domains={"own": 1})
    with refused("functions"):
        load_onnx(path)
    good = [NODE("f29", ["x"], ["z"], domain="own"), product("z")]
    assert load_onnx(save(good, INPUTS, functions=functions(30, 1), domains={"own": 1})).layers


def loops(depth: int) -> onnx.NodeProto:
    """Loops in each other whose state loses a size in every analysis."""
    names = [f"s{i}" for i in range(6)]
    inner = [NODE("Identity", [name], [f"{name}_n"]) for name in names[:-1]]
    shifted = NODE("Concat", ["s0", "s1"], ["s5_n"], axis=0)
    outputs = ["s1_n", "s2_n", "s3_n", "s4_n", "s0_n", "s5_n"]
    nodes = [*inner, shifted, NODE("Identity", ["go"], ["go_n"])]
    if depth:
        nodes.append(loops(depth - 1))
    graph = helper.make_graph(
        nodes,
        "body",
        [
            value("i", [], TensorProto.INT64),
            value("go", [], TensorProto.BOOL),
            *(value(name, None) for name in names),
        ],
        [helper.make_empty_tensor_value_info(name) for name in ("go_n", *outputs)],
    )
    made = [f"loop{depth}_{name}" for name in names]
    inputs = ["", "", *names]
    return NODE("Loop", inputs, made, f"loop{depth}", body=graph)


def test_work_in_nested_loops_is_limited(save: MakeModel, spent, monkeypatch) -> None:
    inputs = {**INPUTS, **{f"s{i}": [2 + i, 3] for i in range(6)}}
    path = save([loops(3), product()], inputs)
    assert load_onnx(path).layers
    (whole,) = spent
    assert whole.done <= whole.limit
    monkeypatch.setattr(limits, "WORK", 100)
    monkeypatch.setattr(limits, "WORK_PER_OPERATOR", 1)
    with refused("graph"):
        load_onnx(path)
    assert spent[-1].done <= spent[-1].limit + graphs.operators(onnx.load(path).graph.node)


@pytest.mark.parametrize("count", [200, 400])
def test_work_grows_with_the_number_of_operators(save: MakeModel, spent, count: int) -> None:
    nodes = [product(name=f"m{i}") for i in range(count)]
    assert load_onnx(save(nodes, INPUTS)).layers
    assert count <= spent[0].done <= 2.1 * count


def test_tensors_are_taken_in_part_by_part(save: MakeModel, monkeypatch) -> None:
    """What was known of the parts before is not copied for each part."""
    taken = []
    original = shapes.Tensors.add
    monkeypatch.setattr(
        shapes.Tensors,
        "add",
        lambda self, more: (taken.append(len(more.shapes)), original(self, more)),
    )
    nodes = [product(name=f"m{i}") for i in range(5 * shapes.CHUNK)]
    assert load_onnx(save(nodes, INPUTS)).layers
    assert len(taken) == 5
    assert max(taken) <= shapes.CHUNK + len(INPUTS)


def test_equal_names_are_told_apart_in_one_go() -> None:
    found = lowering._Found({})
    looked: list[str] = []

    class Names(dict):
        def __contains__(self, name: object) -> bool:
            looked.append(str(name))
            return super().__contains__(name)

    found.names = Names()
    assert [found.unique("a") for _ in range(4)] == ["a", "a_2", "a_3", "a_4"]
    assert found.unique("a_3") == "a_3_2"
    assert found.unique("a_9") == "a_9"
    looked.clear()
    assert [found.unique("a") for _ in range(100)][-1] == "a_105"
    assert len(looked) <= 2 * 100 + 2


def test_unread_constants_are_looked_for_once(save: MakeModel) -> None:
    """Each operator that depends on one walked back through all that are before it."""
    from dmaze_cp.frontend.unread import UnreadConstants

    tensor = unsaid("s", [2])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="nowhere.bin")
    nodes = [NODE("Reshape", ["x", "s"], ["t0"])]
    nodes += [product(f"t{i}" if not i else f"m{i - 1}_y", f"m{i}") for i in range(20)]
    path = save(nodes, INPUTS, initializers=[tensor])
    with pytest.raises(SpecError) as caught:
        load_onnx(path)
    assert len(caught.value.problems) == 1
    model = onnx.load(path, load_external_data=False)
    unread = UnreadConstants(shapes.analyse(model, Work.on(100)))
    products = model.graph.node[1:]
    assert [unread.behind(node) for node in products] == [{"s": "nowhere.bin"}, *[{}] * 19]


def test_transposed_convolutions_with_very_many_taps(load: Load) -> None:
    node = NODE("ConvTranspose", ["x", "w"], ["y"], "c", strides=[2**40, 2**40])
    with refused("c.weights"):
        load([node], {"x": [1, 2, 3, 3], "w": [2, 2, 2**40, 2**40]})


def test_layers_that_run_very_often(load: Load) -> None:
    with refused("m"):
        load([product(name="m")], {"x": [2**41, 5, 3], "w": [2**41, 3, 4]})


def test_a_size_that_is_none_is_no_news(load: Load, spent) -> None:
    """It was found anew in every round, for ever."""
    bits = NODE("MatMulNBits", ["x", "p"], ["b"], "bits", domain="com.microsoft", K=3, N=-1)
    with refused("bits.inputs"):
        load([bits, product()], {**INPUTS, "p": [7, 1, 8]}, domains={"com.microsoft": 1})
    assert spent[0].done < 50


def test_names_in_functions_are_text(save: MakeModel) -> None:
    nodes = [NODE("f0", ["x"], ["z"], domain="own"), product("z")]
    path = save(nodes, INPUTS, functions=functions(1, 1), domains={"own": 1})
    path.write_bytes(path.read_bytes().replace(b"Relu", b"Re\xff\xfe"))
    with refused("graph"):
        load_onnx(path)


def test_transposed_convolutions_of_very_large_data(load: Load) -> None:
    node = NODE("ConvTranspose", ["x", "w"], ["y"], "c", strides=[2, 2])
    with refused("c.bounds.Ox"):
        load([node], {"x": [1, 2, 2**62, 3], "w": [2, 2, 3, 3]})
    node = NODE("ConvTranspose", ["x", "w"], ["y"], "c", strides=[2**40, 2])
    with refused("c.bounds.Ox"):
        load([node], {"x": [1, 2, 2**62, 3], "w": [2, 2, 3, 3]})
