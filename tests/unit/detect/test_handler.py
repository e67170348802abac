"""The use case of detect, with the starter pack."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from sightline.chassis.errors import InvalidInput, SightlineError
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import SeenPicture, decode_picture, encode_jpeg, see_picture
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.handler import DetectHandler, DetectMetrics, Wish


@pytest.fixture(scope="module")
def detector(starter_pack):
    return open_detector(load_pack(starter_pack), Engine("cpu"))


@pytest.fixture
def serve():
    """A function that makes the handler of a detector."""
    with ThreadPoolExecutor(2) as executor:
        yield lambda detector: DetectHandler(detector, executor, 2, DetectMetrics(CollectorRegistry()))


@pytest.fixture(scope="module")
def picture():
    """(400, 900, 3) RGB: a face, and to its right the same at half the size."""
    from skimage import data  # noqa: PLC0415 - slow to import

    canvas = np.full((400, 900, 3), 128, np.uint8)
    canvas[:300, :400] = data.astronaut()[:300, 60:460]
    canvas[:150, 500:700] = canvas[:300:2, :400:2]
    return canvas


def shown(pixels):
    """A picture that is not reduced."""
    return lambda _: SeenPicture(pixels, pixels.shape[1], pixels.shape[0])


def jpeg(data, scales):
    """A JPEG file that may be reduced; the scales at which it is decoded are added to `scales`."""

    def see(useful_scale):
        picture = see_picture(data, useful_scale)
        scales.append(picture.scale)
        return picture

    return see


async def test_the_largest_faces_come_first(serve, detector, picture):
    """Faces are ordered by size; max_faces keeps the largest and min_face drops the smaller."""
    ways = [Wish(), Wish(max_faces=1), Wish(min_face=80)]
    (both,), (one,), (large,) = [await serve(detector).detect([shown(picture)], wish) for wish in ways]
    assert (both.width, both.height) == (900, 400)
    first, second = both.faces[:2]
    assert first.detection.side > 1.5 * second.detection.side
    assert second.detection.box[0] > 500
    assert [len(one.faces), len(large.faces)] == [1, 1]
    assert one.faces[0].detection.box == pytest.approx(first.detection.box)
    assert first.quality.inter_eye_distance > second.quality.inter_eye_distance


async def test_a_picture_that_fails_fails_alone(serve, detector, picture):
    """Results keep the order of the pictures; what cannot be decoded is an error in its place."""

    def unreadable(_):
        raise InvalidInput("IMAGE_UNREADABLE", "cut off")

    black = np.zeros_like(picture)
    results = await serve(detector).detect([shown(picture), unreadable, shown(black)], Wish())
    assert len(results[0].faces) >= 2
    assert (type(results[1]), results[1].reason) == (InvalidInput, "IMAGE_UNREADABLE")
    assert results[2].faces == ()


async def test_tiny_faces_in_a_huge_picture_are_refused(serve, detector):
    """What would take gigabytes is an error that says from which size on the picture can be searched."""
    huge = np.zeros((3000, 4000, 3), np.uint8)
    refused, taken = [(await serve(detector).detect([shown(huge)], Wish(min_face=size)))[0] for size in (17, 18)]
    assert refused.reason == "MIN_FACE_TOO_SMALL"
    assert "from 18 px on" in refused.message
    assert taken.faces == ()


async def test_a_warm_up_fills_a_batch(serve):
    """Before it is ready the model has seen one picture, the narrowest trimmed ones, and as many as go together."""
    for batch, expected in ((1, 0), (4, 4)):
        seen = []
        detector = SimpleNamespace(
            detect=lambda picture, seen=seen, **wish: seen.append((*picture.shape[:2], wish["trim"])) or [],
            useful_scale=lambda *_, **__: 1,
        )
        await serve(detector).warm_up(batch)
        assert seen == [(480, 640, False), (16, 640, True), (640, 16, True), *[(480, 640, False)] * expected]


async def test_a_broken_model_is_noticed_and_its_recovery_too(serve, detector, picture):
    """When inference fails the check fails, until an inference succeeds again; no call raises."""
    answers = iter([[], RuntimeError("device lost"), RuntimeError("device lost"), []])

    def detect(pixels, **_):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    handler = serve(SimpleNamespace(detect=detect, useful_scale=lambda *_, **__: 1.0))
    await handler.check()
    (result,) = await handler.detect([shown(picture)], Wish())
    assert isinstance(result, SightlineError)
    assert result.reason == "DETECTION_FAILED"
    with pytest.raises(RuntimeError):
        await handler.check()
    await handler.check()
    await handler.check()  # a model that works is not asked again


async def test_a_large_jpeg_gives_what_its_pixels_give(serve, make_pack, load_picture):
    """Decoded at a part of its size where SCRFD needs no more, a 3,000 px JPEG has the faces of its whole pixels."""
    group = load_picture("groups/000_5.jpg")
    data = encode_jpeg(cv2.resize(group, None, fx=3000 / group.shape[1], fy=3000 / group.shape[1]), 92)
    handler = serve(open_detector(make_pack("scrfd"), Engine("cpu")))
    scales = []
    (reduced,), (whole,) = [
        await handler.detect([way], Wish()) for way in (jpeg(data, scales), shown(decode_picture(data)))
    ]
    assert scales[0] < 0.5
    assert (reduced.width, reduced.height, len(reduced.faces)) == (whole.width, whole.height, len(whole.faces))
    for one, other in zip(reduced.faces, whole.faces, strict=True):
        assert np.abs(one.detection.box - other.detection.box).max() < 0.05 * other.detection.side
        assert one.quality.inter_eye_distance == pytest.approx(other.quality.inter_eye_distance, rel=0.05)
        assert one.quality.overall == pytest.approx(other.quality.overall, abs=0.1)


async def test_small_faces_are_measured_in_the_whole_picture(serve, make_pack, load_picture):
    """Where a face is smaller than sharpness needs once the picture is reduced, the picture is decoded again."""
    group = load_picture("groups/000_5.jpg")
    data = encode_jpeg(cv2.resize(group, (2600, 2600 * group.shape[0] // group.shape[1])), 92)
    handler = serve(open_detector(make_pack("scrfd"), Engine("cpu")))
    scales = []
    (found,) = await handler.detect([jpeg(data, scales)], Wish())
    assert min(face.detection.side for face in found.faces) * scales[0] < 112
    assert scales == [pytest.approx(0.25, abs=0.01), 1]
