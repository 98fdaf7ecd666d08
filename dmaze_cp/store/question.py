"""What a stored result answers: everything that decides it, and nothing else."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any, Final

from dmaze_cp.architecture import COUNTS, ONLY_REPORTED, Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.digest import COST_MODEL_VERSION
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.spec import (
    architecture_from_dict,
    architecture_to_dict,
    layer_from_dict,
    layer_to_dict,
)
from dmaze_cp.spec.constraint_files import constraints_from_list
from dmaze_cp.spec.fields import Fields
from dmaze_cp.spec.files import parse_json
from dmaze_cp.workload import Layer

_FIELDS: Final = ("layer", "architecture", "objective", "constraints", "cost_model")
_INTEGERS: Final = (*COUNTS, "pe_array", "noc_elements_per_cycle")
"""Figures that are integers: all others are written as doubles."""


def question_text(question: Question, cost_model: int | None = None) -> str:
    """The question as canonical JSON: equal questions have equal texts.

    Parameters
    ----------
    cost_model
        Version of cost model and map-space; this one's where it is left out.
    """
    record = {
        "layer": shape_record(question.layer),
        "architecture": figures_record(question.architecture),
        "objective": str(Objective(question.objective)),
        "constraints": list(question.constraints.texts),
        "cost_model": COST_MODEL_VERSION if cost_model is None else cost_model,
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False)


def question_key(text: str) -> str:
    """The key of a question's canonical text: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def shape_record(layer: Layer) -> dict[str, object]:
    """The layer in the package's spec form, without name and multiplicity."""
    record = layer_to_dict(layer)
    return {key: record[key] for key in record if key not in {"name", "instances", "also"}}


@lru_cache(maxsize=64)
def figures_record(architecture: Architecture) -> dict[str, Any]:
    """The architecture in the package's spec form, without what is only reported.

    Not to be changed by the caller: whole networks ask for the same one again.
    """
    spec: dict[str, Any] = architecture_to_dict(architecture)
    record = {k: v for k, v in spec.items() if k not in ONLY_REPORTED}
    energy = {k: _figure(k, v) for k, v in record.pop("energy").items()}
    return {k: _figure(k, v) for k, v in record.items()} | {"energy": energy}


def _figure(name: str, value: Any) -> Any:
    if name in _INTEGERS:
        return value
    if isinstance(value, dict):
        return {key: _as_float(each) for key, each in value.items()}
    return _as_float(value)


def _as_float(value: float) -> float:
    """Equal numbers in one form: 2 is 2.0 (both are accepted), -0.0 is 0.0."""
    return float(value) + 0.0


def question_from_text(text: str) -> tuple[Question, int]:
    """The question of a canonical text, and its version of the cost model.

    Its layer has no name, its architecture neither.

    Raises
    ------
    SpecError
        When the text is not what `question_text` writes.
    """
    spec = Fields(parse_json(text), "a question")
    spec.refuse_unknown(_FIELDS)
    for name in _FIELDS:
        spec.missing(name, "a part of the question")
    spec.raise_problems()
    data = spec.data
    objective, cost_model = data["objective"], spec.integer("cost_model", 0)
    if objective not in list(Objective):
        spec.note("objective", ", ".join(Objective))
        spec.raise_problems()
    question = Question(
        layer_from_dict(data["layer"], name="stored", where="layer").shape,
        architecture_from_dict(data["architecture"], name="stored"),
        Objective(str(objective)),
        _constraints(data["constraints"]),
    )
    if question_text(question, cost_model) != text:
        raise SpecError(Problem("", "a question in another form", "its canonical form"))
    return question, cost_model


def _constraints(obj: object) -> Constraints:
    try:
        return constraints_from_list(obj)
    except SpecError as error:
        raise error.under("constraints") from None
