from __future__ import annotations

import csv
import json
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import click
import click.testing
import pytest

from dmaze_cp.cli.store_option import open_store, store_options
from dmaze_cp.constraints import Constraints
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.store import Store, default_store_path
from tests.kit.samples import CONV, DEPTHWISE, GEMM, STRIDED, sample_result

FILE = "s.sqlite"

RESULTS = (
    sample_result(CONV),
    sample_result(STRIDED, Objective.LATENCY, bound_fraction=0.5),
    sample_result(DEPTHWISE, Objective.ENERGY),
    replace(
        sample_result(GEMM, Objective.ENERGY),
        constraints=Constraints.of_options(min_pe_utilization=0.5, no_spatial_reduction=True),
    ),
)
WITHOUT = (
    LayerResult(GEMM, RESULTS[0].architecture, Objective.EDP, Status.INFEASIBLE, reason="no room"),
    LayerResult(
        DEPTHWISE, RESULTS[0].architecture, Objective.EDP, Status.UNKNOWN, bound=7, reason="late"
    ),
)


@pytest.fixture(autouse=True)
def own_default(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DMAZE_CP_STORE", raising=False)


@pytest.fixture
def filled(run) -> str:
    """A store with results of every status, in the folder the program runs in."""
    with Store.open(FILE) as store:
        for result in (*RESULTS, *WITHOUT):
            store.put(result)
    return FILE


def spoil(file: str, assignment: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(f"UPDATE results SET {assignment}")
    connection.commit()
    connection.close()


def is_narrow(text: str) -> bool:
    return max(map(len, text.split("\n"))) <= 80


def test_an_overview(run, filled) -> None:
    result = run("store", "--store", filled)
    assert (result.exit_code, result.stderr) == (0, "")
    assert is_narrow(result.stdout)
    assert "6 (3 optimal, 1 feasible, 1 infeasible, 1 unknown)" in result.stdout
    assert "edp 3, energy 2, latency 1" in result.stdout
    assert "256 PEs, RF 512 bytes, SPM 128 KiB" in result.stdout


def test_an_overview_of_nothing(run) -> None:
    Path("empty.sqlite").touch()
    result = run("store", "--store", "empty.sqlite")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split() for line in result.stdout.splitlines()][2] == ["results", "0"]
    for command in ("show", "export", "verify"):
        assert run("store", "--store", "empty.sqlite", command).exit_code == 0
    assert run("store", "--store", "empty.sqlite", "show").stdout == "0 of 0 results shown\n"


def test_a_list(run, filled) -> None:
    result = run("store", "--store", filled, "show")
    assert (result.exit_code, result.stderr) == (0, "")
    assert is_narrow(result.stdout)
    assert result.stdout.count("256 PEs") == 6
    with Store.open(filled) as store:
        for entry in store.entries():
            assert entry.key[:8] in result.stdout
    for text in ("50 %", "util.PE>=0.5", "infeasible", "unknown", "0.40 s"):
        assert text in result.stdout


def test_a_part_of_the_list(run, filled) -> None:
    shown = run("store", "--store", filled, "show", "--status", "feasible").stdout
    assert shown.count("256 PEs") == 1
    assert "latency" in shown
    both = ["--status", "optimal", "--status", "feasible", "--objective", "energy"]
    assert run("store", "--store", filled, "show", *both).stdout.count("256 PEs") == 2
    few = run("store", "--store", filled, "show", "--limit", "2").stdout
    assert few.count("256 PEs") == 2
    assert few.endswith("2 of 6 results shown\n")


def test_exported_results_can_be_evaluated(run, filled) -> None:
    statuses = ["--status", "optimal", "--status", "feasible"]
    for name in ("out.json", "out.jsonl"):
        assert run("store", "--store", filled, "export", *statuses, "-o", name).exit_code == 0
        answered = run("evaluate", name, "-o", f"answers-{name}")
        assert (answered.exit_code, answered.output) == (0, "")
    records = json.loads(Path("out.json").read_text())
    answers = json.loads(Path("answers-out.json").read_text())
    assert len(records) == len(answers) == 4
    for record, answer in zip(records, answers, strict=True):
        assert answer["valid"] is True
        for key in ("energy_pj", "latency_cycles", "edp"):
            assert answer[key] == record[key]
    assert [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()] == records


def test_everything_is_exported(run, filled) -> None:
    exported = run("store", "--store", filled, "export")
    records = json.loads(exported.stdout)
    assert len(records) == 6
    found = {(r["objective"], r["status"], r["value"], r["bound"], r["reason"]) for r in records}
    assert found == {
        (str(r.objective), str(r.status), r.value, r.bound, r.reason) for r in (*RESULTS, *WITHOUT)
    }
    (without,) = (r for r in records if r["status"] == "infeasible")
    assert (without["tiling"], without["gap"]) == (None, None)
    assert run("store", "--store", filled, "export", "--format", "csv", "-o", "x").exit_code == 0
    with open("x", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["value"] for row in rows] == [str(r["value"] or "") for r in records]
    assert {row["architecture.energy.spm_pj"] for row in rows} == {"13.5"}
    assert {row["bounds.Fx"] for row in rows} == {"", "3"}


@pytest.mark.parametrize(
    ("name", "found"),
    [("out.txt", "the suffix '.txt'"), ("out", "the suffix ''"), (FILE, "the suffix '.sqlite'")],
)
def test_an_export_without_a_form(run, filled, name, found) -> None:
    result = run("store", "--store", filled, "export", "-o", name)
    assert result.exit_code == 1
    assert f"found {found}, expected one of .json, .jsonl, .csv" in result.stderr


def test_the_store_is_not_exported_onto_itself(run, filled) -> None:
    before = Path(filled).read_bytes()
    result = run("store", "--store", filled, "export", "--format", "csv", "-o", filled)
    assert result.exit_code == 1
    assert "a file that is read" in result.stderr
    assert Path(filled).read_bytes() == before


def good_store() -> None:
    with Store.open(FILE) as store:
        for result in (*RESULTS[:3], *WITHOUT):
            store.put(result)


def test_verify(run) -> None:
    good_store()
    result = run("store", "--store", FILE, "verify")
    assert (result.exit_code, result.output) == (0, "5 results checked, 0 bad\n")
    spoil(FILE, "energy_pj = '12' WHERE status = 'feasible'")
    spoil(FILE, "mapping = 'x' WHERE objective = 'energy'")
    result = run("store", "--store", FILE, "verify")
    assert (result.exit_code, result.stdout) == (1, "5 results checked, 2 bad\n")
    lines = sorted(result.stderr.splitlines(), key=lambda line: line.split(": ", 3)[3])
    assert len(lines) == 2
    assert all(line.startswith(f"error: {FILE}: result ") for line in lines)
    assert "energy_pj: found 12, expected " in lines[0]
    assert "mapping: found 'x' (text), expected valid JSON" in lines[1]


def test_constraints_are_verified(run, filled) -> None:
    """The last of the samples was not made with its constraints in mind."""
    result = run("store", "--store", filled, "verify")
    assert result.exit_code == 1
    assert "mapping: util.PE>=0.5: found 8, expected at least 128" in result.stderr


def test_rows_that_cannot_be_read_are_shown_and_not_exported(run) -> None:
    good_store()
    spoil(FILE, "mapping = 'x' WHERE objective = 'energy'")
    assert "1: see `store verify`" in run("store", "--store", FILE).stdout
    shown = run("store", "--store", FILE, "show")
    assert shown.exit_code == 0
    assert is_narrow(shown.stdout)
    assert "unreadable: " in shown.stdout
    exported = run("store", "--store", FILE, "export", "-o", "out.json")
    assert exported.exit_code == 1
    assert "found 1 result that cannot be read" in exported.stderr
    assert not Path("out.json").exists()
    pruned = run("store", "--store", FILE, "prune", "--bad")
    assert (pruned.exit_code, pruned.output) == (0, "1 result removed, 4 results kept\n")
    assert run("store", "--store", FILE, "verify").exit_code == 0


def test_prune(run, filled) -> None:
    assert run("store", "--store", filled, "prune").exit_code == 2
    assert run("store", "--store", filled, "prune", "--dry-run").exit_code == 2
    assert run("store", "--store", filled, "prune", "--all", "--bad").exit_code == 2
    assert run("store", "--store", filled, "prune", "--older-than", "-1").exit_code == 2
    would = run("store", "--store", filled, "prune", "--unproven", "--dry-run")
    assert would.stdout == "2 results would be removed, 4 results kept\n"
    old = run("store", "--store", filled, "prune", "--unproven", "--older-than", "1")
    assert old.stdout == "0 results removed, 6 results kept\n"
    spoil(filled, "updated = updated - 2 * 86400 WHERE objective = 'edp'")
    old = run("store", "--store", filled, "prune", "--unproven", "--older-than", "1")
    assert old.stdout == "1 result removed, 5 results kept\n"
    assert run("store", "--store", filled, "prune", "--all").stdout.startswith("5 results removed")
    assert run("store", "--store", filled, "show").stdout == "0 of 0 results shown\n"


COMMANDS = ([], ["show"], ["export"], ["verify"], ["prune", "--all"])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("content", "found"),
    [(None, "no such file"), ("hello\n" * 99, "a file that is no store")],
)
def test_files_that_are_no_store(run, command, content, found) -> None:
    if content is not None:
        Path("x").write_text(content)
    result = run("store", "--store", "x", *command)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: x: found {found}, expected ")
    assert (Path("x").read_text() if content else Path("x").exists()) == (content or False)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_damaged_store(run, filled, command) -> None:
    content = Path(filled).read_bytes()[:9000]
    Path(filled).write_bytes(content)
    result = run("store", "--store", filled, *command)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "a damaged store" in line
    assert Path(filled).read_bytes() == content


def test_where_the_store_is(run, filled, monkeypatch) -> None:
    """After the command, before it, in the environment, or in the default place."""
    line = run("store", "--store", filled, "show", "--limit", "1").stdout.splitlines()[-1]
    assert line == "1 of 6 results shown"
    for arguments in (["--store", "no", "show", "--store", filled], ["show", "--store", filled]):
        assert run("store", *arguments, "--limit", "1").stdout.splitlines()[-1] == line
    monkeypatch.setenv("DMAZE_CP_STORE", filled)
    assert run("store", "show", "--limit", "1").stdout.splitlines()[-1] == line
    assert "no such file" in run("store", "--store", "no", "show").stderr
    monkeypatch.delenv("DMAZE_CP_STORE")
    assert f"error: {default_store_path()}: found no such file" in run("store").stderr
    assert not default_store_path().parent.exists()


@pytest.fixture
def opener():
    """A command with the options that say where results are kept."""

    @click.command()
    @store_options
    def command(store: str | None, no_store: bool) -> None:
        with open_store(store, no_store) or open(os.devnull) as opened:
            click.echo(str(opened.path) if isinstance(opened, Store) else "none")

    return lambda *arguments, **options: click.testing.CliRunner().invoke(
        command, arguments, **options
    )


def test_options_of_commands_that_keep_results(run, opener) -> None:
    default = str(default_store_path())
    assert opener().output == f"{default}\n"
    assert Path(default).is_file()
    assert opener("--store", "a.sqlite").output == "a.sqlite\n"
    assert opener("--no-store").output == "none\n"
    environment = {"DMAZE_CP_STORE": "b.sqlite"}
    assert opener(env=environment).output == "b.sqlite\n"
    assert opener("--no-store", env=environment).output == "none\n"
    both = opener("--no-store", "--store", "a.sqlite")
    assert (both.exit_code, "exclude each other" in both.output) == (2, True)


def test_a_default_store_that_cannot_be_used(run, opener, tmp_path, monkeypatch) -> None:
    path = default_store_path()
    path.parent.mkdir(parents=True)
    path.write_text("something else entirely\n" * 9)
    named = opener("--store", str(path))
    assert "a file that is no store" in str(named.exception)
    # Nobody asked for a store: neither such a file nor a home that cannot be written is a
    # reason to stop.
    foreign = opener()
    assert (foreign.exit_code, foreign.stdout) == (0, "none\n")
    (line,) = foreign.stderr.splitlines()
    assert line.startswith(f"warning: results are not kept: {path}: found a file that is no store")
    assert path.read_text() == "something else entirely\n" * 9
    (tmp_path / "flat").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "flat"))
    unusable = opener()
    assert (unusable.exit_code, unusable.stdout) == (0, "none\n")
    (line,) = unusable.stderr.splitlines()
    assert line.startswith("warning: results are not kept: ")
    named = opener("--store", str(default_store_path()))
    assert named.exit_code == 1
    assert "error" not in named.output


def test_help(run) -> None:
    for command in ("show", "export", "verify", "prune"):
        result = run("store", command, "--help")
        assert result.exit_code == 0
        assert is_narrow(result.stdout)
