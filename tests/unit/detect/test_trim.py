"""Looks without the black beside the picture, beside the square ones."""

from concurrent.futures import ThreadPoolExecutor

import av
import cv2
import numpy as np
import pytest

from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.profile import Profile
from sightline.detect.scrfd import Scrfd

CLIPS = ("cctv_public.mp4", "classroom.mp4", "corridor_walk.mp4", "short_hamilton_clip.mp4")
EVERY_S, MOST = 0.8, 16


@pytest.fixture(scope="module")
def frames(shared_media):
    """Of each clip a frame every 0.8 s, at most sixteen: as they are (16:9), and as a telephone would show them."""
    whole = [frame for name in CLIPS for frame in _frames(shared_media / "video" / name)]
    return {"wide": whole, "tall": list(map(_tall, whole))}


def _frames(path):
    taken = []
    with av.open(str(path)) as video:
        for frame in video.decode(video=0):
            if frame.time >= EVERY_S * len(taken):
                taken.append(frame.to_ndarray(format="rgb24"))
            if len(taken) == MOST:
                break
    return taken


def _tall(frame):
    """The middle of a frame, 9:16, enlarged to 1280 px."""
    height, width = frame.shape[:2]
    side = height * 9 // 16
    left = (width - side) // 2
    return np.asarray(cv2.resize(frame[:, left : left + side], (720, 1280)), np.uint8)


def _overlap(one, other):
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = np.prod(np.maximum(sides, 0))
    return shared / (np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - shared)


def _partner(face, others):
    return max(others, key=lambda other: _overlap(face.box, other.box))


def _is_whole(face, frame):
    """Whether the frame's border does not cut it."""
    return (face.box[:2] >= 0).all() and (face.box[2:] <= frame.shape[1::-1]).all()


@pytest.mark.parametrize("shape", ["wide", "tall"])
@pytest.mark.parametrize("kind", ["scrfd", "yunet"])
def test_numerics_the_faces_are_those_of_the_square(make_pack, frames, kind, shape):
    """Each sure face of one look is in the other: where the frame shows all of it, at IoU 0.8 and a score within 0.05.

    Most are at nearly the same place; where the small and the large input are as sure as each other, the box of the one
    may win instead of the other's. A face that the border cuts lies beside the black, and may be sure in one look and
    unsure in the other.
    """
    detector, likeness = open_detector(make_pack(kind), Engine("cpu")), []
    for frame in frames[shape]:
        looks = [detector.detect(frame, unsure=True, trim=trim) for trim in (False, True)]
        for faces, others in (looks, looks[::-1]):
            for face in (face for face in faces if face.is_sure):
                same = _partner(face, others)
                assert _overlap(face.box, same.box) >= (0.8 if _is_whole(face, frame) else 0.5)
                assert abs(face.score - same.score) < 0.05 or not _is_whole(face, frame)
                likeness.append(_overlap(face.box, same.box))
    assert len(likeness) >= 30
    assert np.median(likeness) > 0.98
    assert np.quantile(likeness, 0.1) > 0.85


def test_numerics_a_batch_equals_single_frames(make_pack, frames):
    """Four trimmed frames of two sizes, searched together (or never), have the faces that they have one by one."""
    pack, four = make_pack("scrfd"), frames["wide"][4::9][:4]
    assert len({frame.shape for frame in four}) == 2
    single, batched = open_detector(pack, Engine("cpu")), open_detector(pack, Engine("cpu", max_batch=4, linger=600))
    with ThreadPoolExecutor(4) as executor:
        together = list(executor.map(lambda frame: batched.detect(frame, trim=True, unsure=True), four))
    assert sum(map(len, together)) > 4
    for frame, faces in zip(four, together, strict=True):
        expected = single.detect(frame, trim=True, unsure=True)
        assert [face.score for face in faces] == pytest.approx([face.score for face in expected], abs=1e-5)
        for one, other in zip(faces, expected, strict=True):
            assert np.allclose(one.box, other.box, rtol=1e-5, atol=1e-5 * max(frame.shape))
            assert np.allclose(one.landmarks, other.landmarks, rtol=1e-5, atol=1e-5 * max(frame.shape))


@pytest.mark.parametrize("profile", [Profile.SINGLE, Profile.MULTI, Profile.TILED])
def test_every_profile_can_be_trimmed(make_pack, frames, profile):
    """At each number of sizes the sure faces of a large frame are as many as without."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    frame = np.asarray(cv2.resize(frames["wide"][2], (1920, 1080)), np.uint8)
    square, trimmed = (detector.detect(frame, profile=profile, trim=trim) for trim in (False, True))
    assert len(square) == len(trimmed) > 0


def test_a_graph_of_one_size_keeps_its_square(make_pack, frames):
    """With a fixed input nothing changes, to the last bit."""
    detector = open_detector(make_pack("yunet_fixed"), Engine("cpu"))
    found = 0
    for frame in frames["wide"][:4]:
        plain, trimmed = (detector.detect(frame, trim=trim) for trim in (False, True))
        assert [face.score for face in plain] == [face.score for face in trimmed]
        found += len(plain)
    assert found


def test_the_coarsest_grid_decides_the_step(make_pack):
    """An SCRFD of five grids takes multiples of 128, one of three grids multiples of 32."""

    class Pool:
        def __init__(self, outputs):
            self.get_outputs = lambda: [None] * outputs
            self.get_inputs = lambda: [type("Input", (), {"name": "input"})]

    assert [Scrfd(Pool(outputs), 0.5).stride for outputs in (9, 15)] == [32, 128]


def test_the_narrowest_frames_are_searched(make_pack):
    """Very wide, very tall and one-pixel pictures give a list, not an error."""
    for kind in ("scrfd", "yunet", "mtcnn"):
        detector = open_detector(make_pack(kind), Engine("cpu"))
        for shape in [(1, 1), (1, 4000), (4000, 1), (16, 640)]:
            assert detector.detect(np.zeros((*shape, 3), np.uint8), trim=True) == []
