"""Rounding is always to the loose side."""

from __future__ import annotations

from math import exp, log

from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.cp.scaling import LOG_SCALE, MIN_LOG, SHARE, SLOPE, log_down, log_up, tangent

LOGS = st.floats(-60, 60)


@given(LOGS)
def test_logarithms_are_bracketed(value):
    assert log_down(value) <= value * LOG_SCALE <= log_up(value)
    assert log_up(value) - log_down(value) <= 2


@settings(max_examples=500)
@given(st.floats(MIN_LOG, 0), st.integers(int(-45 * LOG_SCALE), 0))
def test_tangents_are_below_the_exponential(at, x):
    slope, offset = tangent(at)
    assert isinstance(slope, int)
    assert isinstance(offset, int)
    assert slope * x + offset <= SLOPE * SHARE * exp(x / LOG_SCALE)


@settings(max_examples=200)
@given(st.floats(-8, 0))
def test_tangents_touch_where_they_are_asked_for(at):
    slope, offset = tangent(at)
    line = (slope * at * LOG_SCALE + offset) / (SLOPE * SHARE)
    assert line >= exp(at) - 2e-4 * exp(at) - 1e-5


@given(st.integers(1, 2**50), st.integers(1, 2**50))
def test_sums_of_rounded_logarithms_stay_below(a, b):
    assert log_down(log(a)) + log_down(log(b)) <= log_down(log(a) + log(b)) + 1
    assert log_down(log(a)) + log_down(log(b)) <= (log(a) + log(b)) * LOG_SCALE
