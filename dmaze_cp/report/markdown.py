"""Results as Markdown with GitHub's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dmaze_cp.errors import printable
from dmaze_cp.levels import DRAM, PE, RF, SPM
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.cells import (
    LAYER_HEADERS,
    layer_cells,
    notes,
    reasons,
    totals_rows,
    what_matters,
)
from dmaze_cp.report.comparison import Comparison, comparisons
from dmaze_cp.report.shares import Ranked, ranked
from dmaze_cp.report.summary import summary_title
from dmaze_cp.result import WorkloadResult, network_cycles
from dmaze_cp.result.network import energy_shares

_LEFT = ("layer", "status")


def markdown(results: Sequence[WorkloadResult], *, only_summary: bool = False) -> str:
    """Summary, components, totals and mappings of each result, then the comparison.

    Parameters
    ----------
    only_summary
        Leave out the mappings; of several results, everything but the comparison.
    """
    parts: list[str] = []
    if len(results) == 1 or not only_summary:
        for result in results:
            for objective in result.objectives:
                parts += _summary(result, objective, with_mappings=not only_summary)
            parts += [f"{escape(note)}." for note in notes(result)]
    for comparison in comparisons(results):
        parts += _comparison(comparison)
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """`text` so that Markdown, also inside a table, shows it as it is."""
    text = re.sub(r"([\\`*\[\]<>|~&#$])", r"\\\1", printable(text))
    # Inside a word an underscore is only an underscore.
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)


def _summary(result: WorkloadResult, objective: Objective, *, with_mappings: bool) -> Iterator[str]:
    places = ranked(result.of(objective))
    yield f"## {escape(summary_title(result, objective))}"
    rows = [layer_cells(place) for place in places]
    yield markdown_table(LAYER_HEADERS, rows, [name not in _LEFT for name in LAYER_HEADERS])
    matters = what_matters(places, objective)
    if matters is not None:
        yield escape(f"{matters}.")
    lines = reasons(result.of(objective))
    if lines:
        yield "\n".join(f"- {escape(line)}" for line in lines)
    yield from _components(result, objective)
    rows = [(name, text) for name, text in totals_rows(result, objective)]
    yield markdown_table(("total", ""), rows, (False, False))
    if with_mappings:
        yield from _mappings(places)


def _components(result: WorkloadResult, objective: Objective) -> Iterator[str]:
    totals = result.totals(objective)
    if not totals.mapped_layers:
        return
    shares = energy_shares(totals)
    energies = [
        (component, numbers.energy(part), numbers.percent(shares[component]))
        for component, part in totals.energy_breakdown_pj.items()
    ]
    yield markdown_table(("component", "energy", "share"), energies, (False, True, True))
    split = network_cycles(result.of(objective))
    parts = (
        ("compute", split.compute),
        ("NoC, reduction (not hidden)", split.noc),
        ("DMA (not hidden)", split.dma),
    )
    rows = [
        (name, numbers.exact(cycles), numbers.percent(cycles / (split.total or 1)))
        for name, cycles in parts
    ]
    yield markdown_table(("part", "cycles", "share"), rows, (False, True, True))


def _mappings(places: Sequence[Ranked]) -> Iterator[str]:
    """Loops of each level, the ordered ones outermost first; loops of one pass left out."""
    rows = [
        (
            printable(place.result.layer.name),
            *_loops(mapping, (DRAM, mapping.dram_order), (SPM, mapping.spm_order)),
            *_loops(mapping, (RF, mapping.layer.dimensions), (PE, mapping.layer.dimensions)),
        )
        for place in places
        if (mapping := place.result.mapping) is not None
    ]
    if rows:
        headers = ("layer", "DRAM loops", "SPM loops", "RF loops", "PE loops")
        yield markdown_table(headers, rows, (False,) * len(headers))


def _loops(mapping: Mapping, *levels: tuple[str, Sequence[str]]) -> Iterator[str]:
    for level, order in levels:
        factors = mapping.level(level)
        yield " ".join(f"{d}={factors[d]}" for d in order if factors[d] > 1) or "-"


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield f"## {escape(comparison.title)}"
    rows = [
        (model, *(", ".join(comparison.cells.get((model, a), ("-",))) for a in columns))
        for columns in (comparison.architectures,)
        for model in comparison.models
    ]
    headers = ("network", *comparison.architectures)
    yield markdown_table(headers, rows, (False, *(True,) * len(comparison.architectures)))
    if comparison.legend:
        yield "\n".join(
            f"- {escape(mark)}: {escape(text)}" for mark, text in comparison.legend.items()
        )


def markdown_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], is_number: Sequence[bool]
) -> str:
    """A table; numbers are aligned to the right."""
    rule = ["--:" if right else "---" for right in is_number]
    body = [[escape(cell) for cell in row] for row in rows]
    lines = [[escape(header) for header in headers], rule, *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
