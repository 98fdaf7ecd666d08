"""The least of one cost within so much of another, as a constraint of the user."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import dmaze_cp as dm
from dmaze_cp.checker import check
from dmaze_cp.cli.app import cli
from dmaze_cp.digest import with_digest
from dmaze_cp.errors import SpecError
from dmaze_cp.result import result_from_dict, result_record
from tests.kit.fronts import SMALL, searched
from tests.search.test_search_ties import question

LAYER = dm.load_workload("resnet18")["fc"]
ARCH = dm.load_architecture("default")


@pytest.mark.parametrize("seed", range(200, 206))
def test_the_least_within_a_limit_is_that_of_brute_force(seed):
    rng, layer, arch, _, costs = question(seed)
    if not costs:
        return
    most = rng.choice(sorted(t for _, t in costs)[: len(costs) // 2 + 1])
    limits = dm.Constraints.parse(f"latency<={most}")
    found = dm.map_layer(layer, arch, "energy", constraints=limits)
    assert found.value == min(e for e, t in costs if t <= most)
    assert found.cost.latency_cycles <= most
    cheapest = min(e for e, _ in costs)
    none = dm.Constraints.parse(f"energy<={cheapest - 1}") if cheapest else None
    if none:
        lost = dm.map_layer(layer, arch, "latency", constraints=none)
        assert lost.status == "infeasible"
        assert f"energy<={cheapest - 1}" in lost.reason


def test_limits_are_in_files_in_the_store_and_checked(tmp_path):
    limits = dm.Constraints.parse("latency<=512050")
    network = dm.Workload("net", (LAYER,))
    with dm.Store.open(tmp_path / "s.sqlite") as store:
        result = dm.map_workload(network, ARCH, "energy", constraints=limits, store=store)
        free = dm.map_workload(network, ARCH, "energy", store=store)
        again = dm.map_workload(network, ARCH, "energy", constraints=limits, store=store)
    assert result.layers[0].value > free.layers[0].value
    assert again.layers[0].from_store
    assert again.layers[0].value == result.layers[0].value
    record = json.loads(json.dumps(result_record(result)))
    (layer,) = record["layers"]
    assert layer["constraints"] == ["latency<=512050"]
    assert result_from_dict(record) == result
    assert not any(each.problems for each in check(record).records)
    layer["constraints"] = ["latency<=512000"]
    signed = with_digest({k: v for k, v in record.items() if k != "digest"})
    (checked,) = check(signed).records
    assert any("constraints[0]" in problem.where for problem in checked.problems)


def test_fronts_obey_limits():
    whole = searched().layers[2]
    most = whole.points[3].cost.latency_cycles
    limits = dm.Constraints.parse(f"latency<={most}")
    (cut,) = dm.pareto(whole.layer, SMALL, constraints=limits).layers
    assert [p.cost.energy_pj for p in cut.points] == [p.cost.energy_pj for p in whole.points[:4]]


@pytest.mark.parametrize("wrong", ["energy<=-1", "energy<=1.5", "energy>=3", f"energy<={2**63}"])
def test_what_is_no_limit_is_refused(wrong):
    with pytest.raises(SpecError, match="energy"):
        dm.Constraints.parse(wrong)


def test_where_machines_change_there_are_none():
    arguments = ["resnet18", "--layer", "fc", "--pin", "energy<=5", "--no-store"]
    done = CliRunner().invoke(cli, ["sensitivity", *arguments])
    assert done.exit_code != 0


def test_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    common = ["map", "resnet18", "--layer", "fc", "--no-store", "-o", "out.json"]
    done = CliRunner().invoke(cli, [*common, "--objective", "energy", "--max-latency", "512050"])
    assert done.exit_code == 0, done.output
    (layer,) = json.loads(Path("out.json").read_text())["layers"]
    assert layer["latency_cycles"] <= 512_050
    done = CliRunner().invoke(cli, [*common, "--objective", "latency", "--max-energy", "1"])
    assert done.exit_code == 3
    assert "energy<=1" in done.stderr


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (("latency<=1",), "latency<=1: no mapping satisfies it"),
        (("latency<=1", "pad=auto"), "latency<=1 (with pad=auto): no mapping satisfies it"),
        (("energy<=1", "latency<=1"), "energy<=1, latency<=1: no mapping satisfies all of them"),
    ],
)
def test_what_no_mapping_satisfies_is_one_limit_or_several(limits, reason):
    layer = dm.Layer.gemm("fc", {"X": 4, "Y": 6, "K": 8})
    found = dm.map_layer(layer, SMALL, constraints=dm.Constraints.parse(*limits))
    assert found.reason == reason
