"""What a sweep says it has proven: among which designs, and within which limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.constraints import Constraints, rules_for
from dmaze_cp.dse.design import Budgets, Sample
from dmaze_cp.dse.result import PointStatus, SweepResult
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_limits import limits_of, proof_text, rounded_percent, tie_facts
from dmaze_cp.report.words import rule_texts
from tests.kit.sweeps import SPACE, sample_sweep, sweep_text


def unlimited(**options: object) -> SweepResult:
    return replace(sample_sweep(**options), budgets=Budgets())  # type: ignore[arg-type]


def constrained(result: SweepResult, constraints: Constraints) -> SweepResult:
    """The same sweep, as if its searches had been limited."""
    return replace(result, constraints=rules_for(constraints))


def test_without_limits_the_proof_is_of_the_whole_space():
    result = unlimited()
    assert limits_of(result) == ()
    assert proof_text(Sweep(result)) == "proven: no design of the space is better"
    assert "limits " not in sweep_text(result)


def test_budgets_and_limits_on_the_map_space_are_named():
    result = replace(unlimited(), budgets=Budgets(area_mm2=8, power_mw=165.5))
    result = constrained(result, Constraints.parse("util.PE>=0.9", "spatial=O"))
    assert limits_of(result) == (
        "area at most 8 mm2",
        "power at most 165.5 mW",
        "spatial=O",
        "util.PE>=0.9",
    )
    assert proof_text(Sweep(result)) == "proven: no design of the space within the limits is better"
    text = " ".join(sweep_text(result).split())
    assert ", ".join(limits_of(result)) in text


def test_a_sample_is_no_proof_for_the_space():
    result = unlimited(space=replace(SPACE, sample=Sample(4, 7)))
    text = proof_text(Sweep(result))
    assert text == "proven: no design of the 4 points that were drawn is better"
    assert "points drawn" in sweep_text(result)
    record = sweep_record(result)
    assert (record["size"], record["drawn"]) == (6, 4)
    assert sweep_record(unlimited())["drawn"] is None


def test_what_is_open_is_never_rounded_down():
    result = unlimited(statuses=(PointStatus.FEASIBLE,))
    sweep = Sweep(result)
    best = sweep.point(result.best).value
    stated = float(proof_text(sweep).split(" by more than ")[1].removesuffix(" %")) / 100
    assert stated >= 1 - sweep.least_bound / best - 1e-12


@given(st.floats(1e-4, 50), st.booleans())
def test_percents_err_to_the_safe_side(fraction, up):
    stated = float(rounded_percent(fraction, up=up).removesuffix(" %")) / 100
    assert stated == pytest.approx(fraction, rel=0.0101)
    assert stated >= fraction * (1 - 1e-12) if up else stated <= fraction * (1 + 1e-12)


def test_limits_in_words():
    limits = Constraints.of_options(min_rf_utilization=0.125, no_feature_dram=True)
    assert rule_texts(rules_for(limits)) == ("DRAM.Fx=1", "DRAM.Fy=1", "util.RF>=0.125")


def test_a_design_that_cannot_be_mapped_has_no_bound():
    result = sample_sweep(statuses=(PointStatus.OPTIMAL, PointStatus.INFEASIBLE))
    # Engines may leave the bound of what they knew before.
    points = tuple(replace(p, bound=1.0) if p.value is None else p for p in result.points)
    for point in sweep_record(replace(result, points=points))["points"]:
        assert (point["bound"] is None) is (point["status"] == "infeasible")


def test_ties_are_named_and_counted():
    result = unlimited()
    others = [p for p in range(len(result.points)) if p != result.best]
    assert "tie" not in sweep_text(result)
    tied = replace(result, ties=tuple(others[:2]), may_tie=tuple(others[2:3]))
    facts = dict(tie_facts(Sweep(tied)))
    for position in others[:2]:
        assert Sweep(tied).label(position) in facts["ties"]
    assert facts["ties"].startswith("2 other designs")
    assert facts["may tie"].startswith("1 design ")
    text = " ".join(sweep_text(tied).split())
    assert all(fact in text for fact in facts.values())
    record = sweep_record(tied)
    indices = [tied.points[p].design.index for p in others]
    assert (record["best_ties"], record["best_may_tie"]) == (indices[:2], indices[2:3])


def test_of_many_ties_the_first_are_named():
    result = unlimited()
    many = replace(result, ties=(1,) * 8)
    assert dict(tie_facts(Sweep(many)))["ties"].endswith("3 more")
