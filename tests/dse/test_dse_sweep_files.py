"""Sweeps and design spaces are read back equal to what was written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmaze_cp as dm
from dmaze_cp.dse.area import FormulaArea, LinearArea, no_area
from dmaze_cp.dse.capacity import Formula, PerByte, Table
from dmaze_cp.dse.design import Budgets, Sample, WeightedModel
from dmaze_cp.dse.energy import EnergyByCapacity
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import SweepResult
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.dse.space_files import space_from_dict, space_to_dict
from dmaze_cp.dse.sweep_files import sweep_from_dict, sweep_record
from dmaze_cp.errors import SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.spec import load_mapping_records, mapping_record_from_dict
from dmaze_cp.spec.constraint_files import rules_from_object
from tests.kit.strategies import architectures
from tests.kit.sweeps import sample_sweep, sweeps

FIGURES = st.floats(0, 1e6)


def read(record: object) -> object:
    return json.loads(json.dumps(record, allow_nan=False))


@st.composite
def curves(draw: st.DrawFn, area: bool = False) -> object:
    tables = st.dictionaries(st.integers(1, 2**30), FIGURES, min_size=1, max_size=4)
    table = st.builds(Table, tables.map(lambda t: tuple(t.items())), st.booleans())
    formula = st.builds(Formula, st.sampled_from(("0.5 * bytes", "bytes ** 0.5")))
    return draw(table | formula | (st.builds(PerByte, FIGURES) if area else st.none()))


@st.composite
def energy_models(draw: st.DrawFn) -> EnergyByCapacity:
    rf, spm = draw(curves()), draw(curves())
    free = ["noc_pj", "dram_pj", "mac_pj", *["rf_pj"] * (rf is None), *["spm_pj"] * (spm is None)]
    names = draw(st.lists(st.sampled_from(free), unique=True))
    fixed = tuple((name, draw(FIGURES)) for name in names)
    return EnergyByCapacity(rf, spm, fixed, draw(st.none() | st.integers(1, 8)))


@st.composite
def spaces(draw: st.DrawFn) -> DesignSpace:
    """Any space that a file can describe."""
    values = {"rf_bytes": (16, 64, 128), "spm_kb": (16, 64), "dma_mhz": (800, 2400.5)}
    names = draw(st.lists(st.sampled_from(list(values)), min_size=1, unique=True))
    linear = st.builds(LinearArea, FIGURES, curves(area=True), curves(area=True), FIGURES)
    rules = (Rule("rf_bytes < 100"), Rule("total_rf_bytes < 16 KiB", "small"))
    models = (WeightedModel("resnet18"), WeightedModel("net.onnx", 2.5, ("a*", "b"), 4, {"t": 7}))
    return DesignSpace(
        draw(st.sampled_from(("space", "a name"))),
        draw(architectures()),
        tuple(Parameter(name, values[name]) for name in names),
        draw(st.sampled_from(((), rules[:1], rules))),
        draw(st.none() | energy_models()),
        draw(st.just(no_area) | st.just(FormulaArea("0.05 * pes + 2")) | linear),
        draw(st.none() | st.builds(Sample, st.integers(1, 99), st.integers(0, 9))),
        draw(st.sampled_from(((), models))),
        draw(st.none() | st.sampled_from(Objective)),
        Budgets(power_mw=draw(st.none() | st.floats(1, 1e6))),
        draw(st.text(max_size=20)),
    )


@given(spaces())
def test_a_space_is_read_back_equal(space: DesignSpace) -> None:
    assert space_from_dict(read(space_to_dict(space))) == space


def test_python_code_cannot_be_written() -> None:
    space = DesignSpace("mine", energy=lambda arch: arch.energy, area=lambda _arch: 1.0)
    with pytest.raises(SpecError) as caught:
        space_to_dict(space)
    assert [problem.where for problem in caught.value.problems] == ["energy", "area"]


def named(result: SweepResult) -> bool:
    """Whether networks have names that files can have: front ends and commands give such."""
    return all(n.workload.name.isprintable() for n in result.networks)


def without_details(result: SweepResult) -> SweepResult:
    """What is kept of a sweep in a file without ``--details``: layers of the winners alone."""
    best_of = (result.best_of(n.workload.name) for n in result.networks)
    winners = {result.best, *result.front, *best_of}
    points = tuple(
        point
        if position in winners
        else replace(point, networks=tuple(replace(n, layers=()) for n in point.networks))
        for position, point in enumerate(result.points)
    )
    return replace(result, points=points)


@given(sweeps().filter(named), st.booleans())
def test_a_sweep_is_read_back_equal(result: SweepResult, details: bool) -> None:
    record = read(sweep_record(result, details=details))
    assert sweep_from_dict(record) == (result if details else without_details(result))


@given(sweeps().filter(named))
def test_what_is_read_is_written_alike(result: SweepResult) -> None:
    """The sums stand for the layers that are not kept."""
    record = read(sweep_record(result))
    assert read(sweep_record(sweep_from_dict(record))) == record


def test_a_real_sweep_comes_back(tmp_path) -> None:
    networks = [dm.WeightedWorkload(dm.Workload("net", (dm.Layer.gemm("fc", {"X": 8, "K": 6}),)))]
    space = dm.load_space({"name": "s", "parameters": {"rf_bytes": [16, 64, 512], "pes": [4, 16]}})
    result = dm.sweep(space, networks, "edp")
    dm.save_sweep(result, tmp_path / "sweep.json")
    assert dm.load_sweep(tmp_path / "sweep.json") == without_details(result)
    dm.save_sweep(result, tmp_path / "full.json", details=True)
    assert dm.load_sweep(tmp_path / "full.json") == result


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("best",), 99),
        (("front", 0), 99),
        (("points", 1, "status"), "good"),
        (("points", 1, "architecture", "pes"), 0),
        (("points", 0, "networks", 0, "layers", 0, "edp"), 1),
        (("points", 0, "networks", 0, "sums", "edp"), 0.5),
        (("points", 0, "networks", 0, "sums", "energy_breakdown_pj", "layers"), 1.0),
        (("points", 0, "networks", 0, "sums", "energy_breakdown_pj", "leakage"), 1.0),
        (("points", 0, "networks", 0, "sums", "latency_breakdown_cycles", "N"), 1),
        (("points", 0, "networks", 0, "model"), "another"),
        (("counts", "searches"), []),
        (("elapsed_s",), 10**400),
        (("budgets", "weight_kg"), 1.0),
        (("models", 0, "weight"), -1),
        (("models", 0, "network", "layers", 0, "kind"), "sparse"),
        (("space", "parameters", "rf_byte"), [1]),
        (("constraints", "*"), 1),
        (("space",), None),
    ],
    ids=str,
)
def test_a_problem_is_said_where_it_is(path: tuple, value: object) -> None:
    record = read(sweep_record(sample_sweep(pareto=True), details=True))
    *folders, last = path
    place = record
    for key in folders:
        place = place[key]
    place[last] = value
    with pytest.raises(SpecError) as caught:
        sweep_from_dict(record)
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    assert text.removeprefix(".") in {problem.where for problem in caught.value.problems}


def test_a_point_has_a_value_of_each_parameter_that_varies() -> None:
    record = read(sweep_record(sample_sweep()))
    (name, *_) = sweep_from_dict(record).space.swept
    del record["points"][1]["parameters"][name]
    with pytest.raises(SpecError) as caught:
        sweep_from_dict(record)
    assert [p.where for p in caught.value.problems] == [f"points[1].parameters.{name}"]
    record["points"][1]["parameters"][name] = 12345
    record["invalid"] = [{**record["points"][1], "kind": "rule", "cause": "", "reason": ""}]
    with pytest.raises(SpecError) as caught:
        sweep_from_dict(record)
    places = [f"points[1].parameters.{name}", f"invalid[0].parameters.{name}"]
    assert [p.where for p in caught.value.problems] == places


def test_all_of_the_base_comes_back() -> None:
    result = sample_sweep()
    rules = rules_from_object({"*": ["DRAM.Fx=1"], "conv*": ["PE.M<=4", "spatial=M"]})
    other = replace(result, constraints=rules)
    assert sweep_from_dict(read(sweep_record(other, details=True))).constraints == other.constraints


def test_the_mappings_of_a_sweep_can_be_evaluated(tmp_path) -> None:
    result = sample_sweep()
    dm.save_sweep(result, tmp_path / "sweep.json")
    records = load_mapping_records(tmp_path / "sweep.json").records
    kept = [r for p in without_details(result).points for n in p.networks for r in n.layers]
    assert kept
    for record, one in zip(records, kept, strict=True):
        mapping, architecture = mapping_record_from_dict(record)
        assert architecture == one.architecture
        assert dm.evaluate(mapping, architecture) == one.cost
