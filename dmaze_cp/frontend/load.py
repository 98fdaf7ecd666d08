"""ONNX model -> workload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.workload import Layer, UnmappedOperator, Workload

if TYPE_CHECKING:
    from onnx import ModelProto

_SHOWN_KINDS = 4
_IN_MEMORY = "ONNX model"


def load_onnx(
    source: str | Path | ModelProto,
    *,
    batch: int | None = None,
    shapes: Mapping[str, int] | None = None,
) -> Workload:
    """The layers of an ONNX model, and its operators that are no layers.

    Convolutions and matrix products become layers; layers of equal shape are folded
    into one. Weight values are not read: files with external data need not be there.

    Parameters
    ----------
    source
        A binary ONNX file, or a model in memory, which is left as it is. The workload is called
        after the file or the model's graph.
    batch
        Size of the first dimension of every input that leaves it open.
    shapes
        Sizes of other open dimensions, by their name in the model, or by their place
        ``INPUT:AXIS``. Go before `batch`. Also values of
        inputs that are one integer (a sampling rate, a length), by the input's name:
        they may decide which branch of the model runs.

    Raises
    ------
    SpecError
        With every problem found: the source is no ONNX model, is past a limit (see
        `dmaze_cp.frontend.limits`), has an attribute of a wrong type, has no layer that can be
        mapped, leaves open a dimension that a layer needs, or has a size of zero or
        above the largest bound; or a value given fits no dimension.
    """
    from dmaze_cp.frontend.attributes import check_attributes
    from dmaze_cp.frontend.dimensions import bind_dimensions
    from dmaze_cp.frontend.functions import inline_functions
    from dmaze_cp.frontend.graphs import operators
    from dmaze_cp.frontend.limits import Work
    from dmaze_cp.frontend.lowering import lower_model
    from dmaze_cp.frontend.model_file import copied_model, read_model
    from dmaze_cp.frontend.shapes import analyse

    path = Path(source) if isinstance(source, str | Path) else None
    try:
        read = copied_model(source) if path is None else read_model(path)
        name = _graph_name(read) if path is None else path.stem
        model = inline_functions(read)
        check_attributes(model.graph.node, _readers())
        opened = bind_dimensions(model, batch=batch, shapes=shapes or {})
        work = Work.on(operators(model.graph.node))
        layers, unmapped = lower_model(analyse(model, work), opened)
        _require_layers(layers, unmapped)
    except SpecError as error:
        raise error.inside(_IN_MEMORY if path is None else str(path)) from None
    return Workload(name, layers, unmapped)


def _graph_name(model: ModelProto) -> str:
    name: object = model.graph.name  # bytes, where it is no text
    return name if isinstance(name, str) and name else "model"


def _readers() -> dict[str, frozenset[str]]:
    """By domain, the operators whose attributes are read."""
    from dmaze_cp.frontend import contrib_shapes, control, folding
    from dmaze_cp.frontend.model_file import STANDARD_DOMAINS
    from dmaze_cp.frontend.rules import RULES

    standard = {name for domain, name in RULES if not domain} | folding.READERS | control.READERS
    readers = dict.fromkeys(STANDARD_DOMAINS, frozenset(standard))
    for domain in {domain for domain, _ in RULES if domain}:
        readers[domain] = frozenset(name for other, name in RULES if other == domain)
    readers["com.microsoft"] |= contrib_shapes.READERS
    return readers


def _require_layers(layers: Sequence[Layer], unmapped: Sequence[UnmappedOperator]) -> None:
    from dmaze_cp.frontend.rules import RULES

    if not layers:
        # What could do work is of interest; where nothing could, all is.
        mappable = {name for _, name in RULES}
        working = [op for op in unmapped if op.macs or op.operator in mappable] or unmapped
        kinds = sorted({f"{op.operator}: {op.reason}" for op in working})
        more = f", and {len(kinds) - _SHOWN_KINDS} more" if len(kinds) > _SHOWN_KINDS else ""
        listed = ", ".join(kinds[:_SHOWN_KINDS]) + more
        found = f"no convolution or matrix product that can be mapped ({listed})"
        raise SpecError(Problem("graph", found, "at least one"))
