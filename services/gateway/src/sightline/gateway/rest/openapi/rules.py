"""The rules of the contracts (protovalidate) as JSON Schema has them; those in CEL are left to the services."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from buf.validate import validate_pb2

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor, OneofDescriptor

_NUMBERS = {"gt": "exclusiveMinimum", "gte": "minimum", "lt": "exclusiveMaximum", "lte": "maximum"}
_LISTS = {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"}


def rules_of(field: FieldDescriptor) -> validate_pb2.FieldRules:
    """What the contract asks of a field."""
    options: Any = field.GetOptions()
    rules: validate_pb2.FieldRules = options.Extensions[validate_pb2.field]
    return rules


def value_rules(rules: validate_pb2.FieldRules) -> dict[str, Any]:
    """What JSON Schema can say of one value."""
    kind = rules.WhichOneof("type")
    if kind == "string":
        return _string_rules(rules.string)
    if kind in {"int32", "uint32", "float", "double"}:
        return _picked(getattr(rules, kind), _NUMBERS)
    return {}


def list_rules(rules: validate_pb2.FieldRules) -> dict[str, Any]:
    """What JSON Schema can say of a list, apart from its items."""
    return _picked(rules.repeated, _LISTS)


def map_rules(rules: validate_pb2.FieldRules) -> dict[str, Any]:
    """What JSON Schema can say of a map, apart from its values."""
    found = _picked(rules.map, {"min_pairs": "minProperties", "max_pairs": "maxProperties"})
    names = value_rules(rules.map.keys)
    return {**found, "propertyNames": names} if names else found


def excluded(rules: validate_pb2.FieldRules) -> set[int]:
    """Values of an enum that are not taken."""
    return set(rules.enum.not_in)


def is_required(field: FieldDescriptor) -> bool:
    """Whether a request without the field breaks its rules."""
    rules = rules_of(field)
    if field.containing_oneof is not None or rules.ignore == validate_pb2.IGNORE_ALWAYS:
        return False
    if rules.required:
        return True
    if field.is_repeated:
        return bool(rules.repeated.min_items or rules.map.min_pairs)
    return not field.has_presence and _refuses_nothing(rules)


def must_choose(oneof: OneofDescriptor) -> bool:
    """Whether one of its fields has to be there."""
    options: Any = oneof.GetOptions()
    return bool(options.Extensions[validate_pb2.oneof].required)


def _refuses_nothing(rules: validate_pb2.FieldRules) -> bool:
    """Whether the value that stands for none is refused."""
    found = value_rules(rules)
    if 0 in rules.enum.not_in or found.get("minLength", 0) or found.get("minimum", 0) > 0:
        return True
    return found.get("exclusiveMinimum", -1) >= 0 or re.search(found.get("pattern", ""), "") is None


def _string_rules(rules: validate_pb2.StringRules) -> dict[str, Any]:
    return _picked(rules, {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"})


def _picked(rules: Any, names: dict[str, str]) -> dict[str, Any]:
    return {theirs: getattr(rules, ours) for ours, theirs in names.items() if rules.HasField(ours)}
