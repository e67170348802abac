"""Changes to a record: the fields that a mask names, and the contract's rules on what comes of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

import protovalidate
from google.protobuf.message import Message

from sightline.chassis.errors import InvalidInput
from sightline.chassis.violations import violation_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from google.protobuf.field_mask_pb2 import FieldMask

Record = TypeVar("Record", bound=Message)

_SHOWN = 32


def changed(record: Record, changes: Record, mask: FieldMask, allowed: Collection[str]) -> Record:
    """A copy of the record in which the fields of the mask are as in `changes`, or cleared where it has none.

    Raises:
        InvalidInput: UPDATE_MASK_INVALID, it names nothing, or what cannot be changed; REQUEST_INVALID, the record
            would break its rules.
    """
    unknown = [path for path in mask.paths if path not in allowed]
    if unknown or not mask.paths:
        named = ", ".join(path[:64] for path in unknown[:5]) or "nothing"
        raise InvalidInput("UPDATE_MASK_INVALID", f"The mask names {named}; name some of: {', '.join(allowed)}.")
    result = type(record)()
    result.CopyFrom(record)
    for path in mask.paths:
        result.ClearField(path)
    # What is not set in the part is not set by the merge either.
    result.MergeFrom(_part(changes, mask.paths))
    _check(result)
    return result


def mask_text(mask: FieldMask) -> str:
    """Which fields were to be changed, for the audit trail."""
    return f"fields: {', '.join(sorted(path[:64] for path in mask.paths)[:_SHOWN])}"


def _part(changes: Record, paths: Collection[str]) -> Record:
    """The changes, without the fields that are not named."""
    part = type(changes)()
    part.CopyFrom(changes)
    for field, _ in part.ListFields():
        if field.name not in paths:
            part.ClearField(field.name)
    return part


@cache
def _validator() -> protovalidate.Validator:
    return protovalidate.Validator()


def _check(record: Message) -> None:
    if violations := _validator().collect_violations(record):
        texts = (violation_text(violation, "record") for violation in violations[:5])
        raise InvalidInput("REQUEST_INVALID", "; ".join(texts))
