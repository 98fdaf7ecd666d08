"""How many made-up faults of the package the tests find.

Each fault of ``benchmarks/mutants.yaml`` is put into a copy of the package, and the fast tests of
its folder are run there, until the first that fails. What no test finds is listed, and
the program ends with 1. ``--names`` picks some; ``--results`` keeps which test found which, so that
a later run, with other tests, first tries that one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "benchmarks" / "mutants.yaml"
COPIED = ("dmaze_cp", "specs", "tests", "benchmarks", "examples", "docs", "README.md")
CPU_S = 900
"""A fault that makes a test run for ever is found when it has taken so long."""

FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::[^\n]*?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """A fault: a text of a file in the place of another, and the tests that should find it."""

    name: str
    file: str
    old: str
    new: str
    tests: str


def load(path: Path = LIST) -> list[Mutant]:
    """The faults of a list."""
    return [Mutant(**record) for record in yaml.safe_load(path.read_text(encoding="utf-8"))]


def copy_to(folder: Path) -> None:
    """Copy the package and its tests."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder / "pyproject.toml")


def pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests of a copy, in one process."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "--tb=no", "--no-header", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S)),
    )


def check_tests(folder: Path) -> None:
    """Check that the tests can be run as long as there is no fault."""
    done = pytest(folder, "--collect-only", "tests")
    if done.returncode:
        said = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise SystemExit(f"without a fault pytest ended with {done.returncode}: {said}")


def failing(folder: Path, test: str) -> str | None:
    """The first test that fails, or None."""
    done = pytest(folder, test)
    if done.returncode == 0:
        return None
    found = FAILED.search(done.stdout)
    return found[1] if found else f"pytest ended with {done.returncode}"


def run(mutant: Mutant, folder: Path, hint: str | None = None) -> str | None:
    """The test that finds a fault, or None; of a text that is not there once, says so."""
    path = folder / mutant.file
    original = path.read_text(encoding="utf-8")
    if original.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: its text is {original.count(mutant.old)} times in {path}")
    path.write_text(original.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        if hint is not None and "::" in hint and (folder / hint.split("::", 1)[0]).exists():
            # A test that is not there any more is an error of pytest's without a name.
            found = failing(folder, hint)
            if found is not None and "::" in found:
                return found
        return failing(folder, mutant.tests)
    finally:
        path.write_text(original, encoding="utf-8")


def main() -> int:
    """Run the faults and print which test found each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", nargs="*", help="only these")
    parser.add_argument("--results", type=Path, help="JSON file: the test that found each")
    parser.add_argument("--resume", action="store_true", help="skip what the file has")
    arguments = parser.parse_args()
    mutants = [m for m in load() if not arguments.names or m.name in arguments.names]
    path = arguments.results
    known = json.loads(path.read_text()) if path is not None and path.exists() else {}
    results = dict(known) if arguments.resume else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_to(folder)
        check_tests(folder)
        for mutant in mutants:
            if arguments.resume and mutant.name in known:
                continue
            results[mutant.name] = run(mutant, folder, known.get(mutant.name))
            print(f"{mutant.name:28} {results[mutant.name] or 'not found'}", flush=True)
            if path is not None:
                path.write_text(json.dumps(known | results, indent=1))
    missed = [m.name for m in mutants if results[m.name] is None]
    print(f"{len(mutants) - len(missed)} of {len(mutants)} found; not found: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
