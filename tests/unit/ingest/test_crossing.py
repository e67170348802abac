"""Two people who walk past each other, found by a real detector."""

import cv2
import numpy as np
import pytest

from sightline.chassis.picture import decode_picture
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.embed.embedder import open_embedder
from sightline.ingest.appearances import Appearances, Closing, Shot, Sight
from sightline.ingest.detect_client import FoundFaces
from sightline.ingest.evidence import EvidenceStore
from sightline.ingest.face import FaceQuality, HeadPose, SeenFace
from sightline.ingest.frames import Frame
from sightline.ingest.tracker import FaceTracker

WIDTH, HEIGHT, SECONDS = 960, 400, 5.0


@pytest.fixture(scope="module")
def pack(make_pack):
    return make_pack("scrfd")


@pytest.fixture(scope="module")
def detector(pack):
    return open_detector(pack, Engine("cpu"))


@pytest.fixture(scope="module")
def template(pack, detector):
    """A function that gives the template of the largest face of a picture."""
    embedder = open_embedder(pack, "cpu")

    def embed(picture):
        face = max(detector.detect(picture), key=lambda face: face.side)
        return embedder.embed([embedder.align(picture, face.landmarks)])[0]

    return embed


@pytest.fixture(scope="module")
def walkers(load_picture):
    """The nearer, 240 px, and the farther, 190 px: portraits."""
    portraits = ("Tony_Blair/02_Tony_Blair_0002.jpg", "Colin_Powell/03_Colin_Powell_0003.jpg")
    near, far = (load_picture(f"portraits/{path}") for path in portraits)
    return cv2.resize(near, (240, 240)), cv2.resize(far, (190, 190))


def _at(time_s, walkers):
    """The picture at that time: the nearer walks to the right, the farther to the left, behind it in the middle."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    part = time_s / SECONDS
    near, far = walkers
    for walker, x, y in ((far, 740 - 700 * part, 110), (near, 20 + 680 * part, 80)):
        left = round(x)
        picture[y : y + len(walker), left : left + len(walker)] = walker
    return picture


def _seen(found):
    pose = HeadPose(0, 0, 0)
    return tuple(
        SeenFace(face.box, face.landmarks, face.score, pose, FaceQuality(face.score, 1, 1, 30), face.is_sure)
        for face in found
    )


@pytest.mark.parametrize("fps", [2, 5])
def test_two_people_crossing_are_two_tracks(detector, template, walkers, fps):
    """There are two tracks, one to each side, and every shot of a track is of the same person."""
    appearances, news = Appearances(FaceTracker(), EvidenceStore()), []
    for index in range(int(SECONDS * fps)):
        time_s = index / fps
        picture = _at(time_s, walkers)
        sight = Sight(Frame(index, time_s, picture), round(time_s * 1e9), 0)
        news += appearances.look(sight, FoundFaces(_seen(detector.detect(picture, unsure=True)), "scrfd"))
    news += appearances.end()
    closings = [each for each in news if isinstance(each, Closing)]
    assert len(closings) == 2
    known = np.stack([template(walker) for walker in walkers])
    for closing in closings:
        shots = [each for each in news if isinstance(each, Shot) and each.track_id == closing.track_id]
        people = {int(np.argmax(known @ template(decode_picture(shot.crop.jpeg)))) for shot in shots}
        way = closing.path[-1].box[0] - closing.path[0].box[0]
        assert people == ({0} if way > 0 else {1})
        assert abs(way) > 0.4
