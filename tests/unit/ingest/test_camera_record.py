"""A camera's record: made, changed and shown."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import Conflict, InvalidInput
from sightline.ingest.camera_record import CameraChange, new_record, shown, want
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2

SEALED = records_pb2.SealedCredentials(nonce=b"n", ciphertext=b"c")


@pytest.fixture
def record():
    """Of a new camera with a mask, a region and credentials."""
    triangle = pb.Polygon(points=[pb.PolygonPoint(x=x, y=y) for x, y in ((0, 0), (1, 0), (0, 1))])
    camera = pb.Camera(
        name="door", source_url="rtsp://10.0.0.1/a", sample_fps=5, regions=[triangle], privacy_masks=[triangle]
    )
    record = new_record(camera)
    record.credentials.CopyFrom(SEALED)
    return record


def change(*paths, etag="", credentials=None, **values):
    return CameraChange(pb.Camera(**values), FieldMask(paths=paths), etag, credentials)


def test_what_only_the_server_says_cannot_be_given():
    """Id, times, etag and switches of a new camera are the server's, whatever was sent."""
    sent = pb.Camera(id="a" * 26, name="door", etag="e", enabled=True, has_credentials=True)
    made = shown(new_record(sent))
    assert made.id != sent.id
    assert (made.enabled, made.has_credentials) == (False, False)
    assert made.etag not in {"", "e"}
    assert made.create_time == made.update_time
    assert made.create_time.seconds > 0


def test_fields_of_the_mask_change_and_no_other(record):
    """What the mask names is as in the changes, or cleared; the rest stays, credentials too."""
    before = shown(record)
    change("name", "privacy_masks", name="gate", sample_fps=25).apply(record)
    after = shown(record)
    assert (after.name, after.sample_fps, len(after.privacy_masks)) == ("gate", 5, 0)
    assert (after.regions, after.has_credentials, after.id) == (before.regions, True, before.id)
    assert after.etag != before.etag
    assert after.update_time.ToNanoseconds() > before.update_time.ToNanoseconds()


@pytest.mark.parametrize("path", ["id", "create_time", "enabled", "etag", "status", "password", ""])
def test_what_cannot_be_changed_is_refused(record, path):
    """The error names what can be."""
    with pytest.raises(InvalidInput, match=r"UPDATE_MASK_INVALID: .*source_url"):
        change(*filter(None, [path])).apply(record)


def test_what_would_break_a_rule_is_refused(record):
    """The whole that comes of a change is held to the contract's rules, and to those on cameras."""
    with pytest.raises(InvalidInput, match="REQUEST_INVALID: name"):
        change("name").apply(record)
    hours = [pb.WeeklyHours(days=[1], end_minute=60)]
    with pytest.raises(InvalidInput, match="TIME_ZONE_UNKNOWN"):
        change("schedule", schedule=pb.Schedule(time_zone="Nowhere", hours=hours)).apply(record)


def test_a_change_may_say_which_state_it_has_seen(record):
    """With another etag it is refused; how the camera does and whether it is watched do not count."""
    etag = shown(record).etag
    want(record)
    record.status.frames_sampled = 7
    change("name", etag=etag, name="gate").apply(record)
    with pytest.raises(Conflict, match="ETAG_DIFFERS"):
        change("name", etag=etag, name="yard").apply(record)
    assert shown(record).name == "gate"


def test_credentials_are_replaced_and_forgotten(record):
    """Where the mask names them they are what was given, or gone; each is a change."""
    etags = [shown(record).etag]
    other = records_pb2.SealedCredentials(nonce=b"m", ciphertext=b"d")
    for given in (other, None):
        change("credentials", credentials=given).apply(record)
        assert record.credentials == (given or records_pb2.SealedCredentials())
        assert shown(record).has_credentials == (given is not None)
        etags.append(shown(record).etag)
    assert len(set(etags)) == 3


def test_credentials_do_not_move_with_the_source(record):
    """A URL of another host is refused unless they are given again, or forgotten."""
    moved = "rtsp://10.0.0.66/a"
    with pytest.raises(InvalidInput, match="CREDENTIALS_NOT_GIVEN"):
        change("source_url", source_url=moved).apply(record)
    change("source_url", "credentials", source_url=moved, credentials=SEALED).apply(record)
    assert shown(record).source_url == moved


def test_a_camera_of_an_older_version_is_known_to_have_credentials():
    """User and password in a stored URL are shown as `***`, and counted as credentials."""
    record = records_pb2.CameraRecord(camera=pb.Camera(id="a" * 26, source_url="rtsp://ann:hunter2@10.0.0.1/a"))
    camera = shown(record)
    assert camera.has_credentials
    assert "hunter2" not in str(camera)
    assert "ann" not in str(camera)
