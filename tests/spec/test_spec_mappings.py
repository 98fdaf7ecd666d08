"""Mapping records, alone and in files of every form."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import SpecError
from dmaze_cp.mapping import Mapping
from dmaze_cp.spec import (
    RecordsForm,
    architecture_to_dict,
    layer_to_dict,
    load_architecture,
    load_mapping_records,
    mapping_record_from_dict,
)
from dmaze_cp.workload import Layer
from tests.kit import strategies
from tests.kit.problems import refused

RECORD = {
    "layer": {"kind": "gemm", "bounds": {"X": 4, "Y": 6, "K": 8}},
    "architecture": "edge",
    "tiling": {
        "DRAM": {"X": 2, "K": 2},
        "SPM": {"Y": 3},
        "RF": {"X": 2, "K": 4},
        "PE": {"Y": 2},
    },
    "loop_order": {"DRAM": ["K", "X"], "SPM": ["Y"]},
}


def lines_of(obj: object, base: Path | None = None) -> list[str]:
    with pytest.raises(SpecError) as caught:
        mapping_record_from_dict(obj, base)
    return str(caught.value).splitlines()


def changed(path: str, value: object) -> dict:
    record = copy.deepcopy(RECORD)
    *sections, key = path.split(".")
    inner = record
    for section in sections:
        inner = inner[section]
    if value is ...:
        del inner[key]
    else:
        inner[key] = value
    return record


def test_a_record_is_read_field_by_field() -> None:
    mapping, architecture = mapping_record_from_dict(RECORD)
    assert architecture == load_architecture("edge")
    assert mapping.layer == Layer.gemm("layer", {"X": 4, "Y": 6, "K": 8})
    assert mapping.factors == ((2, 1, 2), (1, 3, 1), (2, 1, 4), (1, 2, 1))
    assert mapping.dram_order == ("Y", "K", "X")
    assert mapping.spm_order == ("X", "K", "Y")


def test_a_record_without_architecture_is_for_the_default() -> None:
    _, architecture = mapping_record_from_dict(changed("architecture", ...))
    assert architecture == load_architecture("default")


@given(st.data())
def test_a_layer_record_of_a_result_is_a_mapping_record(data: st.DataObject) -> None:
    layer = data.draw(strategies.layers())
    mapping = data.draw(strategies.mappings(layer))
    architecture = data.draw(strategies.architectures())
    record = {
        **layer_to_dict(layer),
        "objective": "edp",
        "status": "optimal",
        "tiling": mapping.tiling,
        "loop_order": mapping.loop_order,
        "stationary": {"DRAM": "O", "SPM": "none"},
        "energy_pj": 5,
        "energy_breakdown_pj": {"MAC": 1.0},
        "latency_cycles": 7,
        "value": 35,
        "bound": 35,
        "gap": 0.0,
        "reason": None,
        "solve_time_s": 0.1,
        "candidates_rescored": 3,
    }
    text = json.dumps(record | {"architecture": architecture_to_dict(architecture)})
    assert mapping_record_from_dict(json.loads(text)) == (mapping, architecture)


@given(st.data())
def test_orders_may_leave_out_loops_of_one_iteration(data: st.DataObject) -> None:
    layer = data.draw(strategies.layers())
    mapping = data.draw(strategies.mappings(layer))
    looping = {k: {d for d, n in mapping.level(k).items() if n > 1} for k in ("DRAM", "SPM")}
    record = {
        "layer": layer_to_dict(layer),
        "tiling": {k: {d: n for d, n in row.items() if n > 1} for k, row in mapping.tiling.items()},
        "loop_order": {k: [d for d in o if d in looping[k]] for k, o in mapping.loop_order.items()},
    }
    read, _ = mapping_record_from_dict(record)
    assert read.factors == mapping.factors
    for level, order in read.loop_order.items():
        kept = [d for d in order if d in looping[level]]
        assert kept == [d for d in mapping.loop_order[level] if d in looping[level]]


BAD_RECORDS = [
    (7, "found 7, expected a mapping record (layer, architecture, tiling, loop_order)"),
    ([RECORD], "found a list of 1, expected a mapping record"),
    (changed("layer", ...), "layer: found nothing, expected a layer (kind, bounds"),
    (changed("layer", "conv1"), "layer: found 'conv1' (text), expected a mapping with the"),
    (changed("layer.kind", "fc"), "layer.kind: found 'fc' (text), expected one of conv"),
    (changed("layer.bounds.X", 0), "layer.bounds.X: found 0, expected an integer from 1 to"),
    (changed("layer.bounds.Z", 2), "layer.bounds.Z: found an unknown dimension, expected one"),
    (changed("layer.strides", 2), "layer.strides: found an unknown field, expected 'stride'"),
    (changed("tiling", ...), "tiling: found nothing, expected a mapping of levels (DRAM SPM RF"),
    (changed("tiling", None), "tiling: found null, expected a mapping of levels"),
    (changed("tiling.RF", [1]), "tiling.RF: found [1], expected a mapping of dimensions to"),
    (changed("tiling.L2", {}), "tiling.L2: found an unknown level, expected one of DRAM SPM RF PE"),
    (changed("tiling.RF.Z", 1), "tiling.RF.Z: found an unknown dimension, expected one of X Y K"),
    (changed("tiling.RF.X", 0), "tiling.RF.X: found 0, expected an integer of at least 1"),
    (changed("tiling.RF.X", 2.0), "tiling.RF.X: found 2.0, expected an integer of at least 1"),
    (changed("tiling.RF.X", "2"), "tiling.RF.X: found '2' (text), expected an integer of at"),
    (changed("tiling.RF.X", True), "tiling.RF.X: found true (a boolean), expected an integer"),
    (changed("tiling.RF.X", 10**30), "tiling.RF.X: found an integer beyond 2**63, expected an"),
    (changed("tiling.RF.X", 3), "tiling.*.X: found 2 x 1 x 3 x 1 = 6, expected factors whose"),
    (changed("tiling.RF.X", ...), "tiling.*.X: found 2 x 1 x 1 x 1 = 2, expected factors whose"),
    (changed("loop_order.RF", ["X"]), "loop_order.RF: found a level without an order, expected"),
    (changed("loop_order.DRAM", "XK"), "loop_order.DRAM: found 'XK' (text), expected a list of"),
    (changed("loop_order.DRAM", [1]), "loop_order.DRAM: found [1], expected a list of dimensions"),
    (changed("loop_order.DRAM", ["X", "X", "K"]), "loop_order.DRAM: found X X K, expected each"),
    (changed("loop_order.DRAM", ["X", "K", "Q"]), "loop_order.DRAM: found X K Q, expected each"),
    (changed("loop_order.DRAM", ["X"]), "loop_order.DRAM: found no K, expected K, whose factor"),
    (changed("loop_order", []), "loop_order: found an empty list, expected a mapping of levels"),
    (changed("loop_ordr", {}), "loop_ordr: found an unknown field, expected one of layer"),
    (changed("kind", "gemm"), "kind: found an unknown field, expected one of layer"),
    (changed("architecture", 5), "architecture: found 5, expected a name, a path or an arch"),
    (changed("architecture", None), "architecture: found null, expected a name, a path or an"),
    (changed("architecture", "egde"), "architecture: found 'egde', no such name or file"),
    (changed("architecture", "no.yaml"), "no.yaml: found no such file, expected an existing file"),
]


@pytest.mark.parametrize(("record", "expected"), BAD_RECORDS)
def test_what_is_no_mapping_is_one_line(record: object, expected: str, tmp_path: Path) -> None:
    (line,) = lines_of(record, tmp_path)
    assert line.startswith(expected)


def test_a_misspelt_field_among_the_costs_of_a_result_is_told() -> None:
    flat = {**RECORD["layer"], "tiling": RECORD["tiling"], "energy_pj": 3, "loop_orders": {}}
    assert lines_of(flat) == ["loop_orders: found an unknown field, expected 'loop_order'"]


def test_all_problems_of_a_record_are_told_at_once() -> None:
    record = changed("layer.bounds.X", "a")
    record["tiling"]["RF"]["K"] = -1
    record["loop_order"]["SPM"] = 3
    record["architecture"] = {**architecture_to_dict(Architecture()), "pes": 0}
    assert sorted(line.split(": found")[0] for line in lines_of(record)) == [
        "architecture.pes",
        "layer.bounds.X",
        "loop_order.SPM",
        "tiling.RF.K",
    ]


def test_a_path_of_an_architecture_starts_from_the_file_of_the_record(tmp_path: Path) -> None:
    spec = architecture_to_dict(Architecture(name="mine", pes=7))
    (tmp_path / "mine.json").write_text(json.dumps(spec))
    _, architecture = mapping_record_from_dict(changed("architecture", "mine.json"), tmp_path)
    assert architecture.pes == 7


# -- files ----------------------------------------------------------------------------------


def records_of(tmp_path: Path, name: str, text: str) -> tuple[tuple[object, ...], RecordsForm]:
    path = tmp_path / name
    path.write_text(text)
    read = load_mapping_records(path)
    return read.records, read.form


def test_the_form_of_a_file_is_kept(tmp_path: Path) -> None:
    one = json.dumps(RECORD)
    assert records_of(tmp_path, "a.json", one) == ((RECORD,), RecordsForm.SINGLE)
    assert records_of(tmp_path, "a.json", f"[{one}]") == ((RECORD,), RecordsForm.LIST)
    assert records_of(tmp_path, "a.json", "[]") == ((), RecordsForm.LIST)
    lines = f"{one}\n\n{one}\r\n"
    assert records_of(tmp_path, "a.jsonl", lines) == ((RECORD, RECORD), RecordsForm.JSON_LINES)


def test_a_broken_line_spoils_only_its_own_record(tmp_path: Path) -> None:
    text = f'{json.dumps(RECORD)}\n{{"layer": \n{json.dumps(RECORD)}'
    records, _ = records_of(tmp_path, "a.jsonl", text)
    assert lines_of(records[1]) == [
        "found a line that is no JSON: the end of the file, expected one JSON object a line"
    ]
    assert mapping_record_from_dict(records[0]) == mapping_record_from_dict(records[2])


RESULT = {
    "schema": "dmaze-cp/result/1",
    "model": "net",
    "architecture": architecture_to_dict(Architecture(name="mine", pes=5)),
    "objectives": ["edp"],
    "layers": [
        {"name": "a", **{k: v for k, v in RECORD.items() if k in ("tiling", "loop_order")}}
        | RECORD["layer"],
        {"name": "b", **RECORD["layer"], "tiling": None, "loop_order": None, "reason": "no time"},
    ],
    "totals": {},
}


def test_a_result_file_is_a_list_of_its_layers_on_its_architecture(tmp_path: Path) -> None:
    records, form = records_of(tmp_path, "out.json", json.dumps(RESULT))
    assert form is RecordsForm.LIST
    mapping, architecture = mapping_record_from_dict(records[0])
    assert isinstance(mapping, Mapping)
    assert (mapping.layer.name, architecture.pes) == ("a", 5)
    assert lines_of(records[1])[0].startswith("tiling: found null, expected a mapping of levels")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schema": "other/1"}, "schema: found 'other/1' (text), expected 'dmaze-cp/result/1'"),
        ({"layers": 5}, "layers: found 5, expected a list of layer records"),
        ({"architecture": 5}, "architecture: found 5, expected a mapping with the fields of an"),
        (
            {"architecture": RESULT["architecture"] | {"pes": 0}},
            "architecture.pes: found 0, expected an integer from 1",
        ),
    ],
)
def test_a_bad_result_file_is_one_line(change: dict, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        records_of(tmp_path, "out.json", json.dumps(RESULT | change))
    assert str(caught.value).startswith(f"{tmp_path / 'out.json'}: {expected}")


def several(*results: object) -> dict:
    return {"schema": "dmaze-cp/results/1", "results": list(results), "comparison": []}


def test_several_results_are_a_list_of_all_layers_each_on_its_architecture(tmp_path: Path) -> None:
    other = RESULT | {"architecture": architecture_to_dict(Architecture(name="other", pes=7))}
    records, form = records_of(tmp_path, "out.json", json.dumps(several(RESULT, other)))
    assert form is RecordsForm.LIST
    read = [mapping_record_from_dict(record) for record in (records[0], records[2])]
    assert [(mapping.layer.name, arch.pes) for mapping, arch in read] == [("a", 5), ("a", 7)]
    assert len(records) == 4


def test_bad_results_among_several_are_one_line_each(tmp_path: Path) -> None:
    bad = several(RESULT, 5, RESULT | {"layers": 5}, RESULT | {"schema": "dmaze-cp/results/1"})
    with pytest.raises(SpecError) as caught:
        records_of(tmp_path, "out.json", json.dumps(bad))
    source = tmp_path / "out.json"
    assert str(caught.value).splitlines() == [
        f"{source}: results[1]: found 5, expected a result",
        f"{source}: results[2].layers: found 5, expected a list of layer records",
        f"{source}: results[3].schema: found 'dmaze-cp/results/1' (text), "
        "expected 'dmaze-cp/result/1'",
    ]
    with refused("results"):
        records_of(tmp_path, "out.json", json.dumps(several() | {"results": 5}))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.jsonl", "", "found an empty file, expected a spec"),
        ("a.json", "{", "line 1, column 2: found the end of the file, expected valid JSON"),
        (
            "a.csv",
            "{}",
            "found the suffix '.csv', expected a file ending in .yaml or .yml or .json",
        ),
    ],
)
def test_a_file_without_records_is_one_line(
    name: str, text: str, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError) as caught:
        records_of(tmp_path, name, text)
    assert str(caught.value).startswith(f"{tmp_path / name}: {expected}")
