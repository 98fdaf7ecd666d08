"""Networks x accelerators: which is best, and whether that is proven."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.objective import Objective
from dmaze_cp.report.comparison import comparison_blocks
from dmaze_cp.report.console import make_console
from dmaze_cp.report.numbers import scientific
from dmaze_cp.report.terminal import print_blocks
from dmaze_cp.result import LayerResult, Status, WorkloadResult, comparison_records
from dmaze_cp.workload import Layer
from tests.kit.examples import examples
from tests.kit.networks import ARCHITECTURES, lost, network, networks
from tests.kit.samples import CONV, DEPTHWISE, GEMM, ONE, sample_result

A = Architecture(name="a", pes=16)
B = Architecture(name="b", pes=64)


def text_of(*results: WorkloadResult, width: int = 80, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    print_blocks(make_console(stream, width=width, plain=True), comparison_blocks(results))
    stream.flush()
    return raw.getvalue().decode(encoding)


def on(
    architecture: Architecture,
    layer: Layer = GEMM,
    objective: Objective = Objective.EDP,
    bound: int | None = None,
) -> LayerResult:
    found = sample_result(layer, objective, architecture=architecture)
    if bound is None:
        return found
    return replace(found, bound=bound, status=Status.FEASIBLE)


def value(result: LayerResult) -> int:
    assert result.value is not None
    return result.value


def places(*results: WorkloadResult) -> list[tuple[bool, bool]]:
    return [(r["best"], r["best_proven"]) for r in comparison_records(results)]


GOOD, POOR = on(A, CONV), on(B, CONV)
"""The samples' mappings take longer on more PEs; both are marked as proven."""


def test_the_least_is_best_and_the_others_are_multiples_of_it() -> None:
    assert value(GOOD) < value(POOR)
    results = network(POOR), network(GOOD)
    assert places(*results) == [(False, False), (True, True)]
    first, second = comparison_records(results)
    assert second["ratio_to_best"] == 1
    assert first["ratio_to_best"] == pytest.approx(value(POOR) / value(GOOD))
    assert [(r["result"], r["architecture"]) for r in (first, second)] == [(0, "b"), (1, "a")]
    text = text_of(*results)
    assert "best" in text
    assert f"{value(POOR) / value(GOOD):.2f} x" in text
    assert "*" not in text


@pytest.mark.parametrize(("below", "proven"), [(0, True), (1, False)])
def test_best_is_proven_only_if_no_other_can_be_below_it(below: int, proven: bool) -> None:
    other = on(B, CONV, bound=value(GOOD) - below)
    results = network(GOOD), network(other)
    assert places(*results) == [(True, proven), (False, False)]
    text = text_of(*results)
    assert ("\nbest " in text, "\nleast " in text) == (proven, not proven)
    assert f"{scientific(CONV.instances * value(other))}*" in text
    assert "gap " in text


def test_an_unfinished_proof_of_the_best_itself_does_not_matter() -> None:
    cheap = on(A, CONV, bound=1)
    assert places(network(cheap), network(POOR)) == [(True, True), (False, False)]


def test_equally_good_ones_are_both_best() -> None:
    twin = replace(A, name="twin")
    assert places(network(GOOD), network(on(twin, CONV))) == [(True, True), (True, True)]


@pytest.mark.parametrize(("bound", "proven"), [(None, False), (1, False), (1 << 70, True)], ids=str)
def test_incomplete_totals_are_not_compared(bound: int | None, proven: bool) -> None:
    """What is known of a layer without a mapping counts for the proof, but not as a total."""
    alone = network(on(B, ONE), lost(CONV, architecture=B, bound=bound))
    whole = network(on(A, ONE), GOOD)
    assert places(whole, alone) == [(True, proven), (False, False)]
    record = comparison_records([whole, alone])[1]
    assert record["ratio_to_best"] is None
    assert (record["unmapped_layers"], record["missing_layers"]) == (1, 0)
    text = text_of(whole, alone)
    assert "!" in text
    assert "1 left out" in text


def test_where_a_network_cannot_run_is_no_rival() -> None:
    impossible = network(lost(CONV, status=Status.INFEASIBLE, architecture=B))
    assert places(network(GOOD), impossible) == [(True, True), (False, False)]
    record = comparison_records([network(GOOD), impossible])[1]
    for cost in ("value", "bound", "gap", "energy_pj", "latency_s", "network_edp"):
        assert record[cost] is None
    assert "infeasible" in text_of(network(GOOD), impossible)


def test_cycles_of_different_clocks_are_compared_as_times() -> None:
    """A faster clock makes more cycles a shorter time."""
    slow = replace(A, name="slow")
    fast = replace(B, name="fast", accelerator_mhz=A.accelerator_mhz * 1000, dma_mhz=3.2e6)
    results = [
        network(*(on(arch, CONV, o) for o in (Objective.LATENCY, Objective.EDP)))
        for arch in (slow, fast)
    ]
    records = {(r["architecture"], r["objective"]): r for r in comparison_records(results)}
    for objective in ("latency", "edp"):
        assert records["fast", objective]["value"] > records["slow", objective]["value"]
        assert records["fast", objective]["best"]
        assert records["slow", objective]["ratio_to_best"] > 1
    assert "sum of EDPs in J x s" in text_of(*results)
    assert "sum of EDPs in pJ x cycles" in text_of(network(GOOD), network(POOR))


def test_the_flat_record_has_the_totals() -> None:
    result = network(GOOD, on(A, DEPTHWISE))
    totals = result.totals(Objective.EDP)
    (record,) = comparison_records([result])
    assert record["value"] == totals.value > 2**53
    assert json.loads(json.dumps(record)) == record
    assert (record["layers"], record["instances"]) == (2, 4)
    assert record["latency_s"] == totals.latency_cycles / 500e6
    assert record["network_edp"] == totals.network_edp
    assert text_of(result) == "", "nothing to compare with"


def test_equal_names_are_told_apart() -> None:
    other = replace(B, name="a")
    records = comparison_records([network(GOOD), network(on(other, CONV)), network(on(A, GEMM))])
    assert [(r["model"], r["architecture"]) for r in records] == [
        ("net", "a"),
        ("net", "a (2)"),
        ("net (2)", "a"),
    ]


def test_a_long_name_takes_the_room_that_is_left() -> None:
    name = "a_network_whose_name_is_longer_than_most_of_them"
    results = [network(on(arch), name=name) for arch in (A, B)]
    assert any(line.startswith(f"{name} ") for line in text_of(*results).split("\n"))
    assert name not in text_of(*results, width=50)


def test_many_accelerators_come_in_blocks_or_turned() -> None:
    many = [replace(A, name=f"accelerator_{i}", pes=i + 1) for i in range(12)]
    one = text_of(*(network(on(arch, CONV)) for arch in many))
    assert one.count("accelerator  ") == 1, "one network: accelerators are rows"
    layers = [CONV, GEMM, DEPTHWISE, ONE] * 3
    results = [network(on(arch, s), name=f"net_{i}") for i, s in enumerate(layers) for arch in many]
    both = text_of(*results)
    assert both.count("\naccelerator ") + both.count("\nnetwork ") > 1
    for text in (one, both):
        assert max(map(len, text.split("\n"))) <= 80
        assert all(text.count(f"{arch.name} ") + text.count(f"{arch.name}\n") for arch in many)


@examples(8, 25)
@given(st.data())
def test_any_comparison_reads_in_few_columns(data: st.DataObject) -> None:
    architectures = data.draw(
        st.lists(st.sampled_from(ARCHITECTURES), min_size=2, max_size=4, unique=True)
    )
    results = [
        data.draw(networks(architecture, name))
        for name in ("net", "/long/name/" * 6)
        for architecture in architectures
    ]
    encoding = data.draw(st.sampled_from(("utf-8", "ascii")))
    width = data.draw(st.sampled_from((40, 60, 80)))
    text = text_of(*results, width=width, encoding=encoding)
    assert max(map(len, text.split("\n"))) <= width
    assert "…" not in text
    assert "\x1b" not in text
    records = comparison_records(results)
    json.dumps(records, allow_nan=False)
    for record in records:
        rivals = [
            r
            for r in records
            if (r["model"], r["objective"]) == (record["model"], record["objective"])
        ]
        if record["best_proven"]:
            assert record["best"]
        if record["ratio_to_best"] is not None:
            assert record["ratio_to_best"] >= 1
            assert any(r["best"] for r in rivals)
