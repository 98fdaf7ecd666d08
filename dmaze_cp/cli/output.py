"""The file that ``-o`` names: checked before the work, written all at once after it."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dmaze_cp.errors import Problem, SpecError

_OPTION = "-o"


@dataclass(frozen=True)
class OutputFile:
    """Where a result goes.

    Attributes
    ----------
    path
        As given; ``-`` is standard output.
    """

    path: str

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

    def check(self, inputs: Iterable[str] = ()) -> None:
        """Find out now that the file cannot be written.

        Parameters
        ----------
        inputs
            Files that are read, and that the output must not replace.

        Raises
        ------
        SpecError
        """
        if self.is_stdout:
            return
        problem = self._problem()
        if problem is None:
            for name in inputs:
                with suppress(OSError):
                    if os.path.samefile(name, self.path):
                        problem = ("a file that is read", "another file")
        if problem is not None:
            raise SpecError(Problem(_OPTION, *problem, source=self.path))

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

    def write(self, text: str) -> None:
        """Write `text`: a reader sees the old file or the whole new one.

        Raises
        ------
        SpecError
            When the file cannot be written after all.
        """
        if self.is_stdout:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        try:
            if self.is_special:
                with open(self.path, "w", encoding="utf-8") as stream:
                    stream.write(text)
            else:
                _replace(os.path.realpath(self.path), text)
        except BrokenPipeError:
            raise
        except OSError as error:
            found = f"a failure to write ({_reason(error)})"
            problem = Problem(_OPTION, found, "a file that can be written", self.path)
            raise SpecError(problem) from error


def _replace(path: str, text: str) -> None:
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        mode = 0o666 & ~umask
    descriptor, name = tempfile.mkstemp(prefix=".dmaze-cp-", dir=os.path.dirname(path))
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
