"""Result files are read back equal; what contradicts itself is refused, field by field."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmaze_cp as dm
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.errors import SpecError
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.result import (
    Ending,
    LayerResult,
    SearchStats,
    Status,
    WorkloadResult,
    load_results,
    result_from_dict,
    result_record,
)
from dmaze_cp.workload import Layer, UnmappedOperator, Workload
from tests.kit.strategies import architectures, constraints, layers, mappings

OPERANDS = ("O", "I", "W", "none")
SECONDS = st.floats(0, 1e6)


@st.composite
def stats(draw: st.DrawFn) -> SearchStats:
    counts = [draw(st.integers(0, 2**70)) for _ in range(8)]
    engine = draw(st.sampled_from(("", "auto", "cp-sat", "bounds")))
    return SearchStats(*(draw(SECONDS) for _ in range(4)), *counts, engine=engine)


@st.composite
def layer_results(
    draw: st.DrawFn, layer: Layer, arch: dm.Architecture, objective: Objective
) -> LayerResult:
    """Any result that can be: the mapping is a real one, value, bound and status agree."""
    limits = dm.Constraints()
    mapping = draw(st.none() | mappings(layer))
    if mapping is not None and fits(mapping, arch):
        mapping = None
    common: dict[str, Any] = {
        "solve_time_s": draw(SECONDS),
        "constraints": limits,
        "stats": draw(stats()),
        "from_store": draw(st.booleans()),
        "ended": draw(st.sampled_from(Ending)),
        "reason": draw(st.none() | st.text(max_size=20)),
    }
    if mapping is None:
        status = draw(st.sampled_from((Status.INFEASIBLE, Status.UNKNOWN)))
        bound = draw(st.none() | st.integers(0, 2**80) | st.floats(0, 1e30))
        return LayerResult(layer, arch, objective, status, bound=bound, **common)
    cost = evaluate(mapping, arch)
    value = objective.of(cost.energy_pj, cost.latency_cycles)
    bound = draw(st.none() | st.integers(0, value) | st.just(value))
    status = Status.OPTIMAL if bound == value else Status.FEASIBLE
    flow = Dataflow(draw(st.sampled_from(OPERANDS)), draw(st.sampled_from(OPERANDS)))
    return LayerResult(layer, arch, objective, status, mapping, flow, cost, bound, **common)


@st.composite
def workload_results(draw: st.DrawFn) -> WorkloadResult:
    drawn = draw(st.lists(layers(max_tilings=200), max_size=4))
    arch = replace(draw(architectures()), notes=draw(st.text(max_size=10)))
    limits = draw(constraints())
    objectives = draw(st.lists(st.sampled_from(Objective), min_size=1, max_size=3, unique=True))
    network = tuple(
        replace(layer, name=f"l{k}", instances=draw(st.integers(2, 9)), also=(f"m{k}",))
        for k, layer in enumerate(drawn)
    )
    found = tuple(
        replace(draw(layer_results(layer, arch, o)), constraints=limits)
        for layer in network
        for o in objectives
        if draw(st.integers(0, 3))
    )
    operators = (UnmappedOperator("pool", "MaxPool", draw(st.text(max_size=9)), 5, 2),)
    workload = Workload("net", network, draw(st.sampled_from(((), operators))))
    return WorkloadResult(workload, arch, tuple(objectives), found, draw(st.booleans()))


@given(workload_results())
def test_what_is_saved_is_read_back_equal(result: WorkloadResult) -> None:
    text = json.dumps(result_record(result), allow_nan=False)
    assert result_from_dict(json.loads(text)) == result


@pytest.fixture(scope="module")
def mapped() -> WorkloadResult:
    layers = (Layer.gemm("fc", {"X": 8, "Y": 4, "K": 6}), Layer.conv("conv", {"M": 4, "Ox": 3}))
    return dm.map_workload(Workload("net", layers), dm.Architecture(), ("edp", "energy"))


def test_a_file_holds_one_result_or_several(mapped: WorkloadResult, tmp_path) -> None:
    mapped.save(tmp_path / "result.json")
    assert dm.load_result(tmp_path / "result.json") == mapped
    several = {"schema": "dmaze-cp/results/1", "results": [result_record(mapped)] * 2}
    (tmp_path / "several.json").write_text(json.dumps(several))
    assert load_results(tmp_path / "several.json") == (mapped, mapped)
    with pytest.raises(SpecError) as caught:
        dm.load_result(tmp_path / "several.json")
    assert [problem.where for problem in caught.value.problems] == ["results"]


def test_a_loaded_result_can_be_stored(mapped: WorkloadResult, tmp_path) -> None:
    mapped.save(tmp_path / "result.json")
    with dm.Store.open(tmp_path / "store.sqlite") as store:
        for result in dm.load_result(tmp_path / "result.json"):
            store.put(result)
            assert store.get(dm.Question.of(result)).value == result.value


DROP = object()

DAMAGES = {
    ("schema",): "dmaze-cp/result/9",
    ("layers", 0, "energy_pj"): 7,
    ("layers", 0, "bound"): 0,
    ("layers", 0, "status"): "best",
    ("layers", 0, "tiling", "PE", "X"): 0,
    ("layers", 1, "kind"): DROP,
    ("layers", 1, "bounds", "K"): 5.5,
    ("layers", 2, "value"): "12",
    ("layers", 3, "stats", "cases"): -1,
    ("layers", 3, "ended"): "tired",
    ("architecture", "pes"): 0,
    ("architecture", "rf_byte"): 1,
    ("objectives", 0): "speed",
    ("layers", 2, "constraints"): "PE.X=1",
}
"""What is put where; the problem is said to be there."""


def damaged(record: Any, path: tuple[Any, ...], value: object) -> None:
    *folders, last = path
    for key in folders:
        record = record[key]
    if value is DROP:
        del record[last]
    else:
        record[last] = value


def place(path: tuple[Any, ...]) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


@pytest.mark.parametrize("path", DAMAGES, ids=place)
def test_a_problem_is_said_where_it_is(mapped: WorkloadResult, path) -> None:
    record = json.loads(json.dumps(result_record(mapped)))
    damaged(record, path, DAMAGES[path])
    with pytest.raises(SpecError) as caught:
        result_from_dict(record)
    assert place(path) in {problem.where for problem in caught.value.problems}


def test_all_problems_come_at_once(mapped: WorkloadResult) -> None:
    record = json.loads(json.dumps(result_record(mapped)))
    paths = [path for path in DAMAGES if path[:2] in {("layers", 1), ("layers", 3)}]
    paths += [("objectives", 0)]
    for path in paths:
        damaged(record, path, DAMAGES[path])
    with pytest.raises(SpecError) as caught:
        result_from_dict(record)
    assert {place(path) for path in paths} <= {problem.where for problem in caught.value.problems}


def test_a_mapping_of_another_layer_is_refused(mapped: WorkloadResult) -> None:
    record = json.loads(json.dumps(result_record(mapped)))
    record["layers"][0]["tiling"] = record["layers"][2]["tiling"]
    with pytest.raises(SpecError):
        result_from_dict(record)


def test_a_mapping_that_does_not_fit_is_refused(mapped: WorkloadResult) -> None:
    record = json.loads(json.dumps(result_record(mapped)))
    record["architecture"]["rf_bytes"] = 2
    with pytest.raises(SpecError) as caught:
        result_from_dict(record)
    assert "layers[0].tiling.RF words" in {problem.where for problem in caught.value.problems}


def test_the_mapping_is_evaluated_anew(mapped: WorkloadResult) -> None:
    loaded = result_from_dict(json.loads(json.dumps(result_record(mapped))))
    for result in loaded:
        assert isinstance(result.mapping, Mapping)
        assert result.cost == evaluate(result.mapping, mapped.architecture)


@pytest.mark.parametrize("name", ["a" * 300, "a\nb", "\u202e", "  x "])
def test_any_name_is_read_back(name: str, tmp_path: Path) -> None:
    layer = Layer.gemm(name, {"X": 2, "Y": 3})
    result = dm.map_workload(Workload(name, (layer,)), dm.Architecture(name=name), jobs=1)
    result.save(tmp_path / "result.json")
    assert dm.load_result(tmp_path / "result.json") == result
    assert "\u202e" not in result._repr_html_()
