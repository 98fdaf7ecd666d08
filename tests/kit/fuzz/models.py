"""ONNX models, damaged by chance but always in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import onnx
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper

from dmaze_cp.frontend import load_onnx
from dmaze_cp.workload import Workload
from tests.frontend.test_frontend_control import choice, constant
from tests.frontend.test_frontend_loops import LOOP_INPUTS, loop, scan
from tests.kit.fuzz.run import Case
from tests.kit.onnx_models import value

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
LIGHT_NAMES = ("bvlc_alexnet", "squeezenet", "vgg19", "zfnet512", "shufflenet", "resnet50")
MICROSOFT = "com.microsoft"


def read(path: Path) -> Workload:
    """The layers of a model."""
    return load_onnx(path)


def node(op_type: str, inputs: str, outputs: str, domain: str = "", **attributes: Any) -> NodeProto:
    """An operator; names are words, a dash is an operand that is left out."""
    names = [name if name != "-" else "" for name in inputs.split()]
    return helper.make_node(
        op_type, names, outputs.split(), outputs.split()[0] + "_n", domain=domain, **attributes
    )


def contrib(op_type: str, inputs: str, outputs: str, **attributes: Any) -> NodeProto:
    """An operator of ONNX Runtime."""
    return node(op_type, inputs, outputs, MICROSOFT, **attributes)


def model(
    nodes: Sequence[NodeProto],
    inputs: Mapping[str, Any],
    constants: Mapping[str, Sequence[int]] | None = None,
    opset: int = 21,
    functions: Sequence[onnx.FunctionProto] = (),
) -> bytes:
    """A model; constants are vectors of integers."""
    infos = [v if not isinstance(v, list) else value(k, v) for k, v in inputs.items()]
    tensors = [
        helper.make_tensor(name, TensorProto.INT64, [len(numbers)], numbers)
        for name, numbers in (constants or {}).items()
    ]
    graph = helper.make_graph(
        nodes, "g", infos, [helper.make_empty_tensor_value_info(nodes[-1].output[0])], tensors
    )
    opsets = [helper.make_opsetid(d, v) for d, v in (("", opset), (MICROSOFT, 1), ("own", 1))]
    made = helper.make_model(graph, opset_imports=opsets, functions=functions)
    return bytes(made.SerializeToString())


def convolutions() -> bytes:
    """Convolutions of all kinds."""
    nodes = [
        node("Conv", "x w", "a", strides=[2, 1], pads=[1, 1, 1, 1]),
        node("Relu", "a", "r"),
        node("Conv", "r g", "b", group=4, auto_pad="SAME_UPPER", kernel_shape=[3, 3]),
        node("ConvTranspose", "x t", "up", strides=[2, 2], output_padding=[1, 1]),
        node("Conv", "x3 w3", "c", strides=[2, 1, 1], group=2),
        node("ConvInteger", "x w", "ci", dilations=[1, 2]),
        node("QLinearConv", "x s z w s z s z", "q"),
        contrib("FusedConv", "x w", "f", activation="Relu"),
        contrib("NhwcConv", "xl w", "nh"),
        contrib("CausalConvWithState", "line wl", "cc"),
        node("MaxPool", "b", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "p", "flat"),
        node("Gemm", "flat wf", "y", transB=1),
    ]
    inputs = {"x": [1, 4, 9, 9], "w": [4, 4, 3, 3], "g": [8, 1, 3, 3], "t": [4, 2, 3, 3]}
    inputs |= {"x3": [1, 4, 4, 5, 5], "w3": [4, 2, 2, 3, 3], "xl": [1, 9, 9, 4], "s": [1]}
    inputs |= {"z": [1], "line": [1, 4, 8], "wl": [4, 1, 3], "wf": [7, 64]}
    return model(nodes, inputs)


def products() -> bytes:
    """Matrix products, recurrent networks and attention."""
    nodes = [
        node("MatMul", "a b", "m"),
        node("MatMulInteger", "a b", "mi"),
        node("QLinearMatMul", "a o o b o o o o", "qm"),
        node("Einsum", "a a", "e", equation="bij,bkj->bik"),
        node("RNN", "a rw rr", "rnn", hidden_size=5),
        node("LSTM", "a lw lr", "lstm", hidden_size=5, direction="forward"),
        node("GRU", "a gw gr", "gru", hidden_size=5, linear_before_reset=1),
        node("Attention", "q q q", "att"),
        contrib("MatMulNBits", "a pk", "nb", K=3, N=7, bits=4, block_size=16),
        contrib("FusedMatMul", "a a", "fm", transB=1),
        contrib("MultiHeadAttention", "h h h", "mh", num_heads=2),
        contrib("GroupQueryAttention", "h k k - - - n", "gq", num_heads=2, kv_num_heads=1),
        contrib("Attention", "h aw", "pa", num_heads=2, qkv_hidden_sizes=[4, 4, 4]),
        contrib("QAttention", "h aw", "qa", num_heads=2),
        contrib("QGemm", "f o o ft o o", "qg", transB=1),
        contrib("DynamicQuantizeLSTM", "a dw dr", "dq", hidden_size=5),
        contrib("SkipLayerNormalization", "h h", "sk"),
        contrib("QLinearConcat", "o o h o o h o o", "cat", axis=0),
    ]
    inputs = {"a": [7, 2, 3], "b": [3, 4], "o": [1], "rw": [1, 5, 3], "rr": [1, 5, 5]}
    inputs |= {"lw": [1, 20, 3], "lr": [1, 20, 5], "gw": [1, 15, 3], "gr": [1, 15, 5]}
    inputs |= {"q": [1, 2, 6, 4], "pk": [7, 1, 8], "h": [1, 6, 4], "k": [1, 6, 2], "aw": [4, 12]}
    inputs |= {"f": [3, 4], "ft": [5, 4], "dw": [1, 3, 20], "dr": [1, 5, 20]}
    return model(nodes, inputs, {"n": [6]}, opset=23)


def shapes() -> bytes:
    """Shapes that are computed, with constants and open dimensions."""
    nodes = [
        node("Shape", "x", "sh"),
        node("Gather", "sh zero", "n"),
        node("Concat", "n rest", "target", axis=0),
        node("Reshape", "x target", "r"),
        node("Range", "i0 i1 i2", "range"),
        node("Unsqueeze", "range zero", "un"),
        node("Squeeze", "un zero", "sq"),
        node("Slice", "sh zero two", "sl"),
        node("Cast", "sl", "ca", to=TensorProto.INT64),
        node("Mul", "ca two", "mu"),
        node("Add", "mu two", "ad"),
        node("ConstantOfShape", "ad", "co"),
        node("Expand", "co ad", "ex"),
        node("Tile", "ex two2", "ti"),
        node("Pad", "ti pads", "pa"),
        node("Split", "x", "s1 s2", axis=0, num_outputs=2),
        node("TopK", "rest two", "tk ti2"),
        node("Where", "cond two two", "wh"),
        node("ScatterND", "rest idx upd", "sc"),
        node("GatherND", "rest idx", "gn"),
        node("Resize", "img - - sizes", "rs"),
        node("Conv", "rs w", "cv"),
        node("MatMul", "r w2", "y"),
    ]
    nodes += [constant("cond", True, bool), constant("i0", 0), constant("i1", 6), constant("i2", 2)]
    nodes = nodes[-4:] + nodes[:-4]
    constants = {"zero": [0], "two": [2], "two2": [2, 2], "rest": [2, 6], "pads": [1, 1, 1, 1]}
    constants |= {"upd": [1], "sizes": [1, 3, 8, 8]}
    inputs = {"x": ["n", 4, 3], "w2": [6, 5], "img": [1, 3, 4, 4], "w": [2, 3, 3, 3]}
    inputs["x"] = [4, 4, 3]
    data = ModelProto.FromString(model(nodes, inputs, constants))
    data.graph.initializer.append(helper.make_tensor("idx", TensorProto.INT64, [1, 1], [0]))
    return bytes(data.SerializeToString())


def nested() -> bytes:
    """Loops, branches and functions."""
    call = node("double", "lx", "lz", "own")
    inner = helper.make_node("MatMul", ["fx", "fx"], ["fy"], "inner")
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
    function = helper.make_function("own", "double", ["fx"], ["fy"], [inner], opsets)
    nodes = [
        *(constant("n", 6), constant("go", True, bool), loop("n", "go"), choice("go"), scan()),
        *(choice("unknown", name="other"), call),
    ]
    inputs = {**LOOP_INPUTS, "frames": [7, 2, 4], "lx": [3, 3]}
    inputs |= {"unknown": value("unknown", [], TensorProto.BOOL)}
    return model(nodes, inputs, functions=[function])


NUMBERS = (0, 1, -1, 2, 3, 7, 64, 1025, 2**20, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, -(2**63))


def messages(message: Any) -> Iterator[Any]:
    """A message and all that are in it."""
    yield message
    for field, content in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for inner in content if field.is_repeated else [content]:
                yield from messages(inner)


def damage(made: ModelProto, random: Random) -> None:
    """Change a field of a message: lost, doubled, moved, exchanged, or something else."""
    everything = list(messages(made))
    message = random.choice(everything)
    fields = message.ListFields()
    if random.randrange(8) == 0 or not fields:
        return add(message, random)
    field, content = random.choice(fields)
    kind = random.randrange(6)
    if field.is_repeated and content:
        place = random.randrange(len(content))
        if kind == 0:
            del content[place]
        elif kind == 1 and field.type == field.TYPE_MESSAGE:
            content.add().CopyFrom(content[place])
        elif kind == 2 and field.type == field.TYPE_MESSAGE:
            same = [m for m in everything if type(m) is type(content[place])]
            content[place].CopyFrom(copied(random.choice(same)))
        elif kind == 3:
            kept = [copied(item) for item in content] * random.choice((1, 2, 40))
            random.shuffle(kept)
            del content[:]
            content.extend(kept)
        elif field.type != field.TYPE_MESSAGE:
            content[place] = other(field, content[place], made, random)
    elif kind == 0:
        message.ClearField(field.name)
    elif field.type == field.TYPE_MESSAGE:
        same = [m for m in everything if type(m) is type(content)]
        content.CopyFrom(copied(random.choice(same)))
    else:
        setattr(message, field.name, other(field, content, made, random))
    return None


def copied(item: Any) -> Any:
    """A copy of a message; numbers and texts are themselves."""
    if not hasattr(item, "SerializeToString"):
        return item
    copy = type(item)()
    copy.CopyFrom(item)
    return copy


def other(field: Any, content: Any, made: ModelProto, random: Random) -> Any:
    """Another value for a field."""
    if field.type == field.TYPE_STRING:
        names = [n for node_ in made.graph.node for n in (*node_.input, node_.op_type)] or ["x"]
        return random.choice([random.choice(names), random.choice(names), "", "x", "n\n", "?"])
    if field.type == field.TYPE_BYTES:
        return random.choice([b"", content[:-1], content * 2, b"\xff" * 8, b"SAME_LOWER"])
    if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        return random.choice([0.0, -1.0, float("nan"), float("inf"), 1e30])
    if field.type == field.TYPE_ENUM:
        return random.choice([v.number for v in field.enum_type.values])
    number = random.choice(NUMBERS) if random.randrange(2) else content + random.choice((-1, 1, 5))
    if field.type in (field.TYPE_INT32, field.TYPE_SINT32):
        return max(-(2**31), min(number, 2**31 - 1))
    if field.type == field.TYPE_UINT64:
        return number % 2**63
    return min(max(number, -(2**63)), 2**63 - 1)


def add(message: Any, random: Random) -> None:
    """Put an attribute, a type or a number where there is none."""
    if isinstance(message, NodeProto):
        names = ("group", "strides", "pads", "axis", "equation", "num_heads", "N", "body", "value")
        attribute = message.attribute.add(name=random.choice(names))
        attribute.type = random.choice(list(AttributeProto.AttributeType.values()))
        attribute.i = random.choice(NUMBERS)
        attribute.ints.extend([random.choice(NUMBERS)] * random.choice((0, 1, 2, 3000)))
    elif isinstance(message, TensorProto):
        message.dims.append(random.choice(NUMBERS))
    elif isinstance(message, onnx.GraphProto):
        dims = [random.choice(NUMBERS) for _ in range(random.choice((1, 1, 2, 4)))]
        given = [name for node_ in message.node for name in node_.input] or ["x"]
        message.initializer.add(name=random.choice(given), data_type=7, dims=dims)


def cases(seed: int, first: int, last: int, folder: Path) -> Iterator[Case]:
    """Models number `first` to `last` of a seed, each of which depends on its number alone."""
    small = {m.__name__: m() for m in (convolutions, products, shapes, nested)}
    large = {name: (LIGHT / f"light_{name}.onnx").read_bytes() for name in LIGHT_NAMES}
    for number in range(first, last):
        random = Random(f"{seed} {number}")
        name, content = random.choice(list((large if number % 20 == 0 else small).items()))
        if random.randrange(3):
            made = ModelProto.FromString(content)
            for _ in range(random.choice((1, 1, 2, 3, 10))):
                try:
                    damage(made, random)
                except (UnicodeError, ValueError, TypeError):
                    continue  # what protobuf itself refuses
            data = made.SerializeToString()
        else:
            data = bytearray(content)
            for _ in range(random.choice((1, 1, 2, 5, 20))):
                data[random.randrange(len(data))] = random.randrange(256)
        path = folder / f"{name}.onnx"
        path.write_bytes(data)
        yield f"{seed} {name}", path, read
