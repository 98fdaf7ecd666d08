"""Sizes that a network file leaves open: declared with defaults, used in formulas of its layers.

``shape: {tokens: 107, cached: 0}`` declares two, and ``bounds: {X: tokens, Y: tokens + cached}``
uses them. A list of names declares a size that stands for all of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.expressions import (
    ExpressionError,
    evaluate_expression,
    names_in,
    parse_expression,
)
from dmaze_cp.spec.fields import Fields, describe, is_integer
from dmaze_cp.workload import MAX_BOUND, MAX_INSTANCES

_FIELD: Final = "shape"


@dataclass
class OpenSizes:
    """The sizes of a network, and which of them its layers have used.

    Attributes
    ----------
    values
        By name, those that formulas may use.
    used
        Names that formulas have used so far.
    """

    values: dict[str, int]
    used: set[str] = field(default_factory=set)

    def settled(self, layer: Mapping[object, object], spec: Fields) -> dict[object, object]:
        """A layer of a file with numbers in place of its formulas.

        What is wrong with a formula is noted in `spec`, whose fields are the layer's; 1 then
        stands in for it, and the padded input, which depends on it, is left out.
        """
        before = len(spec.problems)
        result = dict(layer)
        bounds = layer.get("bounds")
        if isinstance(bounds, Mapping):
            result["bounds"] = {
                d: self._settled(v, spec, f"bounds.{d}", MAX_BOUND) for d, v in bounds.items()
            }
        if "instances" in layer:
            instances = layer["instances"]
            result["instances"] = self._settled(instances, spec, "instances", MAX_INSTANCES)
        padded = layer.get("padded_input")
        if isinstance(padded, list | tuple):
            most = 2 * MAX_BOUND**2
            result["padded_input"] = [
                self._settled(v, spec, f"padded_input[{axis}]", most)
                for axis, v in enumerate(padded)
            ]
        if len(spec.problems) > before:
            result.pop("padded_input", None)
        return result

    def note_unused(self, spec: Fields) -> None:
        """Note sizes that no formula has used: they would change nothing."""
        for name in self.values:
            if name not in self.used:
                where = f"{_FIELD}.{name}"
                spec.problems.append(Problem(where, "a size of no layer", "one that a layer uses"))

    def _settled(self, value: object, spec: Fields, key: str, most: int) -> object:
        """A value of a layer; the number of a formula, if it is one."""
        if not isinstance(value, str):
            return value
        where, expected = spec.path(key), f"an integer from 1 to {most}"
        if not self.values:
            expected += f" (a formula uses sizes that {_FIELD!r} declares, and there is none)"
            spec.problems.append(Problem(where, describe(value), expected))
            return 1
        try:
            tree = parse_expression(
                value, self.values, condition=False, example=" + ".join(self.values)
            )
            self.used |= names_in(tree)
            number = evaluate_expression(tree, self.values)
        except SpecError as error:
            spec.problems += [problem.under(where) for problem in error.problems]
            return 1
        except ExpressionError as error:
            spec.problems.append(Problem(where, f"{error} in {value!r}", expected))
            return 1
        if float(number).is_integer() and 1 <= number <= most:
            return int(number)
        names = sorted(names_in(tree))
        by = ", ".join(f"{name} = {self.values[name]}" for name in names)
        found = f"{number} = {value}" + (f" with {by}" if by else "")
        spec.problems.append(Problem(where, found, expected))
        return 1


def size_range(least: int) -> str:
    """What is expected of the value that a size is given."""
    return f"an integer from {least} to {MAX_BOUND}"


def open_sizes(spec: Fields, given: Mapping[str, int]) -> OpenSizes:
    """The sizes that a network file declares, with the values that a user gives them.

    A size is at least 1, unless its default is 0. What is given for a size by its own name goes
    before what is given for a list with that name in it.

    Parameters
    ----------
    spec
        The file. What is wrong with its field ``shape``, and with what is given, is noted there.
    given
        Values by name; any object, which is checked.
    """
    declared = Fields(spec.data.get(_FIELD, {}), "a mapping of sizes and defaults", _FIELD)
    defaults, groups = _declared(declared)
    spec.problems += declared.problems
    if declared.problems:
        # Whatever is given may be right.
        return OpenSizes(defaults)
    refused = _given_problems(given, defaults, groups)
    spec.problems += refused.values()
    taken = {name: size for name, size in given.items() if name not in refused}
    of_groups = {m: taken[name] for name in taken for m in groups.get(name, ())}
    own = {name: size for name, size in taken.items() if name in defaults}
    return OpenSizes({**defaults, **of_groups, **own})


def _declared(spec: Fields) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """Defaults of sizes, and names that stand for several of them."""
    defaults: dict[str, int] = {}
    groups: dict[str, tuple[str, ...]] = {}
    for name, value in spec.data.items():
        if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
            expected = "a name of letters, digits and _"
            spec.problems.append(Problem(_FIELD, describe(name), expected))
        elif isinstance(value, list | tuple):
            groups[name] = tuple(value)
        else:
            expected = f"{size_range(0)}, or a list of sizes that it sets"
            defaults[name] = spec.integer(name, 1, expected=expected)
            if not 0 <= defaults[name] <= MAX_BOUND:
                spec.note(name, expected)
    for name, members in groups.items():
        if not members or not all(isinstance(m, str) and m in defaults for m in members):
            spec.note(name, f"a list of sizes such as {', '.join(defaults) or 'none'}")
    return defaults, groups


def given_sizes(spec: Fields) -> dict[str, int]:
    """Values that a file gives to the sizes of a network, in its field ``shape``."""
    given = Fields(spec.data.get(_FIELD, {}), "a mapping of sizes and values", spec.path(_FIELD))
    values: dict[str, int] = {}
    for name, value in given.data.items():
        if isinstance(name, str) and isinstance(value, int) and is_integer(value):
            values[name] = value
        else:
            expected = f"a name with {size_range(0)}"
            given.problems.append(Problem(given.path(name), describe(value), expected))
    spec.problems += given.problems
    return values


def unknown_sizes(given: Iterable[str], known: Iterable[str]) -> list[Problem]:
    """A problem for each size that a network does not have."""
    listed = ", ".join(known) or "none, all its dimensions are fixed"
    expected = f"one of the model's: {listed}"
    return [Problem(f"--shape {name}", "an unknown dimension", expected) for name in given]


def _given_problems(
    given: Mapping[str, int], defaults: Mapping[str, int], groups: Mapping[str, tuple[str, ...]]
) -> dict[str, Problem]:
    """What is wrong with the values that a user gives, by name."""
    known = {**defaults, **groups}
    unknown = [name for name in given if name not in known]
    problems = dict(zip(unknown, unknown_sizes(unknown, known), strict=True))
    for name, size in given.items():
        members = groups.get(name, (name,))
        least = 0 if all(defaults.get(member) == 0 for member in members) else 1
        if name in known and not (is_integer(size) and least <= size <= MAX_BOUND):
            problems[name] = Problem(f"--shape {name}", repr(size), size_range(least))
    return problems
