"""Capacities of memories as people write and read them: ``512 bytes``, ``64 KiB``."""

from __future__ import annotations

import re
from typing import Final

UNITS: Final = {
    "bytes": 1,
    "byte": 1,
    "B": 1,
    "KiB": 2**10,
    "KB": 2**10,
    "MiB": 2**20,
    "MB": 2**20,
    "GiB": 2**30,
    "GB": 2**30,
}
"""Units of capacities, in any case. KB is 1024 bytes, as in papers on memories."""

_NUMBER: Final = re.compile(
    rf"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*({'|'.join(UNITS)})?", re.IGNORECASE
)


def size_in_bytes(value: object) -> int | None:
    """A capacity written as an integer or as text with a unit; None if it is none."""
    if isinstance(value, str):
        number, unit = number_and_unit(value)
        value = number
        if unit and number is not None:
            value = number * UNITS[unit]
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 2**62:
        return None
    return value


def size_text(size_bytes: int) -> str:
    """A capacity in the largest unit that it is a whole number of: ``512 bytes``, ``128 KiB``."""
    for unit in ("GiB", "MiB", "KiB"):
        if size_bytes >= UNITS[unit] and size_bytes % UNITS[unit] == 0:
            return f"{size_bytes // UNITS[unit]} {unit}"
    return f"{size_bytes} byte{'s' if size_bytes != 1 else ''}"


def number_and_unit(text: str) -> tuple[int | float | None, str]:
    """A number in text, None if there is none, and the unit after it (a key of `UNITS`)."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None, ""
    unit = next((u for u in UNITS if match[2] and u.casefold() == match[2].casefold()), "")
    plain = match[1].lstrip("+-")
    if plain.isdigit() and len(plain) < 20:
        return int(match[1]), unit
    return float(match[1]), unit
