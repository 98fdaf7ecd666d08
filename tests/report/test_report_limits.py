"""A proof within limits says so, wherever it is told."""

from __future__ import annotations

import dmaze_cp as dm
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format

LAYER = dm.Layer.gemm("fc", {"X": 8, "Y": 16, "K": 32})
LIMITS = dm.Constraints.of_options(min_pe_utilization=0.25, no_spatial_reduction=True)


def report(form: Format, limits: dm.Constraints) -> str:
    workload, arch = dm.Workload("net", (LAYER,)), dm.load_architecture("default")
    return render([dm.map_workload(workload, arch, jobs=1, constraints=limits)], form)


def test_within_limits():
    text = report(Format.TABLE, LIMITS)
    assert "proven: no mapping within the limits costs less" in text
    assert "  limit spatial=O\n  limit util.PE>=0.25\n" in text
    for form in (Format.TABLE, Format.MARKDOWN):
        (line,) = [x for x in report(form, LIMITS).splitlines() if "within limits" in x]
        assert "spatial=O, util.PE>=0.25" in line.replace("\\", "")


def test_without_limits():
    for form in (Format.TABLE, Format.MARKDOWN):
        assert "limit" not in report(form, dm.Constraints())
    assert "proven: no mapping costs less" in report(Format.TABLE, dm.Constraints())
