"""Key presses that come close together, by a clock that stands still."""

from __future__ import annotations

import signal
import types

import pytest

from dmaze_cp.cli import interrupt
from dmaze_cp.cli.interrupt import SAME_KEY_S, catch_interrupt


@pytest.mark.parametrize(("later", "seconds"), [(0.0, 0), (SAME_KEY_S / 2, 0), (SAME_KEY_S, 1)])
def test_one_key_press_that_arrives_twice_is_one(monkeypatch, later, seconds) -> None:
    """As from ``timeout -s INT``, which signals the process and then its group."""
    now = 1000.0
    monkeypatch.setattr(interrupt, "time", types.SimpleNamespace(monotonic=lambda: now))
    second: list[None] = []
    before = signal.getsignal(signal.SIGINT)
    with catch_interrupt(lambda: second.append(None)) as asked:
        assert not asked()
        signal.raise_signal(signal.SIGINT)
        assert (asked(), second) == (True, [])
        now += later
        signal.raise_signal(signal.SIGINT)
        assert (asked(), len(second)) == (True, seconds)
    assert signal.getsignal(signal.SIGINT) is before
