"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Context
from math import floor, isfinite, log10

_ENERGY_UNITS = ("pJ", "nJ", "µJ", "mJ", "J", "kJ", "MJ", "GJ")
_TIME_UNITS = ("ps", "ns", "µs", "ms", "s")
_COUNT_UNITS = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")


def _engineering(value: float, units: tuple[str, ...]) -> str:
    """Four significant digits, scaled so that one to three stand before the point."""
    if value == 0 or not isfinite(value):
        return f"{value:g} {units[0]}".rstrip()
    # Rounded first, so that 999,960 becomes 1.000 M and not 1000 k.
    rounded = float(f"{value:.4g}")
    step = min(max(floor(log10(abs(rounded)) / 3), 0), len(units) - 1)
    scaled = rounded / 1000**step
    if step == 0 and float(value).is_integer():
        return f"{int(value)} {units[0]}".rstrip()
    if abs(scaled) >= 10_000:
        return f"{scaled:.4g} {units[step]}".rstrip()
    before = len(str(int(abs(scaled))))
    return f"{scaled:.{max(4 - before, 0)}f} {units[step]}".rstrip()


def energy(value_pj: float) -> str:
    """An energy with a fitting unit, such as ``996.5 µJ``."""
    return _engineering(value_pj, _ENERGY_UNITS)


def seconds(value_s: float) -> str:
    """A time with a fitting unit, such as ``4.763 ms``."""
    return _engineering(value_s * 1e12, _TIME_UNITS)


def count(value: float) -> str:
    """A count with a decimal prefix, such as ``2.382 M``."""
    return _engineering(value, _COUNT_UNITS)


def exact(value: float) -> str:
    """All digits of an integer with thousands separators; other numbers to 7 digits."""
    if not isfinite(value):
        return f"{value:g}"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.7g}"


def compact(value: int) -> str:
    """All digits, or a decimal prefix where they would crowd a table."""
    return exact(value) if abs(value) < 10**12 else count(value)


def scientific(value: float) -> str:
    """Four significant digits and an exponent, such as ``2.373e15``."""
    if value == 0 or not isfinite(value):
        return f"{value:g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def exact_bound(bound: float) -> str:
    """As `exact`, but never more than it is."""
    return exact(bound if float(bound).is_integer() else _floored(bound, 7))


def scientific_bound(bound: float) -> str:
    """As `scientific`, but never more than it is."""
    return scientific(_floored(bound, 4))


def _floored(value: float, digits: int) -> float:
    """The next number of so many digits that is not above."""
    return float(Context(prec=digits, rounding=ROUND_FLOOR).create_decimal(value))


def percent(fraction: float | None) -> str:
    """A fraction in percent; what is not 0 (or not 1) is never shown as if it were."""
    if fraction is None:
        return "-"
    if fraction == 0:
        return "0 %"
    if 0 < fraction < 0.0001:
        return "<0.01 %"
    if 0.9999 < fraction < 1:
        return ">99.99 %"
    if fraction >= 9.995:
        return f"{100 * fraction:.0f} %"
    return f"{100 * fraction:.4g} %" if 0.99 < fraction < 1 else f"{100 * fraction:.3g} %"


def digits(ratio: float, whole: Callable[[float], int], places: int = 2) -> str:
    """So many places, or as many digits as matter; `whole` says to which side the rest goes."""
    if ratio < 100:
        return f"{whole(10**places * ratio) / 10**places:.{places}f}"
    if ratio < 1e4:
        return f"{whole(ratio)}"
    power = 10 ** floor(log10(ratio))
    return f"{whole(ratio / power) * power:.0e}".replace("e+0", "e").replace("e+", "e")


def duration(value_s: float) -> str:
    """Wall time of a search, such as ``0.41 s`` or ``3 min 07 s``."""
    if value_s < 0.01:
        return "<0.01 s" if value_s > 0 else "0 s"
    if value_s < 99.95:
        return f"{value_s:.2f} s" if value_s < 9.995 else f"{value_s:.1f} s"
    minutes, rest = divmod(round(value_s), 60)
    return f"{minutes} min {rest:02d} s"


def pair(values: tuple[int, int]) -> str:
    """Two values along (x, y)."""
    return f"{values[0]} x {values[1]}"


def counted(number: int, noun: str) -> str:
    """A number of things, such as ``1 layer``, ``3 layers`` or ``3 searches``."""
    ending = "" if number == 1 else "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{ending}"
