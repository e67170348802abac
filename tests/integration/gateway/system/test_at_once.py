"""Callers who want the same at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from rekognition_client import index

CALLS = 6
USERS = ("ann", "ben", "dan")


@pytest.fixture
def faces(client, collection, shared_media):
    """Five of one picture, which are nobody's."""
    group = {"Bytes": (shared_media / "groups" / "000_5.jpg").read_bytes()}
    return index(client, collection, group, QualityFilter="NONE")


def test_a_face_is_given_to_one_user(client, collection, faces):
    """Whoever was told that it is theirs has it, and nobody else was told so."""
    for user in USERS:
        client.create_user(CollectionId=collection, UserId=user)

    def associate(number):
        user = USERS[number % len(USERS)]
        asked = {"CollectionId": collection, "UserId": user, "FaceIds": faces, "UserMatchThreshold": 0}
        with suppress(client.exceptions.ConflictException):  # somebody else is at it: it may be repeated
            return user, client.associate_faces(**asked)["AssociatedFaces"]
        return user, []

    with ThreadPoolExecutor(CALLS) as callers:
        told = [(each["FaceId"], user) for user, given in callers.map(associate, range(CALLS)) for each in given]
    has = {each["FaceId"]: each.get("UserId") for each in client.list_faces(CollectionId=collection)["Faces"]}
    assert set(has) == set(faces)
    assert len(dict(told)) == len(set(told)), "two users were told that they have one face"
    assert set(told) <= set(has.items())
