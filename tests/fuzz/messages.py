"""Requests of every kind, made from the contracts: valid, almost valid, and nothing of the kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

_DEPTH = 4
_TEXTS = (
    "",
    " ",
    "\x00",
    "a" * 26,
    "*",
    "a.b.>",
    "../../etc/passwd",
    "file:///etc/passwd",
    "https://[::1]:99999/",
    "rtsp://127.0.0.1:1/x",
    "http://169.254.169.254/latest/meta-data",
    "' OR 1=1 --",
    "%s%n{0}",
    "\u202egnp.exe",
    "x" * 5000,
    "text/x",
    "name",
)
_INTEGERS = (0, 1, -1, 2, 100, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**32 - 1, 2**64 - 1)
_FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-320, 1e300, float("inf"), float("-inf"), float("nan"))
_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


_SECONDS = st.sampled_from((0, 1_700_000_000, 2_000_000_000, -62_135_596_800, 253_402_300_799, 2**62))


@st.composite
def messages(draw, descriptor: Descriptor, texts: Sequence[str], files: Sequence[bytes], depth: int = 0) -> Message:
    """A message of that type; `texts` and `files` are ids and pictures that exist, so that some requests get far."""
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if (depth == _DEPTH and field.message_type) or not draw(st.integers(0, 2)):
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue  # requests have none; a map would need keys of its own
        if field.is_repeated:
            count = draw(st.sampled_from((1, 1, 2, 3, 70)))
            one = draw(_values(field, texts, files, depth))
            _values_of(message, field).extend([one] * count)
        elif field.message_type:
            getattr(message, field.name).CopyFrom(draw(_values(field, texts, files, depth)))
        else:
            setattr(message, field.name, draw(_values(field, texts, files, depth)))
    return message


@st.composite
def changed(draw, valid: Message, made: st.SearchStrategy[Message]) -> Message:
    """A valid request in which some fields are those of another message: it gets further than one of chance alone."""
    message = type(valid)()
    message.CopyFrom(valid)
    for field, _ in draw(made).ListFields()[: draw(st.integers(0, 2))]:
        message.ClearField(field.name)
        other = draw(made)
        if field.is_repeated:
            _values_of(message, field).extend(_values_of(other, field))
        elif field.message_type:
            getattr(message, field.name).CopyFrom(getattr(other, field.name))
        else:
            setattr(message, field.name, getattr(other, field.name))
    return message


def _values_of(message: Message, field: FieldDescriptor) -> Any:
    return getattr(message, field.name)


def _values(field: FieldDescriptor, texts: Sequence[str], files: Sequence[bytes], depth: int) -> Any:
    if field.message_type and field.message_type.full_name == Timestamp.DESCRIPTOR.full_name:
        return st.builds(Timestamp, seconds=_SECONDS, nanos=st.sampled_from((0, 0, 999_999_999, -1)))
    if field.message_type:
        return messages(field.message_type, texts, files, depth + 1)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return st.sampled_from(files) | st.binary(max_size=64)
        return st.sampled_from((*texts, *_TEXTS)) | st.text(max_size=40)
    return _numbers(field)


def _numbers(field: FieldDescriptor) -> Any:
    kind = field.cpp_type
    if kind in _RANGES:
        least, most = _RANGES[kind]
        return st.sampled_from([one for one in _INTEGERS if least <= one <= most]) | st.integers(least, most)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return st.sampled_from([*field.enum_type.values_by_number, 99, -1])
    return st.sampled_from(_FLOATS) | st.floats(width=32)
