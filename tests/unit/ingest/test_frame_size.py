"""In which size frames are sent to detect."""

import av
import cv2
import numpy as np
import pytest

from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.ingest.face import Wish
from sightline.ingest.frame_size import MAX_RAW_BYTES, FrameSizes
from sightline.v1 import face_pb2

WHOLE = np.zeros((1080, 1920, 3), np.uint8)
TILED = Wish(profile=face_pb2.DETECTION_PROFILE_TILED)


def test_a_frame_is_sent_as_small_as_the_detector_can_do_with():
    """Once detect has said that a third is enough, frames of that size and wish are reduced, and no others."""
    sizes = FrameSizes()
    assert sizes.reduce(WHOLE, Wish()) is WHOLE
    assert sizes.learn(WHOLE, Wish(), 1.0, 1 / 3)
    assert sizes.reduce(WHOLE, Wish()).shape == (360, 640, 3)
    assert not sizes.learn(WHOLE, Wish(), 1 / 3, 1.0)
    assert sizes.reduce(WHOLE, TILED) is WHOLE
    assert sizes.reduce(WHOLE[:720, :1280], Wish()).shape == (720, 1280, 3)


def test_a_detector_that_wants_more_gets_more():
    """After a change of the pack the reduced frames are too small: the scale follows, up to the whole frame."""
    sizes = FrameSizes()
    sizes.learn(WHOLE, Wish(), 1.0, 1 / 3)
    assert sizes.learn(WHOLE, Wish(), 1 / 3, 1.5)
    assert sizes.reduce(WHOLE, Wish()).shape == (540, 960, 3)
    assert sizes.learn(WHOLE, Wish(), 1 / 2, 8.0)
    assert sizes.reduce(WHOLE, Wish()) is WHOLE


@pytest.mark.parametrize("useful", [0.0, 0.9, 1.0, 4.0], ids=["unsaid", "hardly", "as_it_is", "larger"])
def test_a_frame_is_left_alone_where_little_is_gained(useful):
    """A detect that says nothing, and one that wants nearly the whole frame, get the whole frame, sent once."""
    sizes = FrameSizes()
    assert not sizes.learn(WHOLE, Wish(), 1.0, useful)
    assert sizes.reduce(WHOLE, Wish()) is WHOLE


def test_a_frame_that_no_message_holds_is_reduced():
    """8K is 100 MB: it is sent in a size that a request may have, whatever is useful."""
    picture = np.zeros((4320, 7680, 3), np.uint8)
    sent = FrameSizes().reduce(picture, Wish())
    assert 0.9 * MAX_RAW_BYTES < sent.nbytes <= MAX_RAW_BYTES


def test_a_reduced_frame_shows_the_detector_what_it_saw_before(make_pack, shared_media):
    """SCRFD finds the same faces in a frame of 1080p and in what is sent of it, to a thousandth of the frame."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    with av.open(str(shared_media / "video" / "cctv_public.mp4")) as video:
        small = next(frame for frame in video.decode(video=0) if frame.time >= 3).to_ndarray(format="rgb24")
    frame = np.asarray(cv2.resize(small, (1920, 1080), interpolation=cv2.INTER_CUBIC), np.uint8)
    sizes = FrameSizes()
    sizes.learn(frame, Wish(), 1.0, detector.useful_scale((1920, 1080)))
    sent = sizes.reduce(frame, Wish())
    whole, reduced = detector.detect(frame), detector.detect(sent)
    assert sent.shape == (360, 640, 3)
    assert len(whole) == len(reduced) > 0
    for one, other in zip(whole, reduced, strict=True):
        assert np.allclose(one.box, other.box * 3, atol=2)
