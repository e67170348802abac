"""Fields that come as text, in paths, queries and forms, as the JSON of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import Descriptor, FieldDescriptor

WRITTEN_AS_TEXT = frozenset({"google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask"})
_BOOLEANS = {"true": True, "false": False}


def assign(tree: dict[str, Any], message: Descriptor, path: str, values: Sequence[str]) -> None:
    """Puts what stands under a name (`a.b`: b in a) into the JSON of a message.

    Raises:
        InvalidInput: FIELD_UNKNOWN, FIELD_REPEATED, FIELD_INVALID.
    """
    field, place = find_field(tree, message, path)
    if field.message_type is not None and field.message_type.full_name not in WRITTEN_AS_TEXT:
        raise InvalidInput("FIELD_UNKNOWN", f"{path} is no single value: give its members, as {path}.name.")
    if not field.is_repeated and len(values) > 1:
        raise InvalidInput("FIELD_REPEATED", f"{path} takes one value: give it once.")
    read = [_value(field, path, value) for value in values]
    place[field.name] = read if field.is_repeated else read[0]


def find_field(tree: dict[str, Any], message: Descriptor, path: str) -> tuple[FieldDescriptor, dict[str, Any]]:
    """The field of that name, and the object in the tree that it is a member of. Raises InvalidInput FIELD_UNKNOWN."""
    *parents, name = path.split(".")
    for parent in parents:
        above = message.fields_by_name.get(parent)
        if above is None or above.message_type is None or above.is_repeated:
            raise _unknown(path)
        tree, message = tree.setdefault(parent, {}), above.message_type
    field = message.fields_by_name.get(name)
    if field is None:
        raise _unknown(path)
    return field, tree


def _value(field: FieldDescriptor, path: str, text: str) -> Any:
    """Numbers, enums and moments stay text, which protobuf's JSON reads as well."""
    if field.type != field.TYPE_BOOL:
        return text
    if text not in _BOOLEANS:
        raise InvalidInput("FIELD_INVALID", f"{path} is true or false.")
    return _BOOLEANS[text]


def _unknown(path: str) -> InvalidInput:
    return InvalidInput("FIELD_UNKNOWN", f"There is no field {path[:64]}: see /v1/openapi.json.")
