"""The JSON that other tools rely on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, Status, WorkloadResult, layer_result_record, result_record
from dmaze_cp.result.answer_files import answer_record
from dmaze_cp.spec import architecture_from_dict, mapping_record_from_dict
from dmaze_cp.spec.workload_files import workload_record
from dmaze_cp.workload import UnmappedOperator, Workload
from tests.kit.samples import CONV, GEMM, sample_result


def network(*results: LayerResult) -> WorkloadResult:
    layers = tuple(dict.fromkeys(r.layer for r in results))
    return WorkloadResult(Workload("net", layers), Architecture(), (Objective.EDP,), results)


def test_the_record_of_a_layer() -> None:
    result = sample_result(replace(CONV, also=("again",)))
    record = json.loads(json.dumps(layer_result_record(result)))
    assert result.cost is not None
    expected = {
        "name": "conv5_2",
        "also": ["again"],
        "kind": "conv",
        "instances": 3,
        "objective": "edp",
        "bounds": {"N": 4, "M": 512, "C": 512, "Ox": 7, "Oy": 7, "Fx": 3, "Fy": 3},
        "stride": [1, 1],
        "dilation": [1, 1],
        "padded_input": [9, 9],
        "status": "optimal",
        "stationary": {"DRAM": "O", "SPM": "O"},
        "energy_pj": result.cost.energy_pj,
        "latency_cycles": result.cost.latency_cycles,
        "edp": result.cost.energy_pj * result.cost.latency_cycles,
        "value": result.cost.energy_pj * result.cost.latency_cycles,
        "gap": 0.0,
        "solve_time_s": 0.4,
        "candidates_rescored": 12,
    }
    assert {key: record[key] for key in expected} == expected
    assert record["edp"] > 2**53, "a number that a double would round"
    assert list(record["energy_breakdown_pj"]) == ["MAC", "RF", "NoC", "SPM", "DRAM"]


def test_a_record_is_a_mapping_record() -> None:
    result = sample_result(CONV)
    record = json.loads(json.dumps(layer_result_record(result)))
    mapping, architecture = mapping_record_from_dict(record)
    assert isinstance(mapping, Mapping)
    assert result.mapping is not None
    assert mapping.factors == result.mapping.factors
    assert mapping.loop_order == result.mapping.loop_order
    assert architecture.name == "default"


@pytest.mark.parametrize("status", [Status.INFEASIBLE, Status.UNKNOWN])
def test_without_a_mapping_there_are_nulls_and_a_reason(status: Status) -> None:
    result = LayerResult(
        GEMM, Architecture(), Objective.EDP, status, bound=7, reason="because of the RF"
    )
    record = layer_result_record(result)
    for key in ("tiling", "loop_order", "stationary", "energy_pj", "latency_cycles", "edp"):
        assert record[key] is None
    assert (record["value"], record["gap"]) == (None, None)
    assert (record["status"], record["reason"], record["bound"]) == (
        str(status),
        "because of the RF",
        7,
    )
    assert record["padded_input"] is None


def test_an_unknown_bound_is_null_and_not_infinity() -> None:
    result = replace(sample_result(GEMM), bound=float("-inf"), status=Status.FEASIBLE)
    record = layer_result_record(result)
    assert record["bound"] is None
    assert record["gap"] is None
    json.dumps(record, allow_nan=False)


def test_the_record_of_a_network() -> None:
    conv, gemm = sample_result(CONV, bound_fraction=0.5), sample_result(GEMM)
    lost = LayerResult(
        replace(GEMM, name="lost"), Architecture(), Objective.EDP, Status.UNKNOWN, reason="time"
    )
    record = result_record(network(conv, gemm, lost))
    assert record["schema"] == "dmaze-cp/result/1"
    assert record["model"] == "net"
    assert record["objectives"] == ["edp"]
    assert architecture_from_dict(record["architecture"]) == Architecture()
    assert [layer["name"] for layer in record["layers"]] == ["conv5_2", "fc", "lost"]
    totals = record["totals"]["edp"]
    assert conv.cost is not None
    assert gemm.cost is not None
    energy = 3 * conv.cost.energy_pj + gemm.cost.energy_pj
    latency = 3 * conv.cost.latency_cycles + gemm.cost.latency_cycles
    assert totals["energy_pj"] == energy
    assert totals["latency_cycles"] == latency
    assert totals["network_edp"] == energy * latency
    assert totals["edp"] == 3 * conv.cost.edp + gemm.cost.edp
    assert totals["unmapped_layers"] == 1
    assert 0.4 < totals["gap"] < 0.5


def test_totals_of_nothing_have_no_bound() -> None:
    lost = LayerResult(GEMM, Architecture(), Objective.EDP, Status.UNKNOWN, reason="time")
    totals = result_record(network(lost))["totals"]["edp"]
    assert (totals["bound"], totals["gap"], totals["unmapped_layers"]) == (None, None, 1)


def test_the_record_of_a_model() -> None:
    unmapped = UnmappedOperator("g", "Conv", "grouped", macs=CONV.macs, count=3)
    record = workload_record(Workload("net", (CONV,), (unmapped,)))
    assert record["layers"][0]["index"] == 0
    assert record["layers"][0]["macs"] == 4 * 512 * 512 * 49 * 9
    assert record["mapped_share"] == 0.5
    assert record["unmapped_operators"][0]["count"] == 3


def test_an_answer_has_everything_that_the_model_knows() -> None:
    result = sample_result(CONV)
    assert result.mapping is not None
    assert result.cost is not None
    answer = answer_record(5, result.mapping, result.cost, ("PEs: found 9, expected 4",))
    assert (answer["index"], answer["valid"]) == (5, False)
    assert answer["reasons"] == ["PEs: found 9, expected 4"]
    assert set(answer["reuse"]) == {"DRAM", "SPM"}
    for key in (
        "noc_cycles",
        "dma_invocations",
        "dma_burst_elements",
        "dma_cycles",
        "rf_elements",
        "spm_elements",
    ):
        assert list(answer[key]) == ["O", "I", "W"]
