from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from sightline.chassis.errors import InvalidInput
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.profile import Profile


@pytest.fixture(scope="module")
def scrfd(make_pack):
    return open_detector(make_pack("scrfd"), Engine("cpu"))


@pytest.fixture(scope="module")
def yunet(make_pack):
    return open_detector(make_pack("yunet"), Engine("cpu"))


@pytest.fixture(scope="module")
def crowd(load_picture, scrfd):
    """An 8K frame with a face of 40 px at each of twelve places; and their centres."""
    portrait = load_picture("formats/image.bmp")
    (face,) = scrfd.detect(portrait)
    small = cv2.resize(portrait, None, fx=40 / face.side, fy=40 / face.side, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    frame = np.full((4320, 7680, 3), 110, np.uint8)
    centres = []
    for x in np.linspace(0, 7680 - width, 4).astype(int):
        for y in np.linspace(0, 4320 - height, 3).astype(int):
            frame[y : y + height, x : x + width] = small
            centres.append((face.box[:2] + face.box[2:]) / 2 * (40 / face.side) + (x, y))
    return frame, np.array(centres)


def _assert_found(faces, centres):
    """One face at each centre, and no other."""
    found = np.array([(face.box[:2] + face.box[2:]) / 2 for face in faces])
    distances = np.linalg.norm(found[:, None] - centres, axis=2)
    assert sorted(distances.argmin(axis=1)) == list(range(len(centres)))
    assert distances.min(axis=1).max() < 8


def test_tiles_find_small_faces_in_an_8k_frame(scrfd, crowd):
    """Twelve faces of 40 px in 7680 x 4320 are found once each, and none of them by one look."""
    frame, centres = crowd
    assert scrfd.detect(frame) == []
    _assert_found(scrfd.detect(frame, profile=Profile.TILED), centres)


def test_yunet_finds_them_too(yunet, crowd):
    """Tiles do not depend on the network."""
    frame, centres = crowd
    found = yunet.detect(frame, min_face=30, profile=Profile.TILED)
    assert len(found) >= 11
    assert len(found) <= len(centres)


def test_multi_finds_what_single_overlooks(scrfd, load_picture):
    """In a frame of 1280 px with the group at a tenth of its size MULTI finds more faces than SINGLE."""
    group = load_picture("groups/2007_007763.jpg")
    frame = np.full((1280, 1280, 3), 110, np.uint8)
    small = cv2.resize(group, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    frame[: small.shape[0], : small.shape[1]] = small
    single, multi = (len(scrfd.detect(frame, profile=profile)) for profile in (Profile.SINGLE, Profile.MULTI))
    assert multi > single


def test_every_profile_finds_a_face_that_fills_the_picture_once(scrfd, yunet, load_picture):
    """What several looks find at the same place is one face."""
    large = cv2.resize(load_picture("formats/image.bmp"), (1500, 1500))
    for detector in (scrfd, yunet):
        for profile in (Profile.MULTI, Profile.TILED):
            assert len(detector.detect(large, profile=profile)) == 1


def test_a_fixed_input_cannot_be_doubled(make_pack):
    """MULTI on a graph of fixed size is refused with what to ask for; TILED works."""
    fixed = open_detector(make_pack("yunet_fixed"), Engine("cpu"))
    large = np.zeros((900, 900, 3), np.uint8)
    with pytest.raises(InvalidInput, match="PROFILE_UNSUPPORTED"):
        fixed.detect(large, profile=Profile.MULTI)
    assert fixed.detect(large, profile=Profile.TILED) == []


@pytest.mark.parametrize("kind", ["scrfd", "scrfd_batched", "yunet", "yunet_fixed"])
def test_numerics_a_batch_equals_single_pictures(make_pack, sample_paths, load_picture, kind):
    """Pictures searched four at a time have the faces that they have one by one, to 1e-5 of their coordinates."""
    pack = make_pack(kind)
    single, batched = open_detector(pack, Engine("cpu")), open_detector(pack, Engine("cpu", max_batch=4, linger=0.2))
    pictures = [load_picture(path) for path in sample_paths[:8]]
    with ThreadPoolExecutor(8) as executor:
        together = list(executor.map(batched.detect, pictures))
    for picture, faces in zip(pictures, together, strict=True):
        expected = single.detect(picture)
        assert len(faces) == len(expected)
        for one, other in zip(faces, expected, strict=True):
            assert np.allclose(one.box, other.box, rtol=1e-5, atol=1e-5 * max(picture.shape))
            assert np.allclose(one.landmarks, other.landmarks, rtol=1e-5, atol=1e-5 * max(picture.shape))
            assert abs(one.score - other.score) < 1e-5
