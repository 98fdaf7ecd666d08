"""Alternatives of a layer <-> the fields of its record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.errors import Problem
from dmaze_cp.levels import DRAM, NONE, SPM, Stationary
from dmaze_cp.mapping import Dataflow, Diversity
from dmaze_cp.objective import Objective
from dmaze_cp.result.ranking import Alternative, Ranking
from dmaze_cp.spec import mapping_record_from_dict
from dmaze_cp.spec.documents import Least, Meaning, Record, closed
from dmaze_cp.spec.mapping_files import TilingRecord
from dmaze_cp.spec.padded_layers import PaddedRecord, padded_field
from dmaze_cp.workload import Layer

_Natural = Annotated[int, Least(0)]


@closed
class AlternativeRecord(TypedDict):
    """A mapping that is not the best."""

    rank: Annotated[int, Least(2)]
    padded: NotRequired[PaddedRecord]
    tiling: TilingRecord
    loop_order: dict[str, list[str]]
    stationary: dict[str, Stationary]
    energy_pj: _Natural
    latency_cycles: _Natural
    edp: _Natural
    value: Annotated[_Natural, Meaning("the objective's exact cost")]


class RankingFields(TypedDict, total=False):
    """Fields of a layer's record where several mappings were asked for."""

    alternatives: NotRequired[
        Annotated[list[AlternativeRecord], Meaning("best first; the record itself is rank 1")]
    ]
    alternatives_proven: NotRequired[Annotated[_Natural, Meaning("down to this rank")]]
    diverse: NotRequired[
        Annotated[Diversity, Meaning("of those that are equal in this only the best is ranked")]
    ]
    optima: NotRequired[
        Annotated[int | str, Meaning("mappings of least cost; a text such as >=1000: at least")]
    ]


def ranking_fields(ranking: Ranking | None, objective: Objective) -> Record:
    """The fields of a record; none where one mapping was asked for."""
    if ranking is None:
        return {}
    return {
        "alternatives": [
            {"rank": rank, **alternative_record(each), "value": each.value(objective)}
            for rank, each in enumerate(ranking.alternatives, 2)
        ],
        "alternatives_proven": ranking.proven,
        **({} if ranking.diverse is None else {"diverse": str(ranking.diverse)}),
        "optima": ranking.optima_text,
    }


def alternative_record(each: Alternative) -> Record:
    """A mapping with its costs, as an object inside the record of its layer."""
    return {
        **padded_field(each.mapping),
        "tiling": each.mapping.tiling,
        "loop_order": each.mapping.loop_order,
        "stationary": {DRAM: each.dataflow.dram, SPM: each.dataflow.spm},
        "energy_pj": each.cost.energy_pj,
        "latency_cycles": each.cost.latency_cycles,
        "edp": each.cost.edp,
    }


def alternative_from(
    layer: Mapping[str, Any], data: Mapping[str, Any], architecture: Architecture
) -> Alternative:
    """The mapping that an object inside a layer's record holds; its cost is computed anew.

    Raises
    ------
    SpecError
        When it is none of the layer.
    """
    own = {**layer, "padded": None, **data, "architecture": architecture}
    mapping = mapping_record_from_dict(own)[0]
    flow = data["stationary"]
    dataflow = Dataflow(flow.get(DRAM, NONE), flow.get(SPM, NONE))
    return Alternative(mapping, dataflow, evaluate(mapping, architecture))


def ranking_from(
    data: Mapping[str, Any], layer: Layer, architecture: Architecture
) -> Ranking | None:
    """The ranking that a layer's record holds; costs are computed anew.

    Raises
    ------
    SpecError
        When one of its mappings is none of the layer.
    """
    if "alternatives" not in data:
        return None
    found = [alternative_from(data, each, architecture) for each in data["alternatives"]]
    optima = data.get("optima", 0)
    open_ended = isinstance(optima, str)
    digits = optima.removeprefix(">=") if isinstance(optima, str) else ""
    count = int(digits) if digits.isdecimal() else 0 if open_ended else optima
    proven = data.get("alternatives_proven", 0)
    diverse = Diversity(data["diverse"]) if "diverse" in data else None
    ranking = Ranking(tuple(found), proven, count, not open_ended, diverse)
    return ranking.for_layer(layer)


def ranking_problems(
    data: Mapping[str, Any],
    ranking: Ranking | None,
    objective: Objective,
    architecture: Architecture,
    best: int | None,
) -> Iterator[Problem]:
    """What the fields of a record say against themselves, or against the cost model."""
    if ranking is None:
        return
    own = ranking_fields(ranking, objective)
    for place, (given, computed) in enumerate(
        zip(data["alternatives"], own["alternatives"], strict=True)
    ):
        for name in ("rank", "energy_pj", "latency_cycles", "edp", "value"):
            if given[name] != computed[name]:
                where = f"alternatives[{place}].{name}"
                yield Problem(where, repr(given[name]), f"{computed[name]}, what the mapping has")
        misfits = fits(ranking.alternatives[place].mapping, architecture)
        yield from (problem.under(f"alternatives[{place}].tiling") for problem in misfits)
    values = [best or 0, *(each.value(objective) for each in ranking.alternatives)]
    if values != sorted(values):
        yield Problem("alternatives", "values that fall", "the best first")
    if data.get("optima") != own["optima"]:
        yield Problem("optima", repr(data.get("optima")), "a number, or a text such as '>=1000'")
    if not 0 <= ranking.proven <= len(values):
        found = repr(ranking.proven)
        yield Problem(
            "alternatives_proven", found, f"at most {len(values)}, the mappings there are"
        )
