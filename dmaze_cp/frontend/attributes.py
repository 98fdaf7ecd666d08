"""Attributes of operators: those that are read, and the types they must have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.graphs import bodies
from dmaze_cp.frontend.limits import MAX_LIST

if TYPE_CHECKING:
    from onnx import AttributeProto, NodeProto

Sizes = tuple[int, ...]
"""A shape whose dimensions are all known."""

_NAMES: Final = {
    "INT": "K N channels_last end group hidden_size kv_num_heads layout linear_before_reset "
    "local_window_size num_heads num_outputs num_scan_inputs past_present_share_buffer "
    "q_num_heads start transA transB transBatchA transBatchB value_int",
    "INTS": "dilations kernel_shape output_padding output_shape pads qkv_hidden_sizes "
    "scan_input_axes scan_output_axes strides value_ints",
    "STRING": "auto_pad direction equation",
    "FLOAT": "value_float",
    "FLOATS": "value_floats",
    "TENSOR": "value",
    "GRAPH": "body else_branch then_branch",
}
TYPES: Final = {name: kind for kind, names in _NAMES.items() for name in names.split()}
"""Type of each attribute that is read, as ONNX calls it; of one name it is always the same."""

_ANY_LENGTH: Final = frozenset({"value_ints", "value_floats"})

_WORDS: Final = {
    "INT": "an integer",
    "INTS": "a list of integers",
    "STRING": "a string",
    "STRINGS": "a list of strings",
    "FLOAT": "a number",
    "FLOATS": "a list of numbers",
    "TENSOR": "a tensor",
    "GRAPH": "a graph",
    "UNDEFINED": "an attribute without a type",
}


@dataclass(frozen=True)
class Attributes:
    """Attributes of an operator that has passed `attribute_problems`."""

    values: Mapping[str, object]

    def but(self, **changed: object) -> Attributes:
        """The same attributes with some added or replaced."""
        return Attributes({**self.values, **changed})

    def integer(self, name: str, default: int) -> int:
        """An integer attribute."""
        value = self.values.get(name, default)
        assert isinstance(value, int)  # noqa: S101 - checked when the file was read
        return value

    def integers(self, name: str, default: Sizes) -> Sizes:
        """A list of integers."""
        value = self.values.get(name, default)
        assert isinstance(value, list | tuple)  # noqa: S101 - checked when the file was read
        return tuple(value)

    def text(self, name: str, default: str) -> str:
        """A string attribute."""
        value = self.values.get(name, default)
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        assert isinstance(text, str)  # noqa: S101 - checked when the file was read
        return text


def attributes_of(node: NodeProto) -> Attributes:
    """The attributes of an operator that are read."""
    from onnx import helper

    return Attributes(
        {
            attribute.name: helper.get_attribute_value(attribute)
            for attribute in node.attribute
            if attribute.name in TYPES
        }
    )


def node_name(node: NodeProto, index: int) -> str:
    """The name of an operator, else that of an output, else its type and place."""
    if node.name:
        return node.name
    return next((name for name in node.output if name), f"{node.op_type}_{index}")


def check_attributes(nodes: Iterable[NodeProto], readers: Mapping[str, frozenset[str]]) -> None:
    """Refuse attributes of a wrong type, in nested graphs, too.

    Parameters
    ----------
    nodes
        Operators of a graph.
    readers
        By domain, the operators that attributes are read of.

    Raises
    ------
    SpecError
        With every one.
    """
    problems = list(_problems(nodes, readers))
    if problems:
        raise SpecError(problems)


def _problems(
    nodes: Iterable[NodeProto], readers: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    for index, node in enumerate(nodes):
        if not node.attribute:
            continue
        if node.op_type in readers.get(node.domain, ()):
            for attribute in node.attribute:
                found, expected = _problem(attribute) or _contradiction(node, attribute)
                if found:
                    yield Problem(f"{node_name(node, index)}.{attribute.name}", found, expected)
        for _, body in bodies(node):
            yield from _problems(body.node, readers)


def _problem(attribute: AttributeProto) -> tuple[str, str] | None:
    """What is found and expected of an attribute of a wrong type."""
    from onnx import AttributeProto

    expected = TYPES.get(attribute.name)
    if expected is None:
        return None
    try:
        kind = AttributeProto.AttributeType.Name(attribute.type)
    except ValueError:
        return f"the unknown type {attribute.type}", _WORDS[expected]
    if kind != expected:
        return _WORDS.get(kind, f"an attribute of type {kind}"), _WORDS[expected]
    length = max(len(attribute.ints), len(attribute.s))
    if length > MAX_LIST and attribute.name not in _ANY_LENGTH:
        return f"one of length {length} (at most {MAX_LIST})", _WORDS[expected]
    return None


def _contradiction(node: NodeProto, attribute: AttributeProto) -> tuple[str, str]:
    """What ONNX's inference ends the whole process at."""
    count = len(node.output)
    if node.op_type == "Split" and attribute.name == "num_outputs" and attribute.i != count:
        return str(attribute.i), f"{count}, as it has outputs"
    return "", ""
