"""Reading an ONNX model, without heavy payloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.graphs import bodies, graphs
from dmaze_cp.frontend.limits import MAX_FOLDED_ELEMENTS
from dmaze_cp.frontend.size import check_size
from dmaze_cp.spec.reading import note_file

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

_SCALED: Final = frozenset({"Resize", "Upsample"})
"""Operators whose output size comes from numbers that are no integers."""

STANDARD_DOMAINS: Final = frozenset({"", "ai.onnx"})
"""The two spellings of the domain of ONNX's own operators."""


def read_model(path: Path) -> ModelProto:
    """Read a model for shape analysis.

    Weight values are dropped (only small constants stay), and data in external files
    is read only where it may hold shapes.

    Raises
    ------
    SpecError
        When the file is missing, is no ONNX model, is past a limit, or uses an operator
        set that the installed onnx does not know.
    """
    note_file(path)
    model = _parse(path)
    _prepare(model, path.parent)
    return model


def copied_model(source: object) -> ModelProto:
    """A copy of a model in memory, for shape analysis.

    As `read_model`, but that data in external files is not read: nobody says where they are.

    Raises
    ------
    SpecError
        As there, and when `source` is something else.
    """
    import onnx

    if not isinstance(source, onnx.ModelProto):
        expected = "a name, a path or an onnx.ModelProto"
        raise SpecError(Problem("", f"a {type(source).__name__}", expected))
    model = onnx.ModelProto()
    model.CopyFrom(source)
    _prepare(model, None)
    return model


def _prepare(model: ModelProto, folder: Path | None) -> None:
    """Check a model, and drop the values of its weights; external files are in `folder`."""
    _check_content(model)
    check_size(model)
    for graph in graphs(model.graph):
        _strip(graph, folder)
    for function in model.functions:
        _strip_constants(function.node, folder)
    _check_operator_sets(model)


def is_standard(domain: str) -> bool:
    """Whether a domain is that of ONNX's own operators."""
    return domain in STANDARD_DOMAINS


def _parse(path: Path) -> ModelProto:
    import onnx

    expected = "an ONNX model"
    try:
        if path.is_dir():
            found = "a directory"
        elif path.stat().st_size == 0:
            found = "an empty file"
        else:
            model = onnx.load(str(path), format="protobuf", load_external_data=False)
            found = ""
    except FileNotFoundError:
        found = "no such file"
    except (OSError, ValueError) as error:
        found = f"an unreadable file ({getattr(error, 'strerror', None) or error})"
    except Exception:  # the protobuf implementations differ in what they raise
        found = "a truncated or non-ONNX file"
    if found:
        raise SpecError(Problem("", found, expected))
    return model


def _check_content(model: ModelProto) -> None:
    """Refuse what parses, but is no usable model."""
    if not model.HasField("graph") or not model.graph.node:
        found = "no graph" if not model.HasField("graph") else "a graph without operators"
        raise SpecError(Problem("graph", found, "a graph with at least one operator"))
    if not model.opset_import:
        raise SpecError(Problem("opset_import", "none", "the operator sets that the model uses"))
    if not all(isinstance(text, str) for text in _texts(model)):
        # Protobuf hands strings that are no text out as bytes: the file is damaged.
        raise SpecError(Problem("graph", "names that are not UTF-8", "an intact model"))


def _texts(model: ModelProto) -> Iterator[object]:
    """All strings that serve as names."""
    yield from (item.domain for item in model.opset_import)
    yield from _graph_texts(model.graph)
    for function in model.functions:
        yield from (function.name, function.domain, *function.input, *function.output)
        yield from (item.domain for item in function.opset_import)
        yield from _node_texts(function.node)


def _graph_texts(graph: GraphProto) -> Iterator[object]:
    yield from _node_texts(graph.node)
    yield from (tensor.name for tensor in graph.initializer)
    yield from (sparse.values.name for sparse in graph.sparse_initializer)
    for value in (*graph.input, *graph.output, *graph.value_info):
        yield value.name
        yield from (item.dim_param for item in value.type.tensor_type.shape.dim)


def _node_texts(nodes: Iterable[NodeProto]) -> Iterator[object]:
    for node in nodes:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        for attribute in node.attribute:
            yield attribute.name
        for _, body in bodies(node):
            yield from _graph_texts(body)


def _check_operator_sets(model: ModelProto) -> None:
    """Refuse what inference cannot know; declare what it need not know."""
    import onnx
    from onnx.defs import onnx_opset_version

    versions = {
        "" if is_standard(item.domain) else item.domain: item.version for item in model.opset_import
    }
    used = {
        "" if is_standard(node.domain) else node.domain
        for graph in graphs(model.graph)
        for node in graph.node
    }
    newest = onnx_opset_version()
    expected = f"a version from 1 to {newest} (installed: onnx {onnx.__version__})"
    if "" in used and "" not in versions:
        raise SpecError(Problem("opset_import", "none for the domain ai.onnx", expected))
    if not 1 <= versions.get("", 1) <= newest:
        raise SpecError(Problem("opset_import", f"opset {versions['']} of ai.onnx", expected))
    import_domains(model)


def import_domains(model: ModelProto) -> None:
    """Import every domain: one without import makes inference give up on the whole graph."""
    from onnx import helper

    used = {node.domain for graph in graphs(model.graph) for node in graph.node}
    known = {item.domain for item in model.opset_import} | STANDARD_DOMAINS
    model.opset_import.extend(helper.make_opsetid(domain, 1) for domain in sorted(used - known))


def first_line(error: BaseException) -> str:
    """The first line of an error's message, else its type."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def unread_constants(graph: GraphProto) -> dict[str, str]:
    """Small constants whose external file could not be read, with that file's name."""
    from onnx import TensorProto

    return {
        tensor.name: _location(tensor)
        for tensor in graph.initializer
        if tensor.data_location == TensorProto.EXTERNAL
    }


def _location(tensor: TensorProto) -> str:
    """The external file of a tensor."""
    return next((e.value for e in tensor.external_data if e.key == "location"), "?")


def _strip(graph: GraphProto, folder: Path | None) -> None:
    """Drop tensor values that no shape is computed from: inference copies them."""
    sized = {
        name for node in graph.node if node.op_type in _SCALED for name in node.input[1:] if name
    }
    for tensor in graph.initializer:
        _strip_tensor(tensor, folder, decides=_is_index(tensor) or tensor.name in sized)
    _strip_constants(graph.node, folder)


def _strip_constants(nodes: Iterable[NodeProto], folder: Path | None) -> None:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _strip_tensor(attribute.t, folder, decides=_is_index(attribute.t))


def _is_index(tensor: TensorProto) -> bool:
    from onnx import TensorProto

    return tensor.data_type in (TensorProto.INT64, TensorProto.INT32)


def _strip_tensor(tensor: TensorProto, folder: Path | None, *, decides: bool) -> None:
    """Drop the values of a tensor, unless it is small.

    External values are read only of small tensors that may decide a shape. Where
    that fails the tensor stays external: it only matters if a shape comes from it.
    """
    from onnx import TensorProto

    external = tensor.data_location == TensorProto.EXTERNAL
    if external and folder is not None:
        # Part of the model, whether or not it is read.
        note_file(folder / _location(tensor))
    small = 0 <= prod(tensor.dims) <= MAX_FOLDED_ELEMENTS
    if external and small and decides:
        if folder is None:
            return
        from onnx.external_data_helper import load_external_data_for_tensor

        try:
            load_external_data_for_tensor(tensor, str(folder))
        except Exception:
            return
        tensor.ClearField("external_data")
        tensor.data_location = TensorProto.DEFAULT
    elif not small or external:
        for name in ("raw_data", "float_data", "int32_data", "int64_data", "string_data"):
            tensor.ClearField(name)
        for name in ("double_data", "uint64_data", "external_data", "data_location"):
            tensor.ClearField(name)
