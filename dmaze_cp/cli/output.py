"""Where results go: checked before the work, each file written all at once after it."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from dmaze_cp.cli.interrupt import deferred_interrupt
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.files import replace_file
from dmaze_cp.report.suffixes import Format

if TYPE_CHECKING:
    from dmaze_cp.report.blocks import Blocks
    from dmaze_cp.report.formats import Report


@dataclass(frozen=True)
class OutputFile:
    """Where a result goes.

    Attributes
    ----------
    path
        As given; ``-`` is standard output.
    option
        The option that names it, for messages.
    """

    path: str
    option: str = "-o"

    @property
    def is_stdout(self) -> bool:
        """Whether the result goes to standard output."""
        return self.path in {"-", "/dev/stdout"}

    @property
    def is_special(self) -> bool:
        """Whether it is a device or a pipe, which is written to and not replaced."""
        path = Path(self.path)
        by_name = os.path.abspath(self.path).startswith(("/dev/fd/", "/dev/std", "/proc/"))
        return by_name or (path.exists() and not path.is_file())

    def check(self, inputs: Iterable[str | Path] = ()) -> None:
        """Find out now that the file cannot be written.

        Parameters
        ----------
        inputs
            Files that are read, and that the output must not replace; also such as are not
            there yet.

        Raises
        ------
        SpecError
        """
        if self.is_stdout:
            return
        problem = self._problem()
        if problem is None and any(_is_same_file(name, self.path) for name in inputs):
            problem = "a file that is read", "another file"
        if problem is not None:
            raise SpecError(Problem(self.option, *problem, source=self.path))

    def _problem(self) -> tuple[str, str] | None:
        if not self.path:
            return "an empty path", "a file"
        try:
            mode = os.stat(self.path).st_mode
        except FileNotFoundError:
            return ("a directory", "a file") if self.path.endswith(os.sep) else self._in_folder()
        except (OSError, ValueError) as error:
            return f"a path that cannot be used ({_reason(error)})", "a file that can be written"
        if stat.S_ISDIR(mode):
            return "a directory", "a file"
        if not os.access(self.path, os.W_OK):
            return "a file that may not be written", "a file that can be written"
        return None if self.is_special else self._in_folder()

    def _in_folder(self) -> tuple[str, str] | None:
        folder = Path(os.path.realpath(self.path)).parent
        if not folder.is_dir():
            return f"no directory {str(folder)!r}", "a file in an existing directory"
        try:
            # Asking for permission is not enough: root may write to a read-only folder.
            descriptor, name = tempfile.mkstemp(prefix=".dmaze-cp-", dir=folder)
        except OSError as error:
            return f"a directory that cannot be written ({_reason(error)})", "a writable directory"
        os.close(descriptor)
        os.unlink(name)
        return None

    def write(self, content: str | bytes) -> None:
        """Write a text or the bytes of a file: a reader sees the old file or the whole new one.

        Raises
        ------
        SpecError
            When the file cannot be written after all.
        """
        if self.is_stdout:
            if isinstance(content, str):
                sys.stdout.write(content)
            else:
                sys.stdout.buffer.write(content)
            sys.stdout.flush()
            return
        data = content.encode("utf-8") if isinstance(content, str) else content
        try:
            if self.is_special:
                with open(self.path, "wb") as stream:
                    stream.write(data)
            else:
                with deferred_interrupt():
                    replace_file(os.path.realpath(self.path), data)
        except OSError as error:
            found = f"a failure to write ({_reason(error)})"
            problem = Problem(self.option, found, "a file that can be written", self.path)
            raise SpecError(problem) from error


def show(report: Report, form: Format, output: OutputFile | None) -> str | None:
    """Show a report on standard output, or write it; the path of the file, if it is one."""
    from dmaze_cp.report.formats import written

    if output is None and form is Format.TABLE:
        print_report(report.blocks())
        return None
    target = output or OutputFile("-")
    target.write(written(report, form))
    return None if target.is_stdout else target.path


def print_report(blocks: Blocks, stream: IO[str] | None = None) -> None:
    """Print blocks on standard output, or another stream."""
    from dmaze_cp.report.console import make_console
    from dmaze_cp.report.terminal import print_blocks

    stream = stream or sys.stdout
    print_blocks(make_console(stream), blocks)
    stream.flush()


def say_written(path: str, *, interrupted: bool) -> None:
    """Say where a result is: on a terminal, and anywhere if it is what an interrupt has left."""
    if interrupted:
        click.echo(f"interrupted: wrote what is finished to {path}", err=True)
    elif sys.stderr.isatty():
        click.echo(f"wrote {path}", err=True)


@dataclass(frozen=True)
class OutputFolder:
    """A folder that files are written to; it is made if it is not there.

    Attributes
    ----------
    path
        As given.
    option
        The option that names it, for messages.
    """

    path: str
    option: str

    def prepare(self) -> None:
        """Make the folder, and find out now that nothing can be written there.

        Raises
        ------
        SpecError
        """
        if not self.path:
            raise SpecError(Problem(self.option, "an empty path", "a folder"))
        try:
            Path(self.path).mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except FileExistsError:
            problem = Problem(self.option, "a file", "a folder", self.path)
            raise SpecError(problem) from None
        except (OSError, ValueError) as error:
            found = f"a failure to write ({_reason(error)})"
            problem = Problem(self.option, found, "a place that can be written", self.path)
            raise SpecError(problem) from None

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files by name.

        Raises
        ------
        SpecError
            When one cannot be written after all.
        """
        for name, data in files.items():
            OutputFile(str(Path(self.path) / name), self.option).write(data)


def _is_same_file(one: str | Path, other: str) -> bool:
    """Whether two names are of one file, by way of links too; it may not be there yet."""
    with suppress(OSError, ValueError):
        return os.path.samefile(one, other)
    with suppress(OSError, ValueError):
        return os.path.realpath(one) == os.path.realpath(other)
    return False


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
