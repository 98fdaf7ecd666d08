"""Files that are not text: plots in a folder, workbooks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dmaze_cp.errors import Problem, SpecError


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
            raise _unwritable(self.option, self.path, error) from None

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files by name.

        Raises
        ------
        SpecError
            When one cannot be written after all.
        """
        for name, data in files.items():
            write_bytes(str(Path(self.path) / name), data, self.option)


def write_bytes(path: str, data: bytes, option: str) -> None:
    """Write a file: a reader sees the old one or the whole new one.

    Raises
    ------
    SpecError
        When it cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            # A device or a pipe is written to, not replaced.
            target.write_bytes(data)
            return
        descriptor, name = tempfile.mkstemp(prefix=".dmaze-cp-", dir=target.parent)
        try:
            with open(descriptor, "wb") as stream:
                stream.write(data)
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)
            os.replace(name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise _unwritable(option, path, error) from error


def _unwritable(option: str, path: str, error: Exception) -> SpecError:
    reason = getattr(error, "strerror", None) or str(error)
    expected = "a place that can be written"
    return SpecError(Problem(option, f"a failure to write ({reason})", expected, path))
