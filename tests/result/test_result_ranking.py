"""Several mappings of a layer, in memory and in files."""

from __future__ import annotations

import json

import pytest

import dmaze_cp as dm
from dmaze_cp.checker import check
from dmaze_cp.digest import with_digest
from dmaze_cp.errors import SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.result import result_from_dict, result_record
from tests.kit.verified import LAYERS, document, mapped


def test_several_are_read_back_as_they_were_written() -> None:
    result = mapped(Objective.EDP, top_k=4)
    record = json.loads(json.dumps(result_record(result)))
    assert result_from_dict(record) == result
    for layer in record["layers"]:
        assert [each["rank"] for each in layer["alternatives"]] == [2, 3, 4]
        assert layer["alternatives_proven"] == 4
        assert layer["alternatives"][0]["value"] >= layer["value"]


def spoil(layer: dict, what: str) -> None:
    first, second = layer["alternatives"][:2]
    if what == "cost":
        first["energy_pj"] += 1
    elif what == "order":
        layer["alternatives"][:2] = [second, first]
    elif what == "twice":
        layer["alternatives"][1] = {**first, "rank": 3}
    elif what == "factor":
        first["tiling"]["PE"][next(iter(first["tiling"]["PE"]))] += 1
    elif what == "proven":
        layer["alternatives_proven"] = 9
    elif what == "optima":
        layer["optima"] = "many"


@pytest.mark.parametrize("what", ["cost", "order", "twice", "factor", "proven", "optima"])
def test_what_was_changed_is_seen(what: str) -> None:
    record = document(top_k=4)
    layer = next(each for each in record["layers"] if each["objective"] == "edp")
    spoil(layer, what)
    signed = with_digest({k: v for k, v in record.items() if k != "digest"})
    assert any(each.problems for each in check(signed).records)
    if what not in {"order", "twice"}:
        with pytest.raises(SpecError):
            result_from_dict(signed)


def test_how_many_makes_sense_or_is_refused() -> None:
    arch = dm.load_architecture("default")
    for options in ({"k": 0}, {"k": 1001}, {"k": 2, "gap": 0.1}):
        with pytest.raises(SpecError, match="top_k"):
            dm.top_k(LAYERS[2], arch, **options)
    one = dm.top_k(LAYERS[2], arch, 1, "energy")
    assert one.ranking is None


def test_out_of_time_it_says_down_to_which_rank_it_is_proven() -> None:
    layer = dm.load_workload("resnet18")["conv4_1b"]
    arch = dm.load_architecture("default")
    whole = dm.top_k(layer, arch, 30, "edp", engine="bounds")
    assert whole.ranking is not None
    assert whole.ranking.proven == 30
    values = [whole.value, *(each.value(whole.objective) for each in whole.ranking.alternatives)]
    for polls in (5, 20, 40, 60):
        left = iter(range(polls))
        stop = lambda left=left: next(left, None) is None  # noqa: E731
        cut = dm.top_k(layer, arch, 30, "edp", engine="bounds", stop=stop)
        if cut.ranking is not None:
            mine = [cut.value, *(each.value(cut.objective) for each in cut.ranking.alternatives)]
            proven = cut.ranking.proven
            assert mine[:proven] == values[:proven]
            assert proven == 0 or cut.status == "optimal"
