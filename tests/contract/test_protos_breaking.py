"""Contracts may grow and may not break what a release before this one wrote, or reads."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet
from releases import breaking, coming, current, released


def changed(change) -> list[str]:
    """What a change of the present contracts breaks; it is given the file of the events."""
    files = FileDescriptorSet.FromString(current().SerializeToString())
    (events,) = [file for file in files.file if file.name.endswith("/events.proto")]
    change(events, files)
    return breaking.breaks(current(), files)


def message_of(file, name):
    """A message of a file."""
    return next(each for each in file.message_type if each.name == name)


def removed(reserve):
    """Takes `source` from FaceEvent, and reserves what it is told to."""

    def change(events, _files):
        message = message_of(events, "FaceEvent")
        del message.field[0]
        if "number" in reserve:
            message.reserved_range.add(start=1, end=2)
        if "name" in reserve:
            message.reserved_name.append("source")

    return change


def test_nothing_is_broken_since_the_last_release():
    """Whatever `released.binpb` knows means the same now: `python protos/breaking.py`."""
    assert len(released().file) > 10
    assert breaking.breaks(released(), current()) == []


def test_contracts_may_grow():
    """A new field in each message, and a new value in each enum, break nothing."""
    assert breaking.breaks(current(), coming()) == []
    assert breaking.breaks(coming(), current())


def test_what_goes_is_reserved():
    """A field may go once its number and its name can never mean anything else, and stays reserved for good."""
    assert changed(removed({"number", "name"})) == []
    for reserve in ({"number"}, {"name"}, set()):
        (said,) = changed(removed(reserve))
        assert said == "sightline.v1.FaceEvent.source is gone: reserve its number (1) and its name"
    without, files = FileDescriptorSet.FromString(current().SerializeToString()), current()
    removed({"number", "name"})(next(each for each in without.file if each.name.endswith("/events.proto")), without)
    assert [said for said in breaking.breaks(without, files) if "reserve" in said] == [
        "sightline.v1.FaceEvent does not reserve the name source any more",
        "sightline.v1.FaceEvent does not reserve the number 1 any more",
    ]


def _renumber(events, _files):
    message_of(events, "Candidate").field[0].number = 77


def _rename(events, _files):
    message_of(events, "Candidate").field[0].name = "somebody"


def _retype(events, _files):
    message_of(events, "Candidate").field[0].type = FieldDescriptorProto.TYPE_BYTES


def _repeat(events, _files):
    message_of(events, "Candidate").field[0].label = FieldDescriptorProto.LABEL_REPEATED


def _choose(events, _files):
    message_of(events, "FaceEvent").field[0].oneof_index = 0


def _forget(events, _files):
    events.message_type.remove(message_of(events, "TrackClosed"))


def _enum_of(files):
    return next(enum for file in files.file for enum in file.enum_type if enum.name == "AlertPriority")


def _rename_value(_events, files):
    _enum_of(files).value[1].name = "ALERT_PRIORITY_NONE"


def _remove_value(_events, files):
    del _enum_of(files).value[1]


def _method_of(files, name):
    methods = [each for file in files.file for service in file.service for each in service.method]
    return next(method for method in methods if method.name == name)


def _stream(_events, files):
    _method_of(files, "DetectFaces").server_streaming = True


def _answer_otherwise(_events, files):
    _method_of(files, "DetectFaces").output_type = ".sightline.v1.EmbedFacesResponse"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_renumber, "Candidate.person_id is gone"),
        (_rename, "Candidate.person_id has become somebody"),
        (_retype, "Candidate.person_id has another type"),
        (_repeat, "Candidate.person_id occurs more, or less, often"),
        (_choose, "FaceEvent.source is in another oneof"),
        (_forget, "TrackClosed is gone"),
        (_rename_value, "AlertPriority.ALERT_PRIORITY_LOW has become ALERT_PRIORITY_NONE"),
        (_remove_value, "AlertPriority.ALERT_PRIORITY_LOW is gone"),
        (_stream, "DetectService.DetectFaces streams"),
        (_answer_otherwise, "DetectService.DetectFaces has another request or response"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_breaks_is_said(change, said):
    """Each way of giving a number, a name or a call another meaning is seen, and named."""
    (found,) = changed(change)
    assert found.startswith(f"sightline.v1.{said}")
