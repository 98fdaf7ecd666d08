"""From exceptions to lines on stderr and exit codes: the one place that does it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum

import click

from dmaze_cp.errors import DmazeError, InfeasibleError, NoSolutionError

DEBUG_VARIABLE = "DMAZE_CP_DEBUG"
"""Environment variable that asks for tracebacks."""

TRACEBACK_HINT = f"run again with {DEBUG_VARIABLE}=1 for a traceback"


class ExitCode(IntEnum):
    """What the process returns; 2 (wrong usage) is click's."""

    OK = 0
    BAD_INPUT = 1
    INFEASIBLE = 3
    NO_SOLUTION = 4
    INTERNAL = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    """The reader of our output has gone (128 + SIGPIPE)."""


def report_error(text: str) -> None:
    """One line on stderr for each line of `text`."""
    for line in text.splitlines() or [""]:
        click.echo(f"error: {line}", err=True)


@contextmanager
def failures_as_exit_codes() -> Iterator[None]:
    """Turn exceptions of a command into lines on stderr and an exit code."""
    if os.environ.get(DEBUG_VARIABLE):
        # A search that fails is logged with its traceback, and the others go on.
        logging.basicConfig()
        logging.getLogger("dmaze_cp").setLevel(logging.DEBUG)
    try:
        yield
        sys.stdout.flush()
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except BrokenPipeError:
        _leave_pipe()
        raise click.exceptions.Exit(ExitCode.BROKEN_PIPE) from None
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get(DEBUG_VARIABLE) and not isinstance(error, DmazeError | KeyboardInterrupt):
            raise
        # With stderr gone as well there is nobody left to tell.
        code = ExitCode.BROKEN_PIPE
        with suppress(BrokenPipeError):
            code = _report(error)
        raise click.exceptions.Exit(code) from None


def _report(error: BaseException) -> ExitCode:
    """Say on stderr what went wrong; the exit code it stands for."""
    if isinstance(error, KeyboardInterrupt):
        report_error("interrupted")
        return ExitCode.INTERRUPTED
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


def _leave_pipe() -> None:
    """Send what is left to nowhere: the interpreter flushes stdout again at its end."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
