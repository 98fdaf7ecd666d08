"""From exceptions to lines on stderr and exit codes: the one place that does it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import click

from dmaze_cp.cli.interrupt import INTERRUPTED_CODE
from dmaze_cp.cli.settings import variable_of
from dmaze_cp.errors import DmazeError, InfeasibleError, NoSolutionError

TRACEBACK_HINT = f"run again with {variable_of('log-level')}=debug for a traceback"

logger = logging.getLogger(__name__)


class ExitCode(IntEnum):
    """What the process returns; 2 (wrong usage) is click's."""

    OK = 0
    BAD_INPUT = 1
    INFEASIBLE = 3
    NO_SOLUTION = 4
    INTERNAL = 70
    INTERRUPTED = INTERRUPTED_CODE


def report_error(text: str) -> None:
    """One line on stderr for each line of `text`."""
    for line in text.splitlines() or [""]:
        click.echo(f"error: {line}", err=True)


@contextmanager
def failures_as_exit_codes() -> Iterator[None]:
    """Turn exceptions of a command into lines on stderr and an exit code."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit):
        raise
    except Exception as error:
        logger.debug("the command failed", exc_info=error)
        raise click.exceptions.Exit(_report(error)) from None


def _report(error: Exception) -> ExitCode:
    """Say on stderr what went wrong; the exit code it stands for."""
    if isinstance(error, DmazeError):
        report_error(str(error))
        if isinstance(error, InfeasibleError):
            return ExitCode.INFEASIBLE
        return ExitCode.NO_SOLUTION if isinstance(error, NoSolutionError) else ExitCode.BAD_INPUT
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        report_error(f"{name}{error.strerror}")
        return ExitCode.BAD_INPUT
    text = " ".join(str(error).split()) or "no message"
    click.echo(f"internal error: {type(error).__name__}: {text} ({TRACEBACK_HINT})", err=True)
    return ExitCode.INTERNAL
