"""Chunks of the ledger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.ids import new_id
from sightline.chassis.owner_key import Sealed
from sightline.match.chunks import MAX_BYTES, MAX_FACES, Draft, packed
from sightline.v1 import records_pb2


def sealed(kind, size):
    """A record of that many bytes, sealed."""
    return Draft(GalleryKind(kind), new_id(), new_id(), records_pb2.LedgerRecord()), Sealed(bytes(12), bytes(size))


def entry(draft, of):
    """The entry that it becomes."""
    kept = records_pb2.LedgerEntry(key_id=draft.owner, nonce=of.nonce, ciphertext=of.ciphertext)
    return records_pb2.ChunkedEntry(kind=draft.kind, id=draft.id, entry=kept)


@given(st.lists(st.tuples(st.sampled_from(["person", "face"]), st.sampled_from([80, 2_500, 40_000])), max_size=600))
def test_everything_is_in_a_chunk_once_and_in_order(wanted):
    """Whatever is packed comes out in its order, in chunks within both limits."""
    records = [sealed(*each) for each in wanted]
    chunks = list(packed(records))
    assert [each for chunk in chunks for each in chunk.entries] == [entry(*each) for each in records]
    for chunk in chunks:
        assert 0 < chunk.ByteSize() <= MAX_BYTES
        assert sum(each.kind == "face" for each in chunk.entries) <= MAX_FACES


@pytest.mark.parametrize(("dimension", "chunks"), [(128, 1), (512, 1), (1024, 2)])
def test_a_full_chunk_holds_faces_of_usual_embedders(dimension, chunks):
    """256 faces of 512 numbers, each of a new person, fit into one message of the broker."""
    records = [each for _ in range(MAX_FACES) for each in (sealed("person", 200), sealed("face", dimension * 4 + 400))]
    assert len(list(packed(records))) == chunks
