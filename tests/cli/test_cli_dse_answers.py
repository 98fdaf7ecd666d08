"""What `dse` says is proven, and what it says of designs that come to nothing."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from tests.cli import test_cli_dse
from tests.cli.test_cli_dse import PARAMS, Run, space

run = test_cli_dse.run
"""The fixture: `dse` in this process, in a folder with small networks."""


def proof(text: str) -> str:
    lines = text.split("\n")
    first = next(k for k, line in enumerate(lines) if line.startswith("proof"))
    return " ".join(" ".join(lines[first : lines.index("", first)]).split())


def test_within_limits_the_proof_says_so(run: Run) -> None:
    free = run("-", "net.json", *PARAMS)
    assert proof(free.stdout) == "proof proven: no design of the space is better"
    limits = ("--area-budget", "50", "--power-budget", "1e6", "--opt-no-spatial-reduction")
    limited = run("-", "net.json", *PARAMS, *limits)
    assert limited.exit_code == 0, limited.output
    text = " ".join(limited.stdout.split())
    assert "area at most 50 mm2, power at most 1e+06 mW, spatial=O" in text
    assert (
        proof(limited.stdout) == "proof proven: no design of the space within the limits is better"
    )
    assert max(map(len, limited.stdout.split("\n"))) <= 80


def test_of_a_sample_nothing_is_said_on_the_whole_space(run: Run) -> None:
    result = run("-", "net.json", *PARAMS, "--sample", "2")
    assert "no design of the 2 points that were drawn is better" in " ".join(result.stdout.split())
    assert run("-", "net.json", *PARAMS, "--sample", "2", "-o", "o.json").exit_code == 0
    record = json.loads(Path("o.json").read_text())
    assert (record["size"], record["drawn"]) == (4, 2)


def test_what_is_left_out_is_told_and_the_rest_goes_on(run: Run) -> None:
    sizes = ("--param", "rf_bytes=4,16,32,4096", "--param", "spm_kb=1,16,65536")
    done = run("-", "net.json", *sizes, "-o", "out.xlsx")
    assert done.exit_code == 0, done.output
    lines = done.stderr.strip().split("\n")
    assert all(line.startswith("warning: rf_bytes=") for line in lines)
    for cause in ("banks of 2 KiB", "SPM energy: no entry", "RF energy: no entry", "infeasible"):
        assert sum(cause in line for line in lines) >= 1, cause
    # One line each.
    named = [line.split(":")[1] for line in lines]
    assert len(set(named)) == len(named)
    book = openpyxl.load_workbook("out.xlsx")
    points, invalid = book["points"], book["invalid"]
    assert (points.max_row - 1) + (invalid.max_row - 1) == 12
    columns = [cell.value for cell in points[1]]
    for row in points.iter_rows(min_row=2, values_only=True):
        record = dict(zip(columns, row, strict=True))
        assert isinstance(record["rf_bytes"], int)
        assert isinstance(record["area_mm2"], float)
        is_mapped = record["status"] == "optimal"
        assert isinstance(record["value"], int | float) is is_mapped
        if record["status"] == "infeasible":
            assert record["bound"] is None


def test_the_text_and_the_file_count_alike(run: Run) -> None:
    # With `--all`: how many are skipped depends on which of two searches ends first.
    params = ("--param", "rf_bytes=4,16,32,4096", "--param", "pes=4,8")
    arguments = ("-", "net.json", *params, "--all")
    text = run(*arguments).stdout
    assert run(*arguments, "-o", "out.json").exit_code == 0
    record = json.loads(Path("out.json").read_text())
    facts = dict(
        line.rsplit("  ", 1) for line in text.split("\nDesigns\n")[1].split("\n") if "  " in line
    )
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    counts = record["counts"]
    assert int(facts["designs"]) == counts["points"] == len(record["points"])
    assert int(facts["mapped, proven"]) == counts["optimal"]
    assert int(facts["infeasible"]) == counts["infeasible"]
    assert int(facts["invalid: RF energy"]) == counts["invalid_by_cause"]["RF energy"]
    assert int(facts.get("skipped, by their bounds", "0")) == counts["skipped"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["--param", "rf_bytes=16,32", "--rule", "rf_bytes > 99", "--rule", "rf_bytes < 9"],
            "found no valid design; 'rf_bytes > 99' leaves out 2 of 2",
        ),
        (["--param", "rf_bytes=4096"], "RF energy: no entry for 4 KiB"),
        (["--param", "pes=4", "--area-budget", "0.001"], "'area budget' leaves out 1 of 1"),
        (["--param", "rf_bytes="], "--param: rf_bytes: found ''"),
        (["--param", "pes=0,4"], "--param: pes: found 0"),
        (["--param", "pes=4,4"], "found the value 4 twice"),
        (["--param", "spm_kb=64", "--param", "spm_banks=8"], "the size of the SPM as"),
        (["--param", "pes=4", "--rule", "power_mw < 3"], "found the unknown name 'power_mw'"),
        (["--param", "pes=4", "-o", "missing/x.json"], "-o: found no directory"),
    ],
)
def test_empty_or_contradictory_is_one_line(
    run: Run,
    arguments: list[str],
    expected: str,
) -> None:
    result = run("-", "net.json", *arguments)
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.strip().split("\n")
    assert line.startswith("error: ")
    assert expected in line


def test_a_file_without_values_is_one_line(run: Run) -> None:
    result = run(space(parameters={"rf_bytes": []}), "net.json")
    assert result.exit_code == 1
    (line,) = result.stderr.strip().split("\n")
    assert "space.json: parameters.rf_bytes: found no value" in line


def test_what_if_the_scratchpad_doubles(run: Run) -> None:
    """There is no row for 108 KiB or twice as much in the published table."""
    arguments = ("-", "net.json", "--base", "eyeriss", "--param", "spm_kb=108,216", "--all")
    result = run(*arguments, "-o", "out.json")
    assert (result.exit_code, result.output) == (0, "")
    points = json.loads(Path("out.json").read_text())["points"]
    assert [p["interpolated"] for p in points] == [["spm_pj"]] * 2
    energies = [p["architecture"]["energy"]["spm_pj"] for p in points]
    assert 9 < energies[0] < 13.5 < energies[1] < 20.25
    text = run(*arguments).stdout
    assert "interpolated" in text
    assert "spm_pj" in text
    rows = run(*arguments, "--format", "csv").stdout
    assert [row["interpolated"] for row in csv.DictReader(io.StringIO(rows))] == ["spm_pj"] * 2


def test_the_option_that_a_message_names_gives_the_energy(run: Run) -> None:
    result = run("memory_tuning", "net.json", "--param", "spm_kb=8192", "--param", "rf_bytes=64")
    assert result.exit_code == 1
    assert "--param spm_pj=PJ" in result.stderr
    arguments = ("memory_tuning", "net.json", "--param", "spm_kb=8192", "--param", "rf_bytes=64")
    assert run(*arguments, "--param", "spm_pj=120").exit_code == 0
