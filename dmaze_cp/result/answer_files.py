"""Answers of `evaluate` <-> the records of their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NotRequired, TypedDict

from dmaze_cp.cost import Cost
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import DRAM, SPM, Operand
from dmaze_cp.mapping import Mapping
from dmaze_cp.result.layer_files import Natural, Positive
from dmaze_cp.spec.documents import Meaning, Record, closed, problems_of
from dmaze_cp.spec.mapping_files import TilingRecord
from dmaze_cp.spec.padded_layers import PaddedRecord, padded_record

_ByOperand = dict[str, Natural]


class AnswerRecord(TypedDict):
    """The exact cost of a mapping; costs are given also where it does not fit."""

    index: Annotated[Natural, Meaning("of the record in its file")]
    name: NotRequired[str]
    valid: Annotated[bool, Meaning("whether the mapping fits")]
    reasons: Annotated[list[str], Meaning("what it exceeds")]
    tiling: NotRequired[
        Annotated[TilingRecord, Meaning("on an array with rows and columns: where PE loops are")]
    ]
    padded: NotRequired[Annotated[PaddedRecord, Meaning("where bounds were raised")]]
    useful_macs_share: NotRequired[Positive]
    energy_pj: Natural
    energy_breakdown_pj: EnergyRecord
    energy_by_operand_pj: NotRequired[dict[str, dict[str, Positive]]]
    latency_cycles: Natural
    edp: Natural
    reuse: NotRequired[dict[str, _ByOperand]]
    held: Annotated[Operand | None, Meaning("operand held in the RFs")]
    noc_cycles: NotRequired[_ByOperand]
    reduction_cycles: NotRequired[Natural]
    dma_invocations: NotRequired[_ByOperand]
    dma_burst_elements: NotRequired[_ByOperand]
    dma_cycles: NotRequired[_ByOperand]
    rf_pass_cycles: NotRequired[Natural]
    spm_pass_cycles: Natural
    rf_elements: NotRequired[_ByOperand]
    array_elements: NotRequired[_ByOperand]
    spm_elements: NotRequired[_ByOperand]
    against_optimum: NotRequired[
        Annotated[dict[str, object], Meaning("how far it is from the best mapping")]
    ]


@closed
class EnergyRecord(TypedDict):
    """Energy by component, in pJ."""

    MAC: Positive
    RF: Positive
    NoC: Positive
    SPM: Positive
    DRAM: Positive
    leakage: NotRequired[Positive]


class FailedRecord(TypedDict):
    """A record that is no mapping."""

    index: Natural
    error: Annotated[str, Meaning("a line for each problem")]


def answer_record(index: int, mapping: Mapping, cost: Cost, excess: Sequence[Problem]) -> Record:
    """The answer to a mapping record: does it fit, and every quantity of its cost.

    Parameters
    ----------
    excess
        What the mapping exceeds, as `dmaze_cp.cost.fits` says.
    """
    answer: Record = {"index": index}
    if mapping.layer.name:
        answer["name"] = mapping.layer.name
    if mapping.row_factors is not None:
        answer["tiling"] = mapping.tiling
    if mapping.padded_from is not None:
        answer["padded"] = padded_record(mapping)
        answer["useful_macs_share"] = mapping.useful_macs_share
    return {
        **answer,
        "valid": not excess,
        "reasons": [str(problem) for problem in excess],
        "energy_pj": cost.energy_pj,
        "energy_breakdown_pj": cost.energy_breakdown_pj,
        "energy_by_operand_pj": cost.energy_by_operand_pj,
        "latency_cycles": cost.latency_cycles,
        "edp": cost.edp,
        "reuse": {DRAM: cost.reuse_dram, SPM: cost.reuse_spm},
        "held": cost.held,
        "noc_cycles": cost.noc_cycles,
        "reduction_cycles": cost.reduction_cycles,
        "dma_invocations": cost.dma_invocations,
        "dma_burst_elements": cost.dma_burst_elements,
        "dma_cycles": cost.dma_cycles,
        "rf_pass_cycles": cost.rf_pass_cycles,
        "spm_pass_cycles": cost.spm_pass_cycles,
        "rf_elements": cost.rf_elements,
        "array_elements": cost.array_elements,
        "spm_elements": cost.spm_elements,
    }


def answers_of(document: object) -> list[Record] | None:
    """The answers that a file of `evaluate` holds; None where it holds something else.

    Raises
    ------
    SpecError
        With every problem found.
    """
    is_list = isinstance(document, list)
    entries = list(document) if isinstance(document, list) else [document]
    if not any(isinstance(e, dict) and "index" in e and "schema" not in e for e in entries):
        return None
    problems: list[Problem] = []
    answers: list[Record] = []
    for position, entry in enumerate(entries):
        where = f"[{position}]" if is_list else ""
        kind = FailedRecord if isinstance(entry, dict) and "error" in entry else AnswerRecord
        problems += problems_of(entry, kind, where)
        if isinstance(entry, dict):
            answers.append(entry)
    if problems:
        raise SpecError(problems)
    return answers
