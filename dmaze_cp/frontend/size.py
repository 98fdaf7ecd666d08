"""Whether a model is small enough to be looked into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from dmaze_cp.frontend.graphs import bodies, graphs
from dmaze_cp.frontend.limits import MAX_NESTING, MAX_OPERATORS, MAX_RANK, past

if TYPE_CHECKING:
    from onnx import FunctionProto, ModelProto, NodeProto


def check_size(model: ModelProto) -> None:
    """Refuse a model that is past a limit, or gets there when its functions are put in place.

    Raises
    ------
    LimitError
        When it is.
    """
    _check_ranks(model)
    calls = _Calls({(f.domain, f.name): f for f in model.functions})
    calls.check(model.graph.node)


def _check_ranks(model: ModelProto) -> None:
    for function in model.functions:
        _check_constants(function.node)
    for graph in graphs(model.graph):
        _check_constants(graph.node)
        for tensor in graph.initializer:
            _check_rank(tensor.name, len(tensor.dims))
        for sparse in graph.sparse_initializer:
            _check_rank(sparse.values.name, len(sparse.dims))
        for value in (*graph.input, *graph.output, *graph.value_info):
            _check_rank(value.name, len(value.type.tensor_type.shape.dim))


def _check_constants(nodes: Iterable[NodeProto]) -> None:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _check_rank(node.name or node.op_type, len(attribute.t.dims))


def _check_rank(name: str, rank: int) -> None:
    if rank > MAX_RANK:
        raise past("dimensions", rank, MAX_RANK, name)


class _Calls:
    """How many operators functions stand for."""

    def __init__(self, functions: Mapping[tuple[str, str], FunctionProto]) -> None:
        self._functions = functions
        self._counts: dict[tuple[str, str], int] = {}
        self._open: list[tuple[str, str]] = []

    def check(self, nodes: Iterable[NodeProto]) -> int:
        """The number of operators that these stand for."""
        count = 0
        for node in nodes:
            key = (node.domain, node.op_type)
            count += self._function(key) if key in self._functions else 1
            count += sum(self.check(body.node) for _, body in bodies(node))
            if count > MAX_OPERATORS:
                raise past("operators", f"more than {MAX_OPERATORS}", MAX_OPERATORS)
        return count

    def _function(self, key: tuple[str, str]) -> int:
        if key in self._open:  # a circle, which inlining them reports
            return 1
        if key not in self._counts:
            if len(self._open) == MAX_NESTING:
                found = f"more than {MAX_NESTING}"
                raise past("functions that call each other", found, MAX_NESTING, "functions")
            self._open.append(key)
            self._counts[key] = self.check(self._functions[key].node)
            self._open.pop()
        return self._counts[key]
