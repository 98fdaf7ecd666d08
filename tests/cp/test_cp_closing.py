"""Rounds of candidates and exact scores end with the optimum, and say when they did not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.cp.closing import close
from dmaze_cp.objective import Objective
from tests.kit.members import every_case, spaces


class Scores:
    """Exact scores of blocks, and the incumbent."""

    def __init__(self, members, objective):
        self.members = members
        self.cost = members.cost(objective) + members.slack(objective)
        self.best, self.candidates = float("inf"), 0

    def limit(self):
        return self.best * (1 - 1e-7)

    def score(self, candidate):
        self.candidates += 1
        fixed = {g: o for g, o in enumerate(candidate) if g % 2 == 0}
        same = np.all([self.members.picked[:, g] == o for g, o in fixed.items()], axis=0)
        self.best = min([self.best, *self.cost[same]])
        return fixed


@settings(max_examples=30, deadline=None)
@given(spaces(limited=True, max_tilings=1200), st.sampled_from(Objective))
def test_a_closed_case_has_nothing_better(space, objective):
    for members in every_case(space)[:5]:
        scores = Scores(members, objective)
        done = close(members.problem(objective), scores.limit, scores.score)
        assert done.closed
        assert done.rounds >= scores.candidates
        assert scores.best <= scores.cost.min() * (1 + 1e-6)


@settings(max_examples=5, deadline=None)
@given(spaces(max_tilings=300))
def test_without_time_a_case_is_not_closed(space):
    members = every_case(space)[0]
    scores = Scores(members, Objective.EDP)
    problem = members.problem(Objective.EDP)
    assert not close(problem, scores.limit, scores.score, time_left=lambda: 0.0).closed
    assert not close(problem, scores.limit, scores.score, stop=lambda: True).closed
    assert scores.candidates == 0
