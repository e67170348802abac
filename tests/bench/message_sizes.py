"""Counts what messages weigh with every field set, for `sightline plan`: python tests/bench/message_sizes.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from google.protobuf.descriptor import FieldDescriptor as Field

from sightline.chassis.bus import Bus
from sightline.chassis.ids import new_id
from sightline.v1 import alert_service_pb2, events_pb2, records_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

DIMENSION = 512
DEPTH = 6
ENVELOPE = 26 + 12 + 16 + 8
"""What sealing adds: the key's id, nonce, tag and field marks."""
PER_MESSAGE = 22
"""What nats-server writes beside subject, headers and body."""


def filled(message: Message, depth: int = DEPTH) -> Message:
    """Sets every field, of a choice the first, and one element of each list; pictures stay empty."""
    chosen = set()
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and field.containing_oneof.name in chosen:
            continue
        if field.type == Field.TYPE_BYTES or field.name == "vector" or (field.message_type and not depth):
            continue
        if field.containing_oneof:
            chosen.add(field.containing_oneof.name)
        _set(message, field, depth)
    return message


def _set(message: Message, field: Field, depth: int) -> None:
    many = field.is_repeated
    if field.message_type and field.message_type.GetOptions().map_entry:
        return
    if field.message_type:
        target = getattr(message, field.name)
        filled(target.add() if many else target, depth - 1)
        if not many:
            target.SetInParent()
        return
    value = new_id() if field.type == Field.TYPE_STRING else True if field.type == Field.TYPE_BOOL else 1
    if many:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)


def weight(message: Message, subject_tokens: int = 4, *, headers: bool = True) -> int:
    """Bytes in a stream: subject, headers and body."""
    subject = ".".join(["sightline", *[new_id()] * (subject_tokens - 1)])
    of = Bus._headers(_Service(), subject, message, f"{new_id()}.{new_id()}") if headers else {}
    of = of | {"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"} if headers else of
    return len(subject) + message.ByteSize() + 12 + sum(len(k) + len(v) + 4 for k, v in of.items()) + PER_MESSAGE


class _Service:
    _service = "ingest"


def main() -> None:
    """Prints the counts."""
    face = filled(events_pb2.FaceEvent())
    embedding = filled(events_pb2.EmbeddingEvent())
    embedding.vector.extend([0.1] * DIMENSION)
    record = filled(records_pb2.FaceRecord())
    record.vector.extend([0.1] * DIMENSION)
    alert = filled(alert_service_pb2.AlertEvent())
    typer.echo(f"face event without its crop: {weight(face)} bytes")
    typer.echo(f"embedding event without its crop: {weight(embedding)} bytes")
    typer.echo(f"sighting without its crop: {weight(filled(events_pb2.Sighting()))} bytes")
    typer.echo(f"alert without its crop: {weight(alert)} bytes")
    typer.echo(f"enrolled face in the ledger: {weight(record, 5) + ENVELOPE} bytes")


if __name__ == "__main__":
    main()
