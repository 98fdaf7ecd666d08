"""Small arithmetic expressions in spec files, read and evaluated safely.

They may use numbers (``512``, ``0.5``, ``1e6``, ``64 KiB``), given names, ``+ - * / // % **``,
and, where a condition is wanted, comparisons (also chained), ``and``, ``or`` and ``not``.
Nothing else is let through, and no expression can take long or grow large.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.fields import describe, nearest
from dmaze_cp.spec.sizes import UNITS

_MAX_LENGTH: Final = 500
_MAX_BITS: Final = 4096
_MAX_NUMBER: Final = 1e30
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_SIZE: Final = re.compile(rf"(?<![\w.])(\d+(?:\.\d+)?)\s*({'|'.join(UNITS)})\b", re.IGNORECASE)
_FACTORS: Final = {unit.casefold(): factor for unit, factor in UNITS.items()}


class ExpressionError(ArithmeticError):
    """An expression has no value for these numbers."""


def _power(base: float, exponent: float) -> float:
    """A power of bounded size, so that no expression takes forever."""
    is_exact = isinstance(base, int) and isinstance(exponent, int) and exponent >= 0
    if is_exact and int(base).bit_length() * exponent <= _MAX_BITS:
        power: int = int(base) ** int(exponent)
        return power
    result = float(base) ** float(exponent)
    if isinstance(result, complex):
        raise ExpressionError("a root of a negative number")
    return float(result)


_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}


def parse_expression(
    text: str, names: Collection[str], *, condition: bool, example: str = ""
) -> ast.expr:
    """Read an expression.

    Parameters
    ----------
    text
        The expression.
    names
        Names that it may use.
    condition
        Whether it has to be a condition, or else a number.
    example
        One that is right, for the message; without it one of a design space.

    Raises
    ------
    SpecError
        When it is no such expression.
    """
    kind = "a condition" if condition else "a formula"
    example = example or (
        "spm_bytes <= 16 * total_rf_bytes" if condition else "0.002 * bytes ** 0.9"
    )
    expected = f"{kind} such as {example!r}"
    if not isinstance(text, str) or not text.strip() or len(text) > _MAX_LENGTH:
        found = f"{len(text)} characters" if isinstance(text, str) and text else describe(text)
        raise SpecError(Problem("", found, f"{expected}, at most {_MAX_LENGTH} characters"))
    plain = _SIZE.sub(lambda m: f"({m[1]}*{_FACTORS[m[2].casefold()]})", text.strip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)  # such as of 1and 2
            tree: ast.expr = _Dotted().visit(ast.parse(plain, mode="eval").body)
        refused = _refused(tree, names, condition=condition)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError(Problem("", describe(text), expected)) from None
    if refused is not None:
        found, expected = refused
        raise SpecError(Problem("", f"{found} in {text.strip()!r}", expected))
    return tree


class _Dotted(ast.NodeTransformer):
    """Makes one name of ``word_bytes.O``."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """A name with a dot; what else has one is left to be refused."""
        if isinstance(node.value, ast.Name):
            return ast.copy_location(ast.Name(f"{node.value.id}.{node.attr}", node.ctx), node)
        return node


def evaluate_expression(tree: ast.expr, values: Mapping[str, float]) -> Any:
    """The value of an expression (a number, or a condition's truth).

    Parameters
    ----------
    tree
        From `parse_expression`.
    values
        A number for each name in it.

    Raises
    ------
    ExpressionError
        When it divides by zero, or a number gets too large.
    """
    try:
        return _value(tree, values)
    except ZeroDivisionError:
        raise ExpressionError("division by zero") from None
    except OverflowError:
        raise ExpressionError("a number that is too large") from None


def names_in(tree: ast.expr) -> frozenset[str]:
    """The names that an expression uses."""
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _refused(node: ast.expr, names: Collection[str], *, condition: bool) -> tuple[str, str] | None:
    """What is wrong with an expression (found, expected), or None."""
    parts = _parts(node)
    if parts is None or (isinstance(node, ast.Name) and node.id not in names):
        return _refusal(node, names)
    gives_condition, needed = parts
    if gives_condition != condition:
        return repr(ast.unparse(node)), "a comparison there" if condition else "a number there"
    for part, is_condition in needed:
        if (refused := _refused(part, names, condition=is_condition)) is not None:
            return refused
    return None


def _parts(node: ast.expr) -> tuple[bool, list[tuple[ast.expr, bool]]] | None:
    """Whether it gives a condition, and its parts with the same; None if it is not allowed."""
    if _is_leaf(node):
        return False, []
    match node:
        case ast.BoolOp(values=values):
            return True, [(value, True) for value in values]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return True, [(operand, True)]
        case ast.Compare(left=left, ops=ops, comparators=others):
            if all(type(op) in _COMPARISONS for op in ops):
                return True, [(part, False) for part in (left, *others)]
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) in _ARITHMETIC:
                return False, [(left, False), (right, False)]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return False, [(operand, False)]
    return None


def _is_leaf(node: ast.expr) -> bool:
    """Whether it is a name or a number of a sensible size."""
    if isinstance(node, ast.Constant):
        value = node.value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and abs(value) < _MAX_NUMBER  # type: ignore[arg-type]
    return isinstance(node, ast.Name)


def _refusal(node: ast.expr, names: Collection[str]) -> tuple[str, str]:
    if isinstance(node, ast.Name):
        close = nearest(node.id, names, count=3)
        return f"the unknown name {node.id!r}", close or f"one of {', '.join(names)}"
    allowed = "numbers, names, + - * / // % **, comparisons, and, or, not"
    return repr(ast.unparse(node)), allowed


def _value(node: ast.expr, values: Mapping[str, float]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, values)
            if isinstance(op, ast.Not):
                return not value
            return -value if isinstance(op, ast.USub) else value
        case ast.BoolOp(op=op, values=parts):
            outcomes = (_value(part, values) for part in parts)
            return all(outcomes) if isinstance(op, ast.And) else any(outcomes)
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _chain(_value(left, values), ops, others, values)
    raise AssertionError(f"{node} is never let through")


def _chain(
    left: Any, ops: list[ast.cmpop], others: list[ast.expr], values: Mapping[str, float]
) -> bool:
    """Whether all comparisons of a chain hold; what follows a false one is not looked at."""
    for op, other in zip(ops, others, strict=True):
        right = _value(other, values)
        if not _COMPARISONS[type(op)](left, right):
            return False
        left = right
    return True
