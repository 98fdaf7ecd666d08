"""ONNX model -> workload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.workload import Layer, UnmappedOperator, Workload

_SHOWN_KINDS = 4


def load_onnx(
    path: str | Path, *, batch: int | None = None, shapes: Mapping[str, int] | None = None
) -> Workload:
    """The layers of an ONNX model, and its operators that are no layers.

    Convolutions and matrix products become layers; layers of equal shape are folded
    into one. Weight values are not read: files with external data need not be there.

    Parameters
    ----------
    path
        A binary ONNX file.
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
        With every problem found: the file is no ONNX model, is past a limit (see
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
    from dmaze_cp.frontend.model_file import read_model
    from dmaze_cp.frontend.shapes import analyse

    file = Path(path)
    try:
        model = inline_functions(read_model(file))
        check_attributes(model.graph.node, _readers())
        opened = bind_dimensions(model, batch=batch, shapes=shapes or {})
        work = Work.on(operators(model.graph.node))
        layers, unmapped = lower_model(analyse(model, work), opened)
        _require_layers(layers, unmapped)
    except SpecError as error:
        raise error.inside(str(path)) from None
    return Workload(file.stem, layers, unmapped)


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
