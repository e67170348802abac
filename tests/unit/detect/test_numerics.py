"""Detection against insightface itself, on the shared pictures.

By default every 28th picture; with SIGHTLINE_TEST_ALL=1 all of them (minutes).
"""

import os
import shutil

import numpy as np
import pytest
from insightface.app import FaceAnalysis
from insightface.model_zoo import get_model

from sightline.chassis.errors import InvalidInput
from sightline.chassis.picture import decode_picture
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.profile import Profile

STEP = 1 if os.environ.get("SIGHTLINE_TEST_ALL") else 28
FOLDERS = ("portraits", "groups", "hard", "unknown", "nonface", "formats")


@pytest.fixture(scope="module")
def pictures(shared_media):
    """The sample: (path, pixels); files that are no picture for us are left out."""

    def read():
        paths = sorted(path for folder in FOLDERS for path in (shared_media / folder).rglob("*") if path.is_file())
        for path in paths[::STEP]:
            try:
                yield path, decode_picture(path.read_bytes())
            except InvalidInput:
                continue

    return read


def _assert_same(faces, boxes, landmarks, scores, path):
    """The same faces in the same order: IoU >= 0.99, landmarks within 0.5 px, scores within 0.001."""
    assert len(faces) == len(boxes), path
    for face, box, points, score in zip(faces, boxes, landmarks, scores, strict=True):
        assert _overlap(face.box, box) >= 0.99, path
        assert np.abs(face.landmarks - points).max() < 0.5, path
        assert abs(face.score - score) < 1e-3, path


def _overlap(one, other):
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = np.prod(np.maximum(sides, 0))
    return shared / (np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - shared)


@pytest.mark.timeout(3600)
def test_numerics_single_equals_the_model_zoo(make_pack, shared_models, pictures):
    """At one input of 640 x 640 the faces are those of insightface's model zoo."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    reference = get_model(str(shared_models / "scrfd_2.5g_kps.onnx"))
    reference.prepare(-1, input_size=(640, 640), det_thresh=0.5)
    count = 0
    for path, picture in pictures():
        boxes, landmarks = reference.detect(np.ascontiguousarray(picture[:, :, ::-1]))
        faces = detector.detect(picture, profile=Profile.SINGLE)
        _assert_same(faces, boxes[:, :4], landmarks, boxes[:, 4], path)
        count += len(faces)
    assert count > 10  # one look at 640 px overlooks faces that fill the picture


@pytest.mark.timeout(3600)
def test_numerics_default_equals_face_analysis(make_pack, shared_models, pictures, tmp_path):
    """What the pack's detector does by itself is what FaceAnalysis does: 128 and 640, and one suppression."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    for name in ("scrfd_2.5g_kps.onnx", "mobilefacenet_y1.onnx"):
        shutil.copy(shared_models / name, tmp_path)
    reference = FaceAnalysis(name=str(tmp_path), allowed_modules=["detection"])
    reference.prepare(-1, det_thresh=0.5)
    count = 0
    for path, picture in pictures():
        expected = reference.get(np.ascontiguousarray(picture[:, :, ::-1]))
        columns = [[face[name] for face in expected] for name in ("bbox", "kps", "det_score")]
        faces = detector.detect(picture)
        _assert_same(faces, *columns, path)
        count += len(faces)
    assert count > 40
