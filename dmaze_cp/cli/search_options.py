"""Options of all commands that search: limits, where searches run, and the map-space."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dmaze_cp.cli.parameters import Number
from dmaze_cp.cli.questions import collected
from dmaze_cp.cli.settings import Limit, Setting, was_typed
from dmaze_cp.cli.store_option import store_options
from dmaze_cp.engine import (
    DEFAULT_ENGINE,
    DEFAULT_TIME_LIMIT_S,
    MOST_SEED,
    MOST_WORKERS,
    Engine,
)
from dmaze_cp.errors import Problem

if TYPE_CHECKING:
    from dmaze_cp.constraints import ConstraintRules
    from dmaze_cp.desk import RunSettings

_Function = TypeVar("_Function", bound=Callable[..., Any])

_FRACTION = Number(0, 1)


def limit_options(
    total: str = "Wall seconds for the whole run, spent where they lower the total gap most; every "
    "layer gets a first mapping.",
) -> Callable[[_Function], _Function]:
    """``--time-limit``, ``--gap`` and ``--total-time-limit``, the last described by `total`."""
    return stacked(
        click.option(
            "--time-limit",
            cls=Limit,
            type=Number(0, open_low=True),
            default=DEFAULT_TIME_LIMIT_S,
            show_default=True,
            metavar="S",
            help="Wall seconds for one layer and one objective.",
        ),
        click.option(
            "--gap",
            cls=Limit,
            type=Number(0, 1, open_high=True),
            default=0.0,
            show_default=True,
            metavar="G",
            help="Stop when the proven relative gap is at or below this fraction; 0 asks for the "
            "optimum.",
        ),
        click.option(
            "--total-time-limit",
            cls=Limit,
            type=Number(0, open_low=True),
            metavar="S",
            help=total,
        ),
    )


def running_options(
    verbose: str = "A line on stderr for each layer that is finished.",
) -> Callable[[_Function], _Function]:
    """``--verbose`` (described by `verbose`), ``--jobs``, ``--scheduler`` and the store's."""
    return stacked(
        click.option("--verbose", "-v", is_flag=True, help=verbose),
        click.option(
            "--jobs",
            "-j",
            cls=Setting,
            type=click.IntRange(min=1),
            metavar="N",
            help="Layers that are searched side by side, each in a process of its own; by default "
            "one for each core.",
        ),
        click.option(
            "--scheduler",
            cls=Setting,
            metavar="ADDRESS",
            help="Search on the workers of this Dask scheduler, such as tcp://HOST:8786; `local` "
            "starts one here. Needs the extra `distributed`.",
        ),
        store_options,
    )


def solver_options(
    seed: str = "Seed of the solver; with one worker, the same seed gives the same answer.",
) -> Callable[[_Function], _Function]:
    """``--engine``, ``--workers``, ``--seed`` (described by `seed`) and CP-SAT's parameters."""
    return stacked(
        click.option(
            "--engine",
            cls=Setting,
            type=click.Choice([str(engine) for engine in Engine]),
            default=str(DEFAULT_ENGINE),
            show_default=True,
            help="What decides the parts of the map-space that bounds leave open: CP-SAT alone, "
            "exact scores alone, or either, as it is faster. All prove the same optimum.",
        ),
        click.option(
            "--workers",
            cls=Setting,
            type=click.IntRange(min=1, max=MOST_WORKERS),
            metavar="N",
            default=1,
            show_default=True,
            help="Threads of the CP-SAT solver.",
        ),
        click.option(
            "--seed",
            cls=Setting,
            type=click.IntRange(min=0, max=MOST_SEED),
            metavar="N",
            default=0,
            show_default=True,
            help=seed,
        ),
        click.option(
            "--solver-param",
            "solver_params",
            cls=Limit,
            multiple=True,
            metavar="NAME=VALUE",
            help="Set a parameter of CP-SAT, such as linearization_level=1. May be repeated; "
            "those that would weaken the proof, or have an option here, are refused.",
        ),
        click.option("--solver-log", is_flag=True, help="Write the log of CP-SAT to stderr."),
    )


def constraint_options(function: _Function) -> _Function:
    """``--pin``, ``--constraints`` and dMazeRunner's three; `constraint_rules` reads them."""
    return stacked(
        click.option(
            "--pin",
            "pins",
            cls=Limit,
            multiple=True,
            metavar="TEXT",
            help="Demand something of mappings: a factor (PE.M=16, SPM.C<=8, RF.Fx=full), what "
            "alone is unrolled (spatial=M,C), what is stationary (stationary.DRAM=W, "
            "stationary.SPM=O|none) or how much is used (util.PE>=0.8). May be repeated; it holds "
            "for all layers that have the dimension.",
        ),
        click.option(
            "--constraints",
            cls=Limit,
            metavar="FILE",
            help="Pins of a file (YAML or JSON): a list for all layers, or lists by a glob of "
            "layers.",
        ),
        click.option(
            "--opt-min-utilization",
            cls=Limit,
            type=(_FRACTION, _FRACTION, _FRACTION),
            default=(0.0, 0.0, 0.0),
            metavar="PE RF SPM",
            help="Use at least these fractions (0 to 1) of the PEs, of the words of an RF and of "
            "the bytes of an SPM buffer.",
        ),
        click.option(
            "--opt-no-feature-dram",
            cls=Limit,
            is_flag=True,
            help="Do not tile the filter loops Fx and Fy at DRAM.",
        ),
        click.option(
            "--opt-no-spatial-reduction",
            cls=Limit,
            is_flag=True,
            help="Do not spread over PEs what would have to be summed across them.",
        ),
        click.option(
            "--pad",
            "padding",
            cls=Limit,
            multiple=True,
            metavar="auto|DIM=N",
            help="Let bounds of loops be raised: `auto` to multiples of powers of two (but "
            "filters), DIM=N that of a dimension by up to N. May be repeated. The optimum is over "
            "all larger layers together.",
        ),
    )(function)


def constraint_rules(options: dict[str, Any], problems: list[Problem]) -> ConstraintRules:
    """The rules of the options above; all that is wrong with them is noted."""
    from dmaze_cp.constraints import (
        ConstraintRules,
        Constraints,
        Rule,
        UtilizationPin,
        padding_pins,
    )
    from dmaze_cp.padding import parse_padding
    from dmaze_cp.spec.constraint_files import load_constraints, rules_from_texts

    rules: list[Rule] = []
    with collected(problems):
        rules += rules_from_texts(options["pins"], "--pin").rules
    with collected(problems):
        if options["constraints"] is not None:
            rules += load_constraints(options["constraints"]).rules
    with collected(problems):
        padding = padding_pins(parse_padding(options["padding"]))
        rules += [Rule(pin, source="--pad") for pin in padding]
    pe, rf, spm = options["opt_min_utilization"]
    flags = (options["opt_no_feature_dram"], options["opt_no_spatial_reduction"])
    own = Constraints.of_options(pe, rf, spm, *flags)
    rules += [
        Rule(
            pin,
            must_concern=False,
            source="--opt-min-utilization" if isinstance(pin, UtilizationPin) else "",
        )
        for pin in own.pins
    ]
    return ConstraintRules(tuple(rules))


def run_settings(options: dict[str, Any], rules: ConstraintRules) -> RunSettings:
    """How to search and where, from the values of the options above.

    Raises
    ------
    click.UsageError
        When options of the solver are given beside an engine that has none.
    """
    _check_solver_options(options)
    from dmaze_cp.cp.parameters import SolverOptions, parse_solver_params
    from dmaze_cp.desk import RunSettings

    return RunSettings(
        time_limit_s=options["time_limit"],
        total_time_limit_s=options["total_time_limit"],
        gap=options["gap"],
        constraints=rules,
        engine=options["engine"],
        solver=SolverOptions(
            options["workers"],
            options["seed"],
            parse_solver_params(options["solver_params"]),
            options["solver_log"],
        ),
        jobs=options["jobs"],
        scheduler=options["scheduler"],
    )


def _check_solver_options(options: dict[str, Any]) -> None:
    """Refuse options of a solver that is never asked; warn where the settings choose its engine."""
    if options["engine"] != Engine.BOUNDS:
        return
    names = {
        "workers": "--workers",
        "solver_params": "--solver-param",
        "solver_log": "--solver-log",
    }
    typed = [option for name, option in names.items() if was_typed(name)]
    if not typed:
        return
    if was_typed("engine"):
        given = " and ".join(typed)
        raise click.UsageError(f"{given}: for CP-SAT, which --engine {Engine.BOUNDS} never asks.")
    text = f"{' and '.join(typed)}: without effect, as the settings choose the engine bounds"
    click.echo(f"warning: {text}", err=True)


def stacked(*decorators: Callable[[Any], Any]) -> Callable[[_Function], _Function]:
    """Several options as one decorator; help lists them in this order."""

    def decorate(function: _Function) -> _Function:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate
