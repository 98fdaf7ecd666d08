"""The summary of a network: what matters first, what is not proven marked."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.cost.usage import dram_bytes
from dmaze_cp.objective import Objective
from dmaze_cp.report.blocks import Table, cell
from dmaze_cp.report.console import make_console
from dmaze_cp.report.network import network_blocks
from dmaze_cp.report.terminal import print_blocks
from dmaze_cp.result import Ending, Status, WorkloadResult
from tests.kit.networks import lost, network, networks
from tests.kit.samples import CONV, DEPTHWISE, GEMM, ONE, STRIDED, sample_result


def text_of(result: WorkloadResult, width: int = 80) -> str:
    stream = io.StringIO()
    print_blocks(make_console(stream, width=width, plain=True), network_blocks(result))
    return stream.getvalue()


def rows_of(text: str) -> dict[str, list[str]]:
    """Words of the lines of the layers' table by their first word."""
    start = next(i for i, line in enumerate(text.split("\n")) if line.startswith("layer"))
    table = text.split("\n")[start + 2 :]
    return {line.split()[0]: line.split() for line in table[: table.index("")]}


def test_the_layers_that_matter_come_first() -> None:
    results = [sample_result(layer) for layer in (ONE, GEMM, CONV)]
    text = text_of(network(lost(DEPTHWISE), *results))
    assert list(rows_of(text)) == ["conv5_2", "fc", "one", "dw"]
    assert "1 of 3 layers makes 90 % of the EDP" in text
    assert "dw: unknown: time limit: no mapping found yet" in text


def test_shares_count_all_instances() -> None:
    twice = replace(GEMM, name="twice", instances=3)
    once = replace(GEMM, name="once")
    text = text_of(network(sample_result(once), sample_result(twice)))
    assert text.index("\ntwice") < text.index("\nonce")
    rows = rows_of(text)
    assert "75.0" in rows["twice"]
    assert "25.0" in rows["once"]
    # The running sum, where there is room for it.
    assert rows["once"].count("100") == 1


def test_an_unfinished_proof_shows_its_gap() -> None:
    open_ended = sample_result(CONV, bound_fraction=0.75)
    text = text_of(network(open_ended, sample_result(GEMM)))
    assert rows_of(text)["conv5_2"][2] == "feasible"
    assert "25" in rows_of(text)["conv5_2"]
    assert "not proven            1 of 2 layers, the largest gap is 25 %" in text
    assert "gap 25 %)" in text
    assert "proven optimal" not in text


def test_looked_up_and_failed_layers_say_so() -> None:
    stored = replace(sample_result(GEMM), from_store=True, solve_time_s=55.0)
    died = lost(CONV, ended=Ending.FAILED)
    text = text_of(network(stored, died))
    assert rows_of(text)["fc"][-1] == "stored"
    assert rows_of(text)["conv5_2"][2] == "failed"
    assert "55.0 s" not in text
    assert "conv5_2: failed: " in text


def test_layers_that_were_not_reached_are_not_called_unmappable() -> None:
    text = text_of(network(sample_result(GEMM), layers=[ONE, CONV], interrupted=True))
    assert "not reached           2 layers, in no total" in text
    assert "without a mapping" not in text
    assert "interrupted: 1 of 3 layer results" in text
    both = text_of(network(sample_result(GEMM), lost(DEPTHWISE), layers=[ONE], interrupted=True))
    assert "without a mapping     1 layer, in no total" in both
    assert "not reached           1 layer, in no total" in both


def test_a_network_shows_where_energy_and_cycles_go_and_a_layer_does_not() -> None:
    results = [sample_result(layer) for layer in (CONV, GEMM)]
    text = text_of(network(*results))
    lines = text.split("\n")
    for first in ("MAC", "RF", "NoC", "SPM", "DRAM", "compute", "NoC,", "DMA"):
        assert sum(line.split()[:1] == [first] for line in lines) == 1
    assert "Where the energy goes" not in text_of(network(results[0]))


def test_latency_is_also_a_time() -> None:
    result = sample_result(GEMM)
    assert result.cost is not None
    text = text_of(network(result))
    assert f"{result.cost.latency_cycles:,} cycles (36.97 µs)" in text
    assert result.cost.latency_cycles == 18_484


@settings(max_examples=40, deadline=None)
@given(networks(name="net"), st.sampled_from((40, 60, 80)))
def test_no_line_is_longer_than_the_console_and_no_number_is_cut(result, width) -> None:
    text = text_of(result, width)
    assert max(map(len, text.split("\n"))) <= width
    assert "\x1b" not in text
    assert "…" not in text
    for objective in result.objectives:
        name = "EDP" if objective is Objective.EDP else str(objective)
        assert f", least {name}" in text.replace("\n", " ")


def test_a_wide_terminal_gets_every_column() -> None:
    names = ["encoder.layers.0.self_attention.query", "encoder.layers.0.self_attention.value"]
    layers = [replace(CONV, name=names[0]), replace(STRIDED, name=names[1])]
    result = network(*(sample_result(layer) for layer in layers))
    wide, narrow = text_of(result, width=120), text_of(result)
    for name in names:
        assert f"\n{name} " in wide
    assert " sum " in wide
    assert " sum " not in narrow
    assert " time\n" in narrow


@pytest.mark.parametrize("status", [Status.INFEASIBLE, Status.UNKNOWN])
def test_a_network_without_any_mapping(status: Status) -> None:
    text = text_of(network(lost(GEMM, status=status), lost(CONV, status=status)))
    assert "without a mapping     2 layers, in no total" in text
    assert "total energy" not in text
    assert "make" not in text


def test_a_page_has_the_traffic_of_each_layer() -> None:
    result = network(sample_result(CONV), lost(GEMM))
    (table,) = [b for b in network_blocks(result) if isinstance(b, Table)]
    column = [c.title for c in table.columns].index("DRAM")
    cells = [cell(row[column]) for row in table.rows]
    first = result.layers[0]
    assert cells[0].value == dram_bytes(first.mapping, first.cost, first.architecture)
    assert cells[1].value is None
    # A terminal has no room for it.
    assert "DRAM" not in text_of(network(sample_result(CONV))).split("Where")[0]
