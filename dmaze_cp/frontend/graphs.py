"""Graphs, and the graphs nested in their operators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from dmaze_cp.frontend.limits import MAX_NESTING, past

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

_GRAPH: Final = 5
_GRAPHS: Final = 10
"""Types of attributes, as onnx numbers them: to import it takes long."""


def graphs(graph: GraphProto, depth: int = 0) -> Iterator[GraphProto]:
    """The graph and all graphs nested in its operators, outermost first.

    Raises
    ------
    LimitError
        When they are nested too deeply.
    """
    if depth > MAX_NESTING:
        raise past("graphs in each other", f"more than {MAX_NESTING}", MAX_NESTING)
    yield graph
    for node in graph.node:
        for _, body in bodies(node):
            yield from graphs(body, depth + 1)


def bodies(node: NodeProto) -> Iterator[tuple[str, GraphProto]]:
    """Name and graph of each attribute that holds a graph."""
    for attribute in node.attribute:
        if attribute.type == _GRAPH:
            yield attribute.name, attribute.g
        elif attribute.type == _GRAPHS:
            for index, body in enumerate(attribute.graphs):
                yield f"{attribute.name}[{index}]", body


def operators(nodes: Iterable[NodeProto]) -> int:
    """How many operators there are, those of nested graphs included."""
    return sum(
        1 + sum(operators(body.node) for _, body in bodies(node)) if node.attribute else 1
        for node in nodes
    )
