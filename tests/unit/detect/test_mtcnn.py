import cv2
import numpy as np
import pytest

from sightline.chassis.pack import load_pack
from sightline.detect.crops import cut_squares
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine


@pytest.fixture(scope="module")
def detector(make_pack):
    """MTCNN of the shared reference files."""
    return open_detector(make_pack("mtcnn", "dlib"), Engine("cpu"))


def test_groups_are_counted_right(detector, media_rows, load_picture):
    """At least 20 of the 23 group pictures have the right number of faces, as the reference has."""
    right = 0
    for row in media_rows("groups/"):
        count = len(detector.detect(load_picture(row["path"])))
        right += int(row["n_faces"]) <= count <= int(row["n_faces_max"])
    assert right >= 20


def test_landmarks_agree_with_scrfd(detector, make_pack, load_picture):
    """The five points are in our order and lie within a tenth of a face of another detector's."""
    other = open_detector(make_pack("scrfd"), Engine("cpu"))
    picture = load_picture("groups/000_5.jpg")
    others = other.detect(picture)
    for face in detector.detect(picture):
        distances = [np.abs(face.landmarks - candidate.landmarks).max() for candidate in others]
        assert min(distances) < 0.1 * face.side


def test_min_face_sets_how_small_faces_are_searched(detector, load_picture):
    """Halved to 250 px, the group is found with min_face 20 and not whole with 60."""
    picture = cv2.resize(load_picture("groups/2007_007763.jpg"), None, fx=0.5, fy=0.5)
    assert len(detector.detect(picture, min_face=15)) >= 6
    assert len(detector.detect(picture, min_face=60)) < 6


def test_a_small_crop_is_searched_with_room_around_it(detector, load_picture):
    """A face that fills a picture of 100 px is found, at its place in the picture that was given."""
    picture = load_picture("formats/image.bmp")
    (face,) = detector.detect(picture)
    x1, y1, x2, y2 = face.box.round().astype(int)
    crop = cv2.resize(picture[y1:y2, x1:x2], (100, 100), interpolation=cv2.INTER_AREA)
    (again,) = detector.detect(crop)
    expected = (face.landmarks - [x1, y1]) * (100 / np.array([x2 - x1, y2 - y1]))
    assert np.abs(again.landmarks - expected).max() < 6


def test_pictures_without_faces_give_none(detector, load_picture):
    """Black, white, one pixel and a strip narrower than any face: an empty list."""
    for name in ["black.jpg", "white.png", "s_1x1.png", "s_8x8.jpg"]:
        assert detector.detect(load_picture(f"formats/{name}")) == []
    assert detector.detect(np.zeros((3, 5000, 3), np.uint8)) == []


def test_crops_are_sampled_as_tensorflow_does():
    """A square inside is sampled from corner to corner; what lies outside is 0."""
    image = np.tile(np.arange(100, dtype=np.float32)[None, :, None], (50, 1, 3))
    inside, outside = cut_squares(image, np.array([[10, 10, 33, 33], [-60, 0, -10, 50]], np.float32), 24)
    assert inside.shape == (3, 24, 24)
    assert np.allclose(inside[0, 5], np.linspace(10, 33, 24) * 99 / 100, atol=0.05)
    assert not outside.any()


def test_the_starter_pack_finds_the_astronaut(starter_pack):
    """The pack that every machine can make finds the one face in scikit-image's picture."""
    from skimage import data  # noqa: PLC0415 - slow to import

    (face,) = open_detector(load_pack(starter_pack), Engine("cpu")).detect(data.astronaut())
    assert 190 < face.landmarks[:, 0].mean() < 250
    assert face.score > 0.99
