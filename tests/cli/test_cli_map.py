from __future__ import annotations

import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from dmaze_cp.constraints import Constraints
from dmaze_cp.spec import load_mapping_records, mapping_record_from_dict
from dmaze_cp.store import default_store_path
from tests.kit import fake_mapper
from tests.kit.patience import HANG_S
from tests.kit.program import environment, start


def test_a_layer_for_people(run, model) -> None:
    result = run("map", model("fc1", "fc2"), "--layer", "fc2")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert max(map(len, result.stdout.split("\n"))) <= 80
    assert "O[x][y] += I[x][k] * W[k][y]" in result.stdout
    assert "fc1" not in result.stdout
    assert result.stdout.index("fc2") < result.stdout.index("Summary: net on default")


def test_only_the_summary(run, model) -> None:
    result = run("map", model("fc1", "fc2"), "--summary")
    assert result.exit_code == 0
    assert result.stdout.startswith("Summary: net on default, least EDP")
    assert "Loop nest" not in result.stdout


def test_json(run, model) -> None:
    result = run("map", model("fc1", "fc2"), "--objective", "all", "-o", "out.json")
    assert (result.exit_code, result.output) == (0, "")
    record = json.loads(Path("out.json").read_text())
    assert record["schema"] == "dmaze-cp/result/1"
    assert record["objectives"] == ["edp", "energy", "latency"]
    assert [(r["name"], r["objective"]) for r in record["layers"]] == [
        (name, o) for name in ("fc1", "fc2") for o in ("edp", "energy", "latency")
    ]
    assert set(record["totals"]) == {"edp", "energy", "latency"}
    loaded = load_mapping_records("out.json")
    for raw in loaded.records:
        mapping_record_from_dict(raw)


def test_options_reach_the_mapper(run, model) -> None:
    result = run(
        "map", model("fc"), "--time-limit", "2.5", "--gap", "0.1", "--workers", "3",
        "--seed", "9", "--opt-min-utilization", "0.5", "0.25", "0.002", "--opt-no-feature-dram",
        "--opt-no-spatial-reduction", "-o", "out.json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    (options,) = fake_mapper.calls
    assert (options["time_limit"], options["gap"]) == (2.5, 0.1)
    assert (options["workers"], options["seed"]) == (3, 9)
    assert options["constraints"] == Constraints.of_options(0.5, 0.25, 0.002, False, True)
    (record,) = json.loads(Path("out.json").read_text())["layers"]
    assert record["constraints"] == [
        "spatial=O",
        "util.PE>=0.5",
        "util.RF>=0.25",
        "util.SPM>=0.002",
    ]


def test_defaults(run, model) -> None:
    assert run("map", model("fc"), "--summary").exit_code == 0
    (options,) = fake_mapper.calls
    assert (options["time_limit"], options["gap"]) == (60.0, 0.0)
    assert (options["workers"], options["seed"]) == (1, 0)
    assert options["constraints"] == Constraints()


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("fc", "infeasible"), 3),
        (("fc", "unknown"), 4),
        (("infeasible", "unknown"), 4),
        (("unknown", "infeasible"), 4),
        (("fc",), 0),
    ],
)
def test_exit_codes(run, model, names, code) -> None:
    result = run("map", model(*names), "-o", "out.json")
    assert result.exit_code == code
    lines = result.stderr.splitlines()
    assert len(lines) == sum(name != "fc" for name in names)
    for line in lines:
        assert line.startswith("error: net: ")
    if code == 3:
        assert "infeasible: infeasible on default: RF words: found at least 3" in result.stderr
    statuses = [r["status"] for r in json.loads(Path("out.json").read_text())["layers"]]
    assert [s in {"infeasible", "unknown"} for s in statuses] == [n != "fc" for n in names]


@pytest.mark.parametrize("option", [("--batch", ""), ("--shape", "n=")])
def test_a_size_that_is_too_large_is_told_the_largest(run, model, option) -> None:
    for number in ("1048577", "9" * 20, "9" * 5000):
        result = run("map", model("fc"), option[0], option[1] + number)
        assert result.stderr.splitlines()[-1].endswith("to 1048576")
        assert len(result.stderr.splitlines()[-1]) < 200


def test_layers_without_a_mapping_for_people(run, model) -> None:
    result = run("map", model("fc", "unknown"))
    assert result.exit_code == 4
    assert "EDP: unknown" in result.stdout
    assert "bound 1,000 pJ x cycles" in result.stdout
    assert "without a mapping" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--gap", "1"],
        ["--gap", "-0.1"],
        ["--gap", "nan"],
        ["--gap", "x"],
        ["--time-limit", "0"],
        ["--time-limit", "-1"],
        ["--time-limit", "inf"],
        ["--time-limit", "nan"],
        ["--workers", "0"],
        ["--workers", "10001"],
        ["--seed", "-1"],
        ["--seed", "1.5"],
        ["--batch", "0"],
        ["--batch", "-1"],
        ["--batch", "1e3"],
        ["--batch", "1048577"],
        ["--batch", "9" * 5000],
        ["--objective", "speed"],
        ["--shape", "n"],
        ["--shape", "n=-1"],
        ["--shape", "n=1.5"],
        ["--shape", "n=" + "9" * 5000],
        ["--shape", "n=1048577"],
        ["--shape", "n=x"],
        ["--shape", "n=1", "--shape", "n=2"],
        ["--opt-min-utilization", "0.1", "0.2"],
        ["--opt-min-utilization", "0.1", "0.2", "1.1"],
        ["--opt-min-utilization", "0.1", "nan", "1"],
        ["--nonsense"],
    ],
)
def test_wrong_usage(run, model, arguments) -> None:
    result = run("map", model("fc"), *arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.stderr
    assert result.stdout == ""
    assert fake_mapper.calls == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["no_such_model"], ["no_such_model", "expected"]),
        (["missing.json"], ["missing.json"]),
        (["net.json", "--arch", "defualt"], ["defualt", "default"]),
        (["net.json", "--layer", "fc9"], ["--layer", "'fc9'", "fc1", "fc2", "from 0 to 1"]),
        (["net.json", "--layer", "2"], ["'2'", "an index from 0 to 1"]),
        (["net.json", "--layer", "conv*"], ["'conv*'", "fc1"]),
        (["net.json", "-o", "no/out.json"], ["no/out.json", "-o", "no directory"]),
        (["net.json", "-o", "."], ["-o", "found a directory, expected a file"]),
        (["net.json", "-o", "net.json/x"], ["-o", "net.json/x"]),
        (["net.json", "-o", "net.json"], ["found a file that is read"]),
        (["net.json", "-o", "a\0b"], ["-o"]),
        (["net.json", "-o", ""], ["-o", "an empty path"]),
        (["net.json", "-o", "new/"], ["-o", "found a directory, expected a file"]),
    ],
)
def test_bad_input(run, model, arguments, parts) -> None:
    model("fc1", "fc2")
    result = run("map", *arguments)
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    for part in parts:
        assert part in line
    assert result.stdout == ""
    assert fake_mapper.calls == [], "found before anything is solved"


def test_all_problems_are_told(run, model) -> None:
    result = run("map", model("fc"), "--layer", "x1", "--layer", "x2")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2


def test_a_folder_that_cannot_be_written(run, model, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write anywhere")
    result = run("map", model("fc"), "-o", folder / "out.json")
    assert result.exit_code == 1
    assert "a directory that cannot be written" in result.stderr
    assert fake_mapper.calls == []


def test_a_file_that_may_not_be_written(run, model, monkeypatch) -> None:
    Path("out.json").write_text("old")
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    result = run("map", model("fc"), "-o", "out.json")
    assert result.exit_code == 1
    assert "a file that may not be written" in result.stderr
    assert fake_mapper.calls == []
    assert Path("out.json").read_text() == "old"


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(run, model, monkeypatch) -> None:
    Path("out.json").write_text("old")
    path = model("fc")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    result = run("map", path, "-o", "out.json")
    assert result.exit_code == 1
    assert "out.json: -o: found a failure to write (No space left on device)" in result.stderr
    assert Path("out.json").read_text() == "old"
    assert sorted(os.listdir()) == ["net.json", "out.json"]


def test_the_output_keeps_its_mode_and_its_link(run, model) -> None:
    target = Path("target.json")
    target.write_text("old")
    target.chmod(0o640)
    Path("link.json").symlink_to("target.json")
    assert run("map", model("fc"), "-o", "link.json").exit_code == 0
    assert Path("link.json").is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert json.loads(target.read_text())["model"] == "net"


def test_a_new_output_has_the_usual_mode(run, model) -> None:
    Path("usual").write_text("")
    assert run("map", model("fc"), "-o", "out.json").exit_code == 0
    assert Path("out.json").stat().st_mode == Path("usual").stat().st_mode


def test_json_on_standard_output(run, model) -> None:
    result = run("map", model("fc"), "-o", "-")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["model"] == "net"


def test_layers_are_chosen_by_name_index_and_glob(run, model) -> None:
    path = model("1", "fc_a", "fc_b", "conv")

    def names(*wanted: str) -> list[str]:
        arguments = [part for name in wanted for part in ("--layer", name)]
        assert run("map", path, *arguments, "-o", "out.json").exit_code == 0
        return [r["name"] for r in json.loads(Path("out.json").read_text())["layers"]]

    assert names("1") == ["1"], "a name goes before an index"
    assert names("2") == ["fc_b"]
    assert names("fc_*", "0", "fc_a") == ["fc_a", "fc_b", "1"]
    assert names("*") == ["1", "fc_a", "fc_b", "conv"]


def test_a_folded_layer_is_found_by_its_own_name(run) -> None:
    result = run("map", "resnet18", "--layer", "conv2_2b", "-o", "out.json")
    assert result.exit_code == 0, result.output
    (record,) = json.loads(Path("out.json").read_text())["layers"]
    assert "conv2_2b" in record["also"]


def test_a_defect_is_one_line_with_a_hint(run, model) -> None:
    result = run("map", model("fc", "crash", "fc2"), "-o", "out.json")
    assert result.exit_code == 70
    assert result.stderr == (
        "error: net: crash (edp): failed on default: RuntimeError: a defect in two lines "
        "(run again with DMAZE_CP_LOG_LEVEL=debug for a traceback)\n"
    )
    # The others are mapped and written all the same.
    statuses = [r["status"] for r in json.loads(Path("out.json").read_text())["layers"]]
    assert statuses == ["optimal", "unknown", "optimal"]


def test_a_defect_shows_its_traceback_where_asked(model) -> None:
    process = start("map", model("crash"), env=environment(DMAZE_CP_LOG_LEVEL="debug"))
    _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 70
    assert "Traceback" in err
    assert "in two lines" in err


@pytest.mark.parametrize("options", [[], ["--store", "s.sqlite"]], ids=["default", "named"])
def test_a_bad_row_of_the_store_is_a_warning(run, model, options) -> None:
    """Many are as few: the first are told one by one."""
    command = ["map", model(*(f"fc{i}" for i in range(8))), *options, "-o", "out.json"]
    assert run(*command).exit_code == 0
    first = json.loads(Path("out.json").read_text())["layers"]
    store = Path(options[1]) if options else default_store_path()
    for bad in (1, 8):
        with closing(sqlite3.connect(store)) as connection, connection:
            keys = "SELECT key FROM results ORDER BY key LIMIT ?"
            connection.execute(f"UPDATE results SET value = '7' WHERE key IN ({keys})", (bad,))
        again = run(*command)
        assert again.exit_code == 0
        lines = again.stderr.splitlines()
        assert len(lines) == min(bad, 6)
        assert all(line.startswith("warning: searched anew: ") for line in lines)
        assert f"{store}: result " in lines[0]
        layers = json.loads(Path("out.json").read_text())["layers"]
        assert [r["value"] for r in layers] == [r["value"] for r in first]
        assert sum(not r["from_store"] for r in layers) == bad
    assert run(*command).stderr == ""
