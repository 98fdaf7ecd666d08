"""Whether a result document holds: its digest, its records, and that all of them are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NotRequired, TypedDict

from dmaze_cp.checker.comparison import ComparisonRecord, comparison_problems
from dmaze_cp.checker.front import LayerFrontRecord, front_problems
from dmaze_cp.checker.known import Placed, contradictions
from dmaze_cp.checker.layer import LayerRecord, layer_problems
from dmaze_cp.checker.machine import MachineRecord, machine_problems
from dmaze_cp.checker.mapped import MissingRecord, missing_problems
from dmaze_cp.checker.model import Record
from dmaze_cp.checker.network_front import FrontsRecord, network_problems
from dmaze_cp.checker.signed import DigestState, digest_state, is_of_digest
from dmaze_cp.checker.totals import TotalsRecord, sum_problems
from dmaze_cp.digest import COST_MODEL_VERSION
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.documents import closed, problems_of
from dmaze_cp.spec.fields import describe
from dmaze_cp.spec.mapping_files import FRONT_SCHEMA, RESULT_SCHEMA, RESULTS_SCHEMA

_SCHEMAS: Final = (RESULT_SCHEMA, RESULTS_SCHEMA, FRONT_SCHEMA)
CLAIMS: Final = ("alternatives", "unpadded", "dataflows", "unrollings", "clash")
"""What a record may have beside its bound that only a search can show to be so."""


@dataclass(frozen=True)
class CheckedRecord:
    """A record of a layer, and what in it does not hold.

    Attributes
    ----------
    result, index
        Place of its result in the document (0 where there is one), and its own in there.
    name, objective, status
        As the record says; empty where it says nothing readable. The objective of a front is
        ``front``.
    value, bound
        As the record says; a front has none.
    claims
        Fields of the record that say more than a bound of what is true of all mappings: `CLAIMS`.
    problems
        What does not hold, each with its path in the document.
    """

    result: int
    index: int
    name: str
    objective: str
    status: str
    value: int | None
    bound: int | float | None
    problems: tuple[Problem, ...]
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A document, and what in it does not hold.

    Attributes
    ----------
    digest
        Whether the contents are those that were written.
    records
        The layers' records of all results.
    problems
        What does not hold beside the records: digests, machines, sums, layers that are not there.
    """

    digest: DigestState
    records: tuple[CheckedRecord, ...]
    problems: tuple[Problem, ...]


@closed
class ResultRecord(TypedDict):
    """A result. What is not known here may mean something, and is not passed over."""

    schema: str
    model: str
    architecture: MachineRecord
    objectives: list[Literal["edp", "energy", "latency"]]
    interrupted: NotRequired[bool]
    layers: list[object]
    missing: NotRequired[list[MissingRecord]]
    totals: dict[str, TotalsRecord]
    unmapped_operators: NotRequired[list[object]]
    compared: NotRequired[list[object]]
    cost_model: NotRequired[int]
    digest: NotRequired[str]


@closed
class ResultsRecord(TypedDict):
    """Several results. What is not known here may mean something, and is not passed over."""

    schema: str
    results: list[object]
    comparison: NotRequired[list[ComparisonRecord]]
    digest: NotRequired[str]


def check(document: object) -> Checked:
    """Check a result, several in one document, or fronts.

    Parameters
    ----------
    document
        The object of a file of `dmaze-cp map -o` or `dmaze-cp pareto -o`.

    Raises
    ------
    SpecError
        When it is something else.
    """
    expected = f"a result of `dmaze-cp map` or `pareto` ({', '.join(_SCHEMAS)})"
    if not isinstance(document, dict):
        raise SpecError(Problem("", describe(document), expected))
    schema = document.get("schema")
    if schema not in _SCHEMAS:
        found = describe(schema) if "schema" in document else "nothing"
        raise SpecError(Problem("schema", found, expected))
    if schema == RESULT_SCHEMA:
        alone = _result(document, 0, "")
        return replace(alone, records=_against_known(alone.records, [document], [""]))
    if schema == FRONT_SCHEMA:
        return _fronts(document)
    return _several(document)


def _several(document: Record) -> Checked:
    """Check several results and their comparison."""
    results = document.get("results")
    if not isinstance(results, list) or not results:
        raise SpecError(Problem("results", describe(results), "a list of results"))
    prefixes = [f"results[{k}]." for k in range(len(results))]
    parts = [_result(each, k, prefixes[k]) for k, each in enumerate(results)]
    signed = [part.digest is not DigestState.NONE for part in parts]
    state, problems = digest_state(document, "", must=any(signed))
    own = list(problems_of(document, ResultsRecord))
    inner = [problem for part in parts for problem in part.problems]
    records = tuple(record for part in parts for record in part.records)
    records = _against_known(records, results, prefixes)
    # What compares results that do not hold, but for their digests, says nothing more.
    if not any(record.problems for record in records) and all(is_of_digest(p) for p in inner):
        own = own or list(comparison_problems(document))
    states = {state, *(part.digest for part in parts)}
    order = (DigestState.DIFFERS, DigestState.MISSING, DigestState.NONE, DigestState.EQUAL)
    worst = next(each for each in order if each in states)
    return Checked(worst, records, (*problems, *own, *inner))


def _against_known(
    records: tuple[CheckedRecord, ...], results: Sequence[Any], prefixes: Sequence[str]
) -> tuple[CheckedRecord, ...]:
    """The records, and what in those that hold a mapping of the document contradicts."""
    good = [record for record in records if not record.problems]
    placed = []
    for record in good:
        document, where = results[record.result], f"{prefixes[record.result]}layers[{record.index}]"
        placed.append(Placed(where, document["layers"][record.index], document["architecture"]))
    told = {
        (record.result, record.index): tuple(problem.under(each.where) for problem in problems)
        for record, each, problems in zip(good, placed, contradictions(placed), strict=True)
        if problems
    }
    return tuple(
        replace(record, value=None, bound=None, problems=told[place])
        if (place := (record.result, record.index)) in told
        else record
        for record in records
    )


def _result(document: object, place: int, prefix: str) -> Checked:
    """Check one result; `prefix` is its path in the document."""
    if not isinstance(document, dict):
        problem = Problem(prefix.rstrip("."), describe(document), "a result")
        return Checked(DigestState.NONE, (), (problem,))
    state, problems = digest_state(document, prefix, must="cost_model" in document)
    own = list(_document_problems(document, ResultRecord))
    if own:
        # Without a machine and sums that can be read nothing else is checked.
        problems += [_placed(problem, prefix) for problem in own]
        return Checked(state, (), tuple(problems))
    records = [
        _record(record, document, place, k, f"{prefix}layers[{k}]")
        for k, record in enumerate(document["layers"])
    ]
    if not any(record.problems for record in records):
        # Sums of what does not hold say nothing more.
        own = [*_set_problems(document), *sum_problems(document)]
        problems += [_placed(problem, prefix) for problem in own]
    return Checked(state, tuple(records), tuple(problems))


def _document_problems(document: Record, kind: type) -> Iterator[Problem]:
    """Fields that are not of their types, another model, and a machine that there is not."""
    version = document.get("cost_model", COST_MODEL_VERSION)
    if version != COST_MODEL_VERSION or isinstance(version, bool):
        expected = f"{COST_MODEL_VERSION}, which this release checks"
        yield Problem("cost_model", describe(version), expected)
        return
    problems = list(problems_of(document, kind))
    yield from problems
    if not problems:
        for problem in machine_problems(document["architecture"]):
            yield problem.under("architecture")


def _fronts(document: Record) -> Checked:
    """Check fronts."""
    state, problems = digest_state(document, "", must=True)
    own = list(_document_problems(document, FrontsRecord))
    if own:
        return Checked(state, (), (*problems, *own))
    records = [_front(record, document, k) for k, record in enumerate(document["layers"])]
    if not any(record.problems for record in records):
        problems += network_problems(document)
    return Checked(state, tuple(records), tuple(problems))


def _front(record: object, document: Record, index: int) -> CheckedRecord:
    problems = list(problems_of(record, LayerFrontRecord))
    data: Record = record if isinstance(record, dict) else {}
    if not problems:
        problems = front_problems(data, document["architecture"], document["constraints"])
    return CheckedRecord(
        result=0,
        index=index,
        name=_text(data.get("name")),
        objective="front",
        status=_text(data.get("status")),
        value=None,
        bound=None,
        problems=tuple(problem.under(f"layers[{index}]") for problem in problems),
    )


def _placed(problem: Problem, prefix: str) -> Problem:
    return problem.under(prefix.rstrip(".")) if prefix else problem


def _record(record: object, document: Record, place: int, index: int, where: str) -> CheckedRecord:
    problems = list(problems_of(record, LayerRecord))
    data: Record = record if isinstance(record, dict) else {}
    if not problems:
        problems = layer_problems(data, document["architecture"])
        if data["objective"] not in document["objectives"]:
            expected = f"one of {', '.join(document['objectives'])}"
            problems.append(Problem("objective", data["objective"], expected))
    good = not problems
    return CheckedRecord(
        result=place,
        index=index,
        name=_text(data.get("name")),
        objective=_text(data.get("objective")),
        status=_text(data.get("status")),
        value=data["value"] if good else None,
        bound=data["bound"] if good else None,
        problems=tuple(problem.under(where) for problem in problems),
        claims=tuple(name for name in CLAIMS if data.get(name) is not None),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _set_problems(document: Record) -> Iterator[Problem]:
    """Layers that are there twice, or not at all."""
    asked = document["objectives"]
    found = [(record["name"], record["objective"]) for record in document["layers"]]
    for name, objective in dict.fromkeys(found):
        if found.count((name, objective)) > 1:
            yield Problem("layers", f"{name} twice for {objective}", "once")
    names = list(dict.fromkeys(name for name, _ in found))
    complete = not document.get("interrupted", False)
    yield from missing_problems(document)
    for name in names if complete else ():
        absent = [o for o in asked if (name, o) not in found]
        if absent:
            yield Problem("layers", f"no {name} for {', '.join(absent)}", "all that was asked")
    if sorted(document["totals"]) != sorted(asked):
        yield Problem("totals", " ".join(document["totals"]), " ".join(asked))
