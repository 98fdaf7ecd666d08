"""The design space that a command line asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dmaze_cp.cli.completing import architectures_and_files
from dmaze_cp.cli.parameters import Number
from dmaze_cp.cli.questions import collected, say_remarks
from dmaze_cp.errors import Problem, SpecError

if TYPE_CHECKING:
    from dmaze_cp.dse.parameters import Parameter
    from dmaze_cp.dse.space import DesignSpace

_Function = TypeVar("_Function", bound=Callable[..., Any])

NO_SPACE = "-"
"""What stands for a space that options alone describe."""

_OPTIONS = (
    click.option(
        "--param",
        "params",
        multiple=True,
        metavar="NAME=VALUES",
        help="Values of a parameter, such as rf_bytes=64,128 or rf_bytes=16:1024:*2 or "
        "pes=64:256:+64; they replace those of SPACE. May be repeated.",
    ),
    click.option(
        "--base",
        shell_complete=architectures_and_files,
        metavar="ARCH",
        help="Accelerator that all designs are variants of: a built-in name or a spec file.",
    ),
    click.option(
        "--rule",
        "rules",
        multiple=True,
        metavar="TEXT",
        help="A further condition that designs have to meet, such as 'total_rf_bytes <= 64 KiB'. "
        "May be repeated.",
    ),
    click.option(
        "--sample",
        type=click.IntRange(min=1),
        metavar="N",
        help="Look at N random points of the space only.",
    ),
    click.option(
        "--area-budget", type=Number(0, open_low=True), metavar="MM2", help="Largest area."
    ),
    click.option(
        "--power-budget",
        type=Number(0, open_low=True),
        metavar="MW",
        help="Largest average power: energy of all networks over their time.",
    ),
)


def space_options(function: _Function) -> _Function:
    """Options that describe a design space, or change that of a file."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def space_from_options(
    ref: str | None, options: dict[str, Any], problems: list[Problem]
) -> DesignSpace | None:
    """The space that a command line asks for; None, and the problems noted, if there is none.

    Raises
    ------
    click.UsageError
        When neither a space nor a parameter is given.
    """
    if ref in {None, NO_SPACE} and not options["params"]:
        raise click.UsageError("Give a SPACE, or its parameters by --param NAME=VALUES.")
    parameters = _parameters(options["params"], problems)
    space: DesignSpace | None = None
    with collected(problems):
        # What is wrong with a space is said even where a parameter is wrong.
        space = _load(ref, parameters, options)
    changes: dict[str, Any] = {}
    with collected(problems):
        if options["base"] is not None:
            from dmaze_cp.loading import load_architecture

            changes["base"] = load_architecture(options["base"])
            say_remarks(changes["base"])
    rules = _rules(options["rules"], problems)
    if space is None or problems:
        return None
    given = {"area_mm2": options["area_budget"], "power_mw": options["power_budget"]}
    budgets = replace(space.budgets, **{k: v for k, v in given.items() if v is not None})
    with collected(problems):
        return replace(space, **changes, rules=(*space.rules, *rules), budgets=budgets)
    return None


def _parameters(texts: Sequence[str], problems: list[Problem]) -> list[Parameter]:
    from dmaze_cp.dse.parameters import parse_parameter

    found: dict[str, Parameter] = {}
    for text in texts:
        with collected(problems), _naming("--param"):
            parameter = parse_parameter(text)
            if parameter.name in found:
                raise SpecError(Problem(parameter.name, "the parameter twice", "each one once"))
            found[parameter.name] = parameter
    return list(found.values())


def _rules(texts: Sequence[str], problems: list[Problem]) -> list[Any]:
    from dmaze_cp.dse.rules import Rule

    found = []
    for text in texts:
        with collected(problems), _naming("--rule"):
            found.append(Rule(text))
    return found


def _load(ref: str | None, parameters: Sequence[Parameter], options: dict[str, Any]) -> DesignSpace:
    from dmaze_cp.dse.design import Sample
    from dmaze_cp.dse.space import DesignSpace
    from dmaze_cp.dse.space_files import load_space, space_from_dict

    count, seed = options["sample"], options["seed"]
    if ref is None or ref == NO_SPACE:
        sample = None if count is None else Sample(count, seed)
        with _naming("--param"):
            return DesignSpace("designs", parameters=tuple(parameters), sample=sample)
    try:
        if count is None:
            return load_space(ref, parameters)
        obj, name, folder = _read(ref)
        if isinstance(obj, Mapping):
            # Before the space is made: without a sample it may be too large to be one.
            obj = {**obj, "random": {"count": count, "seed": seed}}
        try:
            return space_from_dict(obj, name, folder, parameters)
        except SpecError as error:
            raise error.inside(ref) from None
    except SpecError as error:
        raise SpecError(_hinted(p, bool(parameters)) for p in error.problems) from None


def _read(ref: str) -> tuple[Any, str, Any]:
    from dmaze_cp.spec.builtin import builtin_space_path, resolve
    from dmaze_cp.spec.files import SPEC_SUFFIXES, load_spec_object

    path = resolve(ref, "space", builtin_space_path, SPEC_SUFFIXES)
    return load_spec_object(path), path.stem, path.parent


def _hinted(problem: Problem, has_parameters: bool) -> Problem:
    """A model in the place of the space is the commonest slip where parameters are given."""
    if problem.where != "space" or problem.source or not has_parameters:
        return problem
    return replace(problem, expected=f"{problem.expected}, or - where --param gives all of it")


@contextmanager
def _naming(option: str) -> Iterator[None]:
    """Say which option the problems of a block are of."""
    try:
        yield
    except SpecError as error:
        raise SpecError(replace(p, source=option) for p in error.problems) from None
