"""Run what README and docs show, and compare what they print.

Blocks of a document run in order, in one empty folder, after ``<!-- NOTE -->`` lines:

- ``sh``: a shell script with ``dmaze-cp`` and ``python`` on the path; with the note
  ``slow`` only in slow tests, with the note ``set-up`` not here (``.ci/run`` does it). ``exit: 3``
  is what its calls exit with.
  Lines that are nothing but calls of ``dmaze-cp``, after variables of its own, are run in this
  process, which has all loaded.
- ``python``: a program, run in this process with names of its own; ``slow`` is as above, and with
  the note ``needs: MODULE...`` it is run only where these are installed.
- ``text`` with the note ``output``: all that the script before printed, but for times;
  with the note ``part of output``: these lines of it.
- with the note ``file: NAME``: a file.

``UPDATE_DOCS=1 pytest tests/test_readme.py`` writes the outputs anew.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner

import dmaze_cp as dm
from dmaze_cp.cli.app import cli
from dmaze_cp.desk import desk
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.result import result_record
from tests.kit.program import own_variables

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNNABLE = ("sh", "python")
OWN = re.compile(r"DMAZE_CP_\w+=")
FENCE = re.compile(r"^(?:<!-- ([^\n]*) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATHS = re.compile(r"(?<![\w./])((?:dmaze_cp|tests|benchmarks|examples|specs|docs)/[\w./-]*)")


@dataclass(frozen=True)
class Block:
    """A fenced block and the note before it."""

    document: Path
    line: int
    note: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"

    @property
    def is_slow(self) -> bool:
        return self.note == "slow"

    @property
    def is_run(self) -> bool:
        return self.language in RUNNABLE and self.note != "set-up"

    @property
    def exit_code(self) -> int:
        """What its calls of the program exit with."""
        return int(self.note.removeprefix("exit: ")) if "exit: " in self.note else 0

    @property
    def missing(self) -> list[str]:
        """Modules that it needs and that are not installed."""
        needs = self.note.removeprefix("needs: ").split() if "needs: " in self.note else []
        return [module for module in needs if find_spec(module) is None]


def blocks(document: Path) -> Iterator[Block]:
    content = document.read_text(encoding="utf-8")
    for match in FENCE.finditer(content):
        line = content.count("\n", 0, match.start()) + 1
        yield Block(document, line, match[1] or "", match[2], match[3])


def workplace(folder: Path) -> dict[str, str]:
    """Prepare a folder like a checkout with an activated environment; its variables."""
    programs = folder / "bin"
    programs.mkdir()
    for name, module in (("dmaze-cp", " -m dmaze_cp"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{module} "$@"\n')
        (programs / name).chmod(0o755)
    for name in ("benchmarks", "examples", "tests"):
        (folder / name).symlink_to(ROOT / name)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    keep = {k: v for k, v in os.environ.items() if not k.startswith("DMAZE_CP_")}
    return keep | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}


def calls(script: str) -> list[list[str]] | None:
    """The words of each line, if a script is nothing but calls of two programs.

    Variables may stand before a call of `dmaze-cp`.
    """
    joined = script.replace("\\\n", " ")
    # Neither comments nor quoted text nor the steps of a parameter are for the shell.
    bare = re.sub(r"'[^'\n]*'|#.*|=[\w:*.,]*", "", joined)
    if re.search(
        r"[|&;<>()$`*?\"!~{}\[\]\\]|^(?!(?:DMAZE_CP_\w+ )*dmaze-cp |python |\s*$)",
        bare,
        re.MULTILINE,
    ):
        return None
    return [words for line in joined.splitlines() if (words := shlex.split(line, comments=True))]


def run(block: Block, folder: Path, environment: dict[str, str]) -> str:
    """What a block prints; it has to succeed."""
    if block.language == "python":
        return run_here(block)
    lines_of_calls = calls(block.text)
    if lines_of_calls is None:
        return run_there(block, ["bash", "-euo", "pipefail", "-c", block.text], folder, environment)
    printed = ""
    for words in lines_of_calls:
        variables = [word.partition("=") for word in takewhile(OWN.match, words)]
        program, *arguments = words[len(variables) :]
        if program == "dmaze-cp":
            own = {name: value for name, _, value in variables}
            done = CliRunner().invoke(cli, arguments, prog_name=program, env=own)
            assert done.exit_code == block.exit_code, f"{block}: {arguments}\n{done.output}"
            printed += done.stdout
        else:
            printed += run_there(block, [program, *arguments], folder, environment)
    return printed


def run_here(block: Block) -> str:
    """Run a Python program in this process."""
    names = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(block.text, str(block), "exec"), names)
    return printed.getvalue()


def run_there(block: Block, command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Run a program in a process of its own."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{block}:\n{block.text}\n{done.stdout}{done.stderr}"
    return done.stdout


def lines(text: str) -> list[str]:
    """Lines without what changes from run to run: times and the work they depend on."""
    text = re.sub(r"\s+[\d.]+ s\b", " SECONDS s", text)
    text = re.sub(r"[\d,]+ mappings scored", "COUNT mappings scored", text)
    return [line.rstrip() for line in text.splitlines()]


def write_output(block: Block, output: str) -> None:
    content = block.document.read_text(encoding="utf-8")
    old = f"<!-- {block.note} -->\n```text\n{block.text}```"
    printed = "".join(f"{line.rstrip()}\n" for line in output.rstrip("\n").split("\n"))
    new = f"<!-- {block.note} -->\n```text\n{printed}```"
    assert content.count(old) == 1, f"{block}: more than one such block"
    block.document.write_text(content.replace(old, new), encoding="utf-8")


def check_output(block: Block, output: str) -> None:
    expected, found = lines(block.text), lines(output.rstrip("\n"))
    if block.note == "output" and os.environ.get("UPDATE_DOCS"):
        write_output(block, output)
    elif block.note == "output":
        assert found == expected, f"{block}: UPDATE_DOCS=1 writes it anew"
    else:
        missing = [line for line in expected if line not in found]
        assert not missing, f"{block}: not in the output: {missing}"


def be_in(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """What is run in this process finds what a process of its own would."""
    patch.chdir(folder)
    for name in own_variables():
        patch.delenv(name)
    patch.setenv("COLUMNS", "80")
    # Searches are in this process: each command's workers would have to load all first.
    patch.setattr(desk, "cores", lambda: 1)


def run_document(document: Path, folder: Path, *, slow: bool) -> int:
    """Run a document's blocks in order; returns how many were run."""
    environment = workplace(folder)
    output: str | None = None
    ran = 0
    for block in blocks(document):
        if block.note.startswith("file: "):
            (folder / block.note.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        elif block.is_run:
            output = None
            if block.is_slow is slow and not block.missing:
                output = run(block, folder, environment)
                ran += 1
        elif block.note == "elsewhere":
            output = None
        elif block.language == "text" and output is not None:
            check_output(block, output)
    check_files(folder)
    return ran


def check_files(folder: Path) -> None:
    """Results and sweeps that a document has written are read back as what was saved."""
    for path in folder.glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        kind = record.get("schema", "") if isinstance(record, dict) else ""
        if kind.startswith("dmaze-cp/sweep/"):
            sweep = dm.load_sweep(path)
            assert record in (plain(sweep_record(sweep, details=d)) for d in (False, True)), path
        elif kind.startswith("dmaze-cp/result"):
            anew = [plain(result_record(result)) for result in dm.load_results(path)]
            assert anew == record.get("results", [record]), path


def plain(record: object) -> object:
    """A record as it comes out of a file."""
    return json.loads(json.dumps(record))


def runnable(*, slow: bool) -> list[Path]:
    return [
        document
        for document in DOCUMENTS
        if any(b.is_run and b.is_slow is slow for b in blocks(document))
    ]


@pytest.mark.docs
@pytest.mark.parametrize("document", runnable(slow=False), ids=lambda path: path.name)
def test_what_a_document_shows_is_what_happens(document, tmp_path, monkeypatch):
    missing = {module for block in blocks(document) for module in block.missing}
    if missing and all(block.missing for block in blocks(document) if block.is_run):
        pytest.skip(f"not installed: {', '.join(sorted(missing))}")
    be_in(tmp_path, monkeypatch)
    assert run_document(document, tmp_path, slow=False) > 0


@pytest.mark.docs
@pytest.mark.slow
@pytest.mark.parametrize("document", runnable(slow=True), ids=lambda path: path.name)
def test_slow_commands_of_a_document(document, tmp_path, monkeypatch):
    be_in(tmp_path, monkeypatch)
    assert run_document(document, tmp_path, slow=True) > 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_is_run_or_compared(document):
    for block in blocks(document):
        known = {
            "sh": {"", "slow", "set-up", "exit: 3"},
            "python": {"", "slow"},
            "text": {"output", "part of output", "elsewhere"},
        }.get(block.language, set())
        is_file = re.fullmatch(r"file: [\w.]+", block.note)
        if block.language == "python" and re.fullmatch(r"needs:( \w+)+", block.note):
            continue
        assert is_file or block.note in known, f"{block}: {block.language} {block.note!r}"


def test_readme_has_two_set_up_commands_of_one_line():
    commands = [b.text for b in blocks(ROOT / "README.md") if b.note == "set-up"]
    assert [command.count("\n") for command in commands] == [1, 1]
    assert "map light_resnet50" in commands[0]
    assert "pytest" in commands[1]


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name
)
def test_files_and_links_exist(document):
    content = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", content)
    missing = [link for link in links if not (document.parent / link).exists()]
    named = {path.rstrip(".") for path in PATHS.findall(content)}
    missing += [path for path in named if not (ROOT / path).exists()]
    assert not missing
