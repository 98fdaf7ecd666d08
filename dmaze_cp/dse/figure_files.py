"""Energy and area models as design-space files describe them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from dmaze_cp.dse.area import AreaModel, FormulaArea, LinearArea, no_area
from dmaze_cp.dse.capacity import ByCapacity, Constant, Formula, PerByte, Table
from dmaze_cp.dse.energy import PUBLISHED_RF_PJ, PUBLISHED_SPM_PJ, EnergyByCapacity
from dmaze_cp.dse.parameters import ENERGIES
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.fields import Fields, describe, label
from dmaze_cp.spec.sizes import size_in_bytes

_PUBLISHED: Final = {"rf_pj": PUBLISHED_RF_PJ, "spm_pj": PUBLISHED_SPM_PJ}
_AREA_FORMS: Final = {"rf_mm2": "rf_mm2_per_byte", "spm_mm2": "spm_mm2_per_byte"}
_Made = TypeVar("_Made")
_INTERPOLATION: Final = "log-log"


def energy_from(value: object) -> EnergyByCapacity:
    """The energy model that a file's ``energy`` describes.

    Raises
    ------
    SpecError
        With every problem found.
    """
    spec = Fields(value, f"a mapping with some of {', '.join(ENERGIES)} and word_bytes")
    spec.refuse_unknown((*ENERGIES, "word_bytes"))
    fixed: list[tuple[str, float]] = []
    curves: dict[str, ByCapacity | None] = {"rf_pj": None, "spm_pj": None}
    for name in ENERGIES:
        if name not in spec:
            continue
        if name not in curves:
            fixed.append((name, spec.number(name, 0.0)))
            continue
        try:
            figures = figures_from(spec.data[name], "pJ", _PUBLISHED[name])
        except SpecError as error:
            spec.problems += [problem.under(name) for problem in error.problems]
            continue
        if isinstance(figures, Constant):
            fixed.append((name, figures.value))
        else:
            curves[name] = figures
    word = spec.size("word_bytes", 1) if "word_bytes" in spec else None
    return made(
        spec, lambda: EnergyByCapacity(curves["rf_pj"], curves["spm_pj"], tuple(fixed), word)
    )


def area_from(value: object) -> AreaModel:
    """The area model that a file's ``area`` describes.

    Raises
    ------
    SpecError
        With every problem found.
    """
    if value == "none":
        return no_area
    known = ("pe_mm2", *_AREA_FORMS, *_AREA_FORMS.values(), "fixed_mm2")
    spec = Fields(value, "none, {formula: ...}, or a mapping with pe_mm2, ... (all four parts)")
    if "formula" in spec:
        spec.refuse_unknown(("formula",))
        text = spec.text("formula", "0")
        return made(spec, lambda: FormulaArea(text))
    spec.refuse_unknown(known)
    parts: dict[str, Any] = {
        "pe_mm2": spec.number("pe_mm2", 0.0),
        "fixed_mm2": spec.number("fixed_mm2", 0.0),
    }
    for name, per_byte in _AREA_FORMS.items():
        if (name in spec) == (per_byte in spec):
            if spec.is_mapping:
                found = "both" if name in spec else "neither"
                spec.note(name, f"{name} or {per_byte}", found)
            continue
        try:
            if per_byte in spec:
                parts[name] = PerByte(spec.number(per_byte, 0.0))
            else:
                parts[name] = figures_from(spec.data[name], "mm2", None)
        except SpecError as error:
            key = per_byte if per_byte in spec else name
            spec.problems += [problem.under(key) for problem in error.problems]
    return made(spec, lambda: LinearArea(**parts))


def figures_from(value: object, unit: str, published: Table | None) -> ByCapacity:
    """A figure by capacity: a number, a table or a formula.

    Parameters
    ----------
    value
        A number, ``published``, ``{formula: TEXT}`` or ``{table: ..., interpolate: log-log}``;
        ``none`` in the place of ``log-log`` for figures at entries only.
    unit
        Of the figure, for messages.
    published
        The table that ``published`` stands for, if there is one.

    Raises
    ------
    SpecError
        With every problem found.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Constant(value)
    if value == "published" and published is not None:
        return published
    spec = Fields(value, f"a number ({unit}), published, or a mapping with a table or a formula")
    spec.refuse_unknown(("table", "interpolate", "formula"))
    if "formula" in spec:
        for key in ("table", "interpolate"):
            if key in spec:
                spec.note(key, "no table where there is a formula")
        text = spec.text("formula", "0")
        return made(spec, lambda: Formula(text))
    entries = _entries(spec, unit, published)
    rule = spec.data.get("interpolate", _INTERPOLATION)
    if rule not in (_INTERPOLATION, "none"):
        spec.note("interpolate", f"{_INTERPOLATION} (as without it) or none")
    return made(spec, lambda: Table(entries, rule == _INTERPOLATION))


def energy_to(model: EnergyByCapacity) -> Record:
    """The energy model as an object: `energy_from` gives it back equal.

    Raises
    ------
    SpecError
        When a figure is of a kind that files do not know.
    """
    record: Record = dict(model.fixed)
    for name, figures in (("rf_pj", model.rf), ("spm_pj", model.spm)):
        if figures is not None:
            record[name] = figures_to(figures, name)
    if model.word_bytes is not None:
        record["word_bytes"] = model.word_bytes
    return record


def area_to(model: AreaModel) -> Record | str:
    """The area model as `area_from` reads it.

    Raises
    ------
    SpecError
        When it is Python code.
    """
    if model is no_area:
        return "none"
    if isinstance(model, FormulaArea):
        return {"formula": model.text}
    if not isinstance(model, LinearArea):
        raise SpecError(Problem("", "Python code", "a model that files can describe"))
    record: Record = {"pe_mm2": model.pe_mm2, "fixed_mm2": model.fixed_mm2}
    for name, figures in (("rf_mm2", model.rf_mm2), ("spm_mm2", model.spm_mm2)):
        if isinstance(figures, PerByte):
            record[_AREA_FORMS[name]] = figures.per_byte
        else:
            record[name] = figures_to(figures, name)
    return record


def figures_to(figures: ByCapacity, name: str) -> float | Record:
    """A figure by capacity as `figures_from` reads it.

    Raises
    ------
    SpecError
        When it is of a kind that files do not know.
    """
    if isinstance(figures, Constant):
        return figures.value
    if isinstance(figures, Formula):
        return {"formula": figures.text}
    if isinstance(figures, Table):
        table = {str(size): figure for size, figure in figures.entries}
        return {"table": table, "interpolate": _INTERPOLATION if figures.interpolate else "none"}
    raise SpecError(Problem(name, "Python code", "a number, a table or a formula"))


def _entries(spec: Fields, unit: str, published: Table | None) -> tuple[tuple[int, float], ...]:
    """The entries of a table; problems are noted, and an entry made up where there is none."""
    made_up = ((1, 1.0),)
    expected = f"a mapping from capacities (512, 64 KiB) to {unit}"
    if spec.missing("table", expected):
        return made_up
    value = spec.data["table"]
    if value == "published" and published is not None:
        return published.entries
    if not isinstance(value, Mapping) or not value:
        spec.note("table", expected)
        return made_up
    entries = []
    for key, figure in value.items():
        size = size_in_bytes(key)
        where = f"{spec.path('table')}.{label(str(key))}"
        if size is None:
            spec.problems.append(Problem(where, describe(key), "a capacity such as 512 or 64 KiB"))
        elif isinstance(figure, bool) or not isinstance(figure, int | float):
            spec.problems.append(Problem(where, describe(figure), f"a number ({unit})"))
        else:
            entries.append((size, figure))
    return tuple(entries) or made_up


def made(spec: Fields, make: Callable[[], _Made]) -> _Made:
    """What is made of fields that have been read.

    Raises
    ------
    SpecError
        With the problems of reading and of making, for each field the first.
    """
    try:
        result = make()
    except SpecError as error:
        found = [p.under(spec.where) if spec.where else p for p in error.problems]
        noted = {problem.where for problem in spec.problems}
        raise SpecError([*spec.problems, *(p for p in found if p.where not in noted)]) from None
    spec.raise_problems()
    return result
