"""`dmaze-cp verify`: exit codes, tables and JSON."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dmaze_cp as dm
from dmaze_cp.objective import Objective
from dmaze_cp.report.words import value_text
from dmaze_cp.result import Status
from dmaze_cp.tradeoff import WorkloadFront
from dmaze_cp.verification import layers as layers_module
from tests.cli.conftest import Run
from tests.kit.fronts import fronts_document, searched
from tests.kit.patience import HANG_S
from tests.kit.verified import document, mapped, resigned, several, tabled

FIRST = mapped(Objective.EDP).layers[0]


def written(record: object, name: str = "result.json") -> str:
    Path(name).write_text(json.dumps(record))
    return name


def test_a_result_that_holds(run: Run) -> None:
    done = run("verify", written(several()))
    assert (done.exit_code, done.stderr) == (0, "")
    assert "12 records checked, 0 bad" in done.stdout
    assert "digest: equal" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_result_that_does_not_has_a_line_for_each_problem(run: Run) -> None:
    record = document(Objective.EDP)
    record["layers"][0]["edp"] += 1
    done = run("verify", written(record))
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert [line.split(": ")[:3] for line in lines] == [
        ["error", "result.json", "digest"],
        ["error", "result.json", "layers[0].edp"],
    ]
    assert "3 records checked, 1 bad" in done.stdout


def test_a_file_without_a_digest_is_said_to_have_none(run: Run) -> None:
    record = document(Objective.EDP)
    del record["digest"], record["cost_model"]
    done = run("verify", written(record))
    assert done.exit_code == 0
    assert "verified but for the digest" in done.stdout


def test_a_digest_that_was_taken_out_is_said_to_be_missing(run: Run) -> None:
    record = document(Objective.EDP)
    del record["digest"]
    done = run("verify", written(record))
    assert done.exit_code == 1
    assert "digest: none, though" in done.stdout
    assert (
        json.loads(run("verify", "result.json", "--format", "json").stdout)["digest"] == "missing"
    )


def test_values_are_shown_as_everywhere(run: Run) -> None:
    record = document()
    done = run("verify", written(record))
    shown = [line.split("  ") for line in done.stdout.splitlines()]
    values = [row for row in shown if row[0].isdigit()]
    for row, layer in zip(values, record["layers"], strict=True):
        assert value_text(layer["value"], Objective(layer["objective"])) in map(str.strip, row)


def test_what_only_a_proof_can_show_is_said_to_be_as_the_file_says(run: Run) -> None:
    done = run("verify", written(document(Objective.EDP)))
    assert "\nbounds: as the file says" in done.stdout
    done = run("verify", written(document(Objective.EDP, top_k=3)))
    assert "\nbounds, ranks and numbers of optima: as the file says" in done.stdout
    done = run("verify", written(tabled()))
    assert "\nbounds, dataflows, unrollings: as the file says" in done.stdout
    record = document(Objective.EDP, architecture=dm.Architecture(rf_bytes=4))
    clash = {"text": "it clashes", "irreducible": True, "members": []}
    record["layers"][0]["clash"] = clash
    for options in ((), ("--reprove",)):
        done = run("verify", written(resigned(record)), *options)
        assert done.exit_code == 0
        assert "\nwhat makes layers infeasible: as the file says" in done.stdout


def test_a_time_limit_is_for_second_proofs(run: Run) -> None:
    done = run("verify", written(document(Objective.EDP)), "--time-limit", 20)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == "Error: --time-limit is for --reprove."


@pytest.mark.parametrize("text", ["", "[1]", '{"schema": "dmaze-cp/sweep/1"}'])
def test_bad_input_is_one_line(run: Run, text: str) -> None:
    Path("x.json").write_text(text)
    done = run("verify", "x.json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: x.json: ")


def test_json_has_everything(run: Run) -> None:
    name = written(document(Objective.EDP))
    done = run("verify", name, "--format", "json")
    found = json.loads(done.stdout)
    assert found["schema"] == "dmaze-cp/verification/1"
    assert (found["holds"], found["digest"], found["problems"]) == (True, "equal", [])
    assert [r["reproof"] for r in found["records"]] == [None] * 3
    assert run("verify", name, "-o", "told.json").stdout == ""
    assert json.loads(Path("told.json").read_text()) == found
    assert run("verify", name, "-o", name).exit_code == 1, "what is read is not replaced"


@pytest.mark.parametrize(
    ("second", "code", "agreement"),
    [
        (FIRST, 0, "agrees"),
        (replace(FIRST, status=Status.FEASIBLE, bound=1), 4, "open"),
        (
            replace(FIRST, status=Status.UNKNOWN, mapping=None, cost=None, bound=10**99),
            5,
            "differs",
        ),
    ],
)
def test_second_proofs_have_exit_codes_of_their_own(
    run: Run, monkeypatch: pytest.MonkeyPatch, second: Any, code: int, agreement: str
) -> None:
    monkeypatch.setattr(layers_module, "map_layer", lambda *_, **__: second)
    name = written(document(Objective.EDP, layers=(FIRST.layer,)))
    done = run("verify", name, "--reprove", "--time-limit", 3)
    assert done.exit_code == code
    assert agreement in done.stdout
    assert len(done.stderr.splitlines()) == (code == 5)
    again = json.loads(run("verify", name, "--reprove", "--format", "json").stdout)
    assert again["records"][0]["reproof"]["agreement"] == agreement


@pytest.mark.parametrize(
    ("second", "missed"),
    [(replace(FIRST, status=Status.FEASIBLE, bound=1), 3), (FIRST, 2)],
    ids=["in the midst of a proof", "at its end"],
)
def test_an_interrupt_says_what_was_not_proven_again(
    run: Run, monkeypatch: pytest.MonkeyPatch, second: Any, missed: int
) -> None:
    def press(*_: object, **__: object) -> Any:
        signal.raise_signal(signal.SIGINT)
        return second

    monkeypatch.setattr(layers_module, "map_layer", press)
    name = written(document(Objective.EDP))
    done = run("verify", name, "--reprove")
    assert done.exit_code == 130
    assert done.stderr.splitlines() == [f"error: interrupted: {missed} records not proven again"]
    assert f"interrupted: {missed} records not proven again" in done.stdout
    assert f"{3 - missed} proven again, 0 left open by the second proof" in done.stdout
    assert ": open" not in done.stdout
    told = json.loads(run("verify", name, "--reprove", "--format", "json").stdout)
    assert told["interrupted"] is True
    assert sum(record["reproof"] is None for record in told["records"]) == missed
    assert json.loads(run("verify", name, "--format", "json").stdout)["interrupted"] is False


def test_an_interrupt_in_the_last_proof_has_cut_nothing_short(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*_: object, **__: object) -> Any:
        signal.raise_signal(signal.SIGINT)
        return FIRST

    monkeypatch.setattr(layers_module, "map_layer", press)
    name = written(document(Objective.EDP, layers=(FIRST.layer,)))
    done = run("verify", name, "--reprove")
    assert done.exit_code == 130
    assert done.stderr == "error: interrupted when all was done\n"
    assert "1 proven again" in done.stdout


@pytest.fixture(scope="module")
def front() -> WorkloadFront:
    """Searched for before another mapper stands in."""
    return searched()


def test_fronts(front: WorkloadFront, run: Run) -> None:
    dm.save_front(front, "fronts.json")
    done = run("verify", "fronts.json", "--reprove", "--time-limit", str(HANG_S))
    assert (done.exit_code, done.stderr) == (0, "")
    assert "3 records checked, 0 bad" in done.stdout
    assert done.stdout.count("bounds: agrees") == 3
    record = fronts_document(front)
    record["network"]["points"][0]["choice"]["fc"] = 3
    Path("bad.json").write_text(json.dumps(record))
    done = run("verify", "bad.json")
    assert done.exit_code == 1
    assert all(line.startswith("error: bad.json: ") for line in done.stderr.splitlines())
    late = run("verify", "fronts.json", "--reprove", "--time-limit", "1e-9")
    assert late.exit_code == 4
    assert late.stdout.count("bounds: open") == 3
