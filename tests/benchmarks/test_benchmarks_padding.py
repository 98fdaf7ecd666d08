"""The benchmark of padding: what it calls wrong, and a short run."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from dmaze_cp import Architecture, Layer, Status, map_layer
from tests.kit.scripts import run_script

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import padding as script

NETWORK = "name: one\nlayers:\n  - {name: a, kind: gemm, bounds: {X: 7, Y: 13, K: 16}}\n"
CHIP = Architecture(pes=4, rf_bytes=16, spm_banks=4, spm_bank_bytes=64)


def pair() -> script.Pair:
    layer = Layer.gemm("a", {"X": 7, "Y": 13, "K": 16}, instances=2)
    found = [map_layer(layer, CHIP, engine="bounds", padding=p) for p in (None, "auto")]
    return script.Pair(*found)


def test_what_is_wrong_is_said():
    good = pair()
    assert script.complaints([good]) == []
    swapped = script.Pair(good.padded, good.without)
    assert script.complaints([swapped]) == ["a: padding makes it cost more"]
    slow = replace(good.padded, solve_time_s=31.0, status=Status.FEASIBLE)
    (one, two) = script.complaints([script.Pair(good.without, slow)])
    assert one.endswith("feasible")
    assert two.endswith("31.0 s")


def test_rows_have_a_cell_for_each_column():
    found = [pair()]
    assert len(script.row("chip", "one", found)) == len(script.HEAD)
    assert len(script.table_row("chip", found)) == len(script.TABLE_HEAD)
    assert script.total([found[0].padded]) == 2 * (found[0].padded.value or 0)


def test_a_short_run(tmp_path):
    (tmp_path / "one.yaml").write_text(NETWORK)
    options = ("--models", "one.yaml", "--archs", "gemmini", "edge", "--engine", "bounds")
    done = run_script("benchmarks/padding.py", tmp_path, *options, "--markdown", "out.md")
    assert "| gemmini" in done.stdout
    assert "1/1 and 1/1" in (tmp_path / "out.md").read_text()
