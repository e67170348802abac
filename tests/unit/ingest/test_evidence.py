"""Frames are kept for a minute, once for all tracks, and within bounds."""

import numpy as np
import pytest

from sightline.chassis.errors import NotFound
from sightline.chassis.picture import decode_picture
from sightline.ingest.evidence import KEEP_S, EvidenceStore


@pytest.fixture
def crowd(seen_face):
    """A picture of noise with three faces in it, one of them unsure."""
    picture = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    return picture, [seen_face(300, 300, 120), seen_face(700, 300, 100), seen_face(1000, 600, 90, sure=False)]


def test_a_frame_has_the_boxes_of_all_faces(crowd):
    """Everybody's box is kept with the frame, unsure ones too, and which of them is whose."""
    picture, faces = crowd
    evidence = EvidenceStore()
    evidence.keep(picture, faces, {"t1": 0, "t2": 1})
    moment, place = evidence.find("t2")
    assert decode_picture(moment.jpeg).shape == picture.shape
    assert moment.boxes == pytest.approx(np.stack([face.box for face in faces]))
    assert (moment.is_sure.tolist(), place) == ([True, True, False], 1)


def test_a_large_frame_is_kept_smaller(seen_face):
    """Of a 4K frame a quarter of the pixels is kept, and the boxes fit it."""
    evidence = EvidenceStore()
    evidence.keep(np.zeros((2160, 3840, 3), np.uint8), [seen_face(3000, 1000, 200)], {"t": 0})
    moment, _ = evidence.find("t")
    assert decode_picture(moment.jpeg).shape == (1080, 1920, 3)
    assert moment.boxes[0].tolist() == [1450, 450, 1550, 550]


def test_a_better_frame_replaces_the_old_one(crowd):
    """A frame is let go when its last track has a better one; until then the others keep it."""
    evidence = EvidenceStore()
    evidence.keep(*crowd, {"t1": 0, "t2": 1})
    shared, _ = evidence.find("t1")
    evidence.keep(*crowd, {"t1": 0})
    assert evidence.find("t1")[0] is not shared
    assert evidence.find("t2")[0] is shared
    evidence.keep(*crowd, {"t2": 1})
    assert len(evidence._moments) == 2  # inside: that the first frame has left the memory is the claim


def test_it_is_forgotten_after_a_minute(crowd):
    """Frames leave the memory when their minute is over; asking then says so."""
    now = 0.0
    evidence = EvidenceStore(lambda: now)
    evidence.keep(*crowd, {"t1": 0})
    now = KEEP_S - 1
    evidence.keep(*crowd, {"t2": 1})
    assert evidence.find("t1")
    now = KEEP_S + 1
    with pytest.raises(NotFound, match="EVIDENCE_GONE"):
        evidence.find("t1")
    assert evidence.find("t2")


def test_memory_is_bounded(crowd):
    """However many tracks there are, the frames take no more than the set number of bytes; the oldest go."""
    evidence = EvidenceStore(most_bytes=3 << 20)
    for number in range(30):
        evidence.keep(*crowd, {str(number): 0})
    sizes = [len(moment.jpeg) for moment in evidence._moments.values()]  # inside: memory is the claim
    assert sum(sizes) <= 3 << 20
    assert 0 < len(sizes) < 10
    assert evidence.find("29")
    with pytest.raises(NotFound):
        evidence.find("0")
