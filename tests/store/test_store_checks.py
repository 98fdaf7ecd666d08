"""`verify` finds what is wrong with a row, and only that; `prune` removes what it is told to."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.levels import LEVELS
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.store import (
    COST_MODEL_VERSION,
    Criteria,
    Entry,
    Store,
    UnreadableRow,
    to_prune,
    verify,
)
from dmaze_cp.store import rows as store_rows
from dmaze_cp.store.answer import answer_of
from dmaze_cp.workload import Layer
from tests.kit import strategies
from tests.kit.oracle.brute_force import all_tilings, is_allowed, is_valid
from tests.kit.stored import sample, without_mapping
from tests.store.test_store_results import TAMPERINGS, tamper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


def entry_of(result: LayerResult, **fields: int) -> Entry:
    question = Question.of(result)
    numbers = {"solves": 1, "created": 0, "updated": 0} | fields
    return Entry("f" * 64, question, COST_MODEL_VERSION, answer_of(result), **numbers)


def result_of(mapping: Mapping, chip: Architecture, limits: Constraints) -> LayerResult:
    cost = evaluate(mapping, chip)
    found = {"mapping": mapping, "cost": cost, "constraints": limits}
    return LayerResult(mapping.layer, chip, Objective.EDP, Status.FEASIBLE, **found)


@given(strategies.layers(max_tilings=300), strategies.architectures(), strategies.constraints())
def test_verify_agrees_with_brute_force_on_what_is_allowed(layer, chip, limits):
    """On every tiling of a layer: does it fit, and within the constraints?"""
    tilings = all_tilings(layer)[::19]
    good = is_valid(layer, chip, tilings)
    allowed = good & is_allowed(layer, chip, limits, tilings)
    for tiling, expected in zip(tilings, allowed, strict=True):
        factors = tuple(tuple(map(int, row)) for row in tiling)
        mapping = Mapping(layer, factors, layer.dimensions, layer.dimensions)
        found = verify([entry_of(result_of(mapping, chip, limits))])
        assert (not found.bad) == expected, found.bad


def test_the_newest_rows_alone(path: Path, monkeypatch):
    with Store.open(path) as store:
        for number, when in enumerate((30, 10, 20)):
            monkeypatch.setattr(time, "time", lambda when=when: when)
            store.put(sample(number, objective=list(Objective)[number % 2]))
        store.put(without_mapping(Status.INFEASIBLE, reason="no room", layer=sample(9).layer))
        entries = store.entries()
        for limit in (1, 2, 9):
            assert store.newest(limit) == (entries[:limit], 4)
        for objective in Objective:
            some = [e for e in entries if e.question.objective is objective]
            assert store.newest(9, objectives=[objective]) == (some, len(some))
        none = [e for e in entries if e.answer.status is Status.INFEASIBLE]
        assert len(none) == 1
        assert store.newest(9, ["infeasible", "unknown"]) == (none, 1)
        assert store.newest(9, ["unknown"]) == ([], 0)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE results SET status = 'odd' WHERE status = 'infeasible'")
        connection.close()
        ((odd,), total) = store.newest(9, ["unknown"])
        assert (type(odd), total) == (UnreadableRow, 1)


def test_what_verify_says():
    layer = Layer.conv("c", {"C": 6, "Fx": 3, "M": 512})
    factors = tuple(
        (1, 512, 6, 1, 1, 1, 1)
        if level == "PE"
        else (1, 1, 1, 1, 1, 3, 1)
        if level == "DRAM"
        else (1,) * 7
        for level in LEVELS
    )
    mapping = Mapping(layer, factors, layer.dimensions, layer.dimensions)
    limits = Constraints.of_options(
        min_rf_utilization=0.5, no_feature_dram=True, no_spatial_reduction=True
    )
    assert len(fits(mapping, Architecture())) == 1
    entry = entry_of(result_of(mapping, Architecture(), limits))
    ((key, error),) = verify([entry]).bad
    assert key == entry.key
    assert str(error).splitlines() == [
        "mapping: PEs: found 3072, expected at most 256",
        "mapping: util.RF>=0.5: found 3, expected at least 128",
        "mapping: DRAM.Fx=1: found DRAM.Fx=3, expected DRAM.Fx=1",
        "mapping: spatial=O: found PE.C=6, expected PE.C=1",
    ]


@pytest.mark.parametrize("assignment", TAMPERINGS.values(), ids=TAMPERINGS)
def test_verify_finds_the_row_that_was_tampered_with(path, assignment):
    with Store.open(path) as store:
        store.put(sample(0))
        tamper(path, assignment)
        store.put(sample(1))
        store.put(without_mapping(Status.INFEASIBLE, reason="x", layer=sample(2).layer))
        entries = store.entries()
        found = verify(entries)
        assert (found.checked, found.stale, len(found.bad)) == (3, 0, 1)
        (key,) = to_prune(entries, Criteria(bad=True))
        assert key == found.bad[0][0]
        assert store.delete([key]) == 1
        assert verify(store.entries()).bad == ()


QUESTION_TAMPERINGS = {
    "key": "key = 'x'",
    "bound of the layer": """question = replace(question, '"K":8', '"K":9')""",
    "another form": "question = question || ' '",
    "no JSON": "question = substr(question, 1, 30)",
    "objective": "objective = 'energy'",
    "unknown objective": """question = replace(question, '"edp"', '"fun"')""",
    "missing part": """question = replace(question, ',"objective":"edp"', '')""",
    "wrong pin": """question = replace(question, '"constraints":[]', '"constraints":["PE.Q=1"]')""",
    "solves": "solves = 'many'",
    "time": "updated = -1",
}


@pytest.mark.parametrize("assignment", QUESTION_TAMPERINGS.values(), ids=QUESTION_TAMPERINGS)
def test_verify_finds_a_question_that_was_tampered_with(path, assignment):
    with Store.open(path) as store:
        store.put(sample(0))
        tamper(path, assignment)
        assert len(verify(store.entries()).bad) == 1


def test_results_of_another_cost_model_are_stale_not_bad(path, monkeypatch):
    with monkeypatch.context() as older:
        for module in ("question", "rows", "results"):
            older.setattr(f"dmaze_cp.store.{module}.COST_MODEL_VERSION", 0)
        with Store.open(path) as store:
            store.put(sample(0))
            store.put(sample(1))
    # What another version asked may be in a form that this one does not know.
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE results SET question = '{}' WHERE rowid = 1")
    connection.close()
    with Store.open(path) as store:
        assert store.get(Question(sample(0).layer, Architecture())) is None
        store.put(sample(0))
        entries = store.entries()
        found = verify(entries)
        assert (found.checked, found.stale, found.bad) == (1, 2, ())
        stale = to_prune(entries, Criteria(stale=True))
        assert len(stale) == 2
        assert store.delete(stale) == 2
        assert len(store.entries()) == 1


def test_criteria():
    now = int(time.time())
    proven, old = entry_of(sample(0), updated=now), entry_of(sample(1), updated=now - 1000)
    unproven = entry_of(sample(2, bound_fraction=0.5), updated=now - 1000)
    infeasible = entry_of(without_mapping(Status.INFEASIBLE, reason="x"), updated=now)
    unknown = entry_of(without_mapping(Status.UNKNOWN, bound=4), updated=now)
    entries = [
        replace(entry, key=str(number))
        for number, entry in enumerate((proven, old, unproven, infeasible, unknown))
    ]
    for criteria, expected in (
        (Criteria(), "01234"),
        (Criteria(unproven=True), "24"),
        (Criteria(updated_before=now - 500), "12"),
        (Criteria(updated_before=now - 500, unproven=True), "2"),
        (Criteria(updated_before=now - 2000), ""),
        (Criteria(bad=True), ""),
        (Criteria(stale=True), ""),
    ):
        assert "".join(to_prune(entries, criteria)) == expected


def test_rows_that_cannot_be_read_are_pruned_as_bad_or_with_all():
    row = store_rows.entry_of(dict.fromkeys(store_rows.COLUMNS))
    assert isinstance(row, store_rows.UnreadableRow)
    for criteria, expected in (
        (Criteria(), True),
        (Criteria(bad=True), True),
        (Criteria(stale=True), False),
        (Criteria(unproven=True), False),
        (Criteria(updated_before=2.0**40), False),
    ):
        assert bool(to_prune([row], criteria)) == expected


def test_pruning_gives_the_room_back(path):
    with Store.open(path) as store:
        for number in range(80):
            store.put(sample(number))
        before = path.stat().st_size
        assert store.delete([]) == 0
        assert store.delete(to_prune(store.entries(), Criteria())) == 80
    assert path.stat().st_size < before / 3
    with Store.open(path) as store:
        assert store.entries() == []
