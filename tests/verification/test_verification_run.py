"""`verify`: what it takes, and second proofs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dmaze_cp as dm
from dmaze_cp.checker import DigestState
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, SearchStats, Status
from dmaze_cp.verification import contradiction, verify
from dmaze_cp.verification import layers as layers_module
from tests.kit.patience import HANG_S
from tests.kit.verified import LAYERS, document, mapped, several

RESULT = mapped(Objective.EDP)
FIRST = RESULT.layers[0]


def told(found: dm.Verification) -> list[tuple[str, str]]:
    return [(r.reproof.engine, r.reproof.agreement) for r in found.records if r.reproof]


def test_files_objects_and_results_are_verified(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    RESULT.save(path)
    for what in (path, str(path), json.loads(path.read_text()), RESULT):
        found = dm.verify(what)
        assert (found.holds, found.digest, len(found.records)) == (True, DigestState.EQUAL, 3)
    alone = dm.verify(FIRST)
    assert [r.checked.name for r in alone.records] == [LAYERS[0].name]
    assert alone.holds


def test_what_does_not_hold_is_returned_with_its_place(tmp_path: Path) -> None:
    record = document(Objective.EDP)
    record["layers"][1]["latency_cycles"] += 1
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(record))
    found = dm.verify(path, reprove=True)
    assert not found.holds
    places = {(problem.source, problem.where) for problem in found.problems}
    assert places == {(str(path), "digest"), (str(path), "layers[1].latency_cycles")}
    assert [r.holds for r in found.records] == [True, False, True]
    assert told(found) == [], "a file that does not hold is not worth a proof"


def test_bad_files_are_spec_errors(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text in ("", "{", "[]", '{"schema": "other"}'):
        path.write_text(text)
        with pytest.raises(dm.SpecError) as error:
            dm.verify(path)
        assert {problem.source for problem in error.value.problems} == {str(path)}
    with pytest.raises(dm.SpecError):
        dm.verify(tmp_path / "none.json")


def test_every_record_is_proven_again_by_the_other_engine() -> None:
    heard: list[Any] = []
    found = dm.verify(several(), reprove=True, time_limit=HANG_S, on_reproof=heard.append)
    assert told(found) == [("cp-sat", "agrees")] * 12
    assert heard == list(found.records)
    assert found.holds


@pytest.mark.parametrize(
    ("first", "second"),
    [("cp-sat", "bounds"), ("auto", "bounds"), ("bounds", "cp-sat"), ("", "cp-sat")],
)
def test_the_second_engine_is_not_the_first(
    first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_layer: Any, *_: Any, engine: str, **__: Any) -> LayerResult:
        return replace(FIRST, stats=SearchStats(engine=engine))

    monkeypatch.setattr(layers_module, "map_layer", answer)
    result = replace(FIRST, stats=SearchStats(engine=first))
    assert told(verify(result, reprove=True, time_limit=HANG_S)) == [(second, "agrees")]


def test_a_bound_that_is_none_is_found_by_the_second_proof() -> None:
    """What the checker cannot see: a good mapping, said to be the best, which it is not."""
    best = {result.layer: result.value for result in RESULT}
    others = [replace(r, objective=Objective.EDP) for r in mapped(Objective.ENERGY)]
    worse = next(r for r in others if r.value != best[r.layer])
    lying = replace(worse, status=Status.OPTIMAL, bound=worse.value)
    assert verify(lying).holds
    found = verify(lying, reprove=True, time_limit=HANG_S)
    assert not found.holds
    (record,) = found.disagreements
    assert record.reproof is not None
    assert str(lying.bound) in record.reproof.reason


def test_a_second_proof_that_is_not_finished_leaves_it_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    value = FIRST.value
    assert value is not None
    later = replace(FIRST, status=Status.FEASIBLE, bound=value - 1)
    monkeypatch.setattr(layers_module, "map_layer", lambda *_, **__: later)
    found = verify(FIRST, reprove=True, time_limit=HANG_S)
    assert [record.reproof.agreement for record in found.unfinished if record.reproof] == ["open"]
    assert found.holds


def test_a_request_to_stop_leaves_the_rest_without_a_second_proof(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layers_module, "map_layer", lambda *_, **__: FIRST)
    found = verify(RESULT, reprove=True, stop=lambda: True)
    assert [r.reproof is not None for r in found.records] == [True, False, False]


def test_what_excludes_each_other() -> None:
    value = FIRST.value
    assert value is not None
    none = replace(
        FIRST, status=Status.INFEASIBLE, mapping=None, dataflow=None, cost=None, bound=None
    )
    unknown = replace(none, status=Status.UNKNOWN)
    loose = replace(FIRST, status=Status.FEASIBLE, bound=value // 2)
    above = replace(unknown, bound=value + 1)
    assert {contradiction(a, b) for a, b in ((FIRST, FIRST), (loose, FIRST), (none, none))} == {""}
    assert {contradiction(a, b) for a, b in ((unknown, FIRST), (none, unknown))} == {""}
    for one, other in ((none, FIRST), (above, FIRST), (above, loose)):
        assert contradiction(one, other)
        assert contradiction(other, one)
