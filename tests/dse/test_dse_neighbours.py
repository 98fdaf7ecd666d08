"""What one design's answer says about another's: all of it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate
from dmaze_cp.dse import neighbours
from dmaze_cp.dse.design import Design
from dmaze_cp.dse.monotone import transferred_bound
from dmaze_cp.dse.neighbours import NEAREST, Neighbourhood
from dmaze_cp.dse.plan import Candidate, DesignInquiry
from dmaze_cp.engine import Engine
from dmaze_cp.mapper import map_layer
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.workload import Layer
from tests.dse.test_dse_competition import mapped
from tests.kit import strategies
from tests.kit.examples import examples

LAYER = Layer.gemm("g", {"X": 4, "Y": 3, "K": 4})


def inquiries(architectures, objective: Objective, layer: Layer = LAYER) -> list[DesignInquiry]:
    """An inquiry for each, with a design that waits for it."""
    made = []
    for position, arch in enumerate(architectures):
        inquiry = DesignInquiry(Question(layer, arch, objective))
        inquiry.candidates.append(Candidate(position, Design(position, {}, arch)))
        made.append(inquiry)
    return made


@st.composite
def related(draw: st.DrawFn) -> list[Architecture]:
    """Accelerators that differ from a first one in some figures, up or down."""
    first = draw(strategies.architectures())
    made = [first]
    for _ in range(draw(st.integers(1, 5))):
        changes: dict = {
            name: max(1, getattr(first, name) + draw(st.sampled_from((-2, -1, 0, 0, 0, 1))))
            for name in ("pes", "rf_bytes", "spm_banks", "spm_bank_bytes")
        }
        prices = {
            name: getattr(first.energy, name) * draw(st.sampled_from((0.5, 1.0, 1.0, 1.0, 1.5)))
            for name in ("rf_pj", "noc_pj", "spm_pj", "dram_pj", "mac_pj")
        }
        changes["energy"] = AccessEnergy(**prices)
        changes["leakage_mw"] = first.leakage_mw * draw(st.sampled_from((0.5, 1.0, 1.0, 1.5)))
        made.append(replace(first, **changes))
    return made


@given(related(), st.sampled_from(Objective), st.lists(st.integers(0, 3000), min_size=6))
@examples(20, 60)
def test_a_bound_reaches_all_that_it_says_something_about(archs, objective, bounds) -> None:
    """What is sorted out in doubles has nothing to learn."""
    asked = inquiries(archs, objective)
    for inquiry, bound in zip(asked, bounds, strict=False):
        # Any search proves that there is no less than the energy of the MACs.
        energy = inquiry.architecture.energy
        inquiry.raise_bound(bound + ceil(LAYER.macs * (energy.mac_pj + 4 * energy.rf_pj)))
    before = [inquiry.bound for inquiry in asked]
    raised = Neighbourhood(asked).pass_on(asked[0])
    expected = []
    for arch, bound in zip(archs, before, strict=True):
        given_there = transferred_bound(
            archs[0], arch, objective, before[0], macs=LAYER.macs, constraints=NO_CONSTRAINTS
        )
        expected.append(max(bound, given_there or 0))
    assert [q.bound for q in asked[1:]] == expected[1:]
    assert {id(q) for q in raised} == {
        id(q) for q, b in zip(asked[1:], before[1:], strict=True) if q.bound > b
    }


@given(related(), st.sampled_from(Objective))
@examples(8, 25)
def test_what_is_passed_on_is_true(archs, objective) -> None:
    results = [map_layer(LAYER, arch, objective, engine=Engine.BOUNDS) for arch in archs]
    asked = inquiries(archs, objective)
    near = Neighbourhood(asked)
    for inquiry, result in zip(asked, results, strict=True):
        if result.value is None:
            continue
        for other, least in zip(asked, results, strict=True):
            start = near.start(other)
            assert least.value is None or start.bound <= least.value
            if start.mapping is not None:
                evaluate(start.mapping, other.architecture)  # it fits
        inquiry.note(result)
        near.note(inquiry)
        near.pass_on(inquiry)


@pytest.fixture
def row() -> list[DesignInquiry]:
    """Ever smaller accelerators, so that a bound of the first holds for all."""
    archs = [Architecture(pes=64 - n, rf_bytes=512 - 2 * n) for n in range(12)]
    return inquiries(archs, Objective.EDP)


def test_only_so_many_near_ones_are_asked(row, monkeypatch) -> None:
    """The work for a result does not grow with the designs."""
    calls = []

    def counted(*arguments, **options):
        calls.append(arguments[1])
        return transferred_bound(*arguments, **options)

    monkeypatch.setattr(neighbours, "REACH", 3)
    monkeypatch.setattr(neighbours, "transferred_bound", counted)
    row[4].raise_bound(100)
    raised = Neighbourhood(row).pass_on(row[4])
    assert raised == row[5:8]
    assert calls == [q.architecture for q in row[5:8]]


def test_who_waits_for_nothing_learns_nothing(row) -> None:
    near = Neighbourhood(row)
    row[1].final = True
    row[2].candidates[0].closed = True
    for inquiry in row[:3]:
        near.note(inquiry)
    row[0].raise_bound(100)
    near.note(row[0])
    assert near.pass_on(row[0]) == row[3:]


def test_no_bound_goes_up_to_larger_designs(row) -> None:
    near = Neighbourhood(row)
    row[11].raise_bound(100)
    near.note(row[11])
    assert near.pass_on(row[11]) == []


def test_a_start_is_the_best_of_the_nearest_mappings(row, monkeypatch) -> None:
    priced = []

    def counted(mapping, architecture):
        priced.append(mapping)
        return evaluate(mapping, architecture)

    monkeypatch.setattr(neighbours, "evaluate", counted)
    near = Neighbourhood(row)
    best = map_layer(LAYER, row[0].architecture)
    for inquiry in row[1:]:
        inquiry.note(mapped(LAYER) if inquiry is not row[3] else best)
        near.note(inquiry)
    assert near.start(row[0]).mapping == best.mapping
    assert len(priced) == NEAREST
    assert near.start(row[11]).mapping == mapped(LAYER).mapping  # the best one is far away


def test_a_start_from_a_layer_of_the_same_shape_is_a_mapping_of_this_one() -> None:
    same = Layer.gemm("another", {"X": 4, "Y": 3, "K": 4})
    asked = [
        *inquiries([Architecture()], Objective.EDP),
        *inquiries([Architecture(pes=32)], Objective.EDP, same),
    ]
    near = Neighbourhood(asked)
    asked[0].note(mapped(LAYER))
    near.note(asked[0])
    assert near.start(asked[1]).mapping.layer == same


def test_limits_on_mappings_keep_those_of_neighbours_out(row) -> None:
    limits = Constraints.of_options(min_pe_utilization=0.5)
    for inquiry in row:
        inquiry.question = replace(inquiry.question, constraints=limits)
    near = Neighbourhood(row)
    row[1].note(map_layer(LAYER, row[1].architecture))
    near.note(row[1])
    assert near.start(row[0]).mapping is None
