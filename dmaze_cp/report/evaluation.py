"""Given mappings with their exact costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dmaze_cp.errors import Problem
from dmaze_cp.given import Evaluated
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Heading, Note, Table, Tone, columns
from dmaze_cp.report.distance import distance_blocks
from dmaze_cp.report.formats import Report
from dmaze_cp.report.layer import shape_notes
from dmaze_cp.report.mapping import mapping_blocks
from dmaze_cp.report.rows import answer_rows
from dmaze_cp.result import Ending, Status
from dmaze_cp.spec import RecordsForm
from dmaze_cp.spec.documents import Record


def evaluation_blocks(
    answers: Sequence[Record], evaluated: Sequence[Evaluated] = (), *, errors: bool = True
) -> Iterator[Block]:
    """Mappings in full, then all answers; one that is in full needs no table.

    Parameters
    ----------
    errors
        With what is wrong with records that are no mapping.
    """
    for each in evaluated:
        name = each.mapping.layer.name or "layer"
        title = f"record {each.index}: {name} on {each.architecture.name}"
        yield Heading(title, main=True)
        yield from shape_notes(each.mapping.of_layer)
        yield from _misfits(each.index, each.reasons)
        yield from mapping_blocks(each.mapping, each.cost, each.architecture)
        if each.distance is not None:
            yield from distance_blocks([each.distance])
    if len(evaluated) != 1:
        yield from _answers([answer for answer in answers if "error" not in answer])
    for answer in answers if errors else ():
        for line in answer.get("error", "").split("\n"):
            if line:
                yield Note(f"record {answer['index']}: {line}", Tone.BAD)


def _answers(answers: Sequence[Record]) -> Iterator[Block]:
    """The costs of given mappings side by side, and why any does not fit."""
    if answers:
        heads = ["#", "layer", "fits", "energy (pJ)", "latency (cycles)", "EDP", "held"]
        heads += ["x best"] if any("against_optimum" in answer for answer in answers) else []
        rows = [_costs(answer) for answer in answers]
        yield Table(columns(*heads, texts=(1, 2, 6), folds=(1,)), rows, least=8)
        components = dict.fromkeys(c for answer in answers for c in answer["energy_breakdown_pj"])
        yield Heading("Energy by component")
        energies = [
            (
                str(answer["index"]),
                *(numbers.energy(answer["energy_breakdown_pj"].get(c, 0.0)) for c in components),
                numbers.compact(answer["spm_pass_cycles"]),
            )
            for answer in answers
        ]
        yield Table(columns("#", *components, "cycles of an SPM pass", texts=()), energies)
    for answer in answers:
        yield from _misfits(answer["index"], answer["reasons"])
    cut = [answer["index"] for answer in answers if _is_cut(answer)]
    if cut:
        which = f"record{'' if len(cut) == 1 else 's'} {', '.join(map(str, cut))}"
        text = f"interrupted: {len(cut)} of {len(answers)} proofs are not finished ({which})"
        yield Note(text, Tone.FAIR)


def _is_cut(answer: Record) -> bool:
    """Whether the run was stopped before its proof was finished."""
    optimum = answer.get("against_optimum", {}).get("optimum", {})
    return bool(optimum.get("ended") == Ending.INTERRUPTED)


def _costs(answer: Record) -> tuple[str, ...]:
    return (
        str(answer["index"]),
        str(answer.get("name", "")),
        "yes" if answer["valid"] else "no",
        numbers.exact(answer["energy_pj"]),
        numbers.exact(answer["latency_cycles"]),
        numbers.scientific(answer["edp"]),
        answer["held"] or "-",
        *([_times_best(answer["against_optimum"])] if "against_optimum" in answer else []),
    )


def _times_best(against: Record) -> str:
    """How many times the best; where that is not proven, at least so many."""
    if against["ratio"] is None:
        return "-"
    proven = against["optimum"]["status"] == Status.OPTIMAL
    return f"{'' if proven else '>= '}{against['ratio']:.4g}"


def _misfits(index: int, reasons: Sequence[Problem | str]) -> Iterator[Block]:
    for reason in reasons:
        yield Note(f"record {index} does not fit: {reason}", Tone.FAIR)


def answers_report(
    answers: Sequence[Record],
    evaluated: Sequence[Evaluated] = (),
    records: RecordsForm = RecordsForm.LIST,
) -> Report:
    """The report of answers to mapping records.

    Parameters
    ----------
    evaluated
        Mappings that tables have in full, before all answers.
    records
        How the file held the records: JSON has the same form.
    """
    return Report(
        blocks=lambda: evaluation_blocks(answers, evaluated),
        document=lambda: evaluation_blocks(answers),
        record=lambda: answers[0] if records is RecordsForm.SINGLE else list(answers),
        rows=lambda: answer_rows(answers),
    )
