"""Design-space files: read and checked in full, all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict, TypeVar

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.design import Budgets, Sample, WeightedModel
from dmaze_cp.dse.energy import EnergyByCapacity, EnergyModel
from dmaze_cp.dse.figure_files import area_from, area_to, energy_from, energy_to, made
from dmaze_cp.dse.parameters import PARAMETERS, Parameter, parameter_from
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.spec import architecture_to_dict, load_architecture
from dmaze_cp.spec.builtin import builtin_space_path, resolve
from dmaze_cp.spec.documents import Least, Meaning, Reading, Record, Size, closed
from dmaze_cp.spec.fields import Fields, describe, is_name, label, nearest
from dmaze_cp.spec.files import SPEC_SUFFIXES, load_spec_object
from dmaze_cp.spec.open_sizes import given_sizes

_FIELDS: Final = (
    *("name", "notes", "base", "parameters", "random", "rules", "energy", "area"),
    *("models", "objective", "budgets"),
)
_MODEL_FIELDS: Final = ("model", "weight", "layers", "batch", "shape")
_Made = TypeVar("_Made")


@closed
class CurveRecord(TypedDict):
    """A figure by capacity: a table or a formula."""

    table: NotRequired[dict[str, float] | Literal["published"]]
    interpolate: NotRequired[Literal["log-log", "none"]]
    formula: NotRequired[Annotated[str, Meaning("in `bytes`")]]


_Figure = float | Literal["published"] | CurveRecord
"""A figure by capacity."""


@closed
class RuleRecord(TypedDict):
    """A condition that designs have to meet."""

    name: NotRequired[str]
    rule: str


@closed
class SpaceModelRecord(TypedDict):
    """A network that designs are judged by."""

    model: Annotated[str, Meaning("built-in name or file")]
    weight: NotRequired[float]
    layers: NotRequired[list[str] | str]
    batch: NotRequired[Annotated[int, Least(1)]]
    shape: NotRequired[Annotated[dict[str, int], Meaning("open sizes")]]


@closed
class SpaceEnergyRecord(TypedDict):
    """Energies in pJ; of memories by capacity."""

    rf_pj: NotRequired[_Figure]
    spm_pj: NotRequired[_Figure]
    noc_pj: NotRequired[float]
    dram_pj: NotRequired[float]
    mac_pj: NotRequired[float]
    word_bytes: NotRequired[Annotated[Size, Meaning("the word that energies are for")]]


@closed
class SpaceAreaRecord(TypedDict):
    """Areas in mm2; of memories by capacity."""

    pe_mm2: NotRequired[float]
    rf_mm2: NotRequired[_Figure]
    rf_mm2_per_byte: NotRequired[float]
    spm_mm2: NotRequired[_Figure]
    spm_mm2_per_byte: NotRequired[float]
    fixed_mm2: NotRequired[float]
    formula: NotRequired[str]


@closed
class BudgetsRecord(TypedDict):
    """Upper limits."""

    area_mm2: NotRequired[Annotated[float, Least(0)]]
    power_mw: NotRequired[Annotated[float, Least(0)]]


@closed
class SampleRecord(TypedDict):
    """A random part of the space."""

    count: Annotated[int, Least(1)]
    seed: NotRequired[int]


@closed
class SpaceRecord(TypedDict):
    """Accelerators that differ in some parameters, and what they are judged by."""

    name: NotRequired[str]
    notes: NotRequired[str]
    base: NotRequired[Annotated[object, Meaning("a name, a file or an accelerator")]]
    parameters: NotRequired[
        Annotated[dict[str, object], Meaning("values by parameter: one, a list, text or a range")]
    ]
    random: NotRequired[SampleRecord]
    rules: NotRequired[list[str | RuleRecord]]
    energy: NotRequired[SpaceEnergyRecord]
    area: NotRequired[Literal["none"] | SpaceAreaRecord]
    models: NotRequired[list[str | SpaceModelRecord]]
    objective: NotRequired[Objective]
    budgets: NotRequired[BudgetsRecord]


def load_space(
    ref: str | Path | Mapping[str, object] | DesignSpace, parameters: Sequence[Parameter] = ()
) -> DesignSpace:
    """A design space from whatever names or describes it.

    Parameters
    ----------
    ref
        A built-in name, the path of a YAML or JSON file, an object of that form, or a
        `DesignSpace`.
    parameters
        Values that replace those of the space, or that it has none for.

    Raises
    ------
    SpecError
        With every problem found. That there is a valid design at all is not checked here but
        by `DesignSpace.survey`.
    """
    if isinstance(ref, DesignSpace):
        space = ref
    elif isinstance(ref, Mapping):
        return space_from_dict(ref, parameters=parameters)
    elif not isinstance(ref, str | Path):
        raise SpecError(Problem("space", describe(ref), "a built-in name, a path or a space"))
    else:
        path = resolve(ref, "space", builtin_space_path, SPEC_SUFFIXES)
        obj = load_spec_object(path)
        try:
            return space_from_dict(obj, path.stem, path.parent, parameters)
        except SpecError as error:
            raise error.inside(str(path)) from None
    return space.with_parameters(parameters) if parameters else space


def space_from_dict(
    obj: object,
    name: str = "unnamed",
    folder: Path | None = None,
    parameters: Sequence[Parameter] = (),
    *,
    single: bool = False,
) -> DesignSpace:
    """A design space from an object.

    Parameters
    ----------
    obj
        The object.
    name
        The name of the space where the object has none.
    folder
        Where files that it names are looked for first.
    parameters
        Values that replace those of the object.
    single
        Whether a space that gives values to no parameter will do: its base alone.

    Raises
    ------
    SpecError
        With every problem found.
    """
    spec = Fields(obj, "a mapping with the fields of a design space")
    spec.refuse_unknown(_FIELDS)
    values: dict[str, Any] = {"name": spec.name("name", name, required=False)}
    values["notes"] = spec.text("notes", "", required=False)
    read = _Reader(spec, folder)
    readers: dict[str, Callable[[], object]] = {
        "base": read.base,
        "parameters": read.parameters,
        "random": read.sample,
        "rules": read.rules,
        "energy": lambda: energy_from(spec.data["energy"]),
        "area": lambda: area_from(spec.data["area"]),
        "models": read.models,
        "objective": read.objective,
        "budgets": read.budgets,
    }
    for key, reader in readers.items():
        if key in spec:
            value = _noting(spec, key, reader)
            if value is not None:
                values["sample" if key == "random" else key] = value
    if spec.is_mapping and not (parameters or single) and spec.data.get("parameters", {}) == {}:
        spec.note("parameters", f"a mapping with some of {', '.join(PARAMETERS)}")
    spec.raise_problems()
    own = values.pop("parameters", ())
    if "energy" in values:
        values["energy"] = values["energy"].without(change.name for change in parameters)
    # The size of the space is judged with the values that replace those of the object.
    merged = DesignSpace("merged", sample=Sample(1), parameters=own).with_parameters(parameters)
    return DesignSpace(**values, parameters=merged.parameters)


def space_to_dict(space: DesignSpace) -> Record:
    """The space as an object: `space_from_dict` gives it back equal.

    Raises
    ------
    SpecError
        When its energy or area is Python code, which no file can hold.
    """
    record: Record = {
        "name": space.name,
        "notes": space.notes,
        "base": architecture_to_dict(space.base),
        "parameters": {p.name: list(p.values) for p in space.parameters},
        "rules": [_rule_record(rule) for rule in space.rules],
        "models": [_model_record(model) for model in space.models],
        "budgets": {k: v for k, v in asdict(space.budgets).items() if v is not None},
    }
    if space.sample is not None:
        record["random"] = asdict(space.sample)
    if space.objective is not None:
        record["objective"] = str(space.objective)
    reading = Reading()
    if space.energy is not None:
        record["energy"] = reading.part("energy", lambda: _energy_record(space.energy))
    record["area"] = reading.part("area", lambda: area_to(space.area))
    reading.end()
    return record


def _rule_record(rule: Rule) -> str | Record:
    return rule.text if rule.name == rule.text else {"name": rule.name, "rule": rule.text}


def _model_record(model: WeightedModel) -> Record:
    record: Record = {"model": model.model, "weight": model.weight}
    if model.layers:
        record["layers"] = list(model.layers)
    if model.batch is not None:
        record["batch"] = model.batch
    if model.shapes:
        record["shape"] = dict(model.shapes)
    return record


def _energy_record(model: EnergyModel | None) -> Record:
    if not isinstance(model, EnergyByCapacity):
        raise SpecError(Problem("", "Python code", "a model that files can describe"))
    return energy_to(model)


def _noting(spec: Fields, key: str, read: Callable[[], _Made]) -> _Made | None:
    """What a reader makes of a field; None, and its problems noted, if it cannot."""
    try:
        return read()
    except SpecError as error:
        spec.problems += [
            replace(p, where=spec.path(key) + p.where) if p.where.startswith("[") else p.under(key)
            for p in error.problems
        ]
        return None


@dataclass(frozen=True)
class _Reader:
    """Reads the fields of a space; each method raises the problems of its field."""

    spec: Fields
    folder: Path | None

    def base(self) -> Architecture:
        value = self.spec.data["base"]
        ref: Any = self._located(value) if isinstance(value, str) else value
        try:
            return load_architecture(ref)
        except SpecError as error:
            # Of a name or file that is none the field is this one.
            found = [
                replace(p, where="") if p.where == "architecture" else p for p in error.problems
            ]
            raise SpecError(found) from None

    def parameters(self) -> tuple[Parameter, ...]:
        spec = Fields(self.spec.data["parameters"], "a mapping of parameters and their values")
        found = []
        for name, value in spec.data.items():
            try:
                found.append(parameter_from(label(name), value))
            except SpecError as error:
                spec.problems += error.problems
        spec.raise_problems()
        return tuple(found)

    def sample(self) -> Sample:
        spec = Fields(self.spec.data["random"], "a mapping with count and seed")
        spec.refuse_unknown(("count", "seed"))
        count, seed = spec.integer("count", 1), spec.integer("seed", 0, required=False)
        return made(spec, lambda: Sample(count, seed))

    def rules(self) -> tuple[Rule, ...]:
        found = []
        problems: list[Problem] = []
        for where, value in _items(self.spec.data["rules"], "a list of conditions"):
            try:
                found.append(_rule(value))
            except SpecError as error:
                problems += [p.under(where) for p in error.problems]
        if problems:
            raise SpecError(problems)
        return tuple(found)

    def models(self) -> tuple[WeightedModel, ...]:
        found = []
        problems: list[Problem] = []
        for where, value in _items(self.spec.data["models"], "a list of models"):
            try:
                found.append(self._model(value))
            except SpecError as error:
                problems += [p.under(where) for p in error.problems]
        if problems:
            raise SpecError(problems)
        return tuple(found)

    def objective(self) -> Objective:
        value = self.spec.data["objective"]
        known = [str(objective) for objective in Objective]
        if value not in known:
            close = nearest(value, known)
            raise SpecError(Problem("", describe(value), close or f"one of {', '.join(known)}"))
        return Objective(value)

    def budgets(self) -> Budgets:
        spec = Fields(self.spec.data["budgets"], "a mapping with area_mm2 and power_mw")
        spec.refuse_unknown(("area_mm2", "power_mw"))
        limits = {key: spec.number(key, 1.0) for key in ("area_mm2", "power_mw") if key in spec}
        return made(spec, lambda: Budgets(**limits))

    def _model(self, value: object) -> WeightedModel:
        if isinstance(value, str):
            value = {"model": value}
        spec = Fields(value, f"a model, or a mapping with {', '.join(_MODEL_FIELDS)}")
        spec.refuse_unknown(_MODEL_FIELDS)
        model = spec.name("model", "")
        weight = spec.number("weight", 1.0, required=False)
        layers = spec.data.get("layers", [])
        if isinstance(layers, str):
            layers = [layers]
        good = isinstance(layers, list) and all(is_name(layer) for layer in layers)
        if not good or ("layers" in spec and not layers):
            spec.note("layers", "a list of names or globs of layers")
        batch = spec.integer("batch", 1, required=False) if "batch" in spec else None
        if batch is not None and batch < 1:
            spec.note("batch", "a positive integer")
        shapes = given_sizes(spec)
        names = tuple(layers) if isinstance(layers, list) else ()
        ref = self._located(model)
        return made(spec, lambda: WeightedModel(ref, weight, names, batch, shapes))

    def _located(self, ref: str) -> str:
        """A file beside the one that names it, if there is one; else the text as it is."""
        path = Path(ref)
        if self.folder is None or not path.suffix or path.is_absolute():
            return ref
        beside = self.folder / path
        return str(beside) if beside.is_file() else ref


def _rule(value: object) -> Rule:
    if isinstance(value, str):
        return Rule(value)
    spec = Fields(value, "a condition, or a mapping with name and rule")
    spec.refuse_unknown(("name", "rule"))
    name, text = spec.name("name", "", required=False), spec.text("rule", "1 < 2")
    return made(spec, lambda: Rule(text, name))


def _items(value: object, expected: str) -> list[tuple[str, object]]:
    """The items of a list with the paths of their problems."""
    if not isinstance(value, list | tuple):
        raise SpecError(Problem("", describe(value), expected))
    return [(f"[{k}]", item) for k, item in enumerate(value)]
