"""What an engine keeps beside a face's vector."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from fakes import vector_of

from sightline.match.index import IndexedFace
from sightline.match.payload import face_of, ids_of, payload_of

VECTOR = vector_of("a")


@pytest.mark.parametrize("digest", [b"", bytes(range(60))])
def test_a_face_comes_back_as_it_was_written(digest):
    """Ids and digest survive; the watchlist, by which searches filter, has a value of its own."""
    face = IndexedFace("f", "w", "somebody's id", VECTOR, digest)
    payload = payload_of(face)
    again = face_of(payload, VECTOR.tolist())
    assert (again.face_id, again.watchlist_id, again.person_id, again.digest) == ("f", "w", "somebody's id", digest)
    assert np.array_equal(again.vector, VECTOR)
    assert payload["watchlist"] == "w"


def test_a_face_of_an_index_of_before_is_read():
    """There each id and the digest were values of their own, and an index without a key had no digests."""
    kept = {"face": "f", "watchlist": "w", "person": "p"}
    assert ids_of(kept) == ("f", "p", "")
    assert face_of(kept | {"digest": base64.b64encode(b"sealed").decode()}, VECTOR).digest == b"sealed"
