"""Names never become tokens: whatever people call things, subjects and keys hold ids alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sightline.chassis import topology
from sightline.chassis.errors import InvalidInput
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.ids import derived_id, is_id, new_id
from sightline.chassis.topology import TOPOLOGY, Lane

# Rekognition: CollectionId is [a-zA-Z0-9_.\-]+ up to 255, ExternalImageId and UserId add the colon.
REKOGNITION_NAMES = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-", min_size=1, max_size=255
)
ID = new_id()
# Every subject that is made of ids, as a function of one of them.
SUBJECTS = {
    "faces": lambda token: topology.faces(Lane.LIVE, token),
    "embeddings": lambda token: topology.embeddings(Lane.JOB, token),
    "sightings, watchlist": lambda token: topology.sightings(token, ID),
    "sightings, source": lambda token: topology.sightings(ID, token),
    "detections": lambda token: topology.detections(token, 1, 0),
    "completions": lambda token: topology.job_completions("done", token),
    "records, watchlist": lambda token: topology.stream_records(token, ID),
    "records, camera": lambda token: topology.stream_records(ID, token),
    "alerts": lambda token: topology.alerts(token, "raised"),
    "alert events": lambda token: topology.alert_events("raised", token),
    "gallery, watchlist": lambda token: gallery(token, GalleryKind.FACE, ID),
    "gallery, record": lambda token: gallery(ID, GalleryKind.NAME, token),
}


def matches(pattern: str, subject: str) -> bool:
    """Whether a NATS subject falls under a stream's pattern."""
    regular = re.escape(pattern).replace(r"\*", r"[^.]+").replace(">", ".+")
    return re.fullmatch(regular, subject) is not None


@pytest.mark.parametrize("make", SUBJECTS.values(), ids=SUBJECTS)
@given(name=REKOGNITION_NAMES)
@example(name=".")
@example(name="a.b:c")
@example(name="*")
@example(name=">")
@example(name="a" * 25 + ".")
@example(name="A" * 26)
@example(name="a" * 26 + "\n")
def test_a_name_is_refused_as_a_token(make, name):
    """No legal name can be put where an id belongs, unless it has exactly the form of an id."""
    if is_id(name):
        assert make(name).count(name)
        return
    with pytest.raises(InvalidInput, match="ID_MALFORMED"):
        make(name)


@pytest.mark.parametrize("make", SUBJECTS.values(), ids=SUBJECTS)
@given(name=REKOGNITION_NAMES)
def test_every_name_has_a_place(make, name):
    """Every legal name has an id, and the subject made of it falls under exactly one stream of the table."""
    token = derived_id("watchlist", name)
    subject = make(token)
    assert token in subject.split(".")
    takers = [s.name for s in TOPOLOGY.streams if any(matches(pattern, subject) for pattern in s.subjects)]
    assert len(takers) == 1


@given(name=REKOGNITION_NAMES, other=REKOGNITION_NAMES)
@example(name="a.b", other="a:b")
@example(name="A", other="a")
def test_different_names_have_different_places(name, other):
    """Names that differ only in dots, colons or case do not share an id."""
    assert (derived_id(name) == derived_id(other)) == (name == other)


def test_actions_with_dots_stay_one_token():
    """An audit action such as gallery.enroll_face is one token of its subject."""
    subject = topology.audit("match", "gallery.enroll_face")
    assert subject == "sightline.audit.match.gallery_enroll_face"
    assert matches("sightline.audit.*.*", subject)


def test_every_consumer_has_its_stream():
    """No consumer of the table hangs on a stream that is not in it, and names are unique."""
    streams = [stream.name for stream in TOPOLOGY.streams]
    assert len(set(streams)) == len(streams)
    assert {consumer.stream for consumer in TOPOLOGY.consumers} <= set(streams)
    consumers = [(consumer.stream, consumer.name) for consumer in TOPOLOGY.consumers]
    assert len(set(consumers)) == len(consumers)


def test_faces_and_templates_never_touch_a_disk():
    """Pictures and templates of people who match nothing lie in memory alone, and live ones for a minute at most."""
    passing = [stream for stream in TOPOLOGY.streams if stream.name.startswith(("FACES", "EMBEDDINGS"))]
    assert len(passing) == 4
    assert {stream.storage for stream in passing} == {"memory"}
    assert {stream.age.total_seconds() for stream in passing if stream.name.endswith("_LIVE")} == {60}
    assert {bucket.storage for bucket in TOPOLOGY.buckets if bucket.name == topology.TRACKS} == {"memory"}


def test_live_traffic_sheds_and_jobs_wait():
    """A full live stream drops its oldest message; a full job stream refuses the newest; both are bounded."""
    for stream in TOPOLOGY.streams:
        if stream.name.startswith(("FACES", "EMBEDDINGS")):
            assert stream.discard_new is stream.name.endswith("_JOB")
            assert stream.work_queue
            assert stream.max_bytes


def test_the_trail_is_append_only():
    """Only the trail and its seals deny deletion: the ledger and the others must be able to forget."""
    assert [stream.name for stream in TOPOLOGY.streams if stream.append_only] == ["AUDIT", "AUDIT_SEALS"]
