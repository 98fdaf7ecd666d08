"""Fronts are verified, and proven again by the other engine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import dmaze_cp as dm
from dmaze_cp.tradeoff import FrontStatus
from dmaze_cp.verification import front_contradiction, verification_record
from tests.kit.fronts import LAYERS, SMALL, fronts_document, searched
from tests.kit.patience import HANG_S

FIRST = searched().layers[0]


def test_files_objects_and_fronts_are_verified(tmp_path: Path) -> None:
    path = tmp_path / "fronts.json"
    dm.save_front(searched(), path)
    for what in (path, json.loads(path.read_text()), searched()):
        found = dm.verify(what)
        assert found.holds
        assert [r.checked.name for r in found.records] == [layer.name for layer in LAYERS]
    record = fronts_document(searched())
    record["layers"][1]["points"][2]["energy_pj"] += 1
    path.write_text(json.dumps(record))
    found = dm.verify(path, reprove=True)
    places = [problem.where for problem in found.problems]
    assert places == ["digest", "layers[1].points[2].energy_pj"]


@pytest.mark.parametrize(("first", "second"), [("auto", "bounds"), ("bounds", "cp-sat")])
def test_a_front_is_proven_again_by_the_other_engine(first: str, second: str) -> None:
    fronts = dm.pareto(LAYERS[2], SMALL, engine=first, epsilon=0.001)
    found = dm.verify(fronts, reprove=True, time_limit=HANG_S)
    (record,) = found.records
    assert record.reproof is not None
    assert (record.reproof.engine, record.reproof.agreement) == (second, "agrees")
    assert verification_record("", found)["records"][0]["reproof"]["status"] == "complete"


def test_fronts_that_cannot_both_be_right_are_seen() -> None:
    assert front_contradiction(FIRST, FIRST) == ""
    shorter = replace(FIRST, points=FIRST.points[:-1], proven=FIRST.proven - 1)
    assert "matches" in front_contradiction(FIRST, shorter)
    without_first = replace(FIRST, points=FIRST.points[1:], proven=FIRST.proven - 1)
    assert "point 0" in front_contradiction(FIRST, without_first)
    none = replace(FIRST, points=(), proven=0, reason="nothing fits")
    assert front_contradiction(none, FIRST)
    cut = replace(shorter, status=FrontStatus.PARTIAL)
    assert front_contradiction(FIRST, cut) == front_contradiction(cut, FIRST) == ""
    doubted = replace(without_first, status=FrontStatus.PARTIAL, proven=0)
    assert front_contradiction(FIRST, doubted) == ""
