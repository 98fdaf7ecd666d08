"""What is said of why a design wins is true."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.rivals import nearer_than, rivals_of
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.objective import Objective
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_why import explanation
from tests.kit.samples import DEPTHWISE, GEMM
from tests.kit.sweeps import sample_sweep, sweep_text, sweeps, weighted


@given(sweeps())
@settings(max_examples=20, deadline=None)
def test_the_change_of_the_objective_is_that_of_the_values(result):
    sweep = Sweep(result)
    for rival in rivals_of(sweep):
        text = explanation(sweep, rival)
        if result.objective is not Objective.EDP or rival.figures is None:
            assert "EDP" not in text
            continue
        ratio = sweep.point(result.best).value / sweep.point(rival.position).value
        stated = re.search(r"EDP ([\d.]+) % (less|more)", text)
        if stated is None:
            assert "EDP about the same" in text or "<0.01 %" in text or ">99.99 %" in text
            continue
        assert (stated[2] == "less") is (ratio < 1)
        assert float(stated[1]) / 100 == pytest.approx(abs(1 - ratio), rel=0.006)


def test_the_layers_that_make_the_difference_are_named():
    result = sample_sweep(networks=[weighted("one", 2.0, GEMM), weighted("two", 1.0, DEPTHWISE)])
    sweep = Sweep(result)
    (rival, *_) = rivals_of(sweep)
    text = explanation(sweep, rival)
    for network, weight in (("one", 2), ("two", 1)):
        named = re.search(rf"{network}/\w+ ([-+])([\d.e]+)", text)
        if named is None:
            continue
        mine, other = (
            sweep.network_value(p, network) * weight for p in (result.best, rival.position)
        )
        difference = sweep.unit.amount(mine - other)
        assert float(named[1] + named[2]) == pytest.approx(difference, rel=1e-3)
    assert "one/" in text or "two/" in text


def test_skipped_designs_may_come_nearer_than_the_runner_up():
    result = sample_sweep()
    order = sorted(range(len(result.points)), key=lambda k: result.points[k].value)
    best, runner_up, *rest = order
    values = [p.value for p in result.points]
    points = list(result.points)
    bounds = (values[best], values[runner_up], values[best] * 1.001)
    for k, bound in zip(rest, bounds, strict=False):
        points[k] = replace(points[k], status=PointStatus.SKIPPED, bound=bound, reason="bound")
    for k in rest[3:]:
        points[k] = replace(points[k], status=PointStatus.INFEASIBLE, bound=0.0)
    result = replace(result, points=tuple(points))
    sweep = Sweep(result)
    expected = sum(points[k].bound < values[runner_up] for k in rest[:3])
    assert nearer_than(sweep, rivals_of(sweep)[0]) == expected == 2
    text = " ".join(sweep_text(result).split())
    assert "2 designs that were skipped or not finished may come nearer" in text
    assert "may come nearer" not in sweep_text(sample_sweep())


def test_the_base_is_named_in_the_file():
    parameters = (Parameter("rf_bytes", (128, 512)), Parameter("spm_kb", (64, 128)))
    record = sweep_record(sample_sweep(DesignSpace("with base", parameters=parameters)))
    base = next(p for p in record["points"] if p["index"] == record["base_design"])
    assert base["parameters"] == {"rf_bytes": 512, "spm_kb": 128}
    assert sweep_record(sample_sweep())["base_design"] is None


@pytest.mark.parametrize("bare", [0, 1])
def test_without_layers_the_change_is_that_of_the_sums(bare):
    result = sample_sweep()
    best = result.best
    (rival, *_) = rivals_of(Sweep(result))
    gone = (best, rival.position)[bare]
    points = [
        replace(p, networks=tuple(replace(n, layers=()) for n in p.networks)) if k == gone else p
        for k, p in enumerate(result.points)
    ]
    sweep = Sweep(replace(result, points=tuple(points)))
    whole = explanation(Sweep(result), rival)
    change = re.search(r"EDP [0-9.e]+ % less", whole)
    assert change is not None
    assert change[0] in explanation(sweep, rival)
    assert change[0] + " (" not in explanation(sweep, rival)
