"""Moments and spans in requests: protobuf takes any numbers for them, also such that no clock shows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

_NAMES = {kind.DESCRIPTOR.full_name for kind in (Timestamp, Duration)}


def check_times(message: Message, path: str = "") -> None:
    """Raises InvalidInput REQUEST_INVALID, with the field, where a Timestamp or Duration is out of its range."""
    if not _has_times(message.DESCRIPTOR, frozenset()):
        return
    if isinstance(message, (Timestamp, Duration)):
        try:
            message.ToNanoseconds()
        except ValueError as error:
            raise InvalidInput("REQUEST_INVALID", f"{path}: {error}") from error
        return
    for field, value in message.ListFields():
        for each in _messages(field, value):
            check_times(each, f"{path}.{field.name}" if path else field.name)


def _messages(field: FieldDescriptor, value: Any) -> Iterable[Message]:
    """The messages that a field holds: a map's are its values, where these are messages."""
    kind = field.message_type
    if kind is None:
        return ()
    if kind.GetOptions().map_entry:
        return value.values() if kind.fields_by_name["value"].message_type is not None else ()
    return value if field.is_repeated else (value,)


@cache
def _has_times(kind: Descriptor, above: frozenset[str]) -> bool:
    """Whether messages of that kind can hold any; what has none is not looked through."""
    if kind.full_name in _NAMES:
        return True
    above |= {kind.full_name}
    below = (field.message_type for field in kind.fields)
    return any(_has_times(each, above) for each in below if each is not None and each.full_name not in above)
