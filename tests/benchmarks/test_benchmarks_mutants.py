"""Faults that are made up, and whether tests find them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import mutants
from mutants import Mutant

ROOT = Path(__file__).resolve().parents[2]


def test_the_list_names_files_and_tests_that_exist():
    listed = mutants.load()
    assert len(listed) >= 40
    assert len({mutant.name for mutant in listed}) == len(listed)
    for mutant in listed:
        assert mutant.old != mutant.new
        assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1, mutant.name
        assert (ROOT / mutant.tests).is_dir()


def test_a_fault_is_found_or_not_and_is_gone_afterwards(tmp_path):
    source = tmp_path / "add.py"
    source.write_text("def add(a, b):\n    return a + b\n")
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_add.py").write_text(
        "from add import add\n\ndef test_nothing():\n    assert add(2, 2) == 4\n"
    )
    wrong, same = (Mutant(n, "add.py", "a + b", n, "tests") for n in ("a - b", "a * b"))
    assert mutants.run(wrong, tmp_path) == "tests/test_add.py::test_nothing"
    assert mutants.run(same, tmp_path, hint="tests/test_add.py::test_nothing") is None
    assert source.read_text().count("a + b") == 1
    with pytest.raises(SystemExit, match="0 times"):
        mutants.run(Mutant("none", "add.py", "a / b", "a", "tests"), tmp_path)
