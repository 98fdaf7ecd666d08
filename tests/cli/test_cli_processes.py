"""What only a process of its own can show: signals, pipes, terminals, start-up."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dmaze_cp.cli.interrupt import SAME_KEY_S
from tests.kit.patience import HANG_S
from tests.kit.program import ROOT, environment, start


def wait_until(process: subprocess.Popen[str], said: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip() == said:
            return
    pytest.fail(f"it has not said {said!r}")


def test_the_first_interrupt_shows_and_writes_what_is_finished(model, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    process = start("map", model("fc", "slow", "never"), "-o", out)
    wait_until(process, "searching")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=HANG_S)
    assert process.returncode == 130
    assert str(out) in said
    record = json.loads(out.read_text())
    assert record["interrupted"] is True
    assert [(r["name"], r["status"]) for r in record["layers"]] == [
        ("fc", "optimal"),
        ("slow", "feasible"),
    ]
    assert 0 < record["layers"][1]["gap"] < 1


def test_an_interrupted_run_for_people(model) -> None:
    process = start("map", model("fc", "slow", "never"))
    wait_until(process, "searching")
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    out = process.stdout.read()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() == 130
    assert out.count("Loop nest") == 2
    assert "interrupted: 2 of 3 layer results" in out


def evaluated(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    """Mappings beside optima, of which one comes before the interrupt; exit code and texts."""
    records = []
    # The last does not fit, so that it is no mapping to start from.
    for place, (name, level) in enumerate((("fc", "DRAM"), ("slow0", "DRAM"), ("slow1", "RF"))):
        bounds = {"X": 64 >> place, "Y": 6, "K": 8}
        layer = {"name": name, "kind": "gemm", "bounds": bounds}
        orders = {"DRAM": list(bounds)} if level == "DRAM" else {}
        records.append({"layer": layer, "tiling": {level: bounds}, "loop_order": orders})
    (tmp_path / "mine.json").write_text(json.dumps(records))
    options = ("--against-optimum", "edp", "--jobs", "1", "--no-store")
    process = start("evaluate", tmp_path / "mine.json", *options, *arguments)
    wait_until(process, "searching")
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=HANG_S)
    return process.returncode, out, said


def test_interrupted_distances_say_that_their_proofs_are_not_finished(tmp_path: Path) -> None:
    out = tmp_path / "answers.json"
    code, _, said = evaluated(tmp_path, "-o", str(out))
    assert code == 130
    assert str(out) in said
    assert "interrupted: 2 of 3 proofs are not finished" in said
    first, second, last = (each["against_optimum"] for each in json.loads(out.read_text()))
    assert [each["optimum"]["ended"] for each in (first, second, last)] == [
        *("proven", "interrupted", "interrupted"),
    ]
    assert (last["optimum"]["status"], last["ratio"]) == ("unknown", None)


def test_interrupted_distances_for_people(tmp_path: Path) -> None:
    code, out, said = evaluated(tmp_path)
    assert (code, said) == (130, "interrupted: 2 of 3 proofs are not finished\n")
    assert "(feasible, interrupted)" in out
    assert "unknown, interrupted" in out
    assert "interrupted: 2 of 3 proofs are not finished (records 1, 2)" in out


def test_a_second_interrupt_stops_at_once(model, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    process = start("map", model("stuck"), "-o", out)
    wait_until(process, "searching")
    process.send_signal(signal.SIGINT)
    wait_until(process, "asked to stop")
    time.sleep(SAME_KEY_S)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.read() == "error: interrupted twice, nothing more is written\n"
    assert process.wait() == 130
    assert not out.exists()


INTERRUPTED_IMPORT = """
import os, signal, sys

module = sys.argv.pop(1)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except BaseException:
                pass  # as where an exception has nowhere to go, or an extension module clears it

sys.meta_path.insert(0, Finder())
from dmaze_cp.cli import main
main()
sys.stderr.write("went on")
"""


@pytest.mark.parametrize("module", ["dmaze_cp.cli.app", "yaml", "dmaze_cp.report.layer"])
def test_no_import_can_swallow_an_interrupt(model, module) -> None:
    command = [sys.executable, "-c", INTERRUPTED_IMPORT, module, "map", str(model("fc"))]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted\n")


INTERRUPTED_EXIT = """
import os, signal
from dmaze_cp.cli import main

class Last:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGINT):
        kill(pid, number)

last = Last()
main()
"""


def test_an_interrupt_when_all_is_done_changes_nothing() -> None:
    """While the interpreter takes itself apart."""
    command = [sys.executable, "-c", INTERRUPTED_EXIT, "models"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "resnet18" in done.stdout


LOST = "error: standard output: found {}, expected a place for all that is written\n"
COMMANDS = (
    ["map", "net.json"],
    ["map", "net.json", "-o", "-"],
    ["map", "net.json", "-o", "/dev/stdout"],
    ["layers", "efficientnet_b0"],
    ["archs"],
    ["--help"],
)


def closing_stdout() -> None:
    os.close(1)


@pytest.mark.parametrize(
    ("arguments", "to"),
    [
        *((command, "a reader that has gone") for command in (COMMANDS[0], *COMMANDS[3:])),
        *((command, "a full disk") for command in (COMMANDS[2], COMMANDS[5])),
        *((command, "a closed stream") for command in (COMMANDS[1], COMMANDS[4])),
    ],
)
def test_a_result_that_nobody_gets_is_an_error(model, arguments, to) -> None:
    path = model(*(f"fc{i}" for i in range(60)))
    arguments = [str(path) if a == "net.json" else a for a in arguments]
    if to == "a full disk":
        if not Path("/dev/full").exists():
            pytest.skip("needs /dev/full")
        with open("/dev/full", "w") as full:
            process = start(*arguments, stdout=full)
    elif to == "a closed stream":
        process = start(*arguments, stdout=None, preexec_fn=closing_stdout)
    else:
        ours, theirs = os.pipe()
        process = start(*arguments, stdout=theirs)
        os.close(theirs)
        os.close(ours)
    _, err = process.communicate()
    found = "a failure to write (No space left on device)"
    assert err == LOST.format(found if to == "a full disk" else "nobody who reads it")
    assert process.returncode == 1


def test_a_closed_stream_that_is_not_needed(model, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    process = start("map", model("fc"), "-o", out, stdout=None, preexec_fn=closing_stdout)
    assert process.communicate() == (None, "")
    assert process.returncode == 0
    assert json.loads(out.read_text())["model"] == "net"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_warnings_that_nobody_gets_end_nothing(model) -> None:
    with open("/dev/full", "w") as full:
        process = start("map", model("fc"), "--verbose", "--summary", stderr=full)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert "Summary: net" in out


def test_json_into_a_pipe_and_special_files(run, model, tmp_path: Path) -> None:
    path = model("fc")
    out, _ = start("map", path, "-o", "/dev/stdout").communicate(timeout=HANG_S)
    assert json.loads(out)["model"] == "net"
    done = run("map", path, "-o", "/dev/null")
    assert (done.exit_code, done.output) == (0, "")
    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(run, model) -> None:
    done = run("map", model("fc"), "-o", "/dev/full")
    assert done.exit_code == 1
    assert done.stderr == (
        "error: /dev/full: -o: found a failure to write (No space left on device), "
        "expected a file that can be written\n"
    )


def test_an_ascii_terminal(model) -> None:
    process = start(
        "map", model("fcé"), env=environment(PYTHONIOENCODING="ascii"), encoding="ascii"
    )
    out, err = process.communicate(timeout=HANG_S)
    assert (process.returncode, err) == (0, "")
    assert "fc\\xe9" in out
    assert "####" in out


def test_progress_on_a_terminal_only(model, tmp_path: Path) -> None:
    """Standard error is a terminal of 80 columns, standard output a file."""
    ours, theirs = pty.openpty()
    report = tmp_path / "report.txt"
    with report.open("w") as stdout:
        process = start("map", model("fc", "slow"), stdout=stdout, stderr=theirs)
        os.close(theirs)
        seen = b""
        while b"slow (edp)" not in seen:
            seen += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
        assert process.wait(timeout=HANG_S) == 130
    os.close(ours)
    assert b"1/2 done  1 running  0 waiting" in seen
    assert b"1/2" in seen
    assert "\x1b" not in report.read_text()


@pytest.mark.parametrize("arguments", [["--help"], ["models"], ["archs"], ["map", "--help"]])
def test_start_up_needs_none_of_the_heavy_packages(arguments) -> None:
    code = (
        "import sys\n"
        "from dmaze_cp.cli.app import cli\n"
        f"cli({arguments!r}, standalone_mode=False)\n"
        "heavy = {'onnx', 'ortools', 'numpy', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_module_is_the_program() -> None:
    process = start("--version", fake=False)
    out, err = process.communicate(timeout=HANG_S)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("dmaze-cp ")
