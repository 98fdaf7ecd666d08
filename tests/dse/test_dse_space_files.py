"""Design-space files, and the spaces that are built in."""

import copy
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.dse.design import Budgets, Sample, WeightedModel
from dmaze_cp.dse.parameters import parse_parameter
from dmaze_cp.dse.result import WeightedWorkload
from dmaze_cp.dse.space_files import load_space, space_from_dict
from dmaze_cp.errors import SpecError
from dmaze_cp.loading import load_workload
from dmaze_cp.objective import Objective
from dmaze_cp.spec import builtin_spaces, builtin_text
from dmaze_cp.spec.yaml_text import parse_yaml
from tests.kit.problems import refused

FULL = {
    "name": "mine",
    "notes": "an example",
    "base": "edge",
    "parameters": {
        "pes": [64, 128],
        "rf_bytes": {"from": 16, "to": 64, "factor": 2},
        "spm_kb": "16:32:*2",
    },
    "random": {"count": 8, "seed": 3},
    "rules": ["pes <= 128", {"name": "small", "rule": "total_rf_bytes <= 8 KiB"}],
    "energy": {"rf_pj": "published", "spm_pj": {"table": {"16 KiB": 4, 32768: 6}}},
    "area": {"pe_mm2": 0.02, "rf_mm2_per_byte": 6e-5, "spm_mm2_per_byte": 1e-5, "fixed_mm2": 2},
    "models": ["resnet18", {"model": "bert_base", "weight": 2, "layers": "encoder.*"}],
    "objective": "energy",
    "budgets": {"area_mm2": 16, "power_mw": 500},
}


def lines_of(spec: object) -> list[str]:
    with pytest.raises(SpecError) as caught:
        space_from_dict(spec)
    return str(caught.value).splitlines()


def test_a_file_with_everything(tmp_path):
    for suffix, dump in ((".yaml", yaml.safe_dump), (".json", json.dumps)):
        path = tmp_path / f"space{suffix}"
        path.write_text(dump(FULL))
        space = load_space(path)
        assert (space.name, space.base.name, len(space), space.size) == ("mine", "edge", 8, 12)
        assert space.sample == Sample(8, 3)
        assert [rule.name for rule in space.rules] == ["pes <= 128", "small"]
        assert space.objective is Objective.ENERGY
        assert space.budgets == Budgets(16.0, 500.0)
        assert space.models == (
            WeightedModel("resnet18"),
            WeightedModel("bert_base", 2.0, ("encoder.*",)),
        )
        assert all(d.area_mm2 is not None for d in space.survey()[0])
        assert load_space(str(path)) == space == load_space(space)


def test_the_memory_tuning_study():
    space = load_space("memory_tuning")
    designs, invalid = space.survey()
    assert (len(designs), len(invalid)) == (49, 0)
    found = {(d.parameters["spm_kb"], d.parameters["rf_bytes"]): d.architecture for d in designs}
    assert set(found) == {(16 << a, 16 << b) for a in range(7) for b in range(7)}
    for (spm_kb, rf_bytes), arch in found.items():
        assert (arch.pes, arch.rf_bytes, arch.spm_bank_bytes) == (256, rf_bytes, 2048)
        assert arch.spm_banks == spm_kb * 1024 // 2 // 2048
        assert arch.energy.rf_pj == pytest.approx(0.001875 * rf_bytes)
    assert found[16, 16].energy.spm_pj == 4
    assert found[1024, 1024].energy.spm_pj == 45.5625
    assert (found[128, 512].energy, found[128, 512].spm_banks) == (space.base.energy, 32)


def test_every_built_in_space_works():
    names = [spec.name for spec in builtin_spaces()]
    assert {"memory_tuning", "chip"} <= set(names)
    for spec in builtin_spaces():
        space = load_space(spec.name)
        designs, _ = space.survey()
        assert designs
        assert spec.description
        assert parse_yaml(builtin_text(spec.name))["name"] == spec.name == space.name
        for model in space.models:
            workload = load_workload(model.model)
            names = {n for layer in workload for n in (layer.name, *layer.also)}
            assert set(model.layers) <= names


def test_the_chip_space_respects_its_budget():
    designs, invalid = load_space("chip").survey()
    assert len(designs) > 100
    assert {p.cause for p in invalid} == {
        *("area budget", "balanced memories", "RFs of at most 256 KiB")
    }
    assert max(d.area_mm2 for d in designs) <= 16


def test_values_from_a_command_line_replace_those_of_the_file():
    changes = [parse_parameter("spm_banks=4,8"), parse_parameter("rf_bytes=16")]
    space = load_space("memory_tuning", changes)
    assert space.names == ("rf_bytes", "spm_banks")
    assert len(space.survey()[0]) == 2
    # A space is judged with its new values, however large it was.
    huge = {"parameters": {"pes": "1:1999:+1", "rf_bytes": "1:1999:+1"}}
    with refused("parameters"):
        space_from_dict(huge)
    assert len(space_from_dict(huge, parameters=[parse_parameter("pes=4")])) == 1999
    assert len(space_from_dict({}, parameters=[parse_parameter("pes=4,5")])) == 2


def test_files_beside_the_space(tmp_path):
    (tmp_path / "chip.yaml").write_text(builtin_text("edge").replace("pes: 64", "pes: 99"))
    (tmp_path / "net.yaml").write_text(builtin_text("vgg16"))
    path = tmp_path / "space.yaml"
    spec = {
        "base": "chip.yaml",
        "parameters": {"rf_bytes": 16},
        "models": ["net.yaml", "elsewhere.onnx"],
    }
    path.write_text(yaml.safe_dump(spec))
    space = load_space(path)
    assert (space.name, space.base.pes) == ("space", 99)
    assert [Path(m.model) for m in space.models] == [
        tmp_path / "net.yaml",
        Path("elsewhere.onnx"),
    ]


def test_a_base_inline():
    inline = parse_yaml(builtin_text("edge"))
    assert space_from_dict({"base": inline, "parameters": {"pes": 3}}).base.pes == 64
    del inline["pes"]
    assert lines_of({"base": inline, "parameters": {"pes": 3}}) == [
        "base.pes: found nothing, expected an integer"
    ]


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("basis", "edge", "basis: found an unknown field, expected one of name, notes"),
        ("base", "egde", "base: found 'egde', no such name or file"),
        ("base", 3, "base: found 3"),
        ("parameters", [], "parameters: found an empty list"),
        ("parameters", {}, "parameters: found an empty mapping"),
        ("parameters", {"pes": []}, "parameters.pes: found no value"),
        ("parameters", {"spm_kb": 16, "spm_banks": 3}, "parameters: found the size of the SPM as"),
        ("random", {"seed": 3}, "random.count: found nothing"),
        ("random", {"count": 0}, "random.count: found 0"),
        ("random", {"count": 3, "sed": 0}, "random.sed: found an unknown field, expected 'seed'"),
        ("rules", "pes < 3", "rules: found 'pes < 3' (text), expected a list"),
        ("rules", ["pes <"], "rules[0]: found 'pes <' (text)"),
        ("rules", ["pes < 3", {"name": "x"}], "rules[1].rule: found nothing"),
        ("rules", [{"rule": "rf_byte < 3"}], "rules[0]: found the unknown name 'rf_byte'"),
        ("energy", {"rf_pj": {"table": {}}}, "energy.rf_pj.table: found an empty mapping"),
        ("area", {"formula": 3}, "area.formula: found 3"),
        ("models", ["vgg16", {"weight": 1}], "models[1].model: found nothing"),
        ("models", [{"model": "vgg16", "weight": 0}], "models[0].weight: found 0"),
        ("models", [{"model": "vgg16", "weight": 1e300}], "models[0].weight: found 1e+300"),
        ("models", [{"model": "vgg16", "weight": 10**400}], "models[0].weight: found an integer"),
        ("parameters", {"pes": 10**400}, "parameters.pes: found an integer beyond"),
        ("parameters", {"rf_pj": [1, -(10**400)]}, "parameters.rf_pj: found an integer beyond"),
        ("parameters", {"pes": {"from": 1, "to": 10**400, "step": 1}}, "parameters.pes.to: found"),
        ("energy", {"rf_pj": 10**400}, "energy.rf_pj: found an integer beyond"),
        ("energy", {"mac_pj": 10**400}, "energy.mac_pj: found an integer beyond"),
        ("energy", {"spm_pj": {"table": {512: 10**400}}}, "energy.spm_pj.512: found an integer"),
        ("models", [{"model": "vgg16", "layers": []}], "models[0].layers: found an empty list"),
        ("models", [{"model": "vgg16", "batch": 0}], "models[0].batch: found 0"),
        ("models", [{"model": "gpt2", "shape": 3}], "models[0].shape: found 3"),
        ("models", [{"model": "gpt2", "shape": {"n": "4"}}], "models[0].shape.n: found '4'"),
        ("models", [{"model": "gpt2", "shapes": {"n": 4}}], "models[0].shapes: found an unknown"),
        ("objective", "edpp", "objective: found 'edpp' (text), expected edp"),
        ("budgets", {"area_mm2": 0}, "budgets.area_mm2: found 0.0, expected a positive number"),
        ("budgets", {"power": 3}, "budgets.power: found an unknown field"),
        ("name", "", "name: found '' (text)"),
    ],
)
def test_bad_fields_are_one_line(field, value, line):
    spec = copy.deepcopy(FULL) | {field: value}
    (found,) = lines_of(spec)
    assert found.startswith(line)


def test_all_problems_at_once_with_the_file(tmp_path):
    spec = FULL | {"objective": "x", "parameters": {"pes": 0, "rf": 1}, "random": {"count": 0}}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(spec))
    with pytest.raises(SpecError) as caught:
        load_space(path)
    assert [problem.where for problem in caught.value.problems] == [
        *("parameters.pes", "parameters.rf", "random.count", "objective")
    ]
    assert {problem.source for problem in caught.value.problems} == {str(path)}


def test_what_is_no_space():
    with refused("space"):
        load_space("memory_tunning")
    with refused("space"):
        load_space(3)  # type: ignore[arg-type]
    assert lines_of([]) == [
        "found an empty list, expected a mapping with the fields of a design space"
    ]
    assert lines_of({})[0].startswith("parameters: found nothing")


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 70)
    | st.floats(allow_nan=True)
    | st.sampled_from(["published", "none", "16:64:*2", "pes < 3", "16 KiB", "default", ""])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["pes", "rf_pj", "table", "formula", "from", "to", "factor", "rule", "count"]
            )
            | st.integers(0, 64),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(FULL)), VALUES, max_size=4))
def test_whatever_a_file_holds_it_is_a_space_or_clear_lines(changes):
    try:
        space = space_from_dict(FULL | changes)
        found: object = list(space.points())
    except SpecError as error:
        found = [p for p in error.problems if len(str(p).splitlines()) == 1]
    assert found


@pytest.mark.parametrize("weight", [0, 1e-300, 1e300, float("nan"), 10**400])
def test_weights_of_networks_have_a_range(weight):
    for made in (lambda: WeightedModel("net", weight), lambda: WeightedWorkload(None, weight)):
        with refused("weight"):
            made()
