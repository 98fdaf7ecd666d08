"""Constants in external files that cannot be read, and the shapes that come from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmaze_cp.frontend.model_file import unread_constants
from dmaze_cp.frontend.shapes import Analysis
from dmaze_cp.frontend.tensors import is_open

if TYPE_CHECKING:
    from onnx import NodeProto


class UnreadConstants:
    """Small constants of a graph that could not be read, and what is computed from them.

    Parameters
    ----------
    analysis
        The graph.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._tensors = analysis.tensors
        self._files = unread_constants(analysis.graph)
        self._makers: dict[str, NodeProto] = {}
        self._seen: set[str] = set()
        self._depending = set(self._files)
        if not self._files:
            return
        for node in analysis.graph.node:
            self._makers |= dict.fromkeys(node.output, node)
            if not self._depending.isdisjoint(node.input):
                self._depending.update(node.output)

    def behind(self, node: NodeProto) -> dict[str, str] | None:
        """Constants that open shapes of an operator's operands may come from, with their files.

        Those that were handed out before are not again; None if there are none at all.
        """
        pending = [n for n in node.input if n in self._depending and is_open(self._tensors[n])]
        if not pending:
            return None
        found = {}
        while pending:
            name = pending.pop()
            if name in self._seen or name not in self._depending:
                continue
            self._seen.add(name)
            if name in self._files:
                found[name] = self._files[name]
            if name in self._makers:
                pending.extend(self._makers[name].input)
        return found
