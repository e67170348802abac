import cv2
import numpy as np
import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.session_pool import SessionPool
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.yunet import YuNet


def _filled_up(picture):
    """Black beside it up to the next of the sixteen input shapes; OpenCV fills up to multiples of 32."""
    height, width = picture.shape[:2]
    return np.pad(picture, [(0, -height % 160), (0, -width % 160), (0, 0)])


def test_numerics_faces_equal_opencv(make_pack, shared_models, sample_paths, load_picture):
    """On pictures up to the input size boxes, landmarks and scores are those of cv2.FaceDetectorYN."""
    detector = open_detector(make_pack("yunet"), Engine("cpu"))
    path = str(shared_models / "yunet_n_dynamic.onnx")
    found = 0
    pictures = [picture for picture in map(load_picture, sample_paths) if max(picture.shape[:2]) <= 640]
    for picture in map(_filled_up, pictures):
        height, width = picture.shape[:2]
        reference = cv2.FaceDetectorYN.create(path, "", (width, height), score_threshold=0.7)
        _, expected = reference.detect(np.ascontiguousarray(picture[:, :, ::-1]))
        faces = detector.detect(picture)
        assert len(faces) == (0 if expected is None else len(expected))
        found += len(faces)
        for face, row in zip(faces, [] if expected is None else expected, strict=True):
            assert np.abs(face.box - [row[0], row[1], row[0] + row[2], row[1] + row[3]]).max() < 0.01
            assert np.abs(face.landmarks - row[4:14].reshape(5, 2)).max() < 0.01
            assert abs(face.score - row[14]) < 1e-4
    assert found > 10


def test_large_pictures_are_scaled_down(make_pack, media_rows, load_picture):
    """Faces in group pictures of any size are counted right."""
    detector = open_detector(make_pack("yunet"), Engine("cpu"))
    for row in media_rows("groups/"):
        count = len(detector.detect(load_picture(row["path"])))
        assert int(row["n_faces"]) <= count <= int(row["n_faces_max"]), row["path"]


def test_the_fixed_graph_finds_the_same(make_pack, load_picture):
    """The file with a fixed input finds the faces of the dynamic one at the same places."""
    dynamic, fixed = (open_detector(make_pack(kind), Engine("cpu")) for kind in ("yunet", "yunet_fixed"))
    for path in ["groups/000_5.jpg", "groups/2007_007763.jpg"]:
        picture = load_picture(path)
        for one, other in zip(dynamic.detect(picture), fixed.detect(picture), strict=True):
            assert np.abs(one.box - other.box).max() < 1


def test_odd_shapes_are_searched(make_pack, load_picture):
    """Very wide, very tall and one-pixel pictures give a list, not an error."""
    detector = open_detector(make_pack("yunet"), Engine("cpu"))
    for name in ["pano_6000x300.jpg", "tall_300x6000.jpg", "s_1x1.png"]:
        assert len(detector.detect(load_picture(f"formats/{name}"))) <= 1


def test_a_graph_that_is_no_yunet_is_refused(shared_models):
    """An embedder named as a detector is refused when it is opened."""
    pool = SessionPool.open(shared_models / "mobilefacenet_y1.onnx", "cpu")
    with pytest.raises(FailedPrecondition, match="MODEL_UNSUITABLE"):
        YuNet(pool, 0.7)
