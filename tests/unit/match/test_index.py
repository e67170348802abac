"""Ids of points."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from sightline.match.index import point_id

NAMESPACE = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")


@given(st.text())
def test_a_point_has_the_uuid_of_its_face(face_id):
    """Points are stored: a face's is the UUID that the standard makes of its id, in every release."""
    assert point_id(face_id) == str(uuid.uuid5(NAMESPACE, face_id))
