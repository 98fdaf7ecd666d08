"""The stand-alone checker: against published optima, brute force and tampered results."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost import evaluate
from dmaze_cp.mapping import Mapping, stationary_order
from dmaze_cp.workload import Layer
from tests.kit.oracle.brute_force import brute_force
from tests.kit.strategies import architectures, constraints, layers, mappings, pins

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import exhaustive  # noqa: E402 - a script, not a package
import exhaustive_kernel  # noqa: E402
from exhaustive_search import Best, is_any_kept, search_with_numpy  # noqa: E402
from exhaustive_space import Problem  # noqa: E402

DEFAULT = {
    "pes": 256,
    "rf_bytes": 512,
    "word_bytes": 2,
    "spm_banks": 32,
    "spm_bank_bytes": 2048,
    "dma_startup_cycles": 291,
    "dma_cycles_per_byte": 0.24,
    "dma_mhz": 3200,
    "accelerator_mhz": 500,
    "energy": {"rf_pj": 0.96, "noc_pj": 2, "spm_pj": 13.5, "dram_pj": 200, "mac_pj": 0.075},
}
OBJECTIVES = ("energy", "latency", "edp")


def search_in_c(problem):
    kernel = exhaustive_kernel.load()
    if kernel is None:
        pytest.skip("no C compiler")
    return Best(*kernel.search(problem))


SEARCHES = pytest.mark.parametrize("search", [search_in_c, search_with_numpy])


def optima():
    lines = (ROOT / "tests" / "data" / "optima.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        marks = [pytest.mark.slow] if row["valid_tilings"] > 1.2e5 else []
        if row["valid_tilings"] < 6e6:
            yield pytest.param(row, id=row["name"], marks=marks)


@SEARCHES
@pytest.mark.parametrize("row", list(optima()))
def test_published_optima(row, search):
    padded = row["padded_input"]
    layer = {
        "kind": row["kind"],
        "bounds": row["bounds"],
        "stride": [row["stride"]] * 2,
        "dilation": [1, 1],
        "padded_input": None if padded is None else [padded] * 2,
    }
    best = search(Problem(layer, DEFAULT))
    assert best.tilings == row["valid_tilings"]
    assert (best.energy, best.latency) == (row["energy_pj"], row["latency_cycles"])
    assert best.edp == pytest.approx(row["edp"], rel=1e-15)


def records(layer, arch):
    """A layer and an architecture as in a result file."""
    energy = vars(arch.energy)
    shape = {
        "kind": str(layer.kind),
        "bounds": layer.bounds,
        "stride": list(layer.stride),
        "dilation": list(layer.dilation),
        "padded_input": layer.padded_input and list(layer.padded_input),
    }
    return shape, {**vars(arch), "energy": dict(energy)}


@SEARCHES
@settings(max_examples=40)
@given(data=st.data())
def test_equals_brute_force_over_all_orders(data, search):
    """Two implementations of one model, one with partial reuse and one without."""
    layer, arch = data.draw(layers()), data.draw(architectures())
    limits = data.draw(st.just(Constraints()) | constraints() | pins(layer))
    reference = brute_force(layer, arch, limits)
    problem = Problem(*records(layer, arch), limits.texts)
    # What is stationary is no option of the search in C, which is not asked for it.
    best = (search if is_any_kept(problem) else search_with_numpy)(problem)
    assert best.tilings == reference.valid_tilings
    assert [best.value(o) for o in OBJECTIVES] == [reference.value(o) for o in OBJECTIVES]


@given(st.data())
def test_recomputed_cost_of_any_mapping(data):
    layer = data.draw(layers())
    mapping, arch = data.draw(mappings(layer)), data.draw(architectures())
    cost = evaluate(mapping, arch)
    problem = Problem(*records(layer, arch))
    assert exhaustive.mapping_cost(problem, mapping.tiling, mapping.loop_order) == {
        "energy": cost.energy_pj,
        "latency": cost.latency_cycles,
        "edp": cost.edp,
    }


GEMM = {
    "kind": "gemm",
    "bounds": {"X": 4, "Y": 6, "K": 5},
    "stride": [1, 1],
    "dilation": [1, 1],
    "padded_input": None,
}


def true_result():
    """A result file with the optimum EDP of a small layer, found by trying all orders."""
    layer = Layer.gemm("gemm", GEMM["bounds"])
    best = brute_force(layer, Architecture()).edp
    orders = [stationary_order(layer, x) for x in "OIW"]
    found = [
        Mapping.from_tiling(layer, best.tiling, {"DRAM": dram, "SPM": spm})
        for dram, spm in product(orders, orders)
    ]
    mapping = min(found, key=lambda m: evaluate(m, Architecture()).edp)
    cost = evaluate(mapping, Architecture())
    assert cost.edp == best.value
    record = {
        **GEMM,
        "name": "gemm",
        "objective": "edp",
        "status": "optimal",
        "tiling": mapping.tiling,
        "loop_order": mapping.loop_order,
        "energy_pj": cost.energy_pj,
        "latency_cycles": cost.latency_cycles,
        "edp": cost.edp,
        "value": cost.edp,
        "bound": cost.edp,
    }
    return {"schema": "dmaze-cp/result/1", "architecture": DEFAULT, "layers": [record]}


def run(tmp_path, capsys, result, *options):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(result))
    return exhaustive.main([str(path), *options]), capsys.readouterr().out


def test_a_true_result_agrees(tmp_path, capsys):
    code, out = run(tmp_path, capsys, true_result())
    assert code == 0
    assert "gemm (edp): agrees" in out
    assert "1 spaces tried in full, 0 records disagree" in out


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"bound": 10**12}, "is above the best cost"),
        ({"value": 1, "bound": 1}, "is below the best cost"),
        ({"energy_pj": 5}, "energy of the mapping is"),
        ({"status": "infeasible"}, "reported infeasible"),
    ],
)
def test_a_false_claim_is_found(tmp_path, capsys, change, complaint):
    result = true_result()
    result["layers"][0].update(change)
    code, out = run(tmp_path, capsys, result)
    assert code == 1
    assert "DISAGREES" in out
    assert complaint in out


def worse_result():
    """An honest cost of a mapping that is not the best, called optimal."""
    result = true_result()
    record = result["layers"][0]
    record["tiling"] = {
        "DRAM": GEMM["bounds"],
        **{level: dict.fromkeys("XYK", 1) for level in ("SPM", "RF", "PE")},
    }
    problem = exhaustive.Problem({name: record[name] for name in GEMM}, DEFAULT)
    own = exhaustive.mapping_cost(problem, record["tiling"], record["loop_order"])
    record |= {"energy_pj": own["energy"], "latency_cycles": own["latency"], "edp": own["edp"]}
    record |= {"value": own["edp"], "bound": 0}
    return result


def test_a_worse_mapping_is_feasible_but_not_optimal(tmp_path, capsys):
    result = worse_result()
    code, out = run(tmp_path, capsys, result)
    assert code == 1
    assert "reported as optimal" in out
    result["layers"][0]["status"] = "feasible"
    assert run(tmp_path, capsys, result)[0] == 0


def test_broken_tilings_and_limits_are_found(tmp_path, capsys):
    result = true_result()
    broken = copy.deepcopy(result)
    broken["layers"][0]["tiling"]["DRAM"]["X"] *= 2
    assert "do not multiply up" in run(tmp_path, capsys, broken)[1]
    tiny = copy.deepcopy(result)
    tiny["architecture"] = {**DEFAULT, "rf_bytes": 4}
    assert "does not fit" in run(tmp_path, capsys, tiny)[1]
    for pin, complaint in (
        ("util.PE>=0.2", "does not fit"),
        ("DRAM.X=1", "breaks a pin on X"),
        ("stationary.DRAM=none", "breaks a pin on what is stationary at DRAM"),
    ):
        limited = worse_result()
        limited["layers"][0]["constraints"] = [pin]
        assert complaint in run(tmp_path, capsys, limited)[1]


def test_large_spaces_are_skipped_but_the_cost_is_checked(tmp_path, capsys):
    result = true_result()
    code, out = run(tmp_path, capsys, result, "--max-tilings", "10")
    assert code == 0
    assert "skipped" in out
    result["layers"][0]["latency_cycles"] += 1
    assert run(tmp_path, capsys, result, "--max-tilings", "10")[0] == 1


def test_it_runs_alone_and_refuses_other_files(tmp_path):
    """As a script, without the package on its path."""
    (tmp_path / "result.json").write_text(json.dumps(true_result()))
    (tmp_path / "other.json").write_text('{"schema": "else"}')
    script = str(ROOT / "benchmarks" / "exhaustive.py")
    for name, code in (("result.json", 0), ("other.json", 2), ("missing.json", 2)):
        command = [sys.executable, script, str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == code
        assert "Traceback" not in done.stderr
    source = "".join(path.read_text() for path in (ROOT / "benchmarks").glob("exhaustive*.py"))
    assert "import dmaze_cp" not in source
    assert "from dmaze_cp" not in source
