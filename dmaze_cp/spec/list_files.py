"""What is built in, as `dmaze-cp models`, `archs` and `spaces` list it for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypedDict

from dmaze_cp.spec.builtin import BuiltinSpec
from dmaze_cp.spec.documents import Record


class ListedRecord(TypedDict):
    """Something that is built in."""

    name: str
    description: str


class ModelsRecord(TypedDict):
    """The networks that are built in."""

    schema: Literal["dmaze-cp/models/1"]
    models: list[ListedRecord]


class ArchsRecord(TypedDict):
    """The accelerators that are built in."""

    schema: Literal["dmaze-cp/archs/1"]
    archs: list[ListedRecord]


class SpacesRecord(TypedDict):
    """The design spaces that are built in."""

    schema: Literal["dmaze-cp/spaces/1"]
    spaces: list[ListedRecord]


ListName = Literal["models", "archs", "spaces"]
"""The command that lists them."""


def list_record(what: ListName, specs: Iterable[BuiltinSpec]) -> Record:
    """A list by the name of its command."""
    entries = [ListedRecord(name=s.name, description=s.description) for s in specs]
    return {"schema": f"dmaze-cp/{what}/1", what: entries}
