"""`dmaze-cp verify`: check a result or fronts without taking the mapper's word for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.interrupt import catch_interrupt, end_interrupted
from dmaze_cp.cli.output import OutputFile, show
from dmaze_cp.cli.parameters import Number, json_option, output_option
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S
from dmaze_cp.errors import printable
from dmaze_cp.report.suffixes import Format

if TYPE_CHECKING:
    from dmaze_cp.verification import Verification, VerifiedRecord


@click.command("verify")
@click.argument("file")
@output_option("Write what was shown to FILE, as JSON unless --format says otherwise.")
@json_option
@click.option(
    "--reprove",
    is_flag=True,
    help="Prove every record again with the engine that did not prove it: `bounds` what `cp-sat` "
    "or `auto` proved, else `cp-sat`.",
)
@click.option(
    "--time-limit",
    type=Number(0, open_low=True),
    metavar="S",
    help="Wall seconds for each search of a second proof.  [default: 60]",
)
def verify_command(
    file: str, output: str | None, form: str | None, reprove: bool, time_limit: float | None
) -> None:
    """Verify FILE, a result of `dmaze-cp map -o` or fronts of `pareto -o` (JSON).

    Fit, limits, costs and totals are computed anew by code that shares nothing with the
    mapper, and that no point of a front beats another; a digest says whether anything
    that matters was changed. That no mapping costs less than a bound, or that a front has
    no other points, takes a proof: --reprove has another engine find one. So it is with
    ranks, numbers of optima, costs without padding, and tables of parts.

    \b
    Examples:
      dmaze-cp verify result.json
      dmaze-cp verify result.json --reprove --time-limit 20
      dmaze-cp verify fronts.json --reprove
      dmaze-cp verify result.json --format json

    \b
    Exit codes:
      0  everything holds               4  a second proof ran out of time
      1  something does not, or FILE    5  two proofs cannot both be right
         is no result
    """  # noqa: D301 (click needs the character)
    if time_limit is not None and not reprove:
        raise click.UsageError("--time-limit is for --reprove.")
    from dmaze_cp.report import numbers
    from dmaze_cp.report.verification import verification_report
    from dmaze_cp.verification import verify

    target = None if output is None else OutputFile(output)
    if target is not None:
        target.check([file])
    interrupted = "interrupted twice, nothing more is written"
    with catch_interrupt(lambda: end_interrupted(interrupted)) as interruption:
        found = verify(
            file,
            reprove=reprove,
            time_limit=time_limit or DEFAULT_TIME_LIMIT_S,
            on_reproof=_told if sys.stderr.isatty() else None,
            stop=interruption,
        )
    wanted = Format(form or ("table" if output is None else "json"))
    show(verification_report(file, found), wanted, target)
    for problem in found.problems:
        report_error(str(problem))
    for record in found.disagreements:
        report_error(printable(f"{file}: {_name(record)}: two proofs differ: {_reason(record)}"))
    if interruption():
        missed = numbers.counted(len(found.not_reached), "record")
        what = f": {missed} not proven again" if found.interrupted else " when all was done"
        report_error(f"interrupted{what}")
    code = ExitCode.INTERRUPTED if interruption() else _code(found)
    if code is not ExitCode.OK:
        raise click.exceptions.Exit(code)


def _code(found: Verification) -> ExitCode:
    if found.problems:
        return ExitCode.BAD_INPUT
    if found.disagreements:
        return ExitCode.DISAGREEMENT
    return ExitCode.NO_SOLUTION if found.unfinished else ExitCode.OK


def _name(record: VerifiedRecord) -> str:
    return f"{record.checked.name} ({record.checked.objective})"


def _reason(record: VerifiedRecord) -> str:
    return "" if record.reproof is None else record.reproof.reason


def _told(record: VerifiedRecord) -> None:
    """Say on a terminal how far it is."""
    if record.reproof is not None:
        click.echo(printable(f"{_name(record)}: {record.reproof.agreement}"), err=True)
