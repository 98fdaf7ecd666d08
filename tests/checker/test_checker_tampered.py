"""What was changed on purpose, with a digest to match: what a file says must hold by itself."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.checker import DigestState, check
from dmaze_cp.constraints import Constraints
from dmaze_cp.objective import Objective
from dmaze_cp.result import WorkloadResult, result_record, results_record
from dmaze_cp.workload import Layer
from tests.kit.verified import LAYERS, WIDE, document, interrupted, mapped, resigned, tabled

Document = dict[str, Any]
PADDED = Constraints.parse("pad=auto")
ROW = Layer.gemm("row", {"X": 1, "Y": 13, "K": 6})
SMALL = Architecture(pes=4, rf_bytes=64)
PINS = Constraints.parse("PE.K=4", "stationary.DRAM=O|none")
PRIME = Layer.gemm("prime", {"X": 7, "Y": 13, "K": 11})
FC_EDP = ("fc", "edp")
TABLED: dict[str, dict[str, Any]] = {
    "plain": {},
    "padded": {"layers": (PRIME,), "limits": PADDED},
    "padded from 1": {"layers": (ROW,), "limits": Constraints.parse("pad=auto", "pad.X=1")},
    "pinned": {"layers": LAYERS[2:], "limits": PINS},
    "wide": {"architecture": WIDE},
    "nothing fits": {"architecture": Architecture(rf_bytes=4)},
}


def wrong(record: Document) -> list[str]:
    """Where something does not hold, whose digest is right."""
    found = check(resigned(record))
    assert found.digest is DigestState.EQUAL
    own = [problem.where for problem in found.problems]
    return own + [problem.where for each in found.records for problem in each.problems]


def nothing_fits() -> Document:
    return document(Objective.EDP, architecture=Architecture(rf_bytes=4))


@pytest.mark.parametrize("gap", [0.5, 1e-6, None])
def test_the_gap_of_an_optimum_is_none(gap: float | None) -> None:
    record = document(Objective.EDP)
    assert record["layers"][0]["gap"] == 0
    record["layers"][0]["gap"] = gap
    assert wrong(record) == ["layers[0].gap"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ended": "failed", "failed": True}, "ended"),
        ({"ended": "time limit"}, "ended"),
        ({"failed": True}, "failed"),
        ({"ended": "tired"}, "ended"),
    ],
)
def test_an_optimum_has_ended_with_a_proof(change: Document, field: str) -> None:
    record = document(Objective.EDP)
    record["layers"][0].update(change)
    assert wrong(record) == [f"layers[0].{field}"]
    none = nothing_fits()
    none["layers"][1].update(change)
    assert wrong(none) == [f"layers[1].{field}"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ended": "proven"}, "ended"),
        ({"ended": "failed"}, "failed"),
        ({"ended": "gap", "failed": True}, "failed"),
    ],
)
def test_what_is_not_proven_has_not_ended_with_a_proof(change: Document, field: str) -> None:
    record = interrupted()
    record["layers"][1].update(change)
    assert wrong(record) == [f"layers[1].{field}"]


def test_a_file_that_does_not_say_how_a_search_ended_may_say_that_it_failed() -> None:
    record = interrupted()
    del record["layers"][1]["ended"]
    record["layers"][1]["failed"] = True
    assert wrong(record) == []
    del record["layers"][0]["ended"]
    record["layers"][0]["failed"] = True
    assert wrong(record) == ["layers[0].failed"]


@pytest.mark.parametrize("field", ["bound", "useful_macs_share"])
def test_what_has_no_mapping_has_nothing_of_one(field: str) -> None:
    record = nothing_fits()
    record["layers"][0][field] = 1
    assert wrong(record) == [f"layers[0].{field}"]


def test_totals_have_no_other_fields() -> None:
    record = document(Objective.EDP)
    record["totals"]["edp"]["zz"] = 1
    assert wrong(record) == ["totals.edp.zz"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("energy_share", {"DRAM": 1}),
        ("energy_share", {}),
        ("energy_breakdown_pj", {"DRAM": 1.0}),
        ("energy_breakdown_pj", {}),
    ],
)
@pytest.mark.parametrize("make", [nothing_fits, lambda: document(Objective.EDP)])
def test_shares_are_those_of_every_component(make: Any, field: str, value: Document) -> None:
    record = make()
    record["totals"]["edp"][field] = value
    assert wrong(record) == [f"totals.edp.{field}"]
    record = make()
    for part in record["totals"]["edp"][field]:
        changed = make()
        changed["totals"]["edp"][field][part] = 0.7
        assert wrong(changed) == [f"totals.edp.{field}.{part}"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unroll_rows": ["C", "Fx", "K", "X", "Q"]}, "unroll_rows"),
        ({"unroll_cols": ["M", "Y", "Y", "C"]}, "unroll_cols"),
        ({"unroll_cols": []}, "unroll_cols"),
    ],
)
def test_a_machine_unrolls_dimensions_that_there_are_once_each(
    change: Document, field: str
) -> None:
    record = document(Objective.EDP, architecture=WIDE)
    record["architecture"]["pe_array"].update(change)
    assert wrong(record) == [f"architecture.pe_array.{field}"]


def test_an_array_has_no_more_elements_than_any_machine() -> None:
    record = document(Objective.EDP, architecture=WIDE)
    record["architecture"]["pe_array"] |= {"rows": 2**40, "cols": 2}
    assert wrong(record) == ["architecture.pe_array"]


@pytest.mark.parametrize("field", ["stride", "dilation"])
def test_a_gemm_has_no_stride(field: str) -> None:
    record = document(Objective.EDP)
    (index,) = [k for k, each in enumerate(record["layers"]) if each["kind"] == "gemm"]
    record["layers"][index][field] = [2, 2]
    assert wrong(record) == [f"layers[{index}].{field}"]


def test_a_layer_is_no_larger_than_what_is_mapped() -> None:
    record = document(Objective.EDP)
    layer = record["layers"][2]
    layer["bounds"] = dict.fromkeys(layer["bounds"], 2**20)
    assert wrong(record) == ["layers[2].bounds"]


def compared(*results: WorkloadResult) -> Document:
    read: Document = json.loads(json.dumps(results_record(results)))
    return read


def many() -> Document:
    """Clocks that differ, names that are alike, layers without a mapping or that are missing."""
    fast = Architecture(name="default", accelerator_mhz=1000.0, leakage_mw=3.5)
    found = [mapped(Objective.EDP, Objective.ENERGY), mapped(Objective.EDP, architecture=fast)]
    found.append(mapped(Objective.LATENCY, architecture=Architecture(name="small", pes=4)))
    found.append(mapped(Objective.LATENCY, architecture=fast))
    found.append(mapped(Objective.EDP, architecture=Architecture(name="none", rf_bytes=4)))
    part = found[0]
    some = [layer for layer in part.layers if layer.layer.name != "dw"]
    found.append(replace(part, layers=tuple(some), interrupted=True))
    found.append(replace(part, workload=replace(part.workload, layers=part.workload.layers[:2])))
    found[-1] = replace(found[-1], layers=tuple(r for r in part.layers if r.layer.name != "fc"))
    found.append(mapped(Objective.ENERGY, quick=True))
    return compared(*found)


def test_comparisons_of_all_kinds_follow_from_their_results() -> None:
    record = many()
    assert wrong(record) == []
    told = record["comparison"]
    assert {each["model"] for each in told} == {"net", "net (2)"}
    assert {each["architecture"] for each in told} == {"default", "default (2)", "small", "none"}
    assert {each["best_proven"] for each in told} == {True, False}
    assert any(each["best"] and not each["best_proven"] for each in told)
    assert any(each["missing_layers"] for each in told)
    assert any(each["value"] is None for each in told)
    assert any(each["ratio_to_best"] not in (None, 1.0) for each in told)


def each_is_computed_anew(good: Document, place: int, name: str) -> None:
    """A change of one field of a comparison is found."""
    record = copy.deepcopy(good)
    value = record["comparison"][place][name]
    changed: object = 1 if value is None else f"{value}x" if isinstance(value, str) else 0
    changed = not value if isinstance(value, bool) else 1 if changed == value else changed
    record["comparison"][place][name] = changed
    assert wrong(record) == [f"comparison[{place}].{name}"]


def test_every_field_of_a_comparison_is_computed_anew() -> None:
    good = many()
    for number, name in enumerate(good["comparison"][0]):
        each_is_computed_anew(good, number % len(good["comparison"]), name)


@pytest.mark.slow
def test_every_field_of_every_record_of_a_comparison_is_computed_anew() -> None:
    good = many()
    for place, each in enumerate(good["comparison"]):
        for name in each:
            each_is_computed_anew(good, place, name)


def test_a_comparison_is_there_and_whole() -> None:
    record = many()
    record["comparison"] = []
    assert wrong(record) == ["comparison"]
    del record["comparison"]
    assert wrong(record) == ["comparison"]
    record = many()
    record["comparison"].pop()
    assert wrong(record) == ["comparison"]
    record = many()
    del record["comparison"][1]["best"]
    assert wrong(record) == ["comparison[1].best"]


def test_several_results_have_no_other_fields() -> None:
    record = many()
    record["zz"] = 1
    assert wrong(record) == ["zz"]
    record = many()
    record["comparison"][0]["zz"] = 1
    assert wrong(record) == ["comparison[0].zz"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "conv"}, "missing"),
        ({"index": 5}, "missing"),
        ({"zz": 5}, "missing[0].zz"),
        ({"instances": 0}, "missing[0].instances"),
        ({"stride": [2, 2]}, "missing[0].stride"),
    ],
)
def test_layers_that_were_not_reached_are_layers(change: Document, where: str) -> None:
    record = interrupted()
    record["missing"][0].update(change)
    assert wrong(record) == [where]


def ranked(**options: Any) -> Document:
    return document(Objective.EDP, top_k=5, **options)


@pytest.mark.parametrize(
    ("optima", "is_good"),
    [
        (999, True),
        (">=1000", True),
        (1000, False),
        (12345, False),
        (">=999999", False),
        ("many", False),
    ],
)
def test_optima_are_counted_up_to_a_thousand(optima: int | str, is_good: bool) -> None:
    record = ranked()
    record["layers"][0]["optima"] = optima
    assert wrong(record) == ([] if is_good else ["layers[0].optima"])


def as_feasible(record: Document) -> Document:
    """The first layer's, said to be not proven."""
    layer = record["layers"][0]
    gap = (layer["value"] - 1) / layer["value"]
    layer |= {"status": "feasible", "bound": 1, "gap": gap, "ended": "time limit"}
    layer["tie_break"] = None
    totals = record["totals"][layer["objective"]]
    totals["bound"] -= layer["instances"] * (layer["value"] - 1)
    totals["gap"] = (totals["value"] - totals["bound"]) / totals["value"]
    totals["unproven_layers"] += 1
    return record


def test_what_is_not_proven_has_no_proven_alternatives() -> None:
    record = as_feasible(ranked())
    assert wrong(record) == ["layers[0].alternatives_proven", "layers[0].optima"]
    record["layers"][0] |= {"alternatives_proven": 0, "optima": ">=0"}
    assert wrong(record) == []


def test_where_there_are_no_alternatives_nothing_is_said_of_them() -> None:
    changes = {"optima": 3, "alternatives_proven": 1, "diverse": "dataflow"}
    for name, value in changes.items():
        for record in (document(Objective.EDP), nothing_fits()):
            record["layers"][0][name] = value
            assert wrong(record) == [f"layers[0].{name}"]
    record = nothing_fits()
    record["layers"][0]["alternatives"] = []
    assert wrong(record) == ["layers[0].alternatives"]


@pytest.mark.parametrize("options", TABLED.values(), ids=TABLED)
def test_tables_of_parts_are_accepted(options: dict[str, Any]) -> None:
    assert wrong(tabled(**options)) == []


@pytest.mark.parametrize("table", ["dataflows", "unrollings"])
def test_a_table_has_every_part_once(table: str) -> None:
    record = tabled()
    rows = record["layers"][2][table]
    rows.pop()
    assert wrong(record) == [f"layers[2].{table}"]
    rows.append(rows[0])
    assert wrong(record) == [f"layers[2].{table}"] * 2
    rows.clear()
    assert set(wrong(record)) == {f"layers[2].{table}"}


@pytest.mark.parametrize("table", ["dataflows", "unrollings"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bound": 1}, "bound"),
        ({"status": "feasible"}, "bound"),
        ({"edp": 1}, "edp"),
        ({"relative": 0.1}, "relative"),
        ({"loop_order": None}, "loop_order"),
        ({"energy_pj": 1, "relative": None}, "energy_pj"),
        ({"status": "optimal", "zz": 1}, "zz"),
    ],
)
def test_every_row_of_a_table_is_computed_anew(table: str, change: Document, field: str) -> None:
    record = tabled()
    row = record["layers"][2][table][0]
    assert row["status"] == "optimal"
    row.update(change)
    assert wrong(record)[0] == f"layers[2].{table}[0].{field}"


@pytest.mark.parametrize("table", ["dataflows", "unrollings"])
def test_rows_of_a_table_are_not_each_others(table: str) -> None:
    record = tabled()
    rows = record["layers"][2][table]
    key = ("DRAM", "SPM") if table == "dataflows" else ("spatial",)
    rows[0], rows[-1] = ({**a, **{k: b[k] for k in key}} for a, b in ((rows[0], rows[-1]),) * 2)
    assert wrong(record)
    record = tabled()
    row = record["layers"][2][table][0]
    row["value"] = row["bound"] = 1
    assert f"layers[2].{table}[0].value" in wrong(record)


def test_what_clashes_goes_together() -> None:
    record = nothing_fits()
    layer = record["layers"][0]
    relaxed = {"text": "an RF of 6 bytes", "status": "optimal", "value": 6, "bound": 6}
    relaxed |= {"energy_pj": 2, "latency_cycles": 3}
    member = {"text": "an RF of 4 bytes", "relaxation": relaxed}
    layer["clash"] = {"text": "it clashes", "irreducible": True, "members": [member]}
    assert wrong(record) == []
    where = "layers[0].clash.members[0].relaxation"
    for change, field in (({"energy_pj": 1}, "value"), ({"bound": 5}, "bound"), ({"zz": 1}, "zz")):
        member["relaxation"] = relaxed | change
        assert wrong(record) == [f"{where}.{field}"]
    good = document(Objective.EDP)
    good["layers"][0]["clash"] = {"text": "it clashes", "irreducible": True, "members": []}
    assert wrong(good) == ["layers[0].clash"]


@pytest.mark.parametrize("field", ["stats", "closed_by"])
def test_what_is_said_of_the_search_is_of_its_types(field: str) -> None:
    record = document(Objective.EDP)
    record["layers"][0][field] = {"cases": -1}
    assert wrong(record) == [f"layers[0].{field}.cases"]


def without_answer(layer: Document, status: str) -> None:
    """A record as of a layer for which no mapping was found."""
    names = ("tiling", "loop_order", "stationary", "energy_pj", "energy_breakdown_pj", "share")
    names += ("latency_cycles", "edp", "value", "bound", "gap", "tie_break", "useful_macs_share")
    layer |= dict.fromkeys(names) | {"status": status}
    layer["ended"] = "proven" if status == "infeasible" else "time limit"


def test_a_mapping_for_one_objective_shows_what_there_is_for_another() -> None:
    record = document()
    (edp,) = [k for k, r in enumerate(record["layers"]) if (r["name"], r["objective"]) == FC_EDP]
    layer = record["layers"][edp]
    without_answer(layer, "infeasible")
    layer["constraints"] = ["PE.X>=1"]
    assert f"layers[{edp}].status" in wrong(record)
    without_answer(layer, "unknown")
    layer["bound"] = 10**12
    assert f"layers[{edp}].bound" in wrong(record)


def test_a_mapping_that_costs_less_than_a_bound_shows_that_it_is_none() -> None:
    """The best mapping for another objective, said to be the best for this one."""
    record = document()
    by = {(r["name"], r["objective"]): k for k, r in enumerate(record["layers"])}
    energy, edp = (record["layers"][by["fc", o]] for o in ("energy", "edp"))
    assert energy["edp"] != edp["edp"]
    names = ("tiling", "loop_order", "stationary", "energy_pj", "energy_breakdown_pj")
    edp |= {name: energy[name] for name in (*names, "latency_cycles", "edp")}
    edp |= {"value": energy["edp"], "bound": energy["edp"], "tie_break": None}
    assert f"layers[{by['fc', 'edp']}].bound" in wrong(record), "that for the latency costs less"


def test_ranks_that_another_record_shows_to_be_left_out() -> None:
    """The second best was taken out, and another result of the file still has it."""
    good = ranked(layers=LAYERS[2:])
    cut = copy.deepcopy(good)
    layer = cut["layers"][0]
    layer["alternatives"] = layer["alternatives"][2:]
    for rank, each in enumerate(layer["alternatives"], 2):
        each["rank"] = rank
    layer["alternatives_proven"] = 3
    assert wrong(cut) == []
    both = {"schema": "dmaze-cp/results/1", "results": [good, cut]}
    shown = wrong(both | {"comparison": []})
    assert shown == ["results[1].layers[0].alternatives_proven"]


@pytest.mark.parametrize("name", ["plain", "padded", "pinned", "wide"])
def test_dataflows_that_a_mapping_has_are_not_infeasible(name: str) -> None:
    """Of a tiling every operand can be kept stationary whose loops it has."""
    record = tabled(**TABLED[name])
    names = ("tiling", "loop_order", "energy_pj", "latency_cycles", "edp", "value", "bound")
    found = 0
    for place, row in enumerate(record["layers"][-1]["dataflows"]):
        if row["status"] == "optimal":
            changed = copy.deepcopy(record)
            other = changed["layers"][-1]["dataflows"][place]
            other |= dict.fromkeys((*names, "relative"))
            other["status"] = "infeasible"
            other.pop("padded", None)
            index = len(record["layers"]) - 1
            found += wrong(changed) == [f"layers[{index}].dataflows[{place}].status"]
    assert found >= (1 if name == "pinned" else 3)


@pytest.mark.parametrize("table", ["dataflows", "unrollings"])
def test_the_part_that_has_the_best_mapping_has_no_worse_one(table: str) -> None:
    record = tabled()
    rows = record["layers"][2][table]
    place = next(k for k, row in enumerate(rows) if row["relative"] == 0)
    worse = next(row for row in rows if row["relative"])
    rows[place] |= {k: v for k, v in worse.items() if k not in ("DRAM", "SPM", "spatial")}
    assert any(where.startswith(f"layers[2].{table}[{place}].") for where in wrong(record))


def beside_unpadded() -> Document:
    """A padded layer and what it costs without padding: twice, the second time not raised."""
    result = mapped(Objective.EDP, layers=(PRIME,), limits=PADDED, architecture=SMALL)
    plain = mapped(Objective.EDP, layers=(PRIME,), architecture=SMALL)
    beside = (result.layers[0].beside(plain.layers[0]),)
    record = result_record(replace(result, layers=beside))
    read: Document = json.loads(json.dumps(record))
    assert read["layers"][0]["padded"] is not None
    return read


def test_what_is_said_of_a_layer_without_padding_goes_together() -> None:
    assert wrong(beside_unpadded()) == []
    changes: dict[str, Document] = {
        "unpadded.bound": {"status": "infeasible", "value": None, "bound": 5},
        "unpadded.value": {"status": "infeasible"},
        "unpadded.status": {"status": "infeasible", "value": None, "bound": None},
        "unpadded.zz": {"zz": 1},
    }
    for where, change in changes.items():
        record = beside_unpadded()
        record["layers"][0]["unpadded"].update(change)
        record["layers"][0]["padding_gain"] = None
        assert f"layers[0].{where}" in wrong(record), "all loops at DRAM are a mapping"


def test_a_mapping_without_padding_shows_what_there_is_without() -> None:
    """Where no bound was raised, the mapping is one of the layer itself."""
    record = document(Objective.EDP, limits=PADDED)
    (place,) = [k for k, r in enumerate(record["layers"]) if r["name"] == "fc"]
    layer = record["layers"][place]
    assert layer["padded"] is None
    value = 10 * layer["value"]
    layer |= {"unpadded": {"status": "optimal", "value": value, "bound": value}}
    layer["padding_gain"] = 0.9
    assert wrong(record) == [f"layers[{place}].unpadded.bound"]


def test_what_is_infeasible_with_padding_is_so_without() -> None:
    record = nothing_fits()
    record["layers"][0]["unpadded"] = {"status": "optimal", "value": 5, "bound": 5}
    record["layers"][0]["padding_gain"] = None
    assert wrong(record) == ["layers[0].unpadded.value"]
