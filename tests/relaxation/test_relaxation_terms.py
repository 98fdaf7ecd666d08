"""Relaxed costs are never above the exact ones, at any mapping of any case."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.relaxation.enumeration import every_case, members_of, relaxed, spaces, sum_of

ROUNDING = 1e-9


def check_below(members):
    energy, _, latency = relaxed(members.relaxation, members.atoms)
    assert (energy <= members.energy * (1 + ROUNDING) + 0.5).all()
    assert (latency <= members.latency * (1 + ROUNDING)).all()


@settings(max_examples=150)
@given(spaces(limited=True))
def test_relaxed_costs_are_below_the_exact_ones(space):
    for members in every_case(space):
        check_below(members)


@settings(max_examples=60)
@given(st.data())
def test_relaxed_costs_stay_below_when_options_are_dropped(data):
    """Terms are refitted to the options that are left: to those they must hold again."""
    space = data.draw(spaces(max_tilings=1200))
    for members in every_case(space):
        keep = [
            np.array(sorted(data.draw(st.sets(st.integers(0, len(o) - 1), min_size=1))))
            for o in members.options
        ]
        options = tuple(o[k] for o, k in zip(members.options, keep, strict=True))
        left = members_of(space, members.table.take([np.arange(len(o)) for o in members.options]), members.case, members.options)
        assert len(left.picked)
