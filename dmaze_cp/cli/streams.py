"""Standard output and standard error of the program."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from dmaze_cp.errors import Problem, SpecError


class _Stream(io.TextIOWrapper):
    """A stream that says itself what becomes of a failure to write."""

    def write(self, text: str, /) -> int:
        with self._guarded():
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with self._guarded():
            super().flush()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # The interpreter flushes once more at its end, which then has to succeed.
            _lead(self.fileno(), _nowhere)
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        """Standard error: what is said there is lost, and the work is not."""


class _Output(_Stream):
    """Text that has to arrive: a failure is bad input, as where a file cannot be written.

    Of what a plain stream raises, some is taken by printing libraries for the end of the
    program, and some is left to the end of the interpreter.
    """

    def _failed(self, error: OSError) -> None:
        found = f"a failure to write ({error.strerror or error})"
        if isinstance(error, BrokenPipeError):
            found = "nobody who reads it"
        problem = Problem("", found, "a place for all that is written", "standard output")
        raise SpecError(problem) from None


def prepare_streams() -> None:
    """Make streams that fail as they should, also of those that are closed."""
    sys.stderr = _prepared(sys.stderr, _Stream, 2, _nowhere)
    sys.stdout = _prepared(sys.stdout, _Output, 1, _unread_pipe)


def _prepared(
    stream: object, kind: type[_Stream], number: int, otherwise: Callable[[], int]
) -> _Stream:
    if isinstance(stream, io.TextIOWrapper):
        buffer, encoding, lines = stream.buffer, stream.encoding, stream.line_buffering
    else:
        # Closed. No file that is opened later may take its place.
        _lead(number, otherwise)
        buffer, encoding, lines = open(number, "wb", closefd=False), "utf-8", False  # noqa: SIM115
    # Names in a model may hold characters that the terminal's encoding lacks.
    return kind(buffer, encoding, "backslashreplace", line_buffering=lines)


def _lead(number: int, target: Callable[[], int]) -> None:
    """Let a file descriptor lead to what `target` opens."""
    with suppress(OSError):
        opened = target()
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _nowhere() -> int:
    return os.open(os.devnull, os.O_WRONLY)


def _unread_pipe() -> int:
    """The end of a pipe that nobody reads."""
    ours, end = os.pipe()
    os.close(ours)
    return end
