from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from sightline.chassis.metrics import new_registry
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import see_picture
from sightline.chassis.quality_gate import issues
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.handler import DetectHandler, DetectMetrics, Wish
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as pb


@pytest.fixture(scope="module")
def largest(starter_pack):
    """A function that measures the largest face of each picture, as detect does."""
    with ThreadPoolExecutor(1) as executor:
        detector = open_detector(load_pack(starter_pack), Engine("cpu", sessions=1))
        handler = DetectHandler(detector, executor, 1, DetectMetrics(new_registry()))

        async def look(paths):
            pictures = [partial(see_picture, path.read_bytes()) for path in paths]
            return [_face(found.faces[0]) for found in await handler.detect(pictures, Wish()) if found.faces]

        yield look


def _face(found):
    pose, quality = found.pose, found.quality
    return face_pb2.Face(
        confidence=found.detection.score,
        pose=face_pb2.Pose(yaw=pose.yaw, pitch=pose.pitch, roll=pose.roll),
        quality=face_pb2.Quality(**vars(quality)),
    )


async def test_portraits_pass_and_spoilt_ones_do_not(largest, shared_media):
    """Of real portraits the standard gate refuses hardly any; of the same ones darkened or blurred, every one."""
    portraits = sorted((shared_media / "portraits").glob("*/*.jpg"))[::20]
    faces = await largest(portraits)
    passed = [face for face in faces if not issues(face, pb.QUALITY_GATE_STANDARD)]
    assert len(faces) >= 40
    assert len(passed) / len(faces) >= 0.95
    for how, reason in (("dark", "LOW_BRIGHTNESS"), ("blur", "LOW_SHARPNESS")):
        spoilt = await largest(sorted((shared_media / "hard").glob(f"*/*__{how}.jpg")))
        assert len(spoilt) >= 5
        for face in spoilt:
            assert reason in {issue.reason for issue in issues(face, pb.QUALITY_GATE_STANDARD)}
