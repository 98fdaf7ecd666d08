"""The program `dmaze-cp`: its commands, and what holds for all of them."""

from __future__ import annotations

import sys
from typing import Any

import click

from dmaze_cp.cli.builtin_commands import archs_command, models_command, spaces_command
from dmaze_cp.cli.completion_command import completion_command
from dmaze_cp.cli.dse_command import dse_command
from dmaze_cp.cli.evaluate_command import evaluate_command
from dmaze_cp.cli.failure import ExitCode, failures_as_exit_codes
from dmaze_cp.cli.layers_command import layers_command
from dmaze_cp.cli.logs import LEVELS, log_to_stderr
from dmaze_cp.cli.map_command import map_command
from dmaze_cp.cli.model_command import model_command
from dmaze_cp.cli.pareto_command import pareto_command
from dmaze_cp.cli.report_command import report_command
from dmaze_cp.cli.schema_command import schema_command
from dmaze_cp.cli.sensitivity_command import sensitivity_command
from dmaze_cp.cli.settings import Setting, apply_settings
from dmaze_cp.cli.store_command import store_command
from dmaze_cp.cli.streams import prepare_streams
from dmaze_cp.cli.verify_command import verify_command

HELP_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Program(click.Group):
    """A group whose commands' failures become exit codes."""

    def invoke(self, ctx: click.Context) -> Any:
        with failures_as_exit_codes():
            return super().invoke(ctx)


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        text = version("dmaze-cp")
    except PackageNotFoundError:
        text = "(not installed)"
    click.echo(f"dmaze-cp {text}")
    ctx.exit()


@click.group(cls=_Program, context_settings=HELP_SETTINGS)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.option(
    "--log-level",
    cls=Setting,
    type=click.Choice(LEVELS),
    default="warning",
    show_default=True,
    help="Log so much to stderr; `debug` has tracebacks of what failed.",
)
@click.pass_context
def cli(context: click.Context, /, **_options: object) -> None:
    """Map neural-network layers onto spatial accelerators, with proof.

    For each layer, dmaze-cp finds the tiling and loop orders of least energy,
    latency or energy-delay product (EDP) on a given accelerator, and proves that
    none is better (or by how much one could be).

    \b
    Examples:
      dmaze-cp models                              what networks are built in
      dmaze-cp layers resnet18                     a network's layers
      dmaze-cp map resnet18 --layer 0              map the first of them
      dmaze-cp map net.onnx --batch 4 -o out.json  map an ONNX network
      dmaze-cp dse memory_tuning                   find the best design of a space
      dmaze-cp pareto resnet18 --layer fc          the trade-off of energy and latency
      dmaze-cp sensitivity vgg16 --layer fc8       what binds: one figure changed at a time
      dmaze-cp evaluate mappings.json              exact cost of given mappings
      dmaze-cp verify out.json                     check a result independently
      dmaze-cp model vgg16 --layer fc8 -o fc8.pb   a layer's CP-SAT model, as a file

    \b
    Exit codes:
      0  a mapping for every layer     3  some layer fits in no way (proven)
      1  bad input or output           4  out of time before any mapping
      2  wrong usage                   5  two proofs differ (`verify --reprove`)
      70   a search failed, which its line explains
      130  interrupted; what is finished is written
    """  # noqa: D301 (click needs the character)
    apply_settings(context)
    log_to_stderr(context.params["log_level"])


for _command in (
    map_command,
    dse_command,
    pareto_command,
    sensitivity_command,
    layers_command,
    evaluate_command,
    verify_command,
    model_command,
    report_command,
    store_command,
    schema_command,
    models_command,
    archs_command,
    spaces_command,
    completion_command,
):
    cli.add_command(_command)


def main() -> None:
    """Run the program and exit."""
    prepare_streams()
    try:
        # Around all of it: also help may have nobody who reads it.
        with failures_as_exit_codes():
            code = cli(prog_name="dmaze-cp", standalone_mode=False)
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.exceptions.Exit as end:
        code = end.exit_code
    sys.exit(code if isinstance(code, int) else ExitCode.OK)
