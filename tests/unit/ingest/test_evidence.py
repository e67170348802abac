"""Evidence shows one face and hides the others."""

import cv2
import numpy as np
import pytest

from sightline.chassis.errors import NotFound
from sightline.chassis.picture import decode_picture
from sightline.ingest.evidence import KEEP_S, MAX_BYTES, EvidenceStore


@pytest.fixture
def crowd(seen_face):
    """A picture of fine noise, so that every blurred place shows, and three faces in it."""
    picture = np.random.default_rng(1).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    picture = np.asarray(cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST), np.uint8)
    return picture, [seen_face(300, 300, 120), seen_face(700, 300, 100), seen_face(1278, 710, 90, score=0.2)]


def _detail(picture, face, margin=0):
    left, top, right, bottom = np.clip(face.box + np.array([-margin, -margin, margin, margin]), 0, None).astype(int)
    return float(cv2.Laplacian(picture[top:bottom, left:right], cv2.CV_64F).var())


def test_every_other_face_is_gone(crowd):
    """Nothing of the detail of any other face is left, unsure and cut-off ones too; the matched is intact."""
    picture, faces = crowd
    evidence = EvidenceStore()
    evidence.keep("t1", picture, faces, 0)
    shown = decode_picture(evidence.snapshot("t1"))
    assert shown.shape == picture.shape
    assert _detail(shown, faces[0], -5) > 0.3 * _detail(picture, faces[0], -5)
    for other in faces[1:]:
        assert _detail(shown, other, 10) < 0.01 * _detail(picture, other, 10)


def test_hidden_faces_cannot_be_told_apart(crowd, seen_face):
    """Two different faces leave nearly the same few blocks: what tells them apart is not in the file."""
    picture, _ = crowd
    faces = [seen_face(300, 300), seen_face(800, 300, 200)]
    evidence = EvidenceStore()
    evidence.keep("t1", picture, faces, 0)
    left, top, right, bottom = faces[1].box.astype(int)
    patch = decode_picture(evidence.snapshot("t1"))[top:bottom, left:right]
    blocks = cv2.resize(cv2.resize(patch, (10, 10), interpolation=cv2.INTER_AREA), patch.shape[1::-1])
    assert float(np.abs(blocks.astype(int) - patch).mean()) < 3


def test_a_neighbour_stays_hidden_where_faces_touch(crowd, seen_face):
    """Where boxes overlap, hiding the neighbour wins over showing the matched face."""
    picture, _ = crowd
    faces = [seen_face(300, 300, 100), seen_face(370, 300, 100)]
    evidence = EvidenceStore()
    evidence.keep("t1", picture, faces, 0)
    shown = decode_picture(evidence.snapshot("t1"))
    assert _detail(shown, faces[1], -12) < 0.02 * _detail(picture, faces[1], -12)
    assert shown[260:340, 255:310].std() > 40


def test_it_is_forgotten_after_a_minute(crowd):
    """Frames leave the memory when their minute is over; asking then says so."""
    now = 0.0
    evidence = EvidenceStore(lambda: now)
    evidence.keep("t1", *crowd, 0)
    now = KEEP_S - 1
    evidence.keep("t2", *crowd, 1)
    assert evidence.snapshot("t1")
    now = KEEP_S + 1
    with pytest.raises(NotFound, match="EVIDENCE_GONE"):
        evidence.snapshot("t1")
    assert evidence.snapshot("t2")


def test_memory_is_bounded(crowd):
    """However many tracks there are, the frames take no more than the set number of bytes; the oldest go."""
    evidence = EvidenceStore()
    evidence.keep("t0", *crowd, 0)
    size = len(evidence._moments["t0"].frame)  # the test needs the size of one to fill the store
    for number in range(MAX_BYTES // size // 20 + 1):
        for track in range(20):
            evidence._moments[f"{number}-{track}"] = evidence._moments["t0"]
    evidence.keep("last", *crowd, 0)
    assert sum(len(moment.frame) for moment in evidence._moments.values()) <= MAX_BYTES
    assert evidence.snapshot("last")
