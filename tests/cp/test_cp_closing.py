"""Rounds of candidates and exact scores end with the optimum, and say when they did not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import dmaze_cp as dm
from dmaze_cp.cp.closing import close
from dmaze_cp.cp.model import Solution
from dmaze_cp.cp.solve import Answer
from dmaze_cp.objective import Objective
from dmaze_cp.result.status import Status
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


@settings(max_examples=15, deadline=None)
@given(spaces(limited=True, max_tilings=1200), st.sampled_from(Objective))
def test_a_closed_case_has_nothing_better(space, objective):
    for members in every_case(space)[:5]:
        scores = Scores(members, objective)
        done = close(members.problem(objective), scores.limit, scores.score)
        assert done.closed
        assert done.rounds >= scores.candidates
        assert scores.best <= scores.cost.min() * (1 + 1e-6)


@settings(max_examples=3, deadline=None)
@given(spaces(max_tilings=300))
def test_without_time_a_case_is_not_closed(space):
    members = every_case(space)[0]
    scores = Scores(members, Objective.EDP)
    problem = members.problem(Objective.EDP)
    assert not close(problem, scores.limit, scores.score, time_left=lambda: 0.0).closed
    assert not close(problem, scores.limit, scores.score, stop=lambda: True).closed
    assert scores.candidates == 0


class Scripted:
    """A case whose solver says what is written down, one line a round."""

    def __init__(self, *solutions: Solution) -> None:
        self.solutions = list(solutions)
        self.excluded: list[tuple[int, ...]] = []

    def solve(self, *_: object) -> Solution:
        return self.solutions.pop(0)

    def exclude(self, block: tuple[int, ...]) -> None:
        self.excluded.append(block)


def closing(*solutions: Solution, limit: float = 10.0):
    problem = Scripted(*solutions)
    return close(problem, lambda: limit, lambda candidate: candidate), problem


def test_the_best_of_the_model_closes_no_case_that_may_hold_as_much_as_the_limit():
    """What is below the limit in the model, or just at it, may be better after exact scoring."""
    rounds = [
        Solution(Answer.OPTIMAL, bound, (place,))
        for place, bound in enumerate((3.0, 9.5, 10.0, 10.5))
    ]
    done, problem = closing(*rounds)
    assert (done.closed, done.bound, done.rounds) == (True, 10.5, 4)
    # The best candidate of each round, and none twice.
    assert problem.excluded == [(0,), (1,), (2,), (3,)]


def test_a_case_with_nothing_left_is_closed():
    done, _ = closing(Solution(Answer.OPTIMAL, 4.0, (0,)), Solution(Answer.NONE, 10.0))
    assert (done.closed, done.bound, done.rounds) == (True, 10.0, 2)


def test_a_solve_that_is_stopped_leaves_its_case_open_with_the_best_bound():
    stopped = Solution(Answer.STOPPED, 2.0, (1,))
    done, problem = closing(Solution(Answer.OPTIMAL, 4.0, (0,)), stopped)
    assert (done.closed, done.bound, done.rounds) == (False, 4.0, 2)
    assert problem.excluded == [(0,), (1,)], "what it has found is scored"
    assert closing(Solution(Answer.STOPPED, 10.5))[0].closed


def test_a_solve_that_repeats_a_mapping_goes_on_with_what_that_costs():
    repeated = Solution(Answer.REPEATED, 2.0, (1,))
    done, problem = closing(
        repeated, Solution(Answer.OPTIMAL, 4.0, (0,)), Solution(Answer.NONE, 9.0)
    )
    assert (done.closed, done.rounds) == (True, 3)
    assert problem.excluded == [(1,), (0,)]


def test_a_solver_that_lowers_a_cost_bit_by_bit_is_stopped():
    """It found one mapping thousands of times, each time a millionth of a per cent cheaper."""
    layer = next(at for at in dm.load_workload("vgg16").layers if at.name == "conv3_1")
    result = dm.map_layer(layer, dm.load_architecture("default"), "edp", tie_break=False)
    assert result.status is Status.OPTIMAL
