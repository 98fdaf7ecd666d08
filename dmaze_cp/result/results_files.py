"""Files of several results and their comparison (schema ``dmaze-cp/results/1``), or of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from dmaze_cp.digest import with_digest
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.result.network import ResultRecord, WorkloadResult, result_from_dict, result_record
from dmaze_cp.result.standings import Standing, standings
from dmaze_cp.spec.documents import Meaning, Reading, Record
from dmaze_cp.spec.files import load_document
from dmaze_cp.spec.mapping_files import RESULTS_SCHEMA


class ResultsRecord(TypedDict):
    """Several networks or accelerators."""

    schema: Literal["dmaze-cp/results/1"]
    results: list[ResultRecord]
    comparison: NotRequired[Annotated[list[dict[str, object]], Meaning("of the totals")]]
    digest: NotRequired[Annotated[str, Meaning("of all that matters, see `dmaze-cp verify`")]]


def results_record(
    results: Sequence[WorkloadResult], records: Sequence[Record] | None = None
) -> Record:
    """Several results and their comparison; `records` are those of the results, if known."""
    own = [result_record(result) for result in results] if records is None else list(records)
    comparison = comparison_records(results)
    return with_digest({"schema": RESULTS_SCHEMA, "results": own, "comparison": comparison})


def comparison_records(results: Sequence[WorkloadResult]) -> list[Record]:
    """One flat record for each network, accelerator and objective.

    Costs are None where no layer has a mapping. ``ratio_to_best`` is None where a layer is
    without one, because the totals are then not those of the network; where clocks differ
    it compares times, not cycles.
    """
    return [_record(entry) for entry in standings(results)]


def _record(entry: Standing) -> Record:
    totals, layers = entry.totals, entry.result.workload.layers
    record: Record = {
        "result": entry.index,
        "model": entry.model,
        "architecture": entry.architecture,
        "objective": str(entry.objective),
        "layers": len(layers),
        "instances": sum(layer.instances for layer in layers),
    }
    costs: Record = {
        "value": totals.value,
        "bound": totals.bound,
        "gap": totals.gap,
        "energy_pj": totals.energy_pj,
        "latency_cycles": totals.latency_cycles,
        "latency_s": entry.latency_s,
        "edp": totals.edp,
        "network_edp": totals.network_edp,
    }
    return {
        **record,
        **(costs if totals.mapped_layers else dict.fromkeys(costs)),
        "unmapped_layers": totals.unmapped_layers,
        "missing_layers": totals.missing_layers,
        "unproven_layers": totals.unproven_layers,
        "ratio_to_best": entry.ratio,
        "best": entry.is_best,
        "best_proven": entry.is_best and entry.is_proven,
    }


def load_results(path: str | PathLike[str]) -> tuple[WorkloadResult, ...]:
    """All results of a file of `WorkloadResult.save` or ``dmaze-cp map -o``.

    Raises
    ------
    SpecError
        With every problem found; see `result_from_dict`.
    """
    return load_document(path, results_from_dict)


def load_result(path: str | PathLike[str]) -> WorkloadResult:
    """The result of a file that holds one.

    Raises
    ------
    SpecError
        With every problem found, and when the file holds several (see `load_results`).
    """
    results = load_results(path)
    if len(results) != 1:
        found = f"{len(results)} results"
        raise SpecError(Problem("results", found, "one (load_results reads several)", str(path)))
    return results[0]


def results_from_dict(obj: object) -> tuple[WorkloadResult, ...]:
    """The results of an object of either schema.

    Raises
    ------
    SpecError
        With every problem found.
    """
    if not isinstance(obj, Mapping) or obj.get("schema") != RESULTS_SCHEMA:
        return (result_from_dict(obj),)
    reading = Reading()
    records: Any = obj.get("results")
    if not isinstance(records, list) or not records:
        raise SpecError(Problem("results", "nothing", "a list of results"))
    results = [
        reading.part(f"results[{k}]", lambda record=record: result_from_dict(record))  # type: ignore[misc]
        for k, record in enumerate(records)
    ]
    reading.end()
    return tuple(result for result in results if result is not None)
