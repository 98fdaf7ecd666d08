"""The command that writes the page."""

from __future__ import annotations

import json
from pathlib import Path

import click.testing
import pytest

from dmaze_cp.cli.app import cli
from dmaze_cp.cli.report_command import report_command
from dmaze_cp.result import result_record
from tests.kit import documents


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "result.json").write_text(
        json.dumps(result_record(documents.mapped())), encoding="utf-8"
    )
    return tmp_path


def run(*arguments: str) -> click.testing.Result:
    # The same kind of group as the program: it turns failures into lines and exit codes.
    group = type(cli)(commands={"report": report_command})
    return click.testing.CliRunner().invoke(group, ["report", *arguments])


def test_the_page_goes_beside_the_result(folder: Path):
    result = run("result.json")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert (folder / "result.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(p.name for p in folder.iterdir()) == ["result.html", "result.json"]


def test_the_page_goes_where_it_is_told(folder: Path):
    assert run("result.json", "-o", "page.html").exit_code == 0
    written = (folder / "page.html").read_text(encoding="utf-8")
    assert not (folder / "result.html").exists()
    assert run("result.json", "-o", "-").stdout == written


OTHERS = (".xlsx", ".pdf", ".png", ".docx", ".yaml", ".zip")


@pytest.mark.parametrize("suffix", [*OTHERS, ".json", ".md"])
def test_no_page_under_the_name_of_another_form(folder: Path, suffix):
    result = run("result.json", "-o", f"out{suffix}")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: out{suffix}: -o: found the suffix {suffix!r}, expected a .html")
    assert [path.name for path in folder.iterdir()] == ["result.json"]


def test_a_page_needs_no_suffix_and_can_be_asked_for(folder: Path):
    for name, form in (("page", ()), ("page.HTM", ()), ("page.zip", ("--format", "page"))):
        assert run("result.json", "-o", name, *form).exit_code == 0
        assert (folder / name).read_text(encoding="utf-8").startswith("<!doctype html>")
    result = run("result.json", "--format", "csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: --format: found the form csv, expected a .html file")


@pytest.mark.parametrize("text", ["[]", "[1]", "{}"])
def test_answers_are_among_what_is_expected(folder: Path, text):
    (folder / "bad.json").write_text(text, encoding="utf-8")
    (line,) = run("bad.json").stderr.splitlines()
    assert line.endswith("or answers of `dmaze-cp evaluate`")


def test_the_result_is_not_overwritten(folder: Path):
    before = (folder / "result.json").read_bytes()
    result = run("result.json", "-o", "./result.json")
    assert result.exit_code == 1
    assert "a file that is read" in result.stderr
    assert (folder / "result.json").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("gone.json", None, "gone.json: found no such file"),
        ("result.yaml", "a: 1", "result.yaml: found the suffix"),
        ("bad.json", "{", "bad.json: line 1, column 2: found the end of the file"),
        ("bad.json", '{"schema": "dmaze-cp/result/2"}', "bad.json: schema: found 'dmaze-cp/res"),
        ("bad.json", "[]", "bad.json: found an empty list"),
    ],
)
def test_a_bad_file_is_one_line_and_no_page(name, text, expected, folder: Path):
    if text is not None:
        (folder / name).write_text(text, encoding="utf-8")
    result = run(name)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {expected}")
    assert not list(folder.glob("*.html"))


ANSWERED = {
    "index": 0,
    "name": "encoder/query",
    "valid": False,
    "reasons": ["PEs: found 512, expected at most 256"],
    "energy_pj": 2**64,
    "latency_cycles": 1234,
    "edp": 1234 * 2**64,
    "held": None,
    "spm_pass_cycles": 617,
    "energy_breakdown_pj": {"MAC": 1.5, "RF": 2, "NoC": 3, "SPM": 4, "DRAM": 5},
}
FAILED = {"index": 1, "error": "tiling: found nothing, expected a mapping"}


def write(folder: Path, document: object) -> str:
    (folder / "answers.json").write_text(json.dumps(document), encoding="utf-8")
    return "answers.json"


def test_answers_are_written_as_tables(folder: Path):
    name = write(folder, [ANSWERED, FAILED])
    shown = run(name)
    assert shown.exit_code == 0
    assert f"{2**64:,}" in shown.stdout
    assert "record 0 does not fit: PEs" in shown.stdout
    assert "record 1: tiling: found nothing" in shown.stdout
    for suffix, part in (
        ("txt", "encoder/query"),
        ("md", "| 0 | encoder/query | no"),
        ("csv", "index,name"),
    ):
        assert run(name, "-o", f"out.{suffix}").exit_code == 0
        text = (folder / f"out.{suffix}").read_text(encoding="utf-8")
        assert part in text
        assert "1234" in text.replace(",", "")
    assert not list(folder.glob("*.html"))
    (folder / "lines.jsonl").write_text(json.dumps(ANSWERED) + "\n" + json.dumps(FAILED) + "\n")
    assert run("lines.jsonl").stdout == shown.stdout
    # The name is folded, as the energy is a large one.
    assert "encoder/ " in run(write(folder, ANSWERED)).stdout


@pytest.mark.parametrize("target", ["page.html", "out.json", "out"])
def test_answers_have_no_page(folder: Path, target):
    result = run(write(folder, ANSWERED), "-o", target)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {target}: -o: found ")
    assert "expected a .txt, .md or .csv file" in line
    assert not (folder / target).exists()


def test_all_that_is_wrong_with_answers_is_said(folder: Path):
    bad = {k: v for k, v in ANSWERED.items() if k != "edp"} | {
        "valid": 1, "reasons": [3], "energy_pj": "much", "held": "X", "energy_breakdown_pj": {},
    }  # fmt: skip
    result = run(write(folder, [ANSWERED, bad, 7, {"index": 1, "error": None}]))
    assert result.exit_code == 1
    places = [line.split(": ")[2] for line in result.stderr.splitlines()]
    fields = ("valid", "reasons[0]", "energy_pj", "edp", "held")
    parts = (f"energy_breakdown_pj.{c}" for c in ANSWERED["energy_breakdown_pj"])
    assert sorted(places) == sorted([*(f"[1].{k}" for k in (*fields, *parts)), "[2]", "[3].error"])


def test_a_page_is_no_text(folder: Path):
    result = run("result.json", "-o", "out.md")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: out.md: -o: found the suffix '.md', expected a .html")
    assert not (folder / "out.md").exists()
