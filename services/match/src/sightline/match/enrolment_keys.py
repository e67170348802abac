"""Which face a picture of a person is: the same picture is always the same one, until it is deleted."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from sightline.chassis.ids import derived_id

if TYPE_CHECKING:
    from sightline.v1 import face_pb2


class EnrolmentKeys:
    """Keyed hashes of what is enrolled, so that the ledger does not tell who is enrolled with which picture."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: 32 bytes that stay the same as long as the ledger."""
        self._secret = secret

    def of(self, watchlist_id: str, external_id: str, content: bytes) -> str:
        """Of a picture or template of that person in that watchlist."""
        parts = (watchlist_id.encode(), external_id.encode(), content)
        return derived_id(hmac.digest(self._secret, b"\0".join(parts), "sha256"))


def picture_bytes(image: face_pb2.Image) -> bytes:
    """What of a picture makes it the same one."""
    return image.encoded or image.raw.SerializeToString(deterministic=True)


def face_id_of(enrolment_key: str, deleted: int) -> str:
    """The face that an enrolment makes: of two that race with each other, both make the same one.

    Args:
        enrolment_key: of the enrolment.
        deleted: the ledger's sequence at which the face that it made before was deleted; 0: there was none.
    """
    return derived_id("face", enrolment_key, str(deleted))
