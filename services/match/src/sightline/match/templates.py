"""What another embedder made of enrolled faces: records of their own, so that old and new templates live together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.ids import derived_id
from sightline.match.ledger import subject_of
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.match.ledger import Ledger
    from sightline.v1 import gallery_service_pb2 as pb


class Templates:
    """Of one ledger. Every method raises Unavailable BROKER_UNAVAILABLE."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def put(self, face: pb.EnrolledFace, template: records_pb2.FaceTemplate) -> int:
        """Writes what an embedder made of the face, and returns the sequence of the entry."""
        subject = subject_of_template(face.watchlist_id, template_id(face.id, template.embedder_id))
        record = records_pb2.LedgerRecord(template=template)
        return await self._ledger.append(subject, face.person_id, record)

    async def get(self, face: pb.EnrolledFace, embedder_id: str) -> records_pb2.FaceTemplate | None:
        """What that embedder made of the face; None: there is no such record, or it cannot be read any more."""
        entry = await self._ledger.last(subject_of_template(face.watchlist_id, template_id(face.id, embedder_id)))
        return entry.record.template if entry and entry.record else None

    async def bury(self, watchlist_id: str, record_id: str) -> int:
        """Deletes one, and returns the sequence of the tombstone."""
        return await self._ledger.bury(subject_of_template(watchlist_id, record_id))


def template_id(face_id: str, embedder_id: str) -> str:
    """The id of the record of what an embedder made of a face."""
    return derived_id("template", face_id, embedder_id)


def subject_of_template(watchlist_id: str, record_id: str) -> str:
    """Where the record is."""
    return subject_of(watchlist_id, GalleryKind.TEMPLATE, record_id)
