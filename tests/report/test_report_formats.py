"""Results as files: JSON, CSV, Markdown and tables."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.objective import Objective
from dmaze_cp.report.markdown import escape
from dmaze_cp.report.nouns import render
from dmaze_cp.report.rows import comparison_rows, layer_rows
from dmaze_cp.report.suffixes import Format, format_of
from dmaze_cp.report.terminal import TABLE_WIDTH
from dmaze_cp.result import WorkloadResult, result_record
from dmaze_cp.spec import load_mapping_records, mapping_record_from_dict
from tests.kit.networks import lost, network, networks
from tests.kit.problems import refused
from tests.kit.samples import CONV, DEPTHWISE, GEMM, STRIDED, sample_result

EDGE = Architecture(name="edge", pes=16)
RESULT = network(sample_result(CONV, bound_fraction=0.75), sample_result(GEMM), lost(DEPTHWISE))
OTHER = network(
    *(sample_result(layer, architecture=EDGE) for layer in (CONV, GEMM, DEPTHWISE)), name="net"
)


@pytest.mark.parametrize(
    ("path", "wanted", "expected"),
    [
        (None, None, "table"),
        ("out.json", None, "json"),
        ("out", None, "json"),
        ("-", None, "json"),
        ("out.CSV", None, "csv"),
        ("a.csv/out", None, "json"),
        ("out.md", None, "markdown"),
        ("out.markdown", None, "markdown"),
        ("out.txt", None, "table"),
        ("out.csv", Format.JSON, "json"),
        (None, Format.CSV, "csv"),
    ],
)
def test_the_format_of_a_file(path: str | None, wanted: Format | None, expected: str) -> None:
    assert format_of(path, wanted) is Format(expected)


@pytest.mark.parametrize("path", ["a.html", "a.HTM", "a.xlsx", "a.yaml", "a.jsonl", "a.pdf"])
def test_no_json_under_the_name_of_another_format(path: str) -> None:
    with refused("-o"):
        format_of(path)
    assert format_of(path, Format.CSV) is Format.CSV


def test_json_of_one_result_is_the_record_itself() -> None:
    text = render([RESULT], Format.JSON)
    assert json.loads(text) == json.loads(json.dumps(result_record(RESULT)))
    assert text == render([RESULT], Format.JSON, only_summary=True)


def test_json_of_several_results_can_be_evaluated(tmp_path) -> None:
    path = tmp_path / "out.json"
    path.write_text(render([RESULT, OTHER], Format.JSON))
    document = json.loads(path.read_text())
    assert document["schema"] == "dmaze-cp/results/1"
    assert document["results"] == json.loads(
        json.dumps([result_record(RESULT), result_record(OTHER)])
    )
    assert [r["best"] for r in document["comparison"]] == [False, True]
    loaded = load_mapping_records(path).records
    assert len(loaded) == 6
    assert mapping_record_from_dict(loaded[-1])[1] == EDGE


def rows_of(*results: WorkloadResult, only_summary: bool = False) -> list[dict[str, str]]:
    text = render(results, Format.CSV, only_summary=only_summary)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    columns = (comparison_rows if only_summary else layer_rows)(results).columns
    assert all(list(row) == list(columns) for row in rows)
    assert None not in {cell for row in rows for cell in row.values()}, "a short row"
    return rows


def test_csv_has_a_row_for_each_layer_with_exact_integers() -> None:
    rows = rows_of(RESULT, OTHER)
    assert [(r["architecture"], r["layer"]) for r in rows] == [
        (arch, layer) for arch in ("default", "edge") for layer in ("conv5_2", "fc", "dw")
    ]
    conv, cost = rows[0], RESULT.layers[0].cost
    assert cost is not None
    assert int(conv["edp"]) == int(conv["value"]) == cost.edp > 2**53
    assert float(conv["bound"]) == RESULT.layers[0].bound
    assert conv["bounds"] == "N=4 M=512 C=512 Ox=7 Oy=7 Fx=3 Fy=3"
    assert (conv["stride"], conv["padded_input"], conv["instances"]) == ("1 x 1", "9 x 9", "3")
    assert float(conv["dram_energy_pj"]) == cost.energy_breakdown_pj["DRAM"]
    assert sum(float(row["share"] or 0) for row in rows[:3]) == pytest.approx(1)
    mapping = RESULT.layers[0].mapping
    assert mapping is not None
    assert json.loads(conv["tiling"]) == mapping.tiling
    assert json.loads(conv["loop_order"]) == mapping.loop_order
    missing = rows[2]
    assert (missing["status"], missing["edp"], missing["tiling"]) == ("unknown", "", "")
    assert missing["reason"] == "time limit: no mapping found yet"
    assert (missing["from_store"], missing["failed"]) == ("false", "false")


def test_csv_of_a_summary_has_a_row_for_each_network_and_accelerator() -> None:
    rows = rows_of(RESULT, OTHER, only_summary=True)
    assert [(r["model"], r["architecture"], r["best"]) for r in rows] == [
        ("net", "default", "false"),
        ("net", "edge", "true"),
    ]
    assert int(rows[1]["edp"]) == OTHER.totals(Objective.EDP).edp
    assert rows[0]["ratio_to_best"] == ""


def test_csv_keeps_text_from_being_a_formula() -> None:
    names = ("=1+1", "+a", "-a", "@a", " =a", "a,b", 'a"b', "a\nb", "/conv", "'x")
    layers = [replace(GEMM, name=name) for name in names]
    rows = rows_of(network(*(sample_result(layer) for layer in layers), name="=cmd()"))
    assert [row["layer"] for row in rows] == [
        *("'=1+1", "'+a", "'-a", "'@a", "' =a", "a,b", 'a"b', "a\\nb", "/conv", "'x")
    ]
    assert {row["model"] for row in rows} == {"'=cmd()"}


@settings(max_examples=20, deadline=None)
@given(
    st.lists(networks(), min_size=1, max_size=3),
    st.booleans(),
    st.sampled_from([f for f in Format if f is not Format.EXCEL]),
)
def test_any_results_can_be_written_in_any_format(results, only_summary, form) -> None:
    text = render(results, form, only_summary=only_summary)
    # Two networks without a mapping, of which nothing is said but their comparison.
    assert text.endswith("\n")
    assert "\x1b" not in text
    if form is Format.CSV:
        rows = rows_of(*results, only_summary=only_summary)
        objectives = sum(len(r.objectives) for r in results)
        layers = sum(len(r.layers) for r in results)
        assert len(rows) == (objectives if only_summary else layers)
    elif form is Format.TABLE:
        assert max(map(len, text.split("\n"))) <= TABLE_WIDTH
    elif form is Format.MARKDOWN:
        check_markdown(text)


def check_markdown(text: str) -> None:
    """Every row of a table has as many cells as its head; nothing is cut off."""
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line]
        if lines and lines[0].startswith("|"):
            bars = [len(re.findall(r"(?<!\\)\|", line)) for line in lines]
            assert len(set(bars)) == 1, block
            assert re.fullmatch(r"\|( (---|--:) \|)+", lines[1])


def test_markdown_of_a_network() -> None:
    text = render([RESULT], Format.MARKDOWN)
    check_markdown(text)
    assert text.startswith("## Summary: net on default, least EDP\n\n| layer | n | status |")
    cells = [line.split(" | ") for line in text.split("\n") if line.startswith("| conv5_2 | 3 |")]
    assert cells[0][2] == "feasible"
    assert cells[0][-2] == "25 %"
    assert "| DRAM |" in text
    assert "- dw: unknown: time limit" in text
    assert "| without a mapping | 1 layer, in no total |" in text
    assert "| not proven | 1 of 2 layers, the largest gap is 25 % |" in text
    mapping = RESULT.layers[0].mapping
    assert mapping is not None
    # Outermost first, loops that run once left out.
    loops = [f"{d}={mapping.level('DRAM')[d]}" for d in mapping.dram_order]
    assert f"| conv5_2 | {' '.join(x for x in loops if not x.endswith('=1'))} |" in text
    assert "DRAM loops" not in render([RESULT], Format.MARKDOWN, only_summary=True)


def test_markdown_of_several_networks_ends_with_the_comparison() -> None:
    text = render([RESULT, OTHER], Format.MARKDOWN)
    check_markdown(text)
    assert text.count("## Summary: ") == 2
    (row,) = [line for line in text.split("\n") if line.startswith("| net | ")]
    assert "1 left out" in row
    assert ", best |" in row or ", least |" in row
    alone = render([RESULT, OTHER], Format.MARKDOWN, only_summary=True)
    assert alone.startswith("## Comparison: least EDP")
    assert text.endswith(alone)


def test_markdown_shows_names_as_they_are() -> None:
    assert escape("a|b") == r"a\|b"
    assert escape("light_resnet50") == "light_resnet50"
    assert escape("__init__") == r"\_\_init\_\_"
    assert escape("<b>*[x](y)`") == r"\<b\>\*\[x\](y)\`"
    assert escape("a\nb\\") == r"a\\nb\\"
    text = render([network(sample_result(replace(STRIDED, name="a|b|[c](d)")))], Format.MARKDOWN)
    check_markdown(text)
    assert r"| a\|b\|\[c\](d) | 1 |" in text


def test_tables_are_what_people_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    text = render([RESULT], Format.TABLE)
    assert "Loop nest" in text
    assert text.index("Loop nest") < text.index("Summary: net on default")
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.split("\n"))
    assert "Loop nest" not in render([RESULT], Format.TABLE, only_summary=True)
    both = render([RESULT, OTHER], Format.TABLE)
    assert both.count("Summary: ") == 2
    assert both.rindex("Summary: ") < both.index("Comparison: ")
    assert "Loop nest" not in both
    alone = render([RESULT, OTHER], Format.TABLE, only_summary=True)
    assert alone.startswith("Comparison: least EDP")
    assert both.endswith(alone)


@pytest.mark.parametrize("form", [Format.TABLE, Format.CSV, Format.MARKDOWN])
def test_control_characters_in_names_are_escaped(form: Format) -> None:
    layer = replace(GEMM, name="red\x1b[31m\n", also=("again\x07",), instances=2)
    text = render([network(sample_result(layer), name="net\r")], form)
    assert all(line.isprintable() for line in text.split("\n"))
    assert "red\\" in text
