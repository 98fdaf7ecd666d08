"""Damaged files of every kind: read or refused by name, with bounded memory and work.

`DMAZE_FUZZ_SEED` gives other files than those of every run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dmaze_cp.errors import SpecError
from tests.kit.fuzz import files, models, run

SEED = os.environ.get("DMAZE_FUZZ_SEED", "1")
PROCESSES = 2
HANGS = 1800
"""Seconds after which a process counts as hanging: far above what it takes."""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "count"), [("files", 20_000), ("models", 2_000)])
def test_damaged_files_are_read_or_refused(kind: str, count: int, tmp_path: Path) -> None:
    share = count // PROCESSES
    children = []
    for part in range(PROCESSES):
        folder = tmp_path / str(part)
        folder.mkdir()
        first, last = part * share, (part + 1) * share
        words = [kind, SEED, str(first), str(last), str(folder)]
        command = [sys.executable, "-m", "tests.kit.fuzz.run", *words]
        child = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
        )
        children.append((folder, child))
    try:
        for folder, child in children:
            out, _ = child.communicate(timeout=HANGS)
            assert [json.loads(line) for line in out.splitlines()] == []
            # A process that has died says at which file it was.
            assert (folder / "at").read_text() == "done"
            assert child.returncode == 0
    finally:
        for _, child in children:
            child.kill()


@pytest.mark.parametrize("make", [files.cases, models.cases])
def test_a_file_depends_on_seed_and_number_alone(make, tmp_path: Path) -> None:
    def contents(seed: int, first: int, last: int) -> list[bytes]:
        return [path.read_bytes() for _, path, _ in make(seed, first, last, tmp_path)]

    whole = contents(1, 1, 7)
    assert contents(1, 4, 7) == whole[3:]
    assert contents(2, 1, 7) != whole


def test_undamaged_files_are_good(tmp_path: Path) -> None:
    """Else damage would be looked for in files that are refused at first sight."""
    for name, content, read in files.seeds():
        text = content if isinstance(content, str) else json.dumps(content)
        path = tmp_path / f"{name}.{'yaml' if isinstance(content, str) else 'json'}"
        path.write_text(text)
        assert run.outcome(read, path)[0] == ""
        read(path)
    for make in (models.convolutions, models.products, models.shapes, models.nested):
        path = tmp_path / "model.onnx"
        path.write_bytes(make())
        workload = models.read(path)
        assert not [op for op in workload.unmapped if op.reason.startswith(("an op", "its shape"))]


def test_what_goes_wrong_is_seen(tmp_path: Path, monkeypatch) -> None:
    def fail(error: BaseException):
        def read(_: Path) -> None:
            raise error

        return read

    def work(_: Path) -> None:
        for number in range(10**5):
            abs(number)

    assert run.outcome(fail(KeyError("x")), tmp_path)[0].endswith("KeyError: 'x'\n")
    assert "not one line a problem" in run.outcome(fail(SpecError([])), tmp_path)[0]
    monkeypatch.setattr(run, "MAX_CALLS", 1000)
    assert "TooMuchWork" in run.outcome(work, tmp_path)[0]
