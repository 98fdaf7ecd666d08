"""Defaults of options from outside: the environment, and `pyproject.toml` in the working folder.

An option takes none unless it is a `Setting`. Precedence is click's: the command line before
the environment before the file (a `default_map`) before the option's own default.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from dmaze_cp.errors import Problem, SpecError

FILE: Final = "pyproject.toml"
TABLE: Final = "tool.dmaze-cp"
PREFIX: Final = "DMAZE_CP_"


def key_of(option: click.Option) -> str:
    """What an option is called in the file: its long name."""
    return next(name for name in option.opts if name.startswith("--")).removeprefix("--")


def variable_of(key: str) -> str:
    """What a setting is called in the environment."""
    return PREFIX + key.replace("-", "_").upper()


class Setting(click.Option):
    """An option with a value that may also come from the environment or the file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.envvar = variable_of(key_of(self))
        self.show_envvar = True

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """The option; its variable only where the wrong value is from there."""
        hint = super().get_error_hint(ctx)
        source = None if ctx is None else ctx.get_parameter_source(self.name or "")
        if source is ParameterSource.ENVIRONMENT:
            return hint
        return hint.removesuffix(f" (env var: '{self.envvar}')")


class OneSetting(Setting):
    """A setting of a command that takes one value of what other commands take several of."""

    def consume_value(self, ctx: click.Context, opts: Any) -> tuple[Any, Any]:
        """The value and its source.

        Raises
        ------
        SpecError
            When the environment or the file is in force and names several.
        """
        value, source = super().consume_value(ctx, opts)
        if source is ParameterSource.ENVIRONMENT:
            value = self.one_of(list(dict.fromkeys(str(value).split())))
        if isinstance(value, _Several) and not ctx.resilient_parsing:
            key = key_of(self)
            in_file = source is not ParameterSource.ENVIRONMENT
            where, file = (f"{TABLE}.{key}", FILE) if in_file else (variable_of(key), "")
            expected = f"one, as {ctx.info_name} takes no more (give --{key})"
            raise SpecError(Problem(where, value.names, expected, file))
        return value, source

    def one_of(self, values: list[str]) -> str:
        """The value that is named, or what stands for several of them."""
        if len(values) == 1 and self._is_one(values[0]):
            return values[0]
        return _Several(", ".join(values))

    def _is_one(self, value: str) -> bool:
        """Whether it is one value: `all` of the objectives is none of them."""
        return not isinstance(self.type, click.Choice) or value in self.type.choices


class _Several(str):
    """Values where an option takes one: no default; help shows what is in the settings."""

    names: str
    __slots__ = ("names",)

    def __new__(cls, names: str) -> _Several:
        made = super().__new__(cls, f"none, as the settings name several: {names}")
        made.names = names
        return made


class Limit(click.Option):
    """An option that weakens what is proven: never by a default that no one sees."""


@dataclass(frozen=True)
class _Given:
    """A default, where it is from (for messages), and what sort of values its place holds."""

    key: str
    value: object
    source: str
    where: str
    is_text: bool


def was_typed(name: str) -> bool:
    """Whether an option was given on the command line, not as a default from outside."""
    context = click.get_current_context(silent=True)
    return context is None or context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def apply_settings(context: click.Context) -> None:
    """Check the defaults from outside, and hand those of the file to the commands.

    Raises
    ------
    SpecError
        With everything that is wrong: with the file, unknown names, wrong values, and
        defaults of options that take none.
    """
    problems: list[Problem] = []
    in_file = list(_from_file(problems))
    commands = context.command.commands.items() if isinstance(context.command, click.Group) else ()
    options = [
        parameter
        for command in (context.command, *(command for _, command in commands))
        for parameter in command.params
        if isinstance(parameter, click.Option)
    ]
    for given in (*_from_environment(), *in_file):
        problems += _problems(given, options, context)
    if problems:
        raise SpecError(problems)
    values = {given.key: given.value for given in in_file}
    context.default_map = {name: _defaults(command, values) for name, command in commands}
    for name, value in _defaults(context.command, values).items():
        # The program's own options have been read by now.
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            context.params[name] = value


def _defaults(command: click.Command, values: dict[str, object]) -> dict[str, object]:
    """By the names that click has for them."""
    settings = [p for p in command.params if isinstance(p, Setting) and key_of(p) in values]
    return {p.name or "": _as_many(p, values[key_of(p)]) for p in settings}


def _as_many(option: Setting, value: object) -> object:
    """A list where the option may be repeated, one value where it may not."""
    if isinstance(option, OneSetting):
        values = value if isinstance(value, list) else [value]
        return option.one_of(list(dict.fromkeys(map(str, values))))
    return [value] if option.multiple and not isinstance(value, list) else value


def _from_environment() -> Iterator[_Given]:
    for name, value in sorted(os.environ.items()):
        # Empty is as good as unset, to click as well.
        if name.startswith(PREFIX) and value:
            key = name.removeprefix(PREFIX).replace("_", "-").lower()
            yield _Given(key, value, "", name, is_text=True)


def _from_file(problems: list[Problem]) -> Iterator[_Given]:
    if not Path(FILE).is_file():
        return
    import tomllib

    try:
        content = tomllib.loads(Path(FILE).read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(Problem("", f"a file that cannot be read ({error.strerror})", FILE, FILE))
        return
    except ValueError as error:  # no TOML, or no UTF-8
        from dmaze_cp.spec.files import too_many_digits

        long = too_many_digits(Path(FILE).read_text(encoding="utf-8", errors="replace"))
        problem = long or Problem("", f"a syntax error ({error})", "valid TOML")
        problems.append(replace(problem, source=FILE))
        return
    tool = content.get("tool")
    table = tool.get(TABLE.partition(".")[2], {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        problems.append(Problem(TABLE, repr(table), "a table of settings", FILE))
        return
    for key, value in table.items():
        yield _Given(key, value, FILE, f"{TABLE}.{key}", is_text=False)


def _problems(
    given: _Given, options: list[click.Option], context: click.Context
) -> Iterator[Problem]:
    named = [option for option in options if key_of(option) == given.key]
    settings = [option for option in named if isinstance(option, Setting)]
    if not settings:
        found = "a default" if named else "an unknown setting"
        yield Problem(given.where, found, _instead(given, named, options), given.source)
        return
    wrong, expected = _wrong_values(settings[0], given, context), _expected(settings[0])
    for value in wrong:
        yield Problem(given.where, repr(value), expected, given.source)


def _instead(given: _Given, named: list[click.Option], options: list[click.Option]) -> str:
    """What is expected of a name that is no setting."""
    if any(isinstance(option, Limit) for option in named):
        return f"none (it would weaken proofs: give --{given.key} where it is meant)"
    if named:
        return f"none (give --{given.key} on the command line)"
    keys = sorted({key_of(option) for option in options if isinstance(option, Setting)})
    near = get_close_matches(given.key, keys, n=1)
    names = [variable_of(key) if given.is_text else key for key in near or keys]
    return names[0] if near else f"one of {', '.join(names)}"


def _wrong_values(option: Setting, given: _Given, context: click.Context) -> list[object]:
    """Those of the values that the option does not take."""
    value = given.value
    if given.is_text:
        values: list[object] = list(str(value).split()) if option.multiple else [value]
    else:
        values = value if option.multiple and isinstance(value, list) else [value]
        native: type = int if isinstance(option.type, click.IntRange) else str
        wrong = [each for each in values if type(each) is not native]
        if wrong or not values:
            return wrong or [value]
    return [each for each in values if not _is_taken(option, each, context)]


def _is_taken(option: Setting, value: object, context: click.Context) -> bool:
    try:
        option.type.convert(value, option, context)
    except click.BadParameter:
        return False
    return True


def _expected(option: Setting) -> str:
    kind = option.type
    if isinstance(kind, click.Choice):
        return f"one of {', '.join(map(str, kind.choices))}"
    if isinstance(kind, click.IntRange):
        least = f"an integer of at least {kind.min}"
        return least if kind.max is None else f"{least} and at most {kind.max}"
    return "a text, or a list of texts" if option.multiple else "a text"
