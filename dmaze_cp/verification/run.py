"""Verify results: computed anew by the checker, and proven again by the other engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from dmaze_cp.checker import Checked, CheckedRecord, check
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.result import LayerResult, WorkloadResult, result_record, results_from_dict
from dmaze_cp.spec.files import load_spec_object
from dmaze_cp.spec.mapping_files import FRONT_SCHEMA
from dmaze_cp.tradeoff import WorkloadFront, front_from_dict, front_record
from dmaze_cp.verification.fronts import front_reproof
from dmaze_cp.verification.layers import layer_reproof
from dmaze_cp.verification.result import Reproof, Verification, VerifiedRecord
from dmaze_cp.workload import Workload

OnReproof = Callable[[VerifiedRecord], None]
"""Called with each record that is proven again."""
Stop = Callable[[], bool] | None
Prove = Callable[[CheckedRecord, float, Stop], Reproof]


def verify(
    what: str | PathLike[str] | Mapping[str, Any] | WorkloadResult | LayerResult | WorkloadFront,
    *,
    reprove: bool = False,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    on_reproof: OnReproof | None = None,
    stop: Callable[[], bool] | None = None,
) -> Verification:
    """Verify a result, or fronts, without taking the mapper's word for it.

    Fit, limits, costs, sums, comparisons and the relations of value, bound and status are computed
    anew by code that shares nothing with the mapper, no mapping of the file may contradict what it
    says of all mappings, and the digest is compared. That a bound is one is what only a proof can
    show: `reprove`. So it is with ranks, numbers of optima, costs without padding and tables.

    Parameters
    ----------
    what
        A file of ``dmaze-cp map -o`` or ``dmaze-cp pareto -o``, its object, a result, or fronts.
    reprove
        Prove every record again with the engine that did not prove it: ``bounds`` what ``cp-sat``
        or ``auto`` proved, else ``cp-sat``. Nothing is proven again unless everything holds.
    time_limit
        Wall seconds for each search of a second proof: one of a record, and one more of its layer
        without padding and of each table where it has them.
    on_reproof
        Called with each record that is proven again.
    stop
        Polled; the proofs end soon after it returns True (`Verification.interrupted`).

    Returns
    -------
    Verification
        Also where something does not hold.

    Raises
    ------
    SpecError
        When there is no such file, or it is no result.
    """
    if not time_limit > 0:
        raise SpecError(Problem("time_limit", repr(time_limit), "seconds above 0"))
    document, source = _document(what)
    try:
        checked = check(document)
        problems = (*checked.problems, *(p for record in checked.records for p in record.problems))
        records = tuple(map(VerifiedRecord, checked.records))
        asked = reprove and not problems
        if asked:
            records = _reproven(document, checked, time_limit, on_reproof, stop)
    except SpecError as error:
        raise error.inside(source) from None
    # A stop that came when all was done has cut nothing short.
    interrupted = asked and any(record.reproof is None for record in records)
    told = tuple(problem.inside(source) for problem in problems)
    return Verification(checked.digest, records, told, interrupted)


def _document(what: object) -> tuple[object, str]:
    """The object that is checked, and the file that it is from."""
    if isinstance(what, LayerResult):
        network = Workload(what.layer.name, (what.layer,))
        what = WorkloadResult(network, what.architecture, (what.objective,), (what,))
    if isinstance(what, WorkloadResult):
        return result_record(what), ""
    if isinstance(what, WorkloadFront):
        return front_record(what), ""
    if isinstance(what, str | PathLike):
        return load_spec_object(Path(what), (".json",)), str(what)
    return what, ""


def _reproven(
    document: object,
    checked: Checked,
    time_limit: float,
    on_reproof: OnReproof | None,
    stop: Callable[[], bool] | None,
) -> tuple[VerifiedRecord, ...]:
    prove = _provers(document)
    records = []
    for record in checked.records:
        verified = VerifiedRecord(record, prove(record, time_limit, stop))
        stopped = stop is not None and stop()
        if stopped and verified.is_open:
            # It was not left open by itself: nobody knows what it would have shown.
            break
        records.append(verified)
        if on_reproof is not None:
            on_reproof(verified)
        if stopped:
            break
    return (*records, *map(VerifiedRecord, checked.records[len(records) :]))


def _provers(document: object) -> Prove:
    """What proves a record of a document again."""
    if isinstance(document, Mapping) and document["schema"] == FRONT_SCHEMA:
        found = front_from_dict(document)

        def prove_front(record: CheckedRecord, limit: float, stop: Stop) -> Reproof:
            first = found.layers[record.index]
            return front_reproof(found, first, other_engine(first.engine), limit, stop)

        return prove_front
    results = results_from_dict(document)

    def prove(record: CheckedRecord, limit: float, stop: Stop) -> Reproof:
        first = results[record.result].layers[record.index]
        return layer_reproof(first, other_engine(first.engine), limit, stop)

    return prove


def other_engine(first: str | None) -> Engine:
    """The engine that did not prove something."""
    return Engine.BOUNDS if first in {"cp-sat", "auto"} else Engine.CP_SAT
