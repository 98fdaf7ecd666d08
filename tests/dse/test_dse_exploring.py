"""Sweeps that are stopped at any time: a best design from early on, and ever better ones."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from statistics import median

import pytest

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.dse.design import Design
from dmaze_cp.dse.exploring import Exploration
from dmaze_cp.dse.plan import Candidate, DesignInquiry, Term
from dmaze_cp.dse.sweep import SearchDone
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.workload import Layer
from tests.dse.test_dse_sweep import put_in_place, swept
from tests.kit.adversary import Adversary
from tests.kit.oracle.sweeps import check_sweep, listed, network

LAYERS = [Layer.gemm(f"g{x}", {"X": x, "Y": 2, "K": 3}) for x in (2, 4, 6, 8)]
DESIGNS = [
    Architecture(
        f"pes{pes} rf{rf} banks{banks}",
        pes=pes,
        rf_bytes=rf,
        spm_banks=banks,
        spm_bank_bytes=8,
        energy=AccessEnergy(rf_pj=rf / 32),
    )
    for pes in (1, 2, 4, 8)
    for rf in (8, 12, 24)
    for banks in (6, 12)
]


def best_values(monkeypatch, *, stop_after: int, all_points: bool, pareto: bool) -> list:
    """Value of the best design of sweeps that end early, by the number of their searches.

    A sweep looks at times whether it is to end: a few more searches may be begun.
    """
    found = []
    for searches in range(1, stop_after + 1, 2):
        adversary = put_in_place(monkeypatch, Adversary(random.Random(5)))
        result = swept(
            listed(DESIGNS, [1.0] * len(DESIGNS)),
            [network("net", *LAYERS)],
            Objective.EDP,
            all_points=all_points,
            pareto=pareto,
            stop=lambda searches=searches, asked=adversary.asked: asked.total() >= searches,
        )
        check_sweep(result, finished=False)
        value = None if result.best is None else result.points[result.best].value
        found.append((adversary.asked.total(), value))
    return found


MODES = [
    (False, False),
    *(pytest.param(*mode, marks=pytest.mark.slow) for mode in ((False, True), (True, False))),
]


@pytest.mark.parametrize(("all_points", "pareto"), MODES)
def test_the_best_is_there_after_one_design_and_gets_better(
    monkeypatch, all_points, pareto
) -> None:
    few = len(LAYERS) + 2  # a first search may find no mapping, and others run ahead
    values = best_values(monkeypatch, stop_after=4 * few, all_points=all_points, pareto=pareto)
    later = [value for count, value in sorted(values, key=lambda one: one[0]) if count > few]
    assert None not in later
    # Not in order: what runs ahead, and so the order of searches, differs from sweep to sweep.
    assert min(later[-few:]) < later[0]
    assert median(later[-few:]) <= later[0]


def test_the_best_is_told_as_it_is_found(monkeypatch) -> None:
    put_in_place(monkeypatch, Adversary(random.Random(5)))
    events: list[SearchDone] = []
    space = listed(DESIGNS, [1.0] * len(DESIGNS))
    result = swept(
        space,
        [network("net", *LAYERS)],
        Objective.EDP,
        on_event=lambda event: events.append(event) if isinstance(event, SearchDone) else None,
    )
    assert [event.searches for event in events] == list(range(1, len(events) + 1))
    assert all(event.best is not None for event in events[len(LAYERS) + 2 :])
    assert events[-1].best == space.listed[result.best]


def candidates(architectures) -> list[Candidate]:
    made = []
    for position, arch in enumerate(architectures):
        candidate = Candidate(position, Design(position, {}, arch, 1.0))
        inquiries = [DesignInquiry(Question(layer, arch, Objective.EDP)) for layer in LAYERS]
        for inquiry in inquiries:
            inquiry.candidates.append(candidate)
        candidate.terms = tuple(Term(inquiry, Fraction(1)) for inquiry in inquiries)
        made.append(candidate)
    return made


def handed_out(exploration: Exploration, count: int) -> list[tuple[int, str]]:
    found = []
    for _ in range(count):
        inquiry = exploration.next()
        inquiry.running = True
        found.append((inquiry.architecture.pes, inquiry.layer.name))
    return found


HARDEST_FIRST = ["g8", "g6", "g4", "g2"]


def test_a_design_is_mapped_before_the_next_and_the_nearest_to_the_best_is_next() -> None:
    field = candidates(replace(DESIGNS[0], pes=pes) for pes in (1, 16, 4, 64, 256))
    exploration = Exploration(field, lambda q: not q.running)
    assert handed_out(exploration, 4) == [(16, name) for name in HARDEST_FIRST]
    exploration.best_is(field[1])
    # As near on both sides: the one whose bound is less.
    field[2].terms[0].inquiry.raise_bound(7)
    assert handed_out(exploration, 2) == [(64, name) for name in HARDEST_FIRST[:2]]
    exploration.best_is(field[4])
    assert handed_out(exploration, 2) == [(64, name) for name in HARDEST_FIRST[2:]]
    assert handed_out(exploration, 1) == [(256, "g8")]
    # What is beaten in between is left.
    field[4].closed = True
    exploration.closed(field[4])
    field[2].closed = True
    exploration.closed(field[2])
    assert handed_out(exploration, 4) == [(1, name) for name in HARDEST_FIRST]
    assert exploration.next() is None
