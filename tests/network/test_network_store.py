"""What a run takes from a store, and what it leaves there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.desk import RowsDistrusted, RunSettings, StoreFailed
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapper import map_layer
from dmaze_cp.network import Planned, Searched, Searching, map_networks
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.store import Store, verify
from dmaze_cp.workload import Workload
from tests.network.test_network_map import ONE, TINY, TWIN, TWO, Events, figures, gemm, hard

HARD = Workload("hard", (hard("h"),))
ARCH = Architecture()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "results.sqlite")
    yield opened
    opened.close()


def run(workloads, store, architectures=(ARCH,), stop=None, **settings):
    events = Events()
    results = map_networks(
        workloads,
        architectures,
        settings=RunSettings(**settings),
        store=store,
        on_event=events.append,
        stop=stop,
    )
    return results, events


def test_a_second_run_searches_nothing(store: Store) -> None:
    first, events = run([ONE, TWO], store, [TINY])
    assert events.searches == 3
    again, events = run([ONE, TWO], store, [TINY, TWIN])
    assert (events.searches, events.of(Searched)) == (0, [])
    assert events.of(Planned)[0].results == 12
    assert figures(first) == [f for f in figures(again) if f[1] == "tiny"]
    assert all(r.from_store for result in again for r in result)
    assert not any(r.from_store for result in first for r in result)


def test_only_what_is_new_is_searched(store: Store) -> None:
    run([ONE], store, [TINY])
    _, events = run([TWO], store, [TINY])
    assert events.searches == 1


@cache
def cut_short() -> LayerResult:
    """What a search of the hard layer had when it was stopped at its first mapping."""
    found: list[object] = []
    layer = hard("h")
    result = map_layer(layer, ARCH, on_progress=found.append, stop=lambda: bool(found))
    assert result.status is Status.FEASIBLE
    return result


def begun(store: Store) -> LayerResult:
    """Put it into a store."""
    store.put(cut_short())
    return cut_short()


def test_an_unproven_result_is_where_the_next_search_starts(store: Store) -> None:
    before = begun(store)
    (second,), events = run([HARD], store, time_limit_s=0.05)
    (after,) = second.layers
    assert events.searches == 1
    # Within a time in which it would find next to nothing.
    assert after.value <= before.value
    assert after.bound >= before.bound
    assert store.get(Question(hard("h"), ARCH, Objective.EDP)).bound == after.bound


def test_a_gap_that_is_reached_is_an_answer(store: Store) -> None:
    first = begun(store)
    gap = first.gap
    (again,), events = run([HARD], store, gap=(1 + gap) / 2)
    assert events.searches == 0
    assert again.layers[0].value == first.value
    _, events = run([HARD], store, gap=gap / 2, time_limit_s=0.1)
    assert events.searches == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_has_stored_what_is_finished(store: Store, jobs: int) -> None:
    """The hardest comes first, and is cut short with what it has."""
    network = Workload("net", (hard("h"), gemm("a", 8)))
    events = Events()

    def stop() -> bool:
        return any(e.inquiry.layer.name == "h" for e in events.of(Searching) if e.incumbent)

    (result,) = map_networks(
        [network],
        [ARCH],
        settings=RunSettings(jobs=jobs),
        store=store,
        on_event=events.append,
        stop=stop,
    )
    assert result.interrupted
    cut = result.layers[0]
    assert (cut.status, cut.reason) == (Status.FEASIBLE, "interrupted")
    kept = store.get(Question(hard("h"), ARCH, Objective.EDP))
    assert (kept.value, kept.bound) == (cut.value, cut.bound)


@pytest.fixture
def spoilt(store: Store) -> Store:
    """A store in which one of two results is bad."""
    run([ONE], store, [TINY])
    spoil(store, "energy_pj = '7' WHERE key = (SELECT min(key) FROM results)")
    return store


def spoil(store: Store, assignment: str) -> None:
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute(f"UPDATE results SET {assignment}")


def test_a_bad_row_is_searched_anew_and_replaced(spoilt: Store) -> None:
    key = min(entry.key for entry in spoilt.entries())
    (result,), events = run([ONE], spoilt, [TINY])
    assert {r.status for r in result} == {Status.OPTIMAL}
    assert events.searches == 1
    (told,) = events.of(RowsDistrusted)
    (reason,) = told.reasons
    assert f"{spoilt.path}: result {key[:8]}: energy_pj: found 7, expected " in reason
    assert events.of(StoreFailed) == []
    assert verify(spoilt.entries()).bad == ()
    _, events = run([ONE], spoilt, [TINY])
    assert (events.searches, events.of(RowsDistrusted)) == (0, [])


def test_a_damaged_store_costs_no_result_and_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    with Store.open(path) as store:
        run([ONE], store, [TINY])
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    damaged = path.read_bytes()
    with Store.open(path) as store:
        (result,), events = run([ONE], store, [TINY])
    assert {r.status for r in result} == {Status.OPTIMAL}
    (told,) = events.of(StoreFailed)
    assert "a damaged store (" in told.reason
    assert path.read_bytes() == damaged


def test_a_store_that_fails_costs_no_result(store: Store, monkeypatch) -> None:
    def full(_result):
        raise SpecError(Problem("store", "a full disk", "room"))

    monkeypatch.setattr(store, "put", full)
    (result,), events = run([ONE], store, [TINY])
    assert {r.status for r in result} == {Status.OPTIMAL}
    assert len(events.of(StoreFailed)) == 1


def test_what_has_failed_is_not_stored(store: Store, monkeypatch) -> None:
    def broken(*_args, **_options):
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr("dmaze_cp.mapper.map_layer", broken)
    (result,), _ = run([ONE], store, [TINY])
    assert {r.reason for r in result} == {"ZeroDivisionError: no reason"}
    assert all(r.failed and r.status is Status.UNKNOWN for r in result)
    assert store.get(Question(ONE.layers[0], TINY, Objective.EDP)) is None


def test_a_failed_search_keeps_what_the_store_knew(store: Store, monkeypatch) -> None:
    before = begun(store)

    def broken(*_args, **_options):
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr("dmaze_cp.mapper.map_layer", broken)
    (second,), _ = run([HARD], store)
    after = second.layers[0]
    assert (after.value, after.bound) == (before.value, before.bound)
    assert (after.failed, after.reason) == (True, "ZeroDivisionError: no reason")


def test_other_questions_are_not_answered(store: Store) -> None:
    run([ONE], store, [TINY])
    _, events = run([ONE], store, [replace(TINY, rf_bytes=64)])
    assert events.searches == 2
