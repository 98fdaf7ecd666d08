"""Benchmarks: statistics against hand-made rows, and short runs of each script."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmaze_cp import Architecture, Mapping, evaluate
from dmaze_cp.cost.batch import BatchCost
from dmaze_cp.mapping import stationary_order
from dmaze_cp.mapspace import build, mapping_at, tilings_count
from tests.kit.scripts import run_script

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import bench_reference  # noqa: E402 - scripts, not a package
import bench_scoring  # noqa: E402
import bench_summary  # noqa: E402
import bench_tasks  # noqa: E402
import growth  # noqa: E402
import run as benchmark  # noqa: E402

SMALLEST = "transformer/decoder.layers.0.self_attn.qkT"


def script(name: str, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run_script(f"benchmarks/{name}", folder, *arguments)


def row(name: str, value: int, **changes: object) -> bench_tasks.Row:
    base = bench_tasks.Row(
        name=name,
        kind="gemm",
        objective="edp",
        engine="auto",
        status="optimal",
        energy_pj=value,
        latency_cycles=1,
        value=value,
        bound=value,
        gap=0.0,
        tilings=1000,
        total_s=1.0,
        bound_s=0.5,
        build_s=0.25,
        solve_s=0.125,
        rescore_s=0.0,
        candidates=1,
        cp_calls=1,
    )
    return replace(base, **changes)


def reference_layer():
    return bench_tasks.model_layers(["resnet18_batch4"], "conv5_2a")[0][1]


def test_reference_mappings_are_complete():
    assert reference_layer().bounds == bench_reference.BOUNDS
    blocks = bench_reference.random_blocks(3000)
    assert sum(block.size for block in blocks) == 3000
    # Conv loops at both levels leave each of nine pairs possible.
    assert len({(block.dram, block.spm) for block in blocks}) >= 9
    for block in blocks:
        for d, bound in bench_reference.BOUNDS.items():
            factors = [block.tiling[level][d] for level in bench_reference.LEVELS]
            assert (np.prod(factors, axis=0) == bound).all()


def test_reference_scores_what_the_scalar_model_scores():
    layer, arch = reference_layer(), Architecture()
    for block in bench_reference.random_blocks(300, seed=1):
        energy, latency, edp = bench_reference.score(block)
        tiling = {
            level: {d: int(column[0]) for d, column in factors.items()}
            for level, factors in block.tiling.items()
        }
        orders = {
            "DRAM": stationary_order(layer, block.dram),
            "SPM": stationary_order(layer, block.spm),
        }
        exact = evaluate(Mapping.from_tiling(layer, tiling, orders), arch)
        assert (int(energy[0]), int(latency[0])) == (exact.energy_pj, exact.latency_cycles)
        assert edp[0] == pytest.approx(exact.edp, rel=1e-15)


def test_the_reference_uses_nothing_of_the_package():
    assert "dmaze_cp" not in (ROOT / "benchmarks" / "bench_reference.py").read_text()


def test_scored_mappings_are_distinct_and_complete():
    space = build(bench_scoring.conv_layer(), Architecture())
    batches = bench_scoring.random_batches(space, 3000)
    picked = np.concatenate([np.stack(batch.picked) for batch in batches], axis=1)
    assert np.unique(picked, axis=1).shape == (5, 3000)
    assert len({batch.model for batch in batches}) >= 9


def test_scored_mappings_cost_what_the_scalar_model_says():
    space = build(bench_scoring.conv_layer(), Architecture())
    for batch in bench_scoring.random_batches(space, 300, seed=1):
        cost = BatchCost(space.table, batch.model, batch.picked)
        options = [int(option[0]) for option in batch.picked]
        mappings = [mapping_at(space, options, flow) for flow in space.dataflows]
        exact = [evaluate(mapping, Architecture()) for mapping in mappings]
        known = {(one.energy_pj, one.latency_cycles) for one in exact}
        assert (int(cost.energy_pj[0]), int(cost.latency_cycles[0])) in known


def test_statistics_of_seconds():
    rows = [row("a", 1, total_s=float(seconds)) for seconds in range(1, 101)]
    times = bench_summary.times(rows)
    assert (times.total, times.median, times.largest) == (5050, 50.5, 100)
    assert times.percentile_95 == pytest.approx(95.05)
    phases = bench_summary.phase_totals(rows)
    assert phases == {
        "bound_s": 50,
        "build_s": 25,
        "solve_s": 12.5,
        "rescore_s": 0,
        "other_s": 5050 - 87.5,
    }


def test_comparison_with_dmazerunner():
    optima = [{"name": n, "dmazerunner": {"edp": edp}} for n, edp in (("a", 100), ("b", 400))]
    rows = [row("a", 100), row("b", 200), row("b", 7, objective="energy"), row("c", 5)]
    comparison = bench_summary.compare_with_dmazerunner(rows, optima)
    assert comparison.ratios == {"a": 1, "b": 2}
    assert comparison.mean == 1.5
    assert comparison.geometric_mean == pytest.approx(2**0.5)
    assert comparison.worst == ("b", 2)
    assert comparison.improved == 1


def test_contradictions_with_known_optima_are_found():
    optima = [{"name": "a", "edp": 100.0, "energy_pj": 10.0, "latency_cycles": 5.0}]
    assert bench_summary.differences_from_optima([row("a", 100), row("b", 1)], optima) == []
    worse = row("a", 110, bound=90)
    assert "called optimal" in bench_summary.differences_from_optima([worse], optima)[0]
    feasible = replace(worse, status="feasible")
    assert bench_summary.differences_from_optima([feasible], optima) == []
    above = replace(feasible, bound=105)
    assert "above the best" in bench_summary.differences_from_optima([above], optima)[0]
    energy = row("a", 10, objective="energy")
    assert bench_summary.differences_from_optima([energy], optima) == []


def test_layers_are_chosen_by_model_and_glob():
    chosen = bench_tasks.model_layers(["resnet18", "vgg16"], "conv5_1*")
    assert [(model, layer.name) for model, layer in chosen] == [
        ("resnet18", "conv5_1a"),
        ("resnet18", "conv5_1b"),
        ("resnet18", "conv5_1_shortcut"),
        ("vgg16", "conv5_1"),
    ]
    optima = bench_tasks.optima_layers("*")
    assert len(optima) == len(bench_tasks.optima_rows()) == 22


def test_a_run_finds_the_known_optimum_and_reports_it(tmp_path):
    out, table = tmp_path / "out.json", tmp_path / "table.md"
    arguments = ["--compare-dmazerunner", "--layers", SMALLEST, "--reference-mappings", 20_000]
    arguments += ["-o", out, "--markdown", table, "--engine", "cp-sat"]
    done = script("run.py", tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    (only,) = found["rows"]
    assert (only["name"], only["value"], only["status"]) == (SMALLEST, 3_530_006_208, "optimal")
    assert only["engine"] == "cp-sat"
    assert only["tilings"] == tilings_count(bench_tasks.optima_layers(SMALLEST)[0][1])
    phases = sum(only[phase] for phase in bench_summary.PHASES)
    assert 0 < phases <= only["total_s"]
    ratio = found["dmazerunner_edp_ratio"]
    assert ratio["mean"] == ratio["worst"] == pytest.approx(4_493_192_082 / 3_530_006_208)
    over = found["seconds_over_reference"]["total"]
    assert over == pytest.approx(only["total_s"] / found["reference_s"])
    assert "mean 1.273" in done.stdout
    assert f"| {SMALLEST} | edp | 1.34e+03 | optimal | 3,530,006,208" in table.read_text()
    assert "python benchmarks/run.py --compare-dmazerunner" in table.read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--models", "resnet19"], 1, "resnet18"),
        (["--models", "resnet18", "--layers", "nothing*"], 1, "found no layer"),
        (["--compare-dmazerunner", "--objective", "energy"], 2, "compares EDPs"),
    ],
)
def test_wrong_requests_are_refused(capsys, arguments, code, message):
    try:
        returned = benchmark.main(arguments)
    except SystemExit as end:
        returned = end.code
    assert returned == code
    assert message in capsys.readouterr().err


def test_scoring_speed_is_measured_for_each_kind(tmp_path):
    done = script("cost_model.py", tmp_path, "--count", 2000, "--target", 1)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [line[1] for line in lines] == ["conv", "depthwise", "gemm"]
    assert all(float(line[3].replace(",", "")) > 0 for line in lines)
    assert script("cost_model.py", tmp_path, "--count", 2000, "--target", 1e15).returncode == 1


def test_random_layers_are_spread_over_the_decades():
    layers = growth.random_layers(3, 12, 3, seed=5)
    decades = [int(np.log10(tilings_count(layer))) for layer in layers]
    assert decades == [decade for decade in range(3, 12) for _ in range(3)]
    assert len({layer.name for layer in layers}) == 27
    assert {str(layer.kind) for layer in layers} == {"conv", "depthwise", "gemm"}
    assert layers == growth.random_layers(3, 12, 3, seed=5)
    assert layers != growth.random_layers(3, 12, 3, seed=6)


def test_the_exponent_is_fitted():
    sizes = [10.0**k for k in range(3, 13)]
    fit = growth.fit(sizes, [0.02 * size**0.3 for size in sizes])
    assert fit.exponent == pytest.approx(0.3)
    assert fit.factor == pytest.approx(0.02)


def test_growth_writes_its_points(tmp_path):
    arguments = ["--decades", 3, 5, "--per-decade", 1, "--csv", "points.csv", "--no-plot"]
    done = script("growth.py", tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    points = list(csv.DictReader((tmp_path / "points.csv").open()))
    assert [int(np.log10(int(point["tilings"]))) for point in points] == [3, 4]
    sizes = [int(point["tilings"]) for point in points]
    fit = growth.fit(sizes, [float(point["total_s"]) for point in points])
    assert f"seconds ~ tilings^{fit.exponent:.3f}; 2 layers, 0 not proven" in done.stdout
