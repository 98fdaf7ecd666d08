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


@pytest.mark.parametrize("diverse", ["unrolling", "dataflow"])
def test_what_tells_them_apart_is_in_the_record(diverse: str) -> None:
    result = mapped(Objective.EDP, top_k=4, diverse=diverse)
    record = json.loads(json.dumps(result_record(result)))
    assert result_from_dict(record) == result
    for layer in record["layers"]:
        assert layer["diverse"] == diverse
        ranked = [layer, *layer["alternatives"]]
        flows = {str(each["stationary"]) for each in ranked}
        unrolled = {str([d for d, n in each["tiling"]["PE"].items() if n > 1]) for each in ranked}
        assert len(flows if diverse == "dataflow" else unrolled) == len(ranked)


def test_equals_in_what_tells_them_apart_are_seen() -> None:
    layer = document(top_k=4)["layers"][0]
    flows = [str(each["stationary"]) for each in (layer, *layer["alternatives"])]
    assert len(set(flows)) < len(flows)
    changed = {**document(top_k=4), "layers": [{**layer, "diverse": "dataflow"}]}
    signed = with_digest({k: v for k, v in changed.items() if k != "digest"})
    found = [str(p) for each in check(signed).records for p in each.problems]
    assert any("expected another dataflow" in text for text in found), found


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
    for options, text in (
        ({"k": 1, "diverse": "dataflow"}, "diverse: found dataflow with top_k = 1"),
        ({"k": 2, "diverse": "tiling"}, "diverse: found 'tiling', expected unrolling, dataflow"),
    ):
        with pytest.raises(SpecError, match=text):
            dm.top_k(LAYERS[2], arch, **options)
    one = dm.top_k(LAYERS[2], arch, 1, "energy")
    assert one.ranking is None


@pytest.mark.parametrize(("count", "diverse"), [(30, None), (4, "unrolling"), (3, "dataflow")])
def test_out_of_time_it_says_down_to_which_rank_it_is_proven(count, diverse) -> None:
    layer = dm.load_workload("resnet18")["conv4_1b"]
    arch = dm.load_architecture("default")
    asked = {"engine": "bounds", "diverse": diverse}
    whole = dm.top_k(layer, arch, count, "edp", **asked)
    assert whole.ranking is not None
    assert whole.ranking.proven == count
    values = [whole.value, *(each.value(whole.objective) for each in whole.ranking.alternatives)]
    for polls in (5, 20, 40, 60):
        left = iter(range(polls))
        stop = lambda left=left: next(left, None) is None  # noqa: E731
        cut = dm.top_k(layer, arch, count, "edp", **asked, stop=stop)
        if cut.ranking is not None:
            mine = [cut.value, *(each.value(cut.objective) for each in cut.ranking.alternatives)]
            proven = cut.ranking.proven
            assert mine[:proven] == values[:proven]
            assert proven == 0 or cut.status == "optimal"
