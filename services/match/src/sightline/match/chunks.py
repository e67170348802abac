"""Many ledger records in one message of the broker: what makes an import fast.

Each record in a chunk is sealed by itself, under its own owner's key and bound to the subject that it would have alone:
destroying one owner's key leaves the others readable, and a later entry on a record's own subject counts more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sightline.chassis.gallery_subjects import GalleryKind
    from sightline.chassis.owner_key import Sealed
    from sightline.match.vectors import Vector

MAX_FACES = 256
"""The most records of a chunk that are faces; with persons and the like there are more in it."""
MAX_BYTES = 900_000
"""The broker takes messages of 1 MB, and headers need some of it."""
_OVERHEAD = 128
"""More than an entry has beside its ciphertext: two ids, a kind, a nonce, and the lengths of all."""


class Draft(NamedTuple):
    """A record that is to be written with others: what it is, and whose key seals it.

    `vector` is a face's template, where the record has one that was checked.
    """

    kind: GalleryKind
    id: str
    owner: str
    record: records_pb2.LedgerRecord
    vector: Vector | None = None


def packed(drafts: Iterable[tuple[Draft, Sealed]]) -> Iterator[records_pb2.LedgerChunk]:
    """The records, each as it was sealed, in their order, in as few chunks as the limits allow."""
    chunk, size, faces = records_pb2.LedgerChunk(), 0, 0
    for draft, sealed in drafts:
        grown, is_face = len(sealed.ciphertext) + _OVERHEAD, draft.kind == "face"
        if chunk.entries and (size + grown > MAX_BYTES or faces + is_face > MAX_FACES):
            yield chunk
            chunk, size, faces = records_pb2.LedgerChunk(), 0, 0
        # In its place: a message that is handed over is copied.
        entry = chunk.entries.add(kind=draft.kind, id=draft.id).entry
        entry.key_id, entry.nonce, entry.ciphertext = draft.owner, sealed.nonce, sealed.ciphertext
        size, faces = size + grown, faces + is_face
    if chunk.entries:
        yield chunk
