import cv2
import numpy as np
import pytest

from sightline.chassis.face_quality import measure_quality
from sightline.detect.detection import Detection
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.pose import Pose, head_pose

FRONTAL = Pose(0, 0, 0)


@pytest.fixture(scope="module")
def portrait(make_pack, load_picture):
    """A portrait and its face."""
    picture = load_picture("formats/exif_orientation_1.jpg")
    (face,) = open_detector(make_pack("yunet"), Engine("cpu")).detect(picture)
    return picture, face


def test_a_portrait_is_good(portrait):
    """A sharp, well lit, large face scores above one half."""
    picture, face = portrait
    quality = measure_quality(picture, face, head_pose(face.landmarks))
    assert quality.overall > 0.5
    assert 0.2 < quality.brightness < 0.9
    assert quality.inter_eye_distance == pytest.approx(np.linalg.norm(face.landmarks[1] - face.landmarks[0]))


def test_blur_lowers_it(portrait):
    """The same face blurred by 3 px of a 112 px chip falls below 0.3, and its sharpness below a half."""
    picture, face = portrait
    blurred = cv2.GaussianBlur(picture, (0, 0), 3 * face.side / 112)
    quality = measure_quality(blurred, face, FRONTAL)
    assert quality.sharpness < 0.4
    assert quality.overall < 0.4


def test_darkness_lowers_it_and_not_the_sharpness(portrait):
    """A tenth of the light costs the overall, though the details are still there."""
    picture, face = portrait
    dark = (picture * 0.08).astype(np.uint8)
    assert measure_quality(dark, face, FRONTAL).overall < 0.3
    half_lit = (picture * 0.5).astype(np.uint8)
    same = measure_quality(half_lit, face, FRONTAL).sharpness - measure_quality(picture, face, FRONTAL).sharpness
    assert abs(same) < 0.1


def test_a_small_or_turned_face_is_worth_less(portrait):
    """A quarter of the size, or a profile, lowers the overall."""
    picture, face = portrait
    small = cv2.resize(picture, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA)
    small_face = Detection(face.box * np.float32(0.1), face.landmarks * np.float32(0.1), face.score)
    whole = measure_quality(picture, face, FRONTAL).overall
    assert measure_quality(small, small_face, FRONTAL).overall < whole / 2
    assert measure_quality(picture, face, Pose(80, 0, 0)).overall < whole / 4


def test_a_box_outside_the_picture_is_worth_nothing(portrait):
    """A face that a detector places outside gives 0, not an error."""
    picture, face = portrait
    away = Detection(face.box + np.float32(5000), face.landmarks + np.float32(5000), face.score)
    assert measure_quality(picture, away, FRONTAL).overall == 0
