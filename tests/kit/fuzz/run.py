"""Load damaged files one by one, in a process with little memory, and count the calls.

``python -m tests.kit.fuzz.run files|models SEED FIRST LAST FOLDER`` writes the outcome of each file
that is neither read nor refused as a line of JSON, and the number of each file before it.
"""

from __future__ import annotations

import json
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from dmaze_cp.errors import DmazeError, SpecError

MEMORY = 2**30
"""Bytes above those that the process has when it starts."""

MAX_CALLS = 1_500_000
"""Calls of functions that one file may take: some seconds of work."""

Case = tuple[str, Path, Callable[[Path], object]]


class TooMuchWork(BaseException):
    """A file has taken more calls than it may; nothing but the counter catches it."""


class Counter:
    """Counts calls, and ends what makes too many."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "c_call"):
            self.calls += 1
            if self.calls > MAX_CALLS:
                self.calls = 0
                raise TooMuchWork


def outcome(read: Callable[[Path], object], path: Path) -> tuple[str, int]:
    """What is wrong with how a file is read (nothing, most often), and how many calls it took."""
    counter = Counter()
    wrong = ""
    sys.setprofile(counter)
    try:
        read(path)
    except SpecError as error:
        sys.setprofile(None)
        if not error.problems or len(str(error).splitlines()) != len(error.problems):
            wrong = f"not one line a problem: {str(error)[:500]!r}"
    except DmazeError:
        pass
    except (TooMuchWork, Exception):
        sys.setprofile(None)
        wrong = traceback.format_exc()[-1500:]
    finally:
        sys.setprofile(None)
    return wrong, counter.calls


def limit_memory() -> None:
    """Allow this process no more than `MEMORY` above what it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(kind: str, seed: str, first: str, last: str, folder: str) -> None:
    """Load files of a kind."""
    if kind == "files":
        from tests.kit.fuzz.files import cases
    else:
        from tests.kit.fuzz.models import cases
    at = Path(folder) / "at"
    made = cases(int(seed), int(first), int(last), Path(folder))
    for number, (name, path, read) in enumerate(made, int(first)):
        if number == int(first):
            limit_memory()
        at.write_text(f"{kind} {number} {name}")
        wrong, _ = outcome(read, path)
        if wrong:
            line = json.dumps({"number": number, "name": name, "wrong": wrong})
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    at.write_text("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
