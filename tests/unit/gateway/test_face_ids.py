"""Ids of faces, as UUIDs and back."""

from __future__ import annotations

import re

from sightline.chassis.ids import new_id
from sightline.gateway.rekognition.face_ids import candidates, to_uuid

PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_a_uuid_leads_back_to_its_id():
    """Each id is among the four that its UUID can stand for, and all four have that UUID."""
    for own_id in (new_id(), "a" * 26, "7" * 26):
        face_uuid = to_uuid(own_id)
        assert PATTERN.fullmatch(face_uuid)
        assert own_id in candidates(face_uuid)
        assert {to_uuid(each) for each in candidates(face_uuid)} == {face_uuid}
