"""Time a `dmaze-cp` command as a user runs it: a process of its own, start-up included."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench_summary import machine


@dataclass(frozen=True)
class Run:
    """What a command wrote as JSON, and how long it took (wall seconds)."""

    found: dict[str, Any]
    seconds: float


class CommandError(Exception):
    """A command ended with an exit code other than 0."""


def timed(arguments: Sequence[str]) -> Run:
    """Run ``dmaze-cp`` with `arguments`, without the store of earlier results.

    Raises
    ------
    CommandError
        With what the command wrote on stderr.
    """
    with TemporaryDirectory() as folder:
        output = Path(folder) / "result.json"
        command = [sys.executable, "-m", "dmaze_cp", *arguments, "--no-store", "-o", str(output)]
        began = time.perf_counter()
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        seconds = time.perf_counter() - began
        if done.returncode:
            raise CommandError(f"exit code {done.returncode}: {done.stderr.strip()}")
        return Run(json.loads(output.read_text(encoding="utf-8")), seconds)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table that also reads well as text; the first row is its head."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def conclude(
    title: str,
    command: Sequence[str],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str],
    markdown: Path | None,
) -> None:
    """Print a table and what follows from it, and write both as a section of Markdown."""
    print("\n".join(["", *table(rows), "", *notes]))
    if markdown is not None:
        markdown.write_text(section(title, shlex.join(command), rows, notes), encoding="utf-8")


def section(title: str, command: str, rows: Sequence[Sequence[str]], notes: Sequence[str]) -> str:
    """A section of a Markdown document: how it was measured, where, the table, what follows."""
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    head = [f"## {title}", "", f"Produced by `{command}` ({facts}).", ""]
    return "\n".join([*head, *table(rows), "", *(f"{note}  " for note in notes), ""])
