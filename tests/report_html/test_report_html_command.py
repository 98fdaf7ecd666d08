"""The command that writes the page."""

from __future__ import annotations

import json
from pathlib import Path

import click.testing
import pytest

from dmaze_cp.cli.app import cli
from dmaze_cp.cli.report_command import report_command
from tests.report_html import documents


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "result.json").write_text(json.dumps(documents.result()), encoding="utf-8")
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
