from __future__ import annotations

import pytest

from sightline.chassis.quality_gate import issues
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as pb


def face(*, confidence=0.99, yaw=5.0, pitch=-5.0, roll=0.0, overall=0.8, sharpness=0.8, brightness=0.5, eyes=60.0):
    """A good face, but for what is said."""
    return face_pb2.Face(
        confidence=confidence,
        pose=face_pb2.Pose(yaw=yaw, pitch=pitch, roll=roll),
        quality=face_pb2.Quality(overall=overall, sharpness=sharpness, brightness=brightness, inter_eye_distance=eyes),
    )


def reasons(given, gate):
    """The codes alone."""
    return [issue.reason for issue in issues(given, gate)]


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"eyes": 19}, "SMALL_BOUNDING_BOX"),
        ({"confidence": 0.4}, "LOW_CONFIDENCE"),
        ({"yaw": -60}, "EXTREME_POSE"),
        ({"pitch": 50}, "EXTREME_POSE"),
        ({"brightness": 0.05}, "LOW_BRIGHTNESS"),
        ({"sharpness": 0.2}, "LOW_SHARPNESS"),
        ({"overall": 0.1}, "LOW_FACE_QUALITY"),
    ],
)
def test_every_flaw_has_its_reason(flaw, reason):
    """One thing wrong is one reason, and its text says what to do instead."""
    (issue,) = issues(face(**flaw), pb.QUALITY_GATE_STANDARD)
    assert issue.reason == reason
    assert ": use a" in issue.message


def test_all_that_is_wrong_is_said_at_once():
    """Somebody with a bad picture does not learn its flaws one by one."""
    assert reasons(face(sharpness=0.1, brightness=0.05, overall=0.0), pb.QUALITY_GATE_STANDARD) == [
        "LOW_BRIGHTNESS",
        "LOW_SHARPNESS",
        "LOW_FACE_QUALITY",
    ]


def test_a_good_face_passes_every_gate():
    """Nothing is wrong with a good face, however its head is rolled: alignment undoes that."""
    for gate in pb.QualityGate.values():
        assert issues(face(roll=80), gate) == []


def test_strict_asks_for_more_than_standard():
    """What a film frame may be, a picture that was taken for the purpose may not."""
    frame = face(yaw=40, eyes=30, sharpness=0.4, brightness=0.2, overall=0.3)
    assert reasons(frame, pb.QUALITY_GATE_STANDARD) == []
    assert set(reasons(frame, pb.QUALITY_GATE_STRICT)) == {
        "SMALL_BOUNDING_BOX",
        "EXTREME_POSE",
        "LOW_BRIGHTNESS",
        "LOW_SHARPNESS",
        "LOW_FACE_QUALITY",
    }


def test_the_gate_is_standard_where_nobody_says_otherwise():
    """Unspecified is standard; only `off` lets everything pass."""
    bad = face(sharpness=0.1)
    assert reasons(bad, pb.QUALITY_GATE_UNSPECIFIED) == reasons(bad, pb.QUALITY_GATE_STANDARD) == ["LOW_SHARPNESS"]
    assert reasons(bad, pb.QUALITY_GATE_OFF) == []
