from __future__ import annotations

import time

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.cli.enroll import parse_selection
from sightline.cli.expiry import expire_time
from sightline.v1 import gallery_service_pb2 as pb


def test_words_say_which_face_is_meant():
    """Only, largest and all are words; a box is four numbers behind `at`."""
    assert parse_selection("only") == (pb.FACE_SELECTION_ONLY, None)
    assert parse_selection("largest") == (pb.FACE_SELECTION_LARGEST, None)
    assert parse_selection("all") == (pb.FACE_SELECTION_ALL, None)
    selection, box = parse_selection("at 0.5,-.25,0.125,1")
    assert selection == pb.FACE_SELECTION_AT_BOX
    assert (box.left, box.top, box.width, box.height) == (0.5, -0.25, 0.125, 1)


@pytest.mark.parametrize("text", ["", "biggest", "at", "at 1,2,3", "at 1,2,3,x", "0,0,1,1"])
def test_what_means_no_face_is_refused(text):
    """FACE_INVALID, with an example."""
    with pytest.raises(InvalidInput, match=r"FACE_INVALID: .*at 0\.1,0\.2,0\.3,0\.4"):
        parse_selection(text)


def test_an_end_is_a_duration_from_now_or_never():
    """`12h` ends in twelve hours, `never` does not, and anything else is refused."""
    assert expire_time("12h").ToSeconds() == pytest.approx(time.time() + 12 * 3600, abs=60)
    assert expire_time("never") is None
    with pytest.raises(InvalidInput, match="DURATION_INVALID"):
        expire_time("tomorrow")
