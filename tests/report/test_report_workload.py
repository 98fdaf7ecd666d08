"""The list of a model's layers."""

from __future__ import annotations

import io

from dmaze_cp.report import workload as report
from dmaze_cp.report.console import make_console
from dmaze_cp.report.terminal import print_blocks
from dmaze_cp.report.workload import workload_blocks
from dmaze_cp.workload import Layer, Workload


def printed(layers: int) -> str:
    made = [Layer.gemm(f"l{i}", {"X": i, "Y": 2, "K": 3}) for i in range(1, layers + 1)]
    stream = io.StringIO()
    print_blocks(make_console(stream, width=80), workload_blocks(Workload("net", tuple(made))))
    return stream.getvalue()


def test_a_long_list_is_lines_with_tabs(monkeypatch) -> None:
    monkeypatch.setattr(report, "MAX_TABLE_ROWS", 3)
    assert "\t" not in printed(3)
    lines = printed(4).splitlines()
    assert lines[1].split("\t") == ["#", "layer", "kind", "bounds", "stride", "count", "MACs each"]
    assert [line.split("\t")[:4] for line in lines[2:6]] == [
        [str(i), f"l{i + 1}", "gemm", f"X={i + 1} Y=2 K=3"] for i in range(4)
    ]
    assert "4 distinct layers, 4 in all" in lines[7]
