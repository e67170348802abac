from __future__ import annotations

import pytest
from google.protobuf.descriptor import FieldDescriptor

from sightline.ingest.terms import reading_terms
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2

FOR_PEOPLE = {
    "name",
    "location",
    "coordinates",
    "schedule",  # it decides when, and not how
    "create_time",
    "update_time",
    "etag",
    "enabled",
    "has_credentials",
}

OF_RECORD = [field for field in records_pb2.CameraRecord.DESCRIPTOR.fields if field.name != "camera"]


def changed(message, field):
    """Gives one field another value."""
    if field.is_repeated:
        list_of = getattr(message, field.name)
        list_of.add() if field.type == FieldDescriptor.TYPE_MESSAGE else list_of.append("x")
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        getattr(message, field.name).SetInParent()
    else:
        kind = type(getattr(message, field.name))
        setattr(message, field.name, kind(b"x") if kind is bytes else kind(1))
    return message


@pytest.mark.parametrize("field", list(pb.Camera.DESCRIPTOR.fields), ids=lambda field: field.name)
def test_what_a_camera_is_read_by_begins_its_reading_anew(field):
    """Every field of a camera changes its terms, also one that comes later, but those that are for people."""
    before = records_pb2.CameraRecord(camera=pb.Camera())
    after = records_pb2.CameraRecord(camera=changed(pb.Camera(), field))
    assert (reading_terms(before) == reading_terms(after)) is (field.name in FOR_PEOPLE)


@pytest.mark.parametrize("field", OF_RECORD, ids=lambda field: field.name)
def test_what_a_holder_writes_does_not_disturb_its_reading(field):
    """Of the record itself, status, epoch, outbox and suspension are no terms; a new start and credentials are."""
    after = changed(records_pb2.CameraRecord(), field)
    same = reading_terms(records_pb2.CameraRecord()) == reading_terms(after)
    assert same is (field.name in {"wanted", "status", "epoch", "changes", "unsent", "suspension", "resume_time"})
