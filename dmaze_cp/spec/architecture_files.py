"""Architectures <-> our own spec form, and dMazeRunner's ``arch_spec.json``.

Our own form has the fields of `Architecture` under their own names, with ``energy`` and
``pe_array`` as nested mappings of the fields of `AccessEnergy` and `PEArray`. Sizes may have a
unit (``8 KiB``). Words, energies and widths of the NoC are a number or a mapping by operand,
capacities a number or a mapping by pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from dmaze_cp.architecture import (
    BY_OPERAND,
    BY_POOL,
    DEFAULT_PES,
    ENERGIES,
    UNROLL_LISTS,
    AccessEnergy,
    Architecture,
    PEArray,
)
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.builtin import builtin_architecture_path, resolve
from dmaze_cp.spec.documents import Size, object_type
from dmaze_cp.spec.fields import Fields, describe, label
from dmaze_cp.spec.files import SPEC_SUFFIXES, load_spec_object

_SIZES: Final = ("rf_bytes", "word_bytes", "spm_bank_bytes")
_COUNTS: Final = ("spm_banks", "noc_elements_per_cycle")
_LEFT_OUT: Final = {"leakage_mw": 0.0, "pe_array": None, "noc_elements_per_cycle": 1}
"""What is not written where it is that: files that know of none have no such field."""
_NUMBERS: Final = ("dma_startup_cycles", "dma_cycles_per_byte", "dma_mhz", "accelerator_mhz")
_FIELDS: Final = tuple(item.name for item in fields(Architecture))

_OPTIONAL: Final = (
    *("name", "notes", "leakage_mw", "pe_pipeline_stages", "noc_elements_per_cycle"),
    *("pes", "pe_array"),  # one of them
)

_SEVERAL_SIZES: Final = Size | dict[str, Size]
_SEVERAL_COUNTS: Final = int | dict[str, int]
_SEVERAL_ENERGIES: Final = float | dict[str, float]

ENERGY_RECORD: Final = object_type(
    AccessEnergy,
    ("word_bytes",),
    {**dict.fromkeys(ENERGIES[:-1], _SEVERAL_ENERGIES), "word_bytes": Size},
)
PE_ARRAY_RECORD: Final = object_type(PEArray, UNROLL_LISTS, dict.fromkeys(UNROLL_LISTS, list[str]))
ARCHITECTURE_RECORD: Final = object_type(
    Architecture,
    _OPTIONAL,
    {
        "energy": ENERGY_RECORD,
        "pe_array": PE_ARRAY_RECORD,
        "pes": int,
        **dict.fromkeys(("rf_bytes", "word_bytes"), _SEVERAL_SIZES),
        **dict.fromkeys(("spm_banks", "noc_elements_per_cycle"), _SEVERAL_COUNTS),
        "spm_bank_bytes": Size,
    },
)
"""The type of an accelerator in our own form: the fields of `Architecture`."""

_DMAZERUNNER_BASIC: Final = {
    "CGRA_SIZE": "pes",
    "RF_SIZE": "rf_bytes",
    "BYTES_PER_DATA": "word_bytes",
    "TOTAL_BANKS_IN_SPM": "spm_banks",
    "TOTAL_BYTES_IN_BANK": "spm_bank_bytes",
}
_DMAZERUNNER_NUMBERS: Final = {
    "dma_init_cycles": "dma_startup_cycles",
    "dma_cycles_per_byte": "dma_cycles_per_byte",
    "dma_frequency": "dma_mhz",
    "dataflow_accel_frequency": "accelerator_mhz",
}
_DMAZERUNNER_ENERGIES: Final = {
    "rf_energy": "rf_pj",
    "communication_energy": "noc_pj",
    "spm_energy": "spm_pj",
    "dram_energy": "dram_pj",
    "mac_energy": "mac_pj",
}
_DMAZERUNNER_OTHERS: Final = ("pe_pipelined", "pe_pipeline_stages", "data_type_size_in_bytes")
_DMAZERUNNER_SECTIONS: Final = ("arch_details", "arch_basic")
_DMAZERUNNER_NOTES: Final = ("comment", "comments", "notes")


def load_architecture(ref: str | Path | Mapping[str, object] | Architecture) -> Architecture:
    """An architecture from whatever names or describes it.

    Parameters
    ----------
    ref
        A built-in name, the path of a spec file (our YAML or JSON, or dMazeRunner's
        ``arch_spec.json`` as it is), an object in either form, or an `Architecture`.

    Raises
    ------
    SpecError
        With every problem found.
    """
    if isinstance(ref, Architecture):
        return ref
    if isinstance(ref, Mapping):
        return architecture_from_dict(ref)
    if not isinstance(ref, str | Path):
        expected = "a built-in name, a path or an architecture"
        raise SpecError(Problem("architecture", describe(ref), expected))
    path = resolve(ref, "architecture", builtin_architecture_path, SPEC_SUFFIXES)
    return _load_builtin(path) if builtin_architecture_path(path.stem) == path else _load(path)


@cache
def _load_builtin(path: Path) -> Architecture:
    """Built-in files do not change, and every mapping record may name one."""
    return _load(path)


def _load(path: Path) -> Architecture:
    obj = load_spec_object(path)
    try:
        return architecture_from_dict(obj, name=path.stem)
    except SpecError as error:
        raise error.inside(str(path)) from None


def architecture_from_dict(obj: object, *, name: str = "unnamed") -> Architecture:
    """An architecture from an object in our own form or dMazeRunner's.

    Parameters
    ----------
    obj
        The object.
    name
        The architecture's name where the object has none.

    Raises
    ------
    SpecError
        With every problem found.
    """
    if isinstance(obj, Mapping) and any(section in obj for section in _DMAZERUNNER_SECTIONS):
        return _from_dmazerunner(obj, name)
    spec = Fields(obj, "a mapping with the fields of an architecture")
    spec.refuse_unknown(_FIELDS)
    base = Architecture()
    values: dict[str, Any] = _pes(spec)
    for key in (*_SIZES, *_COUNTS):
        values[key] = _figure(spec, key, getattr(base, key), required=key not in _LEFT_OUT)
    values |= {key: spec.number(key, getattr(base, key)) for key in _NUMBERS}
    values["name"] = spec.name("name", name, required=False)
    values["notes"] = spec.text("notes", "", required=False)
    values["leakage_mw"] = spec.number("leakage_mw", base.leakage_mw, required=False)
    stages = spec.integer("pe_pipeline_stages", base.pe_pipeline_stages, required=False)
    values["pe_pipeline_stages"] = stages
    energies = ", ".join(ENERGIES)
    if not spec.missing("energy", f"a mapping with {energies}"):
        values["energy"] = _energy(spec, f"a mapping with {energies}")
    return _make(values, spec.problems, {})


def _figure(spec: Fields, key: str, fallback: Any, *, required: bool = True) -> Any:
    """A count or a size; where it may be, a mapping of them, whose keys `Architecture` checks."""
    read = spec.size if key in _SIZES else spec.integer
    if key not in (*BY_OPERAND, *BY_POOL) or not isinstance(spec.data.get(key), Mapping):
        return read(key, fallback, required=required)
    nested = Fields(spec.data[key], "a mapping", spec.path(key))
    read = nested.size if key in _SIZES else nested.integer
    found = {label(name): read(str(name), 1) for name in nested.data}
    spec.problems.extend(nested.problems)
    return found


def _pes(spec: Fields) -> dict[str, Any]:
    """The number of PEs, or rows and columns of them."""
    expected = "a mapping with rows and cols"
    if "pe_array" not in spec:
        return {"pes": spec.integer("pes", DEFAULT_PES)}
    array = Fields(spec.data["pe_array"], expected, spec.path("pe_array"))
    array.refuse_unknown(("rows", "cols", *UNROLL_LISTS))
    if "pes" in spec:
        spec.note("pes", "it or pe_array, not both")
    lists: dict[str, Any] = {}
    for key in UNROLL_LISTS:
        names = array.data.get(key)
        if isinstance(names, list | tuple) and all(isinstance(n, str) for n in names):
            lists[key] = tuple(names)
        elif key in array:
            array.note(key, "a list of dimensions")
    rows, cols = array.integer("rows", 1), array.integer("cols", 1)
    spec.problems.extend(array.problems)
    return {"pe_array": PEArray(rows, cols, **lists)} if array.is_mapping else {}


def _energy(spec: Fields, expected: str) -> AccessEnergy:
    energy = Fields(spec.data["energy"], expected, spec.path("energy"))
    energy.refuse_unknown((*ENERGIES, "word_bytes"))
    values: dict[str, Any] = {}
    for key in ENERGIES:
        fallback = getattr(AccessEnergy(), key)
        if key == "mac_pj" or not isinstance(energy.data.get(key), Mapping):
            values[key] = energy.number(key, fallback)
            continue
        nested = Fields(energy.data[key], "a mapping", energy.path(key))
        values[key] = {label(n): nested.number(str(n), 0.0) for n in nested.data}
        energy.problems.extend(nested.problems)
    if "word_bytes" in energy:
        values["word_bytes"] = energy.size("word_bytes", 1)
    spec.problems.extend(energy.problems)
    return AccessEnergy(**values)


def architecture_to_dict(arch: Architecture) -> dict[str, Any]:
    """The architecture in our own form: `load_architecture` gives it back equal.

    Figures that files of plain machines do not have are left out where they say nothing.
    """
    record: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(arch, name)
        if name == "pes" and arch.pe_array is not None:
            record["pe_array"] = _entries(arch.pe_array)
        elif name == "energy":
            record["energy"] = _entries(arch.energy)
        elif name != "pe_array" and (name not in _LEFT_OUT or value != _LEFT_OUT[name]):
            record[name] = _plain(value)
    return record


def _entries(figures: AccessEnergy | PEArray) -> dict[str, Any]:
    """The figures that are given."""
    found = {item.name: _plain(getattr(figures, item.name)) for item in fields(figures)}
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: object) -> object:
    """A figure as JSON has it."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _make(
    values: dict[str, Any], problems: list[Problem], names: Mapping[str, str]
) -> Architecture:
    """The architecture of these values; its problems under the file's own field names."""
    try:
        arch = Architecture(**values)
    except SpecError as error:
        found = [Problem(names.get(p.where, p.where), p.found, p.expected) for p in error.problems]
        raise SpecError([*problems, *found]) from None
    if problems:
        raise SpecError(problems)
    return arch


def _from_dmazerunner(obj: Mapping[str, object], name: str) -> Architecture:
    spec = Fields(obj, "a mapping")
    spec.refuse_unknown((*_DMAZERUNNER_SECTIONS, *_DMAZERUNNER_NOTES))
    sections = {}
    for key in _DMAZERUNNER_SECTIONS:
        spec.missing(key, "a mapping")
        sections[key] = Fields(obj.get(key, {}), "a mapping", key)
    basic, details = sections["arch_basic"], sections["arch_details"]
    if "arch_basic" in obj:
        basic.refuse_unknown((*_DMAZERUNNER_BASIC, *_DMAZERUNNER_NOTES))
    known = (*_DMAZERUNNER_NUMBERS, *_DMAZERUNNER_ENERGIES, *_DMAZERUNNER_OTHERS)
    if "arch_details" in obj:
        details.refuse_unknown((*known, *_DMAZERUNNER_NOTES))
    # A section that is missing is one problem, not one for each of its fields.
    need_basic, need_details = "arch_basic" in obj, "arch_details" in obj
    base = Architecture()
    names: dict[str, str] = {}
    values: dict[str, Any] = {"name": name}
    for key, own in _DMAZERUNNER_BASIC.items():
        names[own] = basic.path(key)
        values[own] = basic.integer(key, getattr(base, own), required=need_basic)
    for key, own in _DMAZERUNNER_NUMBERS.items():
        names[own] = details.path(key)
        values[own] = details.number(key, getattr(base, own), required=need_details)
    energy: dict[str, Any] = {}
    for key, own in _DMAZERUNNER_ENERGIES.items():
        names[f"energy.{own}"] = details.path(key)
        energy[own] = details.number(key, getattr(base.energy, own), required=need_details)
    values["energy"] = AccessEnergy(**energy)
    stages = details.integer("pe_pipeline_stages", base.pe_pipeline_stages, required=False)
    values["pe_pipeline_stages"] = stages
    names["pe_pipeline_stages"] = details.path("pe_pipeline_stages")
    _check_dmazerunner(basic, details, need_details)
    return _make(values, [*spec.problems, *basic.problems, *details.problems], names)


def _check_dmazerunner(basic: Fields, details: Fields, required: bool) -> None:
    """Note what the cost model has no case for, and words that disagree."""
    expected = "true (the cost model has no case for PEs without a pipeline)"
    pipelined = details.data.get("pe_pipelined")
    if not details.missing("pe_pipelined", expected, required=required) and pipelined is not True:
        details.note("pe_pipelined", expected)
    word = basic.integer("BYTES_PER_DATA", 0, required=False) if "BYTES_PER_DATA" in basic else 0
    size = details.integer("data_type_size_in_bytes", 0, required=required)
    if word and size and word != size:
        details.note("data_type_size_in_bytes", f"{word}, as in arch_basic.BYTES_PER_DATA")
