"""The use case of detect, with the starter pack."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from sightline.chassis.errors import InvalidInput, SightlineError
from sightline.chassis.pack import load_pack
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


async def test_the_largest_faces_come_first(serve, detector, picture):
    """Faces are ordered by size; max_faces keeps the largest and min_face drops the smaller."""
    ways = [Wish(), Wish(max_faces=1), Wish(min_face=80)]
    (both,), (one,), (large,) = [await serve(detector).detect([lambda: picture], wish) for wish in ways]
    assert (both.width, both.height) == (900, 400)
    first, second = both.faces[:2]
    assert first.detection.side > 1.5 * second.detection.side
    assert second.detection.box[0] > 500
    assert [len(one.faces), len(large.faces)] == [1, 1]
    assert one.faces[0].detection.box == pytest.approx(first.detection.box)
    assert first.quality.inter_eye_distance > second.quality.inter_eye_distance


async def test_a_picture_that_fails_fails_alone(serve, detector, picture):
    """Results keep the order of the pictures; what cannot be decoded is an error in its place."""

    def unreadable():
        raise InvalidInput("IMAGE_UNREADABLE", "cut off")

    black = np.zeros_like(picture)
    results = await serve(detector).detect([lambda: picture, unreadable, lambda: black], Wish())
    assert len(results[0].faces) >= 2
    assert (type(results[1]), results[1].reason) == (InvalidInput, "IMAGE_UNREADABLE")
    assert results[2].faces == ()


async def test_tiny_faces_in_a_huge_picture_are_refused(serve, detector):
    """What would take gigabytes is an error that says from which size on the picture can be searched."""
    huge = np.zeros((3000, 4000, 3), np.uint8)
    refused, taken = [(await serve(detector).detect([lambda: huge], Wish(min_face=size)))[0] for size in (17, 18)]
    assert refused.reason == "MIN_FACE_TOO_SMALL"
    assert "from 18 px on" in refused.message
    assert taken.faces == ()


async def test_a_broken_model_is_noticed_and_its_recovery_too(serve, detector, picture):
    """When inference fails the check fails, until an inference succeeds again; no call raises."""
    answers = iter([[], RuntimeError("device lost"), RuntimeError("device lost"), []])

    def detect(pixels, **_):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    handler = serve(SimpleNamespace(detect=detect))
    await handler.check()
    (result,) = await handler.detect([lambda: picture], Wish())
    assert isinstance(result, SightlineError)
    assert result.reason == "DETECTION_FAILED"
    with pytest.raises(RuntimeError):
        await handler.check()
    await handler.check()
    await handler.check()  # a model that works is not asked again
