"""Faces that are imported, as the ledger gets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.wire import put_floats
from sightline.match.chunks import Draft
from sightline.match.enrolment_keys import face_id_of
from sightline.match.vectors import packed_floats
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.match.bulk_reading import Found
    from sightline.v1 import gallery_service_pb2 as pb


def face_draft(common: pb.EnrolledFace, enrolment_key: str, deleted: int, person_id: str, found: Found) -> Draft:
    """The record of one face.

    Args:
        common: what it has in common with the others of its batch.
        enrolment_key: of its picture or template.
        deleted: see `face_id_of`.
        person_id: whose face it is.
        found: the face and its template, which was checked.
    """
    record = records_pb2.LedgerRecord()
    # In their place: a message that is handed over is copied.
    kept, face = record.face, record.face.face
    face.CopyFrom(common)
    face.id, face.person_id = face_id_of(enrolment_key, deleted), person_id
    face.face.CopyFrom(found.face)
    face.has_reference = found.taken.reference is not None
    kept.enrolment_key = enrolment_key
    put_floats(kept, kept.VECTOR_FIELD_NUMBER, packed_floats(found.taken.vector))
    return Draft(GalleryKind.FACE, face.id, person_id, record, found.taken.vector)
