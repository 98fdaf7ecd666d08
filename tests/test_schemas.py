"""Every file that is shipped or shown is of its JSON Schema, and what is written is, too."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.cli.app import cli
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.result import result_record
from dmaze_cp.result.answer_files import answer_record
from dmaze_cp.schemas import DOCUMENTS, json_schema
from dmaze_cp.spec import architecture_to_dict, layer_to_dict
from dmaze_cp.spec.documents import problems_of
from dmaze_cp.spec.files import load_spec_object, parse_json
from dmaze_cp.spec.mapping_files import mapping_record
from dmaze_cp.spec.workload_files import workload_record, workload_to_dict
from dmaze_cp.spec.yaml_text import parse_yaml
from dmaze_cp.verification import verification_record, verify
from tests.kit.examples import examples
from tests.kit.samples import CONV, sample_result
from tests.kit.strategies import architectures
from tests.kit.sweeps import sample_sweep
from tests.result.test_result_files import workload_results

ROOT = Path(__file__).parents[1]
FOLDERS = {"architectures": "architecture", "models": "workload", "spaces": "space"}
SPECS = [(FOLDERS[path.parent.name], path) for path in sorted((ROOT / "specs").glob("*/*.yaml"))]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = [
    (path.name, name, text)
    for path in DOCS
    for name, text in re.findall(
        r"<!-- file: ([\w.]+\.(?:yaml|json)) -->\n```\w+\n(.*?)\n```",
        path.read_text(encoding="utf-8"),
        re.DOTALL,
    )
]
TELLING = {
    "layers": "workload",
    "parameters": "space",
    "pes": "architecture",
    "pe_array": "architecture",
    "tiling": "mapping",
    "*": "constraints",
}
DMAZERUNNER = {"CONV", "GEMM", "DW_CONV", "arch_basic", "arch_details"}


def kind_of(document: dict[str, Any]) -> str | None:
    """The kind of a file that is shown; None for dMazeRunner's, which are its own."""
    if DMAZERUNNER & document.keys():
        return None
    return next(kind for field, kind in TELLING.items() if field in document)


def errors(kind: str, document: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema(kind))
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(document)]


def is_good(kind: str, document: object) -> bool:
    """Whether schema and types both accept a document, which is said alike by both."""
    read = json.loads(json.dumps(document))
    assert bool(errors(kind, read)) == any(problems_of(read, DOCUMENTS[kind][0]))
    return not errors(kind, read)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_schemas_are_schemas(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(kind))


@pytest.mark.parametrize(("kind", "path"), SPECS, ids=lambda value: str(value).rsplit("/", 1)[-1])
def test_what_is_built_in_is_of_its_schema(kind: str, path: Path) -> None:
    document = load_spec_object(path)
    assert errors(kind, document) == []
    assert is_good(kind, document)
    assert not is_good(kind, {**document, "layer": []})


@pytest.mark.parametrize(("document", "name", "text"), SHOWN, ids=lambda value: value[:20])
def test_what_documents_show_is_of_its_schema(document: str, name: str, text: str) -> None:
    value = parse_json(text) if name.endswith(".json") else parse_yaml(text)
    kind = kind_of(value)
    assert kind is None or errors(kind, value) == []


def test_documents_show_files_of_every_kind_that_people_write() -> None:
    kinds = {kind_of(parse_yaml(text)) for _, name, text in SHOWN if name.endswith(".yaml")}
    assert kinds == {*FOLDERS.values(), "constraints"}
    assert any((ROOT / "examples").iterdir())
    assert not list((ROOT / "examples").glob("*.y*ml")), "examples with files of their own"


@given(architectures())
def test_accelerators_that_are_written(arch) -> None:
    record = architecture_to_dict(arch)
    assert is_good("architecture", record)
    assert not is_good("architecture", {**record, "spm_bank": 1})
    assert not is_good("architecture", {**record, "dma_mhz": "fast"})
    del record["dma_mhz"]
    assert not is_good("architecture", record)


@examples(10, 100)
@given(workload_results(), st.data())
def test_results_that_are_written(result, data) -> None:
    record = result_record(result)
    assert is_good("result", record)
    assert is_good("result", {"schema": "dmaze-cp/results/1", "results": [record]})
    assert is_good("layers", workload_record(result.workload))
    if len(result.workload):
        assert is_good("workload", workload_to_dict(result.workload))
    if record["layers"]:
        layer = data.draw(st.sampled_from(record["layers"]))
        damage = data.draw(st.sampled_from(({"status": "good"}, {"bound": -1}, {"value": 0.5})))
        layer |= damage
        assert not is_good("result", record)


def test_sweeps_answers_and_mappings_that_are_written() -> None:
    sweep = sample_sweep(pareto=True)
    assert is_good("sweep", sweep_record(sweep, details=True))
    assert is_good("space", sweep_record(sweep)["space"])
    result = sample_result(CONV)
    answer = answer_record(0, result.mapping, result.cost, ())
    assert is_good("answers", answer)
    assert is_good("answers", [answer, {"index": 1, "error": "no"}])
    assert not is_good("answers", {**answer, "held": "X"})
    mapping = mapping_record(result.mapping, result.architecture)
    assert is_good("mapping", mapping)
    assert is_good("mapping", [mapping, {**mapping, "architecture": "default"}])
    assert is_good("mapping", {**mapping, "layer": {"model": "resnet18", "name": "fc"}})
    wrong = {**layer_to_dict(CONV), "kind": "sparse"}
    assert not is_good("mapping", {**mapping, "layer": wrong})


@pytest.mark.parametrize("command", [("models",), ("archs",), ("spaces",), ("layers", "resnet18")])
def test_lists_for_programs(command) -> None:
    record = json.loads(CliRunner().invoke(cli, [*command, "--format", "json"]).output)
    kind = command[0]
    assert record["schema"] == f"dmaze-cp/{kind}/1"
    assert is_good(kind, record)
    assert not is_good(kind, {**record, kind: [{**record[kind][0], "name": 1}]})


def test_the_command_prints_what_there_is() -> None:
    run = CliRunner().invoke
    names = [line.split()[0] for line in run(cli, ["schema"]).output.splitlines()]
    assert names == list(DOCUMENTS)
    for name in names:
        assert json.loads(run(cli, ["schema", name]).output) == json_schema(name)
    wrong = run(cli, ["schema", "archtecture"])
    assert wrong.exit_code == 1
    assert "architecture" in wrong.stderr


def test_what_verify_writes_is_of_its_schema() -> None:
    result = sample_result(CONV)
    for reprove in (False, True):
        found = verify(result, reprove=reprove, time_limit=0.1)
        assert is_good("verification", verification_record("file", found))
