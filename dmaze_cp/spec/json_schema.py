"""Types of documents as JSON Schemas."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from dmaze_cp.spec.documents import (
    MAPPINGS,
    Count,
    Least,
    Meaning,
    Most,
    ObjectType,
    Record,
    choices_of,
    fields_of,
    is_closed,
    is_object,
    is_required,
    summary_of,
    unwrapped,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: Any, name: str, title: str) -> Record:
    """A type as a JSON Schema; the types of objects are definitions of their own.

    Parameters
    ----------
    kind
        Of the whole document.
    name
        Of the schema, for its ``$id``.
    title
        What the document is.
    """
    described = _Schemas()
    body = described.of(kind)
    return {
        "$schema": DIALECT,
        "$id": f"dmaze-cp/{name}",
        "title": title,
        **body,
        "$defs": dict(sorted(described.definitions.items())),
    }


@dataclass
class _Schemas:
    definitions: dict[str, Record] = field(default_factory=dict)

    def of(self, kind: Any) -> Record:
        """The schema of a type."""
        kind, notes = unwrapped(kind)
        schema = self._plain(kind)
        for note in notes:
            match note:
                case Least(value):
                    schema["minimum"] = value
                case Most(value):
                    schema["maximum"] = value
                case Count(items):
                    schema |= {"minItems": items, "maxItems": items}
                case Meaning(text):
                    schema["description"] = text
        return schema

    def _plain(self, kind: Any) -> Record:
        origin = get_origin(kind)
        if origin in (Union, UnionType):
            return {"anyOf": [self.of(each) for each in get_args(kind)]}
        if is_object(kind):
            return self._object(kind)
        if origin in (list, tuple):
            return {"type": "array", "items": self.of(get_args(kind)[0])}
        if origin in MAPPINGS:
            return {"type": "object", "additionalProperties": self.of(get_args(kind)[1])}
        choices = choices_of(kind)
        if choices is not None:
            return {"enum": list(choices)} if len(choices) > 1 else {"const": choices[0]}
        types = {bool: "boolean", int: "integer", float: "number", str: "string", NoneType: "null"}
        return {"type": types[kind]} if kind in types else {}

    def _object(self, kind: Any) -> Record:
        name = kind.name if isinstance(kind, ObjectType) else kind.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # it may hold itself
            fields = fields_of(kind)
            self.definitions[name] = {
                "type": "object",
                **({"description": summary_of(kind)} if summary_of(kind) else {}),
                "properties": {key: self.of(each) for key, each in fields.items()},
                "required": [key for key in fields if is_required(fields[key])],
                "additionalProperties": not is_closed(kind),
            }
        return {"$ref": f"#/$defs/{name}"}
