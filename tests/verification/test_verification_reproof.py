"""What only a second proof shows: ranks, numbers of optima, the layer without padding, tables."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

import dmaze_cp as dm
from dmaze_cp.objective import Objective
from dmaze_cp.result import result_record
from dmaze_cp.verification import Agreement, Reproof, verify
from dmaze_cp.verification.ranking import ranking_contradiction, ranking_is_covered
from tests.kit.patience import HANG_S
from tests.kit.verified import LAYERS, document, mapped, resigned, tabled

Document = dict[str, Any]
FC = LAYERS[2:]
PRIME = (dm.Layer.gemm("prime", {"X": 7, "Y": 13, "K": 11}),)
PADDED = dm.Constraints.parse("pad=auto")
SMALL = dm.Architecture(pes=4, rf_bytes=64)


def reproof(record: Document) -> Reproof:
    """The second proof of the only record of a document that holds so far as is known without."""
    assert verify(resigned(record)).holds
    (found,) = verify(resigned(record), reprove=True, time_limit=HANG_S).records
    assert found.reproof is not None
    return found.reproof


def beside_unpadded() -> Document:
    result = mapped(Objective.EDP, layers=PRIME, limits=PADDED, architecture=SMALL)
    plain = mapped(Objective.EDP, layers=PRIME, architecture=SMALL)
    beside = replace(result, layers=(result.layers[0].beside(plain.layers[0]),))
    read: Document = json.loads(json.dumps(result_record(beside)))
    return read


def ranked(count: int = 5, diverse: str | None = None) -> Document:
    return document(Objective.EDP, layers=FC, top_k=count, diverse=diverse)


def cut(record: Document, first: int, last: int) -> Document:
    """The ranking without some of its mappings, said to be as well proven."""
    record = copy.deepcopy(record)
    layer = record["layers"][0]
    del layer["alternatives"][first:last]
    for rank, each in enumerate(layer["alternatives"], 2):
        each["rank"] = rank
    layer["alternatives_proven"] = 1 + len(layer["alternatives"])
    return record


WHOLE = {
    "ranked": ranked,
    "ranked by dataflow": lambda: ranked(4, "dataflow"),
    "ranked by unrolling": lambda: ranked(3, "unrolling"),
    "without padding": beside_unpadded,
    "tables": lambda: tabled(layers=FC),
    "tables with padding": lambda: tabled(layers=PRIME, limits=PADDED),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_the_mapper_writes_is_proven_again(name: str) -> None:
    found = reproof(WHOLE[name]())
    assert (found.agreement, found.reason) == (Agreement.AGREES, "")


@pytest.mark.parametrize("diverse", [None, "dataflow", "unrolling"])
def test_ranks_that_were_left_out_are_found(diverse: str | None) -> None:
    good = ranked(4, diverse)
    for first, last in ((0, 2), (0, 1), (1, 2)):
        found = reproof(cut(good, first, last))
        assert found.agreement is Agreement.DIFFERS
        assert found.reason.startswith("rank ")


@pytest.mark.parametrize("optima", [2, 999, ">=1000"])
def test_the_number_of_optima_is_proven_again(optima: int | str) -> None:
    record = ranked()
    assert record["layers"][0]["optima"] == 1
    record["layers"][0]["optima"] = optima
    found = reproof(record)
    assert found.agreement is Agreement.DIFFERS
    assert found.reason.startswith("mappings of least cost")


def test_a_number_of_optima_that_a_count_does_not_reach_is_left_open() -> None:
    """Of more mappings than are counted it is only known that there are so many."""
    (first,) = mapped(Objective.EDP, layers=FC, top_k=5).layers
    assert first.ranking is not None
    some = replace(first.ranking, optima=3, optima_complete=False)
    all_of = replace(first.ranking, optima=9)
    second = replace(first, ranking=some)
    assert ranking_contradiction(replace(first, ranking=all_of), second) == ""
    assert not ranking_is_covered(replace(first, ranking=all_of), second)
    assert ranking_contradiction(second, replace(first, ranking=replace(some, optima=5))) == ""
    assert ranking_is_covered(second, replace(first, ranking=replace(some, optima=5)))


def test_the_layer_without_padding_is_proven_again() -> None:
    record = beside_unpadded()
    layer = record["layers"][0]
    value = 10 * layer["unpadded"]["value"]
    layer["padding_gain"] = (value - layer["value"]) / value
    layer["unpadded"] |= {"status": "feasible", "value": value, "bound": 1}
    assert reproof(record).agreement is Agreement.AGREES, "a bound that says little is right"
    layer["unpadded"] |= {"status": "optimal", "bound": value}
    found = reproof(record)
    assert found.agreement is Agreement.DIFFERS
    assert found.reason.startswith("without padding: no mapping costs less than")


@pytest.mark.parametrize(("table", "place"), [("dataflows", 0), ("unrollings", 1)])
def test_tables_are_proven_again(table: str, place: int) -> None:
    record = tabled(layers=FC)
    row = record["layers"][0][table][place]
    names = ("tiling", "loop_order", "energy_pj", "latency_cycles", "edp", "value", "relative")
    bound = row["value"] + 1
    row |= dict.fromkeys(names) | {"status": "unknown", "bound": bound}
    found = reproof(record)
    assert found.agreement is Agreement.DIFFERS
    assert f"no mapping costs less than {bound}" in found.reason
    if table == "dataflows":
        row |= {"status": "infeasible", "bound": None}
        assert "O | O: no mapping fits" in reproof(record).reason


def test_what_is_not_finished_is_named() -> None:
    record = tabled(layers=FC)
    (found,) = verify(resigned(record), reprove=True, time_limit=1e-9).records
    assert found.reproof is not None
    assert found.reproof.agreement is Agreement.OPEN
    assert found.reproof.reason == "not finished: the best mapping, dataflows, unrollings"
