"""`dmaze-cp store`: look at, check, export and prune the results of earlier runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dmaze_cp.cli.failure import ExitCode, report_error
from dmaze_cp.cli.output import OutputFile, print_report, show
from dmaze_cp.cli.parameters import Number, output_option
from dmaze_cp.cli.settings import Setting
from dmaze_cp.cli.store_option import DEFAULT_PLACE
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.report.suffixes import Format

if TYPE_CHECKING:
    from dmaze_cp.store import Entry, Store, UnreadableRow

_Function = TypeVar("_Function", bound=Callable[..., Any])

_STATUSES = ("optimal", "feasible", "infeasible", "unknown")
_FORMS = ("json", "jsonl", "csv")
_DAY_S = 86400.0

_file_option = click.option(
    "--store", "file", metavar="FILE", help="The store, also after the name of the command."
)


def _filter_options(function: _Function) -> _Function:
    """``--status`` and ``--objective``, each of which may be repeated."""
    status = click.option(
        "--status",
        "statuses",
        type=click.Choice(_STATUSES),
        multiple=True,
        help="Only results with this status. May be repeated.",
    )
    objective = click.option(
        "--objective",
        "objectives",
        type=click.Choice([str(o) for o in Objective]),
        multiple=True,
        help="Only results for this objective. May be repeated.",
    )
    return status(objective(function))


@click.group("store", invoke_without_command=True)
@click.option(
    "--store",
    "file",
    cls=Setting,
    metavar="FILE",
    help=f"The store. Without it: {DEFAULT_PLACE}.",
)
@click.pass_context
def store_command(context: click.Context, file: str | None) -> None:
    """Show, export, check and prune the results of earlier runs.

    `dmaze-cp map` keeps what it finds in an SQLite file and looks there first: what is
    proven is not searched for again, what is not goes on where it stopped. Without a
    command, what is in the file is summed up.

    \b
    Examples:
      dmaze-cp store
      dmaze-cp store show --status feasible
      dmaze-cp store export -o results.csv
      dmaze-cp store verify
      dmaze-cp store --store shared.sqlite prune --older-than 90 --unproven
    """  # noqa: D301 (click needs the character)
    context.obj = file
    if context.invoked_subcommand is not None:
        return
    from dmaze_cp.report.store import overview_blocks

    with _opened(context, None) as store:
        entries = store.entries()
        size = store.path.stat().st_size
        print_report(overview_blocks(str(store.path), size, entries, int(time.time())))


@store_command.command("show")
@_filter_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="N",
    help="Show at most N results, the newest.",
)
@_file_option
@click.pass_context
def show_command(
    context: click.Context,
    statuses: tuple[str, ...],
    objectives: tuple[str, ...],
    limit: int,
    file: str | None,
) -> None:
    """List results, the newest first.

    \b
    Examples:
      dmaze-cp store show --limit 10
      dmaze-cp store show --status feasible --status unknown --objective edp
    """  # noqa: D301 (click needs the character)
    from dmaze_cp.report.store import entries_blocks

    with _opened(context, file) as store:
        entries, total = store.newest(limit, statuses, objectives)
    if entries:
        print_report(entries_blocks(entries, int(time.time())))
    if not entries or total > limit:
        click.echo(f"{len(entries):,} of {total:,} results shown")


@store_command.command("export")
@output_option("Write the results to FILE instead of standard output.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="Form of the output; without it, the suffix of FILE says, and JSON is the default.",
)
@_filter_options
@_file_option
@click.pass_context
def export_command(
    context: click.Context,
    output: str | None,
    form: str | None,
    statuses: tuple[str, ...],
    objectives: tuple[str, ...],
    file: str | None,
) -> None:
    """Write results with their questions, mappings and proofs.

    JSON (a list) and JSON Lines hold mapping records that `dmaze-cp evaluate` reads; a
    result without a mapping has `tiling` null. CSV has the same fields, flattened.

    \b
    Examples:
      dmaze-cp store export -o results.csv
      dmaze-cp store export --status optimal -o proven.jsonl
    """  # noqa: D301 (click needs the character)
    from dmaze_cp.report.store import records_report

    target = OutputFile(output or "-")
    wanted = Format(form or _form_of(target))
    path = _path(context, file)
    target.check(inputs=(str(path),))
    with _opened(context, file) as store:
        chosen = [e for e in store.entries() if _is_wanted(e, statuses, objectives)]
        report = records_report(_readable(store, chosen))
    show(report, wanted, target)


@store_command.command("verify")
@_file_option
@click.pass_context
def verify_command(context: click.Context, file: str | None) -> None:
    """Check every result: compute its costs anew from its tiling.

    A result is bad if its mapping does not cost what is stored, does not fit the
    accelerator or breaks a constraint, or if its bound exceeds its value. The file's own
    structure is checked as well. Exit code 1, and a line on stderr for each, if
    anything is wrong.
    """
    from dmaze_cp.report.store import KEY_LENGTH
    from dmaze_cp.store import verify

    with _opened(context, file) as store:
        damage = store.damage()
        found = verify(store.entries())
    for line in damage:
        report_error(f"{store.path}: damaged: {line}")
    for key, error in found.bad:
        for problem in error.problems:
            report_error(f"{store.path}: result {key[:KEY_LENGTH]}: {problem}")
    click.echo(f"{_results(found.checked)} checked, {len(found.bad):,} bad")
    if found.stale:
        click.echo(f"{_results(found.stale)} of another cost model not checked")
    if damage or found.bad:
        raise click.exceptions.Exit(ExitCode.BAD_INPUT)


@store_command.command("prune")
@click.option(
    "--older-than",
    "days",
    type=Number(0),
    metavar="DAYS",
    help="Results that no search has added to for so many days.",
)
@click.option("--unproven", is_flag=True, help="Results that are not proven.")
@click.option("--stale", is_flag=True, help="Results of another version of the cost model.")
@click.option("--bad", is_flag=True, help="Results that `dmaze-cp store verify` complains about.")
@click.option("--all", "everything", is_flag=True, help="All results.")
@click.option("--dry-run", is_flag=True, help="Only say how many results would be removed.")
@_file_option
@click.pass_context
def prune_command(
    context: click.Context,
    days: float | None,
    unproven: bool,
    stale: bool,
    bad: bool,
    everything: bool,
    dry_run: bool,
    file: str | None,
) -> None:
    """Remove results that meet every criterion that is given.

    \b
    Examples:
      dmaze-cp store prune --stale
      dmaze-cp store prune --older-than 90 --unproven --dry-run
    """  # noqa: D301 (click needs the character)
    some = days is not None or unproven or stale or bad
    if not some and not everything:
        criteria = "--older-than, --unproven, --stale, --bad or --all"
        raise click.UsageError(f"Say what to remove: {criteria}.")
    if some and everything:
        raise click.UsageError("--all excludes the other criteria.")
    from dmaze_cp.store import Criteria, to_prune

    before = None if days is None else time.time() - days * _DAY_S
    with _opened(context, file, writable=not dry_run) as store:
        entries = store.entries()
        keys = to_prune(entries, Criteria(before, unproven, stale, bad))
        gone = len(keys) if dry_run else store.delete(keys)
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"{_results(gone)} {verb}, {_results(len(entries) - gone)} kept")


def _path(context: click.Context, file: str | None) -> Path:
    from dmaze_cp.store import default_store_path

    named = file if file is not None else context.find_object(str)
    return default_store_path() if named is None else Path(named)


def _opened(context: click.Context, file: str | None, *, writable: bool = False) -> Store:
    from dmaze_cp.store import Store

    return Store.open(_path(context, file), create=False, writable=writable)


def _is_wanted(
    entry: Entry | UnreadableRow, statuses: tuple[str, ...], objectives: tuple[str, ...]
) -> bool:
    from dmaze_cp.store import UnreadableRow

    if isinstance(entry, UnreadableRow):
        # Whatever it is: better shown than passed over in silence.
        return True
    return (not statuses or entry.answer.status in statuses) and (
        not objectives or entry.question.objective in objectives
    )


def _readable(store: Store, entries: list[Entry | UnreadableRow]) -> list[Entry]:
    from dmaze_cp.store import Entry

    good = [e for e in entries if isinstance(e, Entry)]
    if len(good) < len(entries):
        found = f"{_results(len(entries) - len(good))} that cannot be read"
        expected = "none (`store verify` lists them, `store prune --bad` removes them)"
        raise SpecError(Problem("", found, expected, str(store.path)))
    return good


def _form_of(target: OutputFile) -> str:
    if target.is_stdout:
        return "json"
    suffix = Path(target.path).suffix.lower().removeprefix(".")
    if suffix not in _FORMS:
        found = f"the suffix {Path(target.path).suffix!r}"
        expected = f"one of {', '.join(f'.{form}' for form in _FORMS)}, or --format"
        raise SpecError(Problem("-o", found, expected, target.path))
    return suffix


def _results(count: int) -> str:
    return f"{count:,} result{'' if count == 1 else 's'}"
