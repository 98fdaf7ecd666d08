"""The scripts in examples/ run as they are and print what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dmaze_cp import load_workload
from tests.scripts import ROOT, run_script

SCRIPTS = {path.name for path in (ROOT / "examples").glob("*.py")}


def run(name: str, folder: Path) -> str:
    done = run_script(f"examples/{name}", folder)
    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == []
    return done.stdout


def test_each_script_has_a_test():
    assert {"map_one_layer.py", "map_onnx_network.py", "compare_architectures.py"} == SCRIPTS


def test_map_one_layer(tmp_path):
    out = run("map_one_layer.py", tmp_path)
    # The optimum of this layer is known, from an exhaustive search.
    assert "conv4: optimal, gap 0.00%" in out
    assert "EDP     433,742,904,058,112 pJ x cycles, proven to be at least" in out
    costs = re.findall(r"^(?:energy|latency) +([\d,]+) (?:pJ|cycles)$", out, re.MULTILINE)
    energy, cycles = (int(found.replace(",", "")) for found in costs)
    assert energy * cycles == 433_742_904_058_112
    shares = [float(found) for found in re.findall(r"^  \w+ +([\d.]+)%$", out, re.MULTILINE)]
    assert sum(shares) == pytest.approx(100, abs=0.3)
    factors = [int(found) for found in re.findall(r"': (\d+)", out)]
    product = 1
    for factor in factors:
        product *= factor
    assert product == 256 * 256 * 14 * 14 * 3 * 3
    assert "fits: True" in out
    assert float(re.search(r"([\d.]+) x the EDP", out)[1]) > 1


def test_map_onnx_network(tmp_path):
    out = run("map_onnx_network.py", tmp_path)
    # 16 and 32 filters on 16 x 16 outputs for a batch of 4, and a 4 x 32 x 10 product.
    macs = 4 * 256 * (16 * 3 * 9 + 32 * 16 * 9) + 4 * 32 * 10
    assert f"small: 3 layers, {macs:,} MACs" in out
    assert "not mapped: Relu relu1 (element-wise)" in out
    optima = re.findall(r"^  (\w+): optimal, ([\d,]+) pJ x cycles$", out, re.MULTILINE)
    # As they are found: the hardest is searched first.
    assert sorted(name for name, _ in optima) == ["classifier", "conv1", "conv2"]
    total, bound = re.search(
        r"^sum of EDPs ([\d,]+) .* at least ([\d,]+)$", out, re.MULTILINE
    ).groups()
    assert sum(int(value.replace(",", "")) for _, value in optima) == int(total.replace(",", ""))
    assert total == bound


def test_map_onnx_network_of_the_user(tmp_path):
    done = run_script("examples/map_onnx_network.py", tmp_path, "missing.onnx")
    assert done.returncode == 1
    assert "missing.onnx" in done.stderr


def test_compare_architectures(tmp_path):
    out = run("compare_architectures.py", tmp_path)
    rows = [line for line in out.splitlines() if line.endswith("optimal")]
    layers = [load_workload("mobilenetv2")[name].name for name in ("block15.depthwise", "fc")]
    assert [row.split()[0] for row in rows] == [name for name in layers for _ in range(2)]
    for row in rows:
        energy, cycles, edp = re.search(r"([\d,]+) +([\d,]+) +(\S+) +optimal$", row).groups()
        product = int(energy.replace(",", "")) * int(cycles.replace(",", ""))
        assert float(edp) == pytest.approx(product, rel=1e-3)
