from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.spec import architecture_to_dict

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "cost_model_golden.jsonl"

GOOD: dict[str, Any] = {
    "layer": {"kind": "gemm", "bounds": {"X": 8, "Y": 4, "K": 2}},
    "tiling": {"DRAM": {"X": 2}, "SPM": {"K": 2}, "RF": {"X": 4}, "PE": {"Y": 4}},
}
BAD_PRODUCT = GOOD | {"tiling": {"DRAM": {"X": 3}}}
NOT_FITTING = {
    "layer": {"kind": "gemm", "bounds": {"X": 512, "Y": 1, "K": 1}},
    "tiling": {"PE": {"X": 512}},
}


def write(name: str, text: object) -> str:
    Path(name).write_text(text if isinstance(text, str) else json.dumps(text))
    return name


def golden_records(count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    pairs = []
    with GOLDEN.open() as lines:
        for line, _ in zip(lines, range(count), strict=False):
            row = json.loads(line)
            dims = row["dims"]
            layer: dict[str, Any] = {
                "kind": row["kind"],
                "bounds": dict(zip(dims, row["bounds"], strict=True)),
            }
            if row["kind"] != "gemm":
                layer |= {
                    "stride": [row["stride"]] * 2,
                    "padded_input": [row["padded_input"]] * 2,
                }
            record = {
                "layer": layer,
                "tiling": {k: dict(zip(dims, v, strict=True)) for k, v in row["tiling"].items()},
                "loop_order": {"DRAM": row["dram_order"], "SPM": row["spm_order"]},
            }
            if row["env"] == "default":
                pairs.append((record, row))
    return pairs


def test_answers_equal_the_published_measurements(run) -> None:
    pairs = golden_records(60)
    assert len(pairs) > 5
    text = "".join(json.dumps(record) + "\n" for record, _ in pairs)
    result = run("evaluate", write("in.jsonl", text), "-o", "out.jsonl")
    assert (result.exit_code, result.output) == (0, "")
    answers = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [a["index"] for a in answers] == list(range(len(pairs)))
    for answer, (_, row) in zip(answers, pairs, strict=True):
        assert answer["reuse"] == {"DRAM": row["reuse_dram"], "SPM": row["reuse_spm"]}
        for key in (
            "energy_pj", "latency_cycles", "noc_cycles", "reduction_cycles", "dma_invocations",
            "dma_burst_elements", "dma_cycles", "spm_pass_cycles", "rf_elements", "spm_elements",
        ):  # fmt: skip
            assert answer[key] == row[key], key
        assert answer["energy_breakdown_pj"] == pytest.approx(row["energy_breakdown_pj"])


def test_the_answer_has_the_form_of_the_file(run) -> None:
    assert run("evaluate", write("one.json", GOOD), "-o", "a.json").exit_code == 0
    single = json.loads(Path("a.json").read_text())
    assert (single["index"], single["valid"], single["reasons"]) == (0, True, [])
    assert run("evaluate", write("list.json", [GOOD, GOOD]), "-o", "a.json").exit_code == 0
    first, second = json.loads(Path("a.json").read_text())
    assert (first["index"], second["index"]) == (0, 1)
    assert first | {"index": 1} == second
    lines = write("lines.jsonl", json.dumps(GOOD) + "\n" + json.dumps(GOOD))
    result = run("evaluate", lines, "-o", "-")
    assert [json.loads(line)["index"] for line in result.stdout.splitlines()] == [0, 1]


def test_a_mapping_that_does_not_fit_is_costed(run) -> None:
    result = run("evaluate", write("in.json", NOT_FITTING), "-o", "-")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["valid"] is False
    assert "found 512, expected at most 256" in answer["reasons"][0]
    assert answer["energy_pj"] > 0
    shown = run("evaluate", "in.json")
    assert shown.exit_code == 0
    assert "record 0 does not fit: PEs: found 512" in shown.stdout


def test_a_record_that_is_no_mapping_leaves_the_others_alone(run) -> None:
    records = [GOOD, BAD_PRODUCT, GOOD, {"layer": 3}]
    result = run("evaluate", write("in.json", records), "-o", "out.json")
    assert result.exit_code == 1
    answers = json.loads(Path("out.json").read_text())
    assert [a["index"] for a in answers] == [0, 1, 2, 3]
    assert [set(a) == {"index", "error"} for a in answers] == [False, True, False, True]
    assert "tiling.*.X: found 3 x 1 x 1 x 1 = 3" in answers[1]["error"]
    lines = result.stderr.splitlines()
    assert lines[0].startswith("error: in.json: record 1: tiling.*.X")
    assert all(line.startswith("error: in.json: record ") for line in lines)


def test_a_line_that_is_no_json(run) -> None:
    result = run("evaluate", write("in.jsonl", json.dumps(GOOD) + "\n{oops\n"), "-o", "-")
    assert result.exit_code == 1
    good, bad = (json.loads(line) for line in result.stdout.splitlines())
    assert good["valid"] is True
    assert set(bad) == {"index", "error"}


def test_tables_for_people(run) -> None:
    result = run("evaluate", write("in.json", [GOOD, BAD_PRODUCT]))
    assert result.exit_code == 1
    assert max(map(len, result.stdout.split("\n"))) <= 80
    answer = json.loads(run("evaluate", write("one.json", GOOD), "-o", "-").stdout)
    assert f"{answer['energy_pj']:,}" in result.stdout
    assert f"{answer['latency_cycles']:,}" in result.stdout


def test_results_of_map_can_be_evaluated(run, model) -> None:
    assert run("map", model("a", "b"), "-o", "out.json").exit_code == 0
    mapped = json.loads(Path("out.json").read_text())
    answers = json.loads(run("evaluate", "out.json", "-o", "-").stdout)
    for layer, answer in zip(mapped["layers"], answers, strict=True):
        assert answer["valid"] is True
        for key in ("energy_pj", "latency_cycles", "edp", "energy_breakdown_pj"):
            assert answer[key] == layer[key]


@pytest.mark.parametrize(
    ("name", "text"), [("empty.json", ""), ("cut.json", '{"layer": '), ("x.txt", "{}")]
)
def test_files_that_cannot_be_read(run, name, text) -> None:
    result = run("evaluate", write(name, text))
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert name in line


def test_a_missing_file(run) -> None:
    result = run("evaluate", "no.json")
    assert result.exit_code == 1
    assert "no.json" in result.stderr


def test_the_records_are_not_overwritten(run) -> None:
    result = run("evaluate", write("in.json", GOOD), "-o", "in.json")
    assert result.exit_code == 1
    assert json.loads(Path("in.json").read_text()) == GOOD


def test_a_table_for_spreadsheets(run) -> None:
    named = GOOD | {"layer": GOOD["layer"] | {"name": "=fc"}}
    records = [named, BAD_PRODUCT, NOT_FITTING]
    write("in.json", records)
    assert run("evaluate", "in.json", "-o", "out.csv").exit_code == 1
    with open("out.csv", newline="") as file:
        good, bad, large = csv.DictReader(file)
    answers = json.loads(run("evaluate", "in.json", "-o", "-").stdout)
    for row, answer in ((good, answers[0]), (large, answers[2])):
        for key in ("index", "energy_pj", "latency_cycles", "edp", "spm_pass_cycles"):
            assert row[key] == str(answer[key]), key
        assert row["reuse.DRAM.O"] == str(answer["reuse"]["DRAM"]["O"])
        assert row["valid"] == str(answer["valid"]).lower()
        assert row["reasons"] == "; ".join(answer["reasons"])
    assert (bad["index"], bad["energy_pj"]) == ("1", "")
    assert bad["error"].split("; ") == answers[1]["error"].split("\n")
    assert good["name"] == "'=fc", "text stays text"


def test_tables_for_documents(run) -> None:
    write("in.json", [GOOD, BAD_PRODUCT, NOT_FITTING])
    assert run("evaluate", "in.json", "-o", "out.md").exit_code == 1
    text = Path("out.md").read_text()
    answers = json.loads(run("evaluate", "in.json", "-o", "-").stdout)
    rows = [line for line in text.splitlines() if line.startswith(("| 0 |", "| 2 |"))]
    assert len(rows) == 4, "costs and energies of the two that are mappings"
    for row, answer in zip(rows, (answers[0], answers[2]), strict=False):
        assert f"| {answer['energy_pj']:,} | {answer['latency_cycles']:,} |" in row
    noted = {line.split(":")[0] for line in text.splitlines() if line.startswith("-")}
    assert noted == {"- record 1", "- record 2 does not fit"}


def test_the_report_of_the_terminal_in_a_file(run, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    shown = run("evaluate", write("in.json", GOOD)).stdout
    assert run("evaluate", "in.json", "-o", "out.txt").exit_code == 0
    lines = [line.rstrip() for line in Path("out.txt").read_text().splitlines()]
    assert lines == [line.rstrip() for line in shown.rstrip().splitlines()]


def test_people_see_what_map_shows(run, model) -> None:
    """The same blocks as in the report of `map`, for each record."""
    assert run("map", model("a", "b"), "-o", "out.json").exit_code == 0
    mapped = run("map", model("a", "b")).stdout
    shown = run("evaluate", "out.json").stdout
    assert max(map(len, shown.split("\n"))) <= 80
    start, end = mapped.index("Tiling"), mapped.index("Operands")
    assert mapped[start:end] in shown
    for heading in ("Tiling", "Loop nest", "Utilisation", "Cycles:", "Energy:", "Operands"):
        assert shown.count(f"\n{heading}") == 2
    short = run("evaluate", "out.json", "--summary").stdout
    assert shown.endswith(short)
    assert "Loop nest" not in short


NAMED = {
    "layer": {"model": "net.json", "name": "b"},
    "tiling": {"DRAM": {"X": 4}, "SPM": {"Y": 6}, "RF": {"K": 8}},
}


def test_a_record_may_name_a_layer_of_a_network(run, model) -> None:
    model("a", "b")
    described = NAMED | {"layer": {"kind": "gemm", "bounds": {"X": 4, "Y": 6, "K": 8}, "name": "b"}}
    Path("records").mkdir()
    # A path begins at the file, as that of an architecture does.
    Path("net.json").rename("records/net.json")
    run("evaluate", write("records/in.json", [NAMED, described]), "-o", "out.json")
    named, own = json.loads(Path("out.json").read_text())
    assert named == own | {"index": 0}
    assert named["name"] == "b"
    builtin = {"layer": {"model": "resnet18", "name": "conv5_2b"}, "tiling": {}}
    (line,) = run("evaluate", write("in.json", builtin)).stderr.splitlines()[:1]
    assert "tiling.*.M: found 1 x 1 x 1 x 1 = 1, expected factors whose product is 512" in line


@pytest.mark.parametrize(
    ("layer", "where", "parts"),
    [
        ({"model": "resnet81", "name": "fc"}, "layer.model", ("resnet18",)),
        ({"model": "resnet18", "name": "conv5_1x"}, "layer.name", ("conv5_1a", "conv5_1b")),
        ({"model": "resnet18", "name": "zzz"}, "layer.name", ("conv1",)),
        ({"model": "resnet18"}, "layer.name", ("nothing",)),
        ({"model": 3, "name": "fc"}, "layer.model", ("3",)),
        ({"model": "resnet18", "nam": "fc"}, "layer.nam", ("'name'",)),
        ({"model": "resnet18", "name": "fc", "batch": 0}, "layer.batch", ("0", "from 1")),
        (
            {"model": "bert_base", "name": "fc", "shape": {"token": 2}},
            "layer.shape.token",
            ("tokens",),
        ),
        (
            {"model": "bert_base", "name": "fc", "shape": {"tokens": 0}},
            "layer.shape.tokens",
            ("0",),
        ),
        ({"model": "gpt2", "name": "fc", "shape": {"tokens": 1.5}}, "layer.shape.tokens", ("1.5",)),
        ({"model": "gpt2", "name": "fc", "shape": 5}, "layer.shape", ("5",)),
    ],
)
def test_a_layer_that_is_named_wrongly(run, layer, where, parts) -> None:
    result = run("evaluate", write("in.json", [NAMED | {"layer": layer}]), "--summary")
    assert result.exit_code == 1
    line = result.stderr.splitlines()[0]
    assert line.startswith(f"error: in.json: record 0: {where}: found ")
    for part in parts:
        assert part in line


def test_another_accelerator_than_that_of_the_record(run) -> None:
    own = GOOD | {"architecture": architecture_to_dict(Architecture(name="two", pes=2))}
    broken = GOOD | {"architecture": "no such thing"}
    write("in.json", [own, broken, GOOD])
    answers = json.loads(run("evaluate", "in.json", "-o", "-").stdout)
    assert [answer.get("valid") for answer in answers] == [False, None, True]
    result = run("evaluate", "in.json", "--arch", "edge", "-o", "-")
    assert result.exit_code == 0
    first, second, third = json.loads(result.stdout)
    assert first | {"index": 2} == second | {"index": 2} == third
    assert third["energy_pj"] != answers[2]["energy_pj"]
    wrong = run("evaluate", "gone.json", "--arch", "egde")
    assert wrong.exit_code == 1
    lines = wrong.stderr.splitlines()
    assert ["edge" in lines[0], "gone.json" in lines[1]] == [True, True]
    assert "on edge" in run("evaluate", "in.json", "--arch", "edge").stdout


@pytest.mark.parametrize("name", ["out.xlsx", "out.html", "out.yaml", "out.PDF"])
def test_forms_that_are_not_written(run, name) -> None:
    result = run("evaluate", write("in.json", GOOD), "-o", name)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {name}: -o: found the suffix '{Path(name).suffix.lower()}'")
    assert not Path(name).exists()


def test_a_form_whatever_the_suffix(run) -> None:
    assert run("evaluate", write("in.json", GOOD), "--format", "csv").stdout.startswith("index,")
    assert run("evaluate", "in.json", "--format", "json", "-o", "out.md").exit_code == 0
    assert json.loads(Path("out.md").read_text())["valid"] is True
