"""Given mappings with their exact costs, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.cost import Cost
from dmaze_cp.errors import Problem
from dmaze_cp.errors import printable as one_line
from dmaze_cp.mapping import Mapping
from dmaze_cp.report import numbers
from dmaze_cp.report.console import printable
from dmaze_cp.report.layer import print_layer_facts, print_mapping
from dmaze_cp.report.tables import Folded, fitting_tables, print_tables, print_title
from dmaze_cp.result.answer_files import answer_record
from dmaze_cp.spec.documents import Record

COST_HEADERS = ("#", "layer", "fits", "energy (pJ)", "latency (cycles)", "EDP", "held")


@dataclass(frozen=True)
class Evaluated:
    """A record that is a mapping, and what it costs.

    Attributes
    ----------
    index
        Of the record.
    mapping, architecture, cost
        What was evaluated, on what, and what came out.
    reasons
        What the mapping exceeds; none where it fits.
    """

    index: int
    mapping: Mapping
    architecture: Architecture
    cost: Cost
    reasons: tuple[Problem, ...]

    @property
    def record(self) -> Record:
        """The answer to the record."""
        return answer_record(self.index, self.mapping, self.cost, self.reasons)


def print_evaluated(console: Console, evaluated: Sequence[Evaluated]) -> None:
    """Write each mapping in full: tiling, loop nest, utilisation, cycles, energy, operands."""
    for each in evaluated:
        name = each.mapping.layer.name or "layer"
        title = f"record {each.index}: {name} on {each.architecture.name}"
        print_title(console, one_line(title))
        print_layer_facts(console, each.mapping.layer)
        _print_reasons(console, each.index, each.reasons)
        print_mapping(console, each.mapping, each.cost, each.architecture)


def print_answers(console: Console, answers: Sequence[Record]) -> None:
    """Write the costs of given mappings side by side, and why any does not fit."""
    good = [answer for answer in answers if "error" not in answer]
    if good:
        print_tables(console, _cost_tables(console, good))
        console.print()
        print_tables(console, _energy_tables(console, good))
    for answer in good:
        _print_reasons(console, answer["index"], answer["reasons"])


def print_errors(console: Console, answers: Sequence[Record]) -> None:
    """Write what is wrong with records that are no mapping."""
    for answer in answers:
        for line in answer.get("error", "").split("\n"):
            if line:
                text = one_line(f"record {answer['index']}: {line}")
                console.print(Folded(Text(text, style="red")))


def _print_reasons(console: Console, index: int, reasons: Sequence[Problem | str]) -> None:
    for reason in reasons:
        text = one_line(f"record {index} does not fit: {reason}")
        console.print(Folded(Text(text, style="yellow")))


def cost_cells(answer: Record) -> tuple[str, ...]:
    """The row of an answer under `COST_HEADERS`."""
    return (
        str(answer["index"]),
        one_line(str(answer.get("name", ""))),
        "yes" if answer["valid"] else "no",
        numbers.exact(answer["energy_pj"]),
        numbers.exact(answer["latency_cycles"]),
        numbers.scientific(answer["edp"]),
        answer["held"] or "-",
    )


def energy_components(answers: Sequence[Record]) -> tuple[str, ...]:
    """Components that any answer has; those of an accelerator that does not leak are fewer."""
    return tuple(dict.fromkeys(c for answer in answers for c in answer["energy_breakdown_pj"]))


def energy_cells(answer: Record, components: Sequence[str]) -> tuple[str, ...]:
    """Number and energies by component of an answer."""
    parts = answer["energy_breakdown_pj"]
    return (str(answer["index"]), *(numbers.energy(parts.get(c, 0.0)) for c in components))


def _cost_tables(console: Console, answers: Sequence[Record]) -> Iterator[Table]:
    rows = [cost_cells(answer) for answer in answers]
    return fitting_tables(console, COST_HEADERS, rows, folds=(1,), left=(2, 6), least=8)


def _energy_tables(console: Console, answers: Sequence[Record]) -> Iterator[Table]:
    components = energy_components(answers)
    rows = [
        (
            *(printable(console, cell) for cell in energy_cells(answer, components)),
            numbers.compact(answer["spm_pass_cycles"]),
        )
        for answer in answers
    ]
    headers = ("#", *components, "cycles of an SPM pass")
    return fitting_tables(console, headers, rows, folds=())
