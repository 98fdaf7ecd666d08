"""What is logged, and that only the program decides where it goes."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import pytest

import dmaze_cp as dm
from dmaze_cp.cli.logs import LEVELS, LOGGER, log_to_stderr
from dmaze_cp.cli.progress import Progress
from tests.kit.patience import HANG_S
from tests.kit.program import environment


def test_the_package_alone_sets_nothing_up_and_prints_nothing() -> None:
    code = (
        "import logging, dmaze_cp as dm; dm.load_workload('resnet18');"
        "top = logging.getLogger('dmaze_cp'); print(top.handlers, top.level)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=HANG_S,
    )
    assert (done.stdout, done.stderr) == ("[] 0\n", "")


def test_loggers_are_those_of_modules(caplog: pytest.LogCaptureFixture) -> None:
    layers = tuple(dm.Layer.gemm(f"fc{x}", {"X": x, "Y": 4, "K": 2}) for x in (2, 4))
    with caplog.at_level(logging.DEBUG, "dmaze_cp"):
        dm.load_workload("resnet18")
        dm.map_workload(dm.Workload("net", layers), dm.Architecture())
    names = [record.name for record in caplog.records]
    assert set(names) == {"dmaze_cp.loading", "dmaze_cp.execution.engine"}
    ended = [r for r in caplog.records if r.levelno == logging.INFO and "optimal" in r.message]
    assert len(ended) == len(layers)


@pytest.mark.parametrize("level", LEVELS)
def test_a_defect_has_a_traceback_at_debug_alone(run, monkeypatch, level) -> None:
    def defect(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("dmaze_cp.loading.load_workload", defect)
    result = run("--log-level", level, "layers", "resnet18")
    assert result.exit_code == 70
    assert ("Traceback" in result.stderr) == (level == "debug")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("internal error: RuntimeError: a defect")
    assert "DMAZE_CP_LOG_LEVEL=debug" in last


def test_every_line_is_written_once(run) -> None:
    for _ in range(2):
        assert run("--log-level", "info", "layers", "resnet18").stderr.count("\n") == 1


class Terminal(io.StringIO):
    """Something that is drawn on."""

    def isatty(self) -> bool:
        return True


def test_lines_are_whole_beside_a_display(monkeypatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(logging.getLogger(LOGGER), "handlers", [])
    log_to_stderr("info")
    text = " ".join(f"word{k}" for k in range(60))
    with Progress(verbose=False, several=False):
        logging.getLogger("dmaze_cp.execution").info(text)
    shown = terminal.getvalue()
    assert "0/0 done" in shown
    assert any(f"INFO dmaze_cp.execution: {text}" in line for line in shown.splitlines())


def test_bad_input_is_a_line_at_any_level(run) -> None:
    assert run("layers", "resnet19").stderr.count("\n") == 1
