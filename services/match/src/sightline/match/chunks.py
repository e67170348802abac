"""Many ledger records in one message of the broker: what makes an import fast.

Each record in a chunk is sealed by itself, under its own owner's key and bound to the subject that it would have alone:
destroying one owner's key leaves the others readable, and a later entry on a record's own subject counts more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sightline.chassis.gallery_subjects import GalleryKind

MAX_FACES = 256
"""The most records of a chunk that are faces; with persons and the like there are more in it."""
MAX_BYTES = 900_000
"""The broker takes messages of 1 MB, and headers need some of it."""
_OVERHEAD = 16


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that is to be written with others: what it is, and whose key seals it."""

    kind: GalleryKind
    id: str
    owner: str
    record: records_pb2.LedgerRecord


def packed(entries: Iterable[records_pb2.ChunkedEntry]) -> Iterator[records_pb2.LedgerChunk]:
    """The entries in their order, in as few chunks as the limits allow."""
    chunk, size, faces = records_pb2.LedgerChunk(), 0, 0
    for entry in entries:
        grown, is_face = entry.ByteSize() + _OVERHEAD, entry.kind == "face"
        if chunk.entries and (size + grown > MAX_BYTES or faces + is_face > MAX_FACES):
            yield chunk
            chunk, size, faces = records_pb2.LedgerChunk(), 0, 0
        chunk.entries.append(entry)
        size, faces = size + grown, faces + is_face
    if chunk.entries:
        yield chunk
