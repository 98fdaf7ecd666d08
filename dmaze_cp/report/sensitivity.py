"""What binds: figures of a machine, and what a change of each does to the optimum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dmaze_cp.perturbation import Changed, EnergyRange, LayerSensitivity, Sensitivity
from dmaze_cp.perturbation.changes import CAPACITIES, FIGURES
from dmaze_cp.perturbation.sensitivity_files import sensitivity_record
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Cell, Heading, Note, Table, Tone, columns, facts
from dmaze_cp.report.figures import Axis, Series, Stack, StackRow
from dmaze_cp.report.layer import STATUS_TONES, layer_shape, status_text
from dmaze_cp.report.rows import Rows
from dmaze_cp.report.words import in_sentence, objective_name, value_text

_FACTORS: Final = tuple(sorted({*CAPACITIES, *FIGURES}))
_OPEN: Final = "*"
_ROW: Final = (*("parameter", "from", "to", "status", "value", "bound", "latency_s", "relative"),)


def sensitivity_blocks(found: Sensitivity) -> Iterator[Block]:
    """For each layer what changes do, those that do most first, and where its mapping stays."""
    for layer in found.layers:
        yield from _layer(found, layer)
    if found.interrupted:
        yield Note(_cut(found), Tone.FAIR, apart=True)


def _cut(found: Sensitivity) -> str:
    """What an interrupt has left open."""
    every = [result for a in found.layers for result in (a.base, *(c.result for c in a.changed))]
    proven = sum(result is not None and result.is_final for result in every)
    text = f"interrupted: {proven} of {len(every)} searches have a proven answer"
    ranges = any(layer.ranges for layer in found.layers)
    return f"{text}; ranges of energies may be wider than shown" if ranges else text


def _layer(found: Sensitivity, layer: LayerSensitivity) -> Iterator[Block]:
    yield Heading(f"{layer.layer.name} on {found.architecture.name}", main=True)
    yield Note(layer_shape(layer.layer), Tone.PLAIN)
    base, goal = layer.base, objective_name(found.objective)
    if base is None:
        yield Note("not searched: the run was stopped")
        return
    yield Note(f"{goal}: {status_text(base)}", STATUS_TONES[base.status])
    if base.value is not None:
        yield facts(("value", value_text(base.value, found.objective)), apart=False)
    yield Heading(f"Least {in_sentence(found.objective)} as one figure changes, all else equal")
    yield _scaled_table(layer)
    others = [c for c in layer.changed if _place(c) is None]
    if others:
        heads = columns("figure", "base", "changed to", "change", texts=(0,), folds=(0,))
        rows = [
            (c.change.parameter, f"{c.change.before:g}", f"{c.change.after:g}", _effect(c))
            for c in others
        ]
        yield Table(heads, rows, caption="Other values")
    if any(not c.is_proven and c.relative is not None for c in layer.changed):
        yield Note(f"{_OPEN} not proven: the least may be lower still")
    if layer.ranges:
        yield Heading("Where this mapping stays the best, as one energy changes (pJ)")
        heads = columns("energy", "base", "from", "to", texts=(0,), folds=(0,))
        yield Table(heads, [_range(each) for each in layer.ranges], caption="Ranges of energies")


def _place(changed: Changed) -> float | None:
    """The usual factor that a change is nearest to; None for values that a user gave."""
    factor = changed.change.factor
    if factor is None:
        return None
    near = min(_FACTORS, key=lambda each: abs(each - factor))
    return near if abs(near - factor) <= 0.05 * near else None


def _scaled_table(layer: LayerSensitivity) -> Table:
    figures = list(dict.fromkeys(c.change.parameter for c in layer.changed))
    cells: dict[tuple[str, float], Changed] = {}
    for each in layer.changed:
        place = _place(each)
        if place is not None:
            cells.setdefault((each.change.parameter, place), each)
    figures.sort(key=lambda name: -_spread(layer, name))
    heads = columns("figure", "base", *(f"x {f:g}" for f in _FACTORS), texts=(0,), folds=(0,))
    before = {c.change.parameter: c.change.before for c in layer.changed}
    rows: list[Sequence[str | Cell]] = []
    for name in figures:
        known = [cells.get((name, factor)) for factor in _FACTORS]
        if any(known):
            rows.append(
                (name, f"{before[name]:g}", *(_effect(c) if c else Cell("") for c in known))
            )
    return Table(heads, rows, caption="Change of the optimum", least=8)


def _spread(layer: LayerSensitivity, name: str) -> float:
    """How far the changes of one figure move the optimum."""
    moved = [c.relative for c in layer.changed if c.change.parameter == name and c.relative]
    return max(1.0, *moved, 1.0) - min(1.0, *moved, 1.0)


def _effect(changed: Changed) -> Cell:
    """By how much the optimum is higher or lower."""
    if changed.relative is None:
        status = "-" if changed.result is None else status_text(changed.result)
        return Cell(status, tone=Tone.FAIR)
    text = signed_percent(changed.relative - 1) + ("" if changed.is_proven else _OPEN)
    tone = Tone.GOOD if changed.relative < 1 else Tone.BAD if changed.relative > 1 else Tone.FAINT
    return Cell(text, changed.relative, tone)


def signed_percent(change: float) -> str:
    """A relative change in per cent with its sign; what is not 0 is never shown as if it were."""
    if change == 0:
        return "0 %"
    return ("+" if change > 0 else "-") + numbers.percent(abs(change)).replace("<", "")


def _range(each: EnergyRange) -> tuple[str, ...]:
    low = f"{each.low:.4g}"
    high = f"{each.high:.4g}" if each.high_ends else f"{each.high:.4g} or more"
    return each.parameter, f"{each.value:g}", low, high


def sensitivity_rows(found: Sensitivity) -> Rows:
    """A row for each layer and change."""
    head = ("model", "architecture", "objective", "layer", "instances")
    rows = [
        {
            "model": found.workload.name,
            "architecture": found.architecture.name,
            "objective": str(found.objective),
            "layer": layer["name"],
            "instances": layer["instances"],
            **figure,
        }
        for layer in sensitivity_record(found)["layers"]
        for figure in layer["figures"]
    ]
    return Rows("sensitivity", (*head, *_ROW), rows)


def tornados(found: Sensitivity) -> dict[str, Stack]:
    """The tornado of each layer, by the name of its file."""
    drawn = [tornado(found, layer) for layer in found.layers]
    names = ["tornado"] if len(drawn) == 1 else [f"tornado-{k}" for k in range(len(drawn))]
    return {n: figure for n, figure in zip(names, drawn, strict=True) if figure is not None}


def tornado(found: Sensitivity, layer: LayerSensitivity) -> Stack | None:
    """The least and the most that each figure makes of the optimum; None without an optimum."""
    rows = []
    for name in dict.fromkeys(c.change.parameter for c in layer.changed):
        known = [c for c in layer.changed if c.change.parameter == name and c.relative is not None]
        lower = [c for c in known if c.change.after < c.change.before]
        higher = [c for c in known if c.change.after > c.change.before]
        ends = [
            min(lower, key=lambda c: c.change.after, default=None),
            max(higher, key=lambda c: c.change.after, default=None),
        ]
        values = tuple(1.0 if c is None or c.relative is None else c.relative for c in ends)
        notes = [
            "" if c is None or c.relative is None else f"{c.change.after:g}: {_effect(c).text}"
            for c in ends
        ]
        tip = tuple((f"{c.change.after:g}", _effect(c).text) for c in known)
        rows.append(StackRow(name, name, values, (name, tip), "\n".join(notes)))
    rows = [row for row in rows if any(value != 1 for value in row.values)]
    if not rows:
        return None
    rows.sort(key=lambda row: -abs(row.values[1] - row.values[0]))
    goal = objective_name(found.objective)
    return Stack(
        "tornado",
        f"{layer.layer.name} on {found.architecture.name}: what binds",
        "",
        "one figure changed, all else equal",
        Axis(f"{goal} over that of the machine as it is"),
        (Series("the figure lower", "group-0"), Series("the figure higher", "group-1")),
        tuple(rows),
        beside=True,
        origin=1.0,
        note=f"{_OPEN} not proven" if any(_OPEN in row.note for row in rows) else "",
    )
