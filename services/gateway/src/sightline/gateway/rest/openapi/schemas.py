"""Messages as JSON Schemas: what is answered, what is sent, and what is changed are different ones."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from sightline.gateway.rest.openapi import rules
from sightline.gateway.rest.openapi.comments import comment, enum_comment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, OneofDescriptor

Schema = dict[str, Any]


class Use(Enum):
    """What a schema is for; the value is the end of its name."""

    ANSWER = ""
    """Every field without presence is there."""
    INPUT = "Input"
    """The rules of the contracts are for it."""
    CHANGES = "Changes"
    """Only what changes is there; null clears."""


_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$", "examples": ["30s"]},
    "google.protobuf.FieldMask": {"type": "string", "examples": ["name,expire_time"]},
}


def _integer(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def _long(pattern: str) -> Schema:
    """JSON's numbers are too short for 64 bits: protobuf's JSON writes text."""
    return {"type": "string", "pattern": pattern}


def _scalars(field: FieldDescriptor) -> dict[int, Schema]:
    return {
        field.TYPE_BOOL: {"type": "boolean"},
        field.TYPE_BYTES: {"type": "string", "format": "byte", "contentEncoding": "base64"},
        field.TYPE_DOUBLE: {"type": "number", "format": "double"},
        field.TYPE_FLOAT: {"type": "number", "format": "float"},
        field.TYPE_INT32: _integer(-(2**31), 2**31 - 1),
        field.TYPE_INT64: _long("^-?[0-9]{1,19}$"),
        field.TYPE_STRING: {"type": "string"},
        field.TYPE_UINT32: _integer(0, 2**32 - 1),
        field.TYPE_UINT64: _long("^[0-9]{1,20}$"),
    }


class Schemas:
    """Schemas that refer to each other; those that were asked for are `components`."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def message(self, message: Descriptor, use: Use) -> Schema:
        """A message, by reference."""
        if message.full_name in _WELL_KNOWN:
            return _WELL_KNOWN[message.full_name]
        inside = Use.INPUT if use is Use.CHANGES else use
        name = message.name + use.value
        if name not in self.components:
            self.components[name] = {}
            self.components[name] = {**comment(message.full_name), **self.object(message.fields, use, inside)}
        return {"$ref": f"#/components/schemas/{name}"}

    def named(self, name: str, schema: Schema) -> Schema:
        """A schema of one operation, by reference: programs that generate clients call their classes so."""
        self.components[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}

    def object(self, fields: Sequence[FieldDescriptor], use: Use, inside: Use) -> Schema:
        """An object with these members."""
        members = {field.name: self.field(field, inside) for field in fields}
        schema: Schema = {"type": "object", "properties": members, "additionalProperties": False}
        if use is Use.CHANGES:
            schema["properties"] = {name: {"anyOf": [member, {"type": "null"}]} for name, member in members.items()}
            return {**schema, "minProperties": 1}
        required = [field.name for field in fields if (_always if use is Use.ANSWER else rules.is_required)(field)]
        if required:
            schema["required"] = sorted(required)
        choices = [] if use is Use.ANSWER else [_choice(oneof, fields) for oneof in _oneofs(fields)]
        return {**schema, "allOf": choices} if choices else schema

    def field(self, field: FieldDescriptor, use: Use) -> Schema:
        """One field of a message."""
        found = comment(field.full_name)
        asked = rules.rules_of(field)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            values = field.message_type.fields_by_name["value"]
            limits = rules.map_rules(asked) if use is Use.INPUT else {}
            items = self._value(values, asked.map.values, use)
            return {"type": "object", "additionalProperties": items, **limits, **found}
        if field.is_repeated:
            limits = rules.list_rules(asked) if use is Use.INPUT else {}
            return {"type": "array", "items": self._value(field, asked.repeated.items, use), **limits, **found}
        return {**self._value(field, asked, use), **found}

    def _value(self, field: FieldDescriptor, asked: Any, use: Use) -> Schema:
        if field.message_type is not None:
            return self.message(field.message_type, use)
        if field.enum_type is not None:
            return self._enum(field.enum_type, rules.excluded(asked) if use is Use.INPUT else set())
        limits = rules.value_rules(asked) if use is Use.INPUT else {}
        return {**_scalars(field)[field.type], **limits}

    def _enum(self, enum: EnumDescriptor, excluded: set[int]) -> Schema:
        if excluded:
            return {"type": "string", "enum": [value.name for value in enum.values if value.number not in excluded]}
        names = [value.name for value in enum.values]
        self.components.setdefault(enum.name, {"type": "string", "enum": names, **enum_comment(enum)})
        return {"$ref": f"#/components/schemas/{enum.name}"}


def _always(field: FieldDescriptor) -> bool:
    """Whether an answer has it, whatever it is."""
    return not field.has_presence


def needs_members(schema: Schema) -> bool:
    """Whether an empty object does not fit."""
    chosen = any("not" not in choice["oneOf"][-1] for choice in schema.get("allOf", ()))
    return bool(schema.get("required") or schema.get("minProperties") or chosen)


def _oneofs(fields: Sequence[FieldDescriptor]) -> list[OneofDescriptor]:
    """Those that are choices: an optional field is one of its own."""
    found = {field.containing_oneof.name: field.containing_oneof for field in fields if field.containing_oneof}
    return [oneof for oneof in found.values() if len(oneof.fields) > 1]


def _choice(oneof: OneofDescriptor, fields: Sequence[FieldDescriptor]) -> Schema:
    """One of them, or none where the contract takes none, or the path has it already."""
    here = [field.name for field in oneof.fields if field in fields]
    each: list[Schema] = [{"required": [name]} for name in here]
    if rules.must_choose(oneof) and len(here) == len(oneof.fields):
        return {"oneOf": each}
    return {"oneOf": [*each, {"not": {"anyOf": list(each)}}]}
