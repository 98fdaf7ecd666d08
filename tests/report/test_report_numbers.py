from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.report import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 pJ"),
        (7, "7 pJ"),
        (999, "999 pJ"),
        (1000, "1.000 nJ"),
        (996_518_236, "996.5 µJ"),
        (999_960, "1.000 µJ"),
        (12_345_678_901, "12.35 mJ"),
    ],
)
def test_energies_have_a_fitting_unit(value: int, text: str) -> None:
    assert numbers.energy(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(999, "999"), (2_381_540, "2.382 M"), (2**20, "1.049 M")]
)
def test_counts(value: int, text: str) -> None:
    assert numbers.count(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (None, "-"),
        (0.0, "0 %"),
        (1e-9, "<0.01 %"),
        (0.0123, "1.23 %"),
        (0.99996, ">99.99 %"),
        (0.9996, "99.96 %"),
        (1.0, "100 %"),
        (12.0, "1200 %"),
    ],
)
def test_percent(fraction: float | None, text: str) -> None:
    assert numbers.percent(fraction) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_gap_that_is_open_never_looks_closed(fraction: float) -> None:
    assert numbers.percent(fraction) not in {"0 %", "100 %"}


@given(st.integers(1, 10**26))
def test_scaled_energies_keep_four_digits(value: int) -> None:
    units = {"pJ": 0, "nJ": 3, "µJ": 6, "mJ": 9, "J": 12, "kJ": 15, "MJ": 18, "GJ": 21}
    mantissa, unit = numbers.energy(value).split(" ")
    assert float(mantissa) * 10 ** units[unit] == pytest.approx(value, rel=6e-4)


@given(st.integers(0, 10**40))
def test_exact_keeps_every_digit(value: int) -> None:
    assert int(numbers.exact(value).replace(",", "")) == value


@given(st.floats(1e-6, 1e30) | st.integers(0, 10**30))
def test_a_bound_is_never_shown_as_more_than_it_is(value: float) -> None:
    for show, digits in ((numbers.scientific_bound, 4), (numbers.exact_bound, 7)):
        shown = Fraction(show(value).replace(",", ""))
        assert shown <= Fraction(value)
        assert shown >= Fraction(value) * (1 - Fraction(1, 10 ** (digits - 1)))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 s"), (0.0012, "<0.01 s"), (0.41, "0.41 s"), (12.34, "12.3 s"), (187.2, "3 min 07 s")],
)
def test_durations(value: float, text: str) -> None:
    assert numbers.duration(value) == text
