"""What people read: complete, in 80 columns, on any stream."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.latency import cycles
from dmaze_cp.cost.usage import usages
from dmaze_cp.objective import Objective
from dmaze_cp.report.console import bar, make_console
from dmaze_cp.report.layer import layer_blocks
from dmaze_cp.report.network import network_blocks
from dmaze_cp.report.terminal import print_blocks
from dmaze_cp.report.workload import workload_blocks
from dmaze_cp.result import LayerResult, Status, WorkloadResult
from dmaze_cp.workload import Layer, UnmappedOperator, Workload
from tests.kit.samples import CONV, DEPTHWISE, GEMM, STRIDED, sample_result

LAYERS = (CONV, STRIDED, DEPTHWISE, GEMM)


@pytest.fixture(autouse=True)
def _no_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def layer_text(result: LayerResult, encoding: str = "utf-8", width: int | None = None) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    print_blocks(make_console(stream, width=width), layer_blocks(result))
    stream.flush()
    return raw.getvalue().decode(encoding)


def summary_text(result: WorkloadResult, width: int | None = None) -> str:
    stream = io.StringIO()
    print_blocks(make_console(stream, width=width), network_blocks(result))
    return stream.getvalue()


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_layer_reads_in_few_columns_on_any_stream(layer, encoding, width) -> None:
    result = sample_result(layer, bound_fraction=0.7)
    text = layer_text(result, encoding, width)
    assert max(map(len, text.split("\n"))) <= width
    assert {f"{result.cost.latency_cycles:,}", f"{result.cost.edp:,}"} <= set(text.split())
    assert "\x1b" not in text
    assert "…" not in text
    assert text.isascii() == (encoding == "ascii")


def test_the_largest_numbers_are_not_cut() -> None:
    huge = Layer.gemm("huge", {"X": 2**16, "Y": 2**16, "K": 2**20}, instances=9999)
    wide = Layer.conv("wide", {"N": 2**20, "M": 2**9, "C": 2**9, "Ox": 13, "Oy": 13, "Fx": 11})
    for layer in (huge, wide):
        architecture = Architecture(pes=2**40, rf_bytes=2**40, spm_banks=2**40)
        result = sample_result(layer, architecture=architecture, bound_fraction=0.999_99)
        assert result.cost is not None
        for width in (40, 80):
            text = layer_text(result, width=width) + summary_text(workload_result(result), width)
            assert max(map(len, text.split("\n"))) <= width
            assert "…" not in text
            assert f"{result.cost.latency_cycles:,}" in text


def test_a_layer_shows_all_that_was_found() -> None:
    result = sample_result(CONV, bound_fraction=0.7)
    assert result.cost is not None
    assert result.mapping is not None
    text = layer_text(result)
    for part in (
        "conv5_2 ",
        "N=4 M=512 C=512 Ox=7 Oy=7 Fx=3 Fy=3",
        "3 instances",
        "padded input 9 x 9",
        "EDP: feasible",
        f"value {result.cost.edp:,} pJ x cycles",
        "gap   30 %",
        "time limit",
        f"Cycles: {result.cost.latency_cycles:,}",
        f"Energy: {result.cost.energy_pj:,} pJ",
        "for m3 in range(",
        "parallel_for",
        "DRAM loops: O stationary for",
    ):
        assert part in text


def test_the_tiling_table_has_every_factor() -> None:
    result = sample_result(CONV)
    assert result.mapping is not None
    lines = layer_text(result).split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("level"))
    assert lines[start].split() == ["level", *CONV.dimensions, "product"]
    rows = {
        line.split()[0]: line.split()[1:-1]
        for line in lines[start + 2 : start + 8]
        if line[:1].strip()
    }
    for level, factors in result.mapping.tiling.items():
        assert [1 if cell == "." else int(cell) for cell in rows[level]] == list(factors.values())
    assert [int(cell) for cell in rows["bound"]] == list(CONV.extents)


def test_brackets_in_a_name_are_no_markup() -> None:
    assert "stem[0] " in layer_text(sample_result(STRIDED))
    assert "[/x][red]" in layer_text(sample_result(replace(STRIDED, name="[/x][red]")))


def test_a_layer_without_a_mapping_shows_why() -> None:
    tiny = Architecture(rf_bytes=4)
    text = layer_text(sample_result(CONV, architecture=tiny))
    assert "EDP: infeasible" in text
    assert "RF words: found 3, expected 2" in text
    assert "Loop nest" not in text


def test_cycles_and_use_add_up() -> None:
    for layer in LAYERS:
        result = sample_result(layer)
        assert result.mapping is not None
        assert result.cost is not None
        split = cycles(result.mapping, result.cost)
        assert split.total == result.cost.latency_cycles
        assert min(split.compute, split.noc, split.dma) >= 0
        pes = result.mapping.level("PE")
        used = {u.resource + u.unit: u for u in usages(result.mapping, result.cost, Architecture())}
        # Every PE in use does one MAC a cycle.
        assert split.compute * used["PEsPEs"].used == layer.macs
        assert used["RFwords"].used == sum(result.cost.rf_elements.values())
        assert used["SPM bufferbytes"].used == 2 * sum(result.cost.spm_elements.values())
        assert used["SPM bufferbytes"].used <= used["SPM bufferbanks"].used * 2048
        assert set(pes) == set(layer.dimensions)


def test_width_follows_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_console(io.StringIO()).width == 80
    for columns, width in (("132", 132), ("80", 80), ("47", 47), ("9", 40)):
        monkeypatch.setenv("COLUMNS", columns)
        assert make_console(io.StringIO()).width == width
    monkeypatch.setenv("COLUMNS", "wide")
    assert make_console(io.StringIO()).width == 80


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_bars_are_as_long_as_their_fraction(encoding: str) -> None:
    console = make_console(io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert [len(bar(console, f, 24).plain) for f in (0, 0.5, 1, 7)] == [0, 12, 24, 24]
    if encoding == "utf-8":
        assert bar(console, 1e-9, 24).plain == "▏"


def workload_result(*results: LayerResult, interrupted: bool = False) -> WorkloadResult:
    layers = tuple(dict.fromkeys(r.layer for r in results))
    objectives = tuple(dict.fromkeys(r.objective for r in results))
    workload = Workload("net", layers, (UnmappedOperator("s", "Softmax", "no MACs", count=4),))
    return WorkloadResult(workload, Architecture(), objectives, results, interrupted)


def test_the_summary_has_every_layer_and_the_totals() -> None:
    conv, gemm = sample_result(CONV, bound_fraction=0.5), sample_result(GEMM)
    lost = LayerResult(
        DEPTHWISE, Architecture(), Objective.EDP, Status.UNKNOWN, reason="time limit of 1 s"
    )
    text = summary_text(workload_result(conv, gemm, lost))
    assert conv.cost is not None
    assert gemm.cost is not None
    assert max(map(len, text.split("\n"))) <= 80
    assert f"{3 * conv.cost.energy_pj + gemm.cost.energy_pj:,} pJ" in text
    assert f"{3 * conv.cost.latency_cycles + gemm.cost.latency_cycles:,} cycles" in text
    assert "dw: unknown: time limit of 1 s" in text
    assert "1 layer, in no total" in text
    # What is left out is in no total: the proof is not one of the network.
    assert "gap 50 % for 2 of 3 layers" in " ".join(text.split())
    assert "proven optimal" not in text
    assert "not mapped: 4 operators" in text


def test_the_summary_has_a_table_for_each_objective() -> None:
    text = summary_text(workload_result(*(sample_result(GEMM, o) for o in Objective)))
    for title, unit in (
        ("least EDP", "pJ x cycles"),
        ("least energy", "pJ"),
        ("least latency", "cycles"),
    ):
        section = text[text.index(title) :]
        assert f" {unit} (value " in section


def test_an_interrupted_summary_says_so() -> None:
    text = summary_text(workload_result(sample_result(GEMM), interrupted=True))
    assert "interrupted: 1 of 1 layer results" in text


def test_long_names_are_folded_and_numbers_kept() -> None:
    long = replace(CONV, name="/features/features.0/block/conv/" * 4)
    text = summary_text(workload_result(sample_result(long)))
    assert max(map(len, text.split("\n"))) <= 80
    row = sample_result(long)
    assert row.cost is not None
    assert "optimal" in text
    assert f"{row.cost.edp:.3e}".replace("e+", "e") in text
    folded = "".join(line[:30].split("  ")[0].strip() for line in text.split("\n")[3:20])
    assert long.name in folded


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_layer_list_shows_shapes_folded_names_and_what_is_not_mapped(width: int) -> None:
    folded = replace(CONV, also=("a", "b", "c", "d", "e"))
    unmapped = (
        UnmappedOperator("g1", "Conv", "grouped", macs=folded.macs * 3),
        UnmappedOperator("s1", "Softmax", "no MACs", count=2),
        UnmappedOperator("s2", "Softmax", "no MACs"),
    )
    stream = io.StringIO()
    workload = Workload("net", (folded, STRIDED, GEMM), unmapped)
    print_blocks(make_console(stream, width=width), workload_blocks(workload))
    text = stream.getvalue()
    assert max(map(len, text.split("\n"))) <= width
    words = " ".join(text.split())
    assert "a, b, c and" in words or "a, b, c" in text
    assert "dilation" not in text
    assert "dil. 1 x 2" in text
    assert "Not mapped: 4 operators" in text
    lines = [line.split() for line in text.split("\n")]
    assert ["Softmax", "3", "-", "no", "MACs"] in lines
    # The mapped conv has three instances, as many as the MACs of the one left out.
    assert "cover 50 % of" in words
