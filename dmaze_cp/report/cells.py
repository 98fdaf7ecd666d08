"""The text of a network's tables, whether they go to a terminal or into a document."""

from __future__ import annotations

from collections.abc import Sequence

from dmaze_cp.errors import printable
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.layer import objective_name, objective_unit
from dmaze_cp.report.limits import constraint_texts
from dmaze_cp.report.shares import Ranked, layers_of_most
from dmaze_cp.result import LayerResult, Totals, WorkloadResult

LAYER_HEADERS = (
    *("layer", "n", "status", "energy", "cycles", "EDP"),
    *("share", "sum", "gap", "time"),
)
_MOST = 0.9


def layer_cells(place: Ranked) -> tuple[str, ...]:
    """A layer's row under `LAYER_HEADERS`; costs are of one instance."""
    result = place.result
    head = (printable(result.layer.name), _instances(result), status_text(result))
    if result.cost is None:
        return (*head, *("-",) * 6, _time(result))
    return (
        *head,
        numbers.energy(result.cost.energy_pj),
        numbers.count(result.cost.latency_cycles),
        numbers.scientific(result.cost.edp),
        _share(place.share),
        _share(place.cumulative),
        numbers.percent(result.gap),
        _time(result),
    )


def status_text(result: LayerResult) -> str:
    """The status; ``failed`` where a search that broke off left no mapping."""
    return "failed" if result.failed and result.cost is None else str(result.status)


def _instances(result: LayerResult) -> str:
    instances = result.layer.instances
    return str(instances) if instances < 10**5 else numbers.count(instances)


def _share(share: float | None) -> str:
    """A fraction in few characters, as tables of layers are narrow."""
    if share is None:
        return "-"
    if 0 < share < 0.0005:
        return "<0.1 %"
    if 0.9995 <= share < 1:
        return ">99.9 %"
    return f"{100 * share:.1f} %" if share < 1 else "100 %"


def _time(result: LayerResult) -> str:
    if result.from_store:
        return "stored"
    seconds = result.solve_time_s
    return numbers.duration(seconds) if seconds < 99.95 else f"{seconds:.0f} s"


def reasons(results: Sequence[LayerResult]) -> list[str]:
    """A line for each layer that has no mapping, or whose search broke off."""
    return [
        printable(f"{r.layer.name}: {status_text(r)}: {r.reason or 'no reason given'}")
        for r in results
        if r.cost is None or r.failed
    ]


def what_matters(places: Sequence[Ranked], objective: Objective) -> str | None:
    """How few layers make most of the total; None where that says nothing."""
    mapped = [place for place in places if place.share is not None]
    count = layers_of_most(mapped, _MOST)
    if len(mapped) < 2 or not count:
        return None
    verb = "makes" if count == 1 else "make"
    return (
        f"{count} of {numbers.counted(len(mapped), 'layer')} {verb} {numbers.percent(_MOST)} of "
        f"the {in_sentence(objective)} (all n instances; costs are of one)"
    )


def in_sentence(objective: Objective) -> str:
    """An objective's name inside a sentence."""
    name = objective_name(objective)
    return name if objective is Objective.EDP else name.lower()


def totals_rows(result: WorkloadResult, objective: Objective) -> list[tuple[str, str]]:
    """Name and text of each total, what is proven, and what is in no total."""
    totals = result.totals(objective)
    rows = _sums(totals, objective, result.architecture.accelerator_mhz)
    # All layers of a run have the same ones.
    limits = [text for r in result.layers[:1] for text in constraint_texts(r.constraints)]
    if limits:
        rows.append(("within limits", ", ".join(limits)))
    if totals.unproven_layers:
        of = f"{totals.unproven_layers} of {numbers.counted(totals.mapped_layers, 'layer')}"
        gaps = [r.gap if r.gap is not None else 1.0 for r in result.of(objective) if r.cost]
        rows.append(("not proven", f"{of}, the largest gap is {numbers.percent(max(gaps))}"))
    without = totals.unmapped_layers - totals.missing_layers
    if without:
        rows.append(("without a mapping", f"{numbers.counted(without, 'layer')}, in no total"))
    if totals.missing_layers:
        count = numbers.counted(totals.missing_layers, "layer")
        rows.append(("not reached", f"{count}, in no total"))
    return rows


def _sums(totals: Totals, objective: Objective, mhz: float) -> list[tuple[str, str]]:
    if not totals.mapped_layers:
        return []
    name, unit = objective_name(objective), objective_unit(objective)
    value = bound = _short(totals.value, objective)
    if totals.gap:
        of_edp = objective is Objective.EDP
        bound = (numbers.scientific_bound if of_edp else numbers.exact_bound)(totals.bound)
    time = numbers.seconds(totals.latency_cycles / (mhz * 1e6))
    proof = "proven optimal" if totals.gap == 0 else f"gap {numbers.percent(totals.gap)}"
    if totals.unmapped_layers:
        proof += f" for {totals.mapped_layers} of {totals.mapped_layers + totals.unmapped_layers}"
        proof += " layers"
    return [
        ("total energy", f"{numbers.exact(totals.energy_pj)} pJ"),
        ("total latency", f"{numbers.exact(totals.latency_cycles)} cycles ({time})"),
        ("sum of EDPs", f"{numbers.scientific(totals.edp)} pJ x cycles"),
        ("network EDP", f"{numbers.scientific(totals.network_edp)} pJ x cycles"),
        (f"{name} bound", f"{bound} {unit} (value {value}, {proof})"),
    ]


def _short(value: float, objective: Objective) -> str:
    return numbers.scientific(value) if objective is Objective.EDP else numbers.exact(value)


def notes(result: WorkloadResult) -> list[str]:
    """What the tables do not show: operators that are not mapped, an interruption."""
    lines = []
    if result.workload.unmapped:
        count = sum(op.count for op in result.workload.unmapped)
        operators = numbers.counted(count, "operator")
        lines.append(f"not mapped: {operators}, listed by `dmaze-cp layers`")
    if result.interrupted:
        asked = len(result.workload) * len(result.objectives)
        lines.append(f"interrupted: {len(result.layers)} of {asked} layer results are shown")
    return lines
