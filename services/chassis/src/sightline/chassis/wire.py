"""Protobuf's wire format: enough to read and to rewrite a file without its schema (protobuf.dev, Encoding)."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from google.protobuf.message import Message

Value = int | memoryview
_VARINT, _LENGTH = 0, 2  # wire types


def rewrite(message: memoryview, edits: Mapping[int, Callable[[memoryview], bytes | None]]) -> bytes:
    """A message with some of its embedded messages changed, all else as it is and in its order.

    Args:
        message: the bytes.
        edits: by field number what an embedded message becomes; None: it is left out.

    Raises:
        ValueError: the bytes are no message.
    """
    parts: list[bytes] = []
    for number, value, raw in _spans(message):
        if number not in edits or isinstance(value, int):
            parts.append(bytes(raw))
        elif (edited := edits[number](value)) is not None:
            parts.append(embed(number, edited))
    return b"".join(parts)


def embed(number: int, content: bytes) -> bytes:
    """A field that holds a string, bytes or a message."""
    return _number(number << 3 | _LENGTH) + _number(len(content)) + content


def put_floats(message: Message, number: int, packed: bytes) -> None:
    """Adds to a `repeated float` what is packed as on the wire: little-endian float32, four bytes each.

    Given as a list, each number would become an object first: for 512 of them that takes ten times as long.
    """
    message.MergeFromString(embed(number, packed))


def get_floats(message: Message, number: int, count: int) -> bytes | None:
    """The numbers of a `repeated float`, packed as `put_floats` takes them, where the message begins with so many.

    NumPy would ask protobuf for them one field at a time: for 512 numbers that takes three times as long.

    Returns:
        None where there are more or fewer, or something else comes before them.
    """
    data, head = message.SerializeToString(), _head(number, count)
    return data[len(head) : len(head) + 4 * count] if data.startswith(head) else None


@cache
def _head(number: int, count: int) -> bytes:
    return _number(number << 3 | _LENGTH) + _number(4 * count)


def integer(number: int, value: int) -> bytes:
    """A field that holds an integer; negative ones as int64 has them."""
    return _number(number << 3 | _VARINT) + _number(value & (1 << 64) - 1)


def _number(value: int) -> bytes:
    """A base-128 integer."""
    encoded = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Field numbers and values of one message.

    Raises:
        ValueError: the bytes are no message.
    """
    return ((number, value) for number, value, _ in _spans(message))


def _spans(message: memoryview) -> Iterator[tuple[int, Value, memoryview]]:
    """Number, value and bytes of each field."""
    position = 0
    while position < len(message):
        start = position
        key, position = _varint(message, position)
        value: Value
        match key & 7:
            case 0:  # an integer
                value, position = _varint(message, position)
            case 1:
                value, position = message[position : position + 8], position + 8
            case 2:
                length, position = _varint(message, position)
                value, position = message[position : position + length], position + length
            case 5:
                value, position = message[position : position + 4], position + 4
            case wire_type:
                raise ValueError(f"wire type {wire_type} is not in use")
        if position > len(message):
            raise ValueError("the file ends inside a field")
        yield key >> 3, value, message[start:position]


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """One base-128 integer and the position behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the high bit says that more follows
            return value, position
    raise ValueError("the file ends inside a number")
