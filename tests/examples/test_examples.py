"""The scripts in examples/ run as they are and print what is true."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from dmaze_cp import load_workload
from tests.kit.scripts import ROOT, run_script

SCRIPTS = {path.name for path in (ROOT / "examples").glob("*.py")}


def run(name: str, folder: Path) -> str:
    done = run_script(f"examples/{name}", folder)
    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == []
    return done.stdout


def test_each_script_has_a_test():
    tested = {"map_one_layer.py", "map_onnx_network.py", "compare_architectures.py"}
    assert (
        tested
        | {"memory_tuning.py", "per_dataflow.py", "pick_a_chip.py", "tradeoff.py", "what_binds.py"}
        == SCRIPTS
    )


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
    """Its batch is the file's own unless one is given, which an open one needs."""
    for name, rows in (("fixed", 3), ("open", "batch")):
        data = helper.make_tensor_value_info("data", TensorProto.FLOAT, [rows, 8])
        weights = helper.make_tensor("weights", TensorProto.FLOAT, [8, 4], [0.5] * 32)
        scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [rows, 4])
        product = helper.make_node("MatMul", ["data", "weights"], ["scores"], "product")
        graph = helper.make_graph([product], name, [data], [scores], [weights])
        onnx.save(helper.make_model(graph), tmp_path / f"{name}.onnx")
    for words, macs in (
        (["fixed.onnx"], 3 * 4 * 8),
        (["open.onnx", "--batch", 2], 2 * 4 * 8),
        (["open.onnx", "--shape", "batch=5"], 5 * 4 * 8),
    ):
        done = run_script("examples/map_onnx_network.py", tmp_path, *words)
        assert done.returncode == 0, done.stderr
        assert f": 1 layers, {macs} MACs" in done.stdout
        assert "product: optimal, " in done.stdout


@pytest.mark.parametrize("words", [["missing.onnx"], ["--batch", "0"]], ids=str)
def test_map_onnx_network_names_what_is_wrong(tmp_path, words):
    done = run_script("examples/map_onnx_network.py", tmp_path, *words)
    assert done.returncode == 1
    assert words[0] in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_compare_architectures(tmp_path):
    out = run("compare_architectures.py", tmp_path)
    rows = [line for line in out.splitlines() if line.endswith("optimal")]
    layers = [load_workload("mobilenetv2")[name].name for name in ("block15.depthwise", "fc")]
    assert [row.split()[0] for row in rows] == [name for name in layers for _ in range(2)]
    for row in rows:
        energy, cycles, edp = re.search(r"([\d,]+) +([\d,]+) +(\S+) +optimal$", row).groups()
        product = int(energy.replace(",", "")) * int(cycles.replace(",", ""))
        assert float(edp) == pytest.approx(product, rel=1e-3)


MEMORY_TUNING = "examples/memory_tuning.py"


def test_memory_tuning(tmp_path):
    designs = ("--param", "rf_bytes=128,1024", "--param", "spm_kb=128")
    layers = ("--layer", "conv5_1a", "--layer", "conv5_2a")
    done = run_script(MEMORY_TUNING, tmp_path, *designs, *layers, "--plots", "maps", "--jobs", 1)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 designs x 2 layers\n2 of 2 designs proven in ")
    assert "best design: spm_kb=128 rf_bytes=128 (proven)\n" in done.stdout
    median, worst = re.search(r"median ([\d.]+), worst ([\d.]+);", done.stdout).groups()
    assert median == worst
    assert float(worst) > 1
    table = re.findall(
        r"^(conv\w+) +(\d+)  spm_kb=128 (rf_bytes=\d+) +([\d.]+) x$", done.stdout, re.MULTILINE
    )
    # Both layers are best off where their sum is, so that a design for each saves nothing.
    best = ("rf_bytes=128", "1.00")
    assert table == [("conv5_1a", "1", *best), ("conv5_2a", "3", *best)]
    assert "would save 0.0% of the EDP" in done.stdout
    files = {f"{name}.{kind}" for name in ("heat-map", "layers") for kind in ("png", "svg")}
    assert {path.name for path in (tmp_path / "maps").iterdir()} >= files
    total, each = ((tmp_path / "maps" / f"{n}.svg").read_text() for n in ("heat-map", "layers"))
    assert f">{worst}<" in total
    assert all(f">{name}<" in each for name in ("conv5_1a", "conv5_2a"))


def test_memory_tuning_names_what_is_wrong(tmp_path):
    done = run_script(MEMORY_TUNING, tmp_path, "--param", "rf_bytes=none")
    assert done.returncode == 1
    assert "rf_bytes" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_pick_a_chip(tmp_path):
    """Areas by hand: the default model's figures for a PE, a byte of each memory, the rest."""
    designs = ("pes=64,128", "rf_bytes=64,128", "spm_kb=32")
    options = [option for text in designs for option in ("--param", text)]
    options += ["--layer", "block15.depthwise", "--layer", "encoder.attention_scores"]
    budgets = ("--area-budget", 5, "--larger-budget", 8, "--jobs", 1)
    done = run_script("examples/pick_a_chip.py", tmp_path, *options, *budgets)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
    weights, *parts = re.split(r"^(?:at most \d+ mm2|runner-up)$", done.stdout, flags=re.MULTILINE)
    assert 1 in map(int, re.findall(r"=(\d+)", weights))
    bests = []
    for limit, part in zip((5, 5, 8), parts, strict=True):
        best = re.search(r"best design: (.*) \(([\d.]+) mm2\)", part)
        values = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", best[1])}
        area = values["pes"] * (0.02 + 60e-6 * values["rf_bytes"]) + 15e-6 * 1024 * 32 + 2.07
        assert float(best[2]) == pytest.approx(area, abs=0.0051)
        assert area <= limit
        assert "proven: no design of the space is better" in part
        bests.append(values)
    # 64 PEs are what 5 mm2 have room for, with either RF.
    assert [values["pes"] for values in bests] == [64, 64, 128]
    assert bests[0] != bests[1]
    ratio = re.search(r"it costs ([\d.]+) x as much EDP as the best design", parts[1])
    assert float(ratio[1]) >= 1
    assert float(re.search(r"larger budget saves ([\d.]+)% of the EDP", parts[2])[1]) > 0


def test_what_binds(tmp_path):
    words = ("bert_base", "encoder.attention_context", "--plots", "plots")
    done = run_script("examples/what_binds.py", tmp_path, *words)
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert ": optimal, " in first
    moved = [float(line.split("%")[0].split()[-1]) for line in lines if line.endswith(" proven")]
    assert moved == sorted(moved, key=lambda each: -abs(each))
    assert len(moved) == 10
    assert sum("same mapping for" in line for line in lines) == 5
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"tornado.png", "tornado.svg"}


def test_tradeoff(tmp_path):
    words = ("mobilenetv2", "block12.depthwise", "--plots", "plots")
    done = run_script("examples/tradeoff.py", tmp_path, *words)
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first == "block12.depthwise: complete, 2 points"
    cycles = [int(line.split()[0].replace(",", "")) for line in lines[:2]]
    assert cycles == sorted(cycles)
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"front-0.png", "front-0.svg"}


def test_per_dataflow(tmp_path):
    done = run_script("examples/per_dataflow.py", tmp_path, "plots")
    assert done.returncode == 0, done.stderr
    assert "block12.project on default: optimal, " in done.stdout
    assert "16 of 16 proven" in done.stdout
    ratios = [float(found) for found in re.findall(r"x([\d.]+)", done.stdout)]
    assert min(ratios) == 1
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    assert names == {"per-dataflow.png", "per-dataflow.svg"}
