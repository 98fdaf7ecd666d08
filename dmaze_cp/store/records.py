"""Stored results as records: what `dmaze-cp store export` writes and `dmaze-cp evaluate` reads."""

from __future__ import annotations

from datetime import UTC, datetime

from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.padded_layers import padded_field
from dmaze_cp.store.question import figures_record, shape_record
from dmaze_cp.store.rows import Entry


def entry_record(entry: Entry) -> Record:
    """A result as a mapping record, with all that is known.

    Without a mapping its ``tiling`` and ``loop_order`` are None.
    """
    question, answer, best = entry.question, entry.answer, entry.answer.best
    return {
        "key": entry.key,
        **shape_record(question.layer),
        **padded_field(None if best is None else best.mapping),
        "architecture": figures_record(question.architecture),
        "objective": str(question.objective),
        "constraints": list(question.constraints.texts),
        "cost_model": entry.cost_model,
        "status": str(answer.status),
        "reason": answer.reason,
        "tiling": None if best is None else best.mapping.tiling,
        "loop_order": None if best is None else best.mapping.loop_order,
        "stationary": None if best is None else {DRAM: best.dataflow.dram, SPM: best.dataflow.spm},
        "energy_pj": None if best is None else best.energy_pj,
        "latency_cycles": None if best is None else best.latency_cycles,
        "edp": None if best is None else best.energy_pj * best.latency_cycles,
        "value": None if best is None else best.value,
        "bound": answer.bound,
        "gap": entry.gap,
        "solve_time_s": answer.solve_time_s,
        "solves": entry.solves,
        "created": _when(entry.created),
        "updated": _when(entry.updated),
    }


def _when(unix_time: int) -> str:
    return datetime.fromtimestamp(unix_time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
