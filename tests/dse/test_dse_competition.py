"""Which designs can still win, against the definition."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate
from dmaze_cp.dse.competition import Competition
from dmaze_cp.dse.design import Design
from dmaze_cp.dse.plan import Candidate, DesignInquiry, Term
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.workload import Layer

ARCH = Architecture()
LAYERS = [Layer.gemm(f"g{x}", {"X": x, "Y": 2, "K": 3}) for x in (4, 8, 12)]


@cache
def mapped(layer: Layer) -> LayerResult:
    """Some mapping, with nothing proven."""
    ones = (1,) * len(layer.extents)
    factors = (layer.extents, ones, ones, ones)
    mapping = Mapping(layer, factors, layer.dimensions, layer.dimensions)
    cost = evaluate(mapping, ARCH)
    return LayerResult(
        layer, ARCH, Objective.EDP, Status.FEASIBLE, mapping, cost=cost, bound=0, reason="time"
    )


def candidate(position: int, area: float | None, factors, shares) -> Candidate:
    """A design whose layers' bounds are such shares (in %) of what they cost so far."""
    made = Candidate(position, Design(position, {}, ARCH, area))
    terms = []
    for layer, factor, share in zip(LAYERS, factors, shares, strict=False):
        inquiry = DesignInquiry(Question(layer, ARCH, Objective.EDP))
        result = mapped(layer)
        inquiry.note(result)
        inquiry.raise_bound(result.value * share // 100)
        inquiry.candidates.append(made)
        terms.append(Term(inquiry, factor))
    made.terms = tuple(terms)
    return made


FACTORS = st.sampled_from((Fraction(1), Fraction(1, 2), Fraction(3, 7)))
CANDIDATES = st.lists(
    st.tuples(
        st.sampled_from((1.0, 2.0, 2.5)),
        st.lists(FACTORS, min_size=2, max_size=2),
        st.lists(st.sampled_from((0, 30, 60, 86, 99, 100)), min_size=2, max_size=2),
    ),
    min_size=1,
    max_size=8,
)


def field(drawn) -> list[Candidate]:
    return [candidate(n, *each) for n, each in enumerate(drawn)]


def entered(drawn, *, pareto: bool) -> tuple[list[Candidate], Competition]:
    """Designs, and a competition that all of them are in."""
    candidates, competition = field(drawn), Competition(pareto=pareto)
    for each in candidates:
        competition.enter(each, each.value)
    return candidates, competition


def beats(one: Candidate, other: Candidate, *, pareto: bool) -> bool:
    """The definition: what the other may still come to is no better than what the one has."""
    if one is other or (pareto and one.area_mm2 > other.area_mm2):
        return False
    return (one.value, one.area_mm2, one.position) < (
        other.bound,
        other.area_mm2,
        other.position,
    )


@settings(max_examples=150)
@given(CANDIDATES, st.booleans(), st.randoms(use_true_random=False))
def test_beaten_is_as_defined(drawn, pareto, rng) -> None:
    candidates = field(drawn)
    competition = Competition(pareto=pareto)
    order = list(candidates)
    rng.shuffle(order)
    entered: list[Candidate] = []
    for each in order:
        competition.enter(each, each.value)
        entered.append(each)
        for other in candidates:
            expected = any(beats(e, other, pareto=pareto) for e in entered)
            assert competition.is_beaten(other) == expected


@settings(max_examples=150)
@given(CANDIDATES, st.booleans())
def test_who_changes_nothing_need_not_be_looked_at_again(drawn, pareto) -> None:
    candidates = field(drawn)
    competition = Competition(pareto=pareto)
    for each in candidates:
        before = [competition.is_beaten(c) for c in candidates]
        if not competition.enter(each, each.value):
            assert [competition.is_beaten(c) for c in candidates] == before
        assert not competition.enter(each, each.value)


@settings(max_examples=150)
@given(CANDIDATES, st.booleans(), st.data())
def test_cutoffs_that_are_met_beat_the_design_in_the_end(drawn, pareto, data) -> None:
    """However little is proven at a time, and without a bound above the costs."""
    candidates, competition = entered(drawn, pareto=pareto)
    for each in candidates:
        for _ in range(20):
            wanted = [t.inquiry for t in each.terms if not t.inquiry.is_proven]
            if competition.is_beaten(each) or not wanted:
                break
            inquiry = data.draw(st.sampled_from(wanted))
            cutoff = competition.cutoff(inquiry)
            if cutoff is None:
                break
            assert cutoff > inquiry.bound
            inquiry.raise_bound(min(cutoff, inquiry.value))
        else:
            pytest.fail("the bounds come nearer to no end")
        rival = competition.rival(each)
        assert each.is_proven or competition.is_beaten(each) or rival is None


@settings(max_examples=150)
@given(CANDIDATES, st.booleans())
def test_a_cutoff_that_is_met_is_enough_or_does_its_share(drawn, pareto) -> None:
    candidates, competition = entered(drawn, pareto=pareto)
    for each in candidates:
        if competition.is_beaten(each):
            continue
        goals = [competition.goal(each, t.inquiry) for t in each.terms]
        if None in goals:
            continue
        # If all come to their goals and one above it, the design is beaten.
        total = sum(t.factor * g for t, g in zip(each.terms, goals, strict=True))
        assert total == competition.rival(each).value


@settings(max_examples=150)
@given(CANDIDATES, st.booleans())
def test_a_cutoff_asks_for_no_more_than_what_other_layers_leave_open(drawn, pareto) -> None:
    candidates, competition = entered(drawn, pareto=pareto)
    for each in candidates:
        inquiry, factor = each.terms[0].inquiry, each.terms[0].factor
        cutoff = competition.cutoff(inquiry)
        if cutoff is None or competition.is_beaten(each):
            continue
        others = each.bound - factor * inquiry.bound
        assert others + factor * (cutoff - 1) <= competition.rival(each).value


def test_a_shared_layer_is_cut_off_where_all_designs_are_beaten() -> None:
    near = candidate(0, None, [Fraction(1)], [50])
    far = candidate(1, None, [Fraction(3)], [50])
    inquiry = near.terms[0].inquiry
    inquiry.candidates.append(far)
    far.terms = (Term(inquiry, Fraction(3)),)
    winner = candidate(2, None, [Fraction(99, 100)], [50])
    competition = Competition(pareto=False)
    competition.enter(winner, winner.value)
    cutoff = competition.cutoff(inquiry)
    assert cutoff > inquiry.value * Fraction(99, 100)
    inquiry.raise_bound(cutoff)
    assert competition.is_beaten(near)
    assert competition.is_beaten(far)


def test_no_cutoff_for_what_has_no_rival() -> None:
    only = candidate(0, 1.0, [Fraction(1)], [50])
    competition = Competition(pareto=True)
    competition.enter(only, only.value)
    assert competition.rival(only) is None
    assert competition.cutoff(only.terms[0].inquiry) is None
    larger = candidate(1, 2.0, [Fraction(1, 9)], [50])
    competition.enter(larger, larger.value)
    assert competition.rival(only) is None  # a larger design beats no smaller one
    assert competition.rival(larger).position == 0
    assert not competition.is_beaten(larger)


@pytest.mark.parametrize("pareto", [False, True])
def test_of_equals_the_smaller_wins_then_the_first(pareto: bool) -> None:
    three = [candidate(n, area, [Fraction(1)], [100]) for n, area in enumerate((2.0, 1.0, 1.0))]
    competition = Competition(pareto=pareto)
    for each in three:
        competition.enter(each, each.value)
    assert [competition.is_beaten(each) for each in three] == [True, False, True]
