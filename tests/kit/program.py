"""The program: as arguments for a run in this process, or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def with_one_job(*arguments: object) -> list[str]:
    """The arguments, with searches in the program's own process, where the stand-in is."""
    texts = [str(a) for a in arguments]
    given = {"--jobs", "--scheduler", "--help"} & set(texts)
    return [*texts, "--jobs", "1"] if texts[:1] == ["map"] and not given else texts


def without_store(*arguments: str) -> list[str]:
    """The arguments, with nothing that an earlier test has left."""
    given = {"--store", "--no-store"} & set(arguments)
    return [*arguments, "--no-store"] if arguments[:1] == ("map",) and not given else [*arguments]


def own_variables() -> set[str]:
    """Variables that are set, and that the program takes defaults from."""
    return {name for name in os.environ if name.startswith("DMAZE_CP_")}


def environment(**extra: str) -> dict[str, str]:
    own = {"COLUMNS"} | own_variables()
    keep = {k: v for k, v in os.environ.items() if k not in own}
    return keep | {"PYTHONPATH": str(ROOT)} | extra


def start(*arguments: object, fake: bool = True, **options: Any) -> subprocess.Popen[str]:
    """The program as a process of its own; with the stand-in mapper unless told."""
    module = "tests.kit.fake_mapper" if fake else "dmaze_cp"
    settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    settings |= {"text": True, "env": environment(), "cwd": ROOT} | options
    texts = without_store(*(with_one_job(*arguments) if fake else map(str, arguments)))
    return subprocess.Popen([sys.executable, "-m", module, *texts], **settings)
