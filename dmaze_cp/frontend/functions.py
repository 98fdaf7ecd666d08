"""Local functions of a model: their bodies take the places of their calls."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.graphs import bodies
from dmaze_cp.frontend.model_file import first_line, import_domains, is_standard

if TYPE_CHECKING:
    from onnx import FunctionProto, ModelProto, NodeProto, OperatorSetIdProto


def inline_functions(model: ModelProto) -> ModelProto:
    """The model without local functions, functions in functions included.

    One that names another operator set than the model is taken as it is if all its
    operators are written in the same way there, and else converted. Where that
    cannot be done its calls stay, and are listed as operators that are not known.

    Raises
    ------
    SpecError
        When functions call each other in a circle, or what does not exist.
    """
    from onnx.inliner import inline_local_functions

    if not model.functions:
        return model
    version = _version(model.opset_import)
    for function in model.functions:
        _rename_operator_set(function, version)
    try:
        inlined = inline_local_functions(model)
    except Exception as error:
        found = f"local functions that cannot be inlined ({first_line(error)})"
        raise SpecError(Problem("functions", found, "functions of known operators")) from None
    if inlined.functions:
        with suppress(Exception):
            inlined = inline_local_functions(model, convert_version=True)
    import_domains(inlined)
    return inlined


def _version(imports: Iterable[OperatorSetIdProto]) -> int | None:
    return next((item.version for item in imports if is_standard(item.domain)), None)


def _rename_operator_set(function: FunctionProto, version: int | None) -> None:
    """Let a function name the model's operator set, where that changes nothing."""
    own = _version(function.opset_import)
    if own is None or version is None or own == version:
        return
    if all(_written_alike(node, version) for node in function.node):
        for item in function.opset_import:
            if is_standard(item.domain):
                item.version = version


def _written_alike(node: NodeProto, version: int) -> bool:
    """Whether an operator has its inputs and attributes in another operator set, too."""
    from onnx import defs

    for _, body in bodies(node):
        if not all(_written_alike(inner, version) for inner in body.node):
            return False
    if not is_standard(node.domain):
        return True
    try:
        schema = defs.get_schema(node.op_type, version, "")
    except defs.SchemaError:
        return False
    fits = schema.min_input <= len(node.input) <= schema.max_input
    return (
        fits and not schema.deprecated and all(a.name in schema.attributes for a in node.attribute)
    )
