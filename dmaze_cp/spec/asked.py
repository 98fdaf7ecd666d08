"""What files of questions begin with: of which form they are, on which machine, within what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import ConstraintRules
from dmaze_cp.spec.architecture_files import architecture_from_dict
from dmaze_cp.spec.constraint_files import rules_from_object
from dmaze_cp.spec.documents import Reading


def begun(
    reading: Reading, obj: object, kind: type[Any]
) -> tuple[Mapping[str, Any], Architecture, ConstraintRules]:
    """An object that has a form, and the machine and the constraints in it.

    Raises
    ------
    SpecError
        With every problem of the form, or of these two.
    """
    reading.check(obj, kind)
    reading.end()
    assert isinstance(obj, Mapping)  # noqa: S101 - else there were problems
    data: Mapping[str, Any] = obj
    machine = reading.part("architecture", lambda: architecture_from_dict(data["architecture"]))
    rules = reading.part("constraints", lambda: rules_from_object(data["constraints"]))
    reading.end()
    assert machine and rules is not None  # noqa: PT018, S101 - else there were problems
    return data, machine, rules
