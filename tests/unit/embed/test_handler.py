"""The use case of embed, with the starter pack."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from sightline.chassis.errors import Internal, InvalidInput, SightlineError
from sightline.chassis.pack import load_pack
from sightline.embed.embedder import open_embedder
from sightline.embed.handler import Crop, EmbedHandler, EmbedMetrics

LANDMARKS = np.array([(0.36, 0.38), (0.60, 0.36), (0.49, 0.53), (0.40, 0.68), (0.61, 0.66)], np.float32)


@pytest.fixture(scope="module")
def embedder(starter_pack):
    return open_embedder(load_pack(starter_pack), "cpu")


@pytest.fixture
def serve():
    """A function that makes the handler of an embedder."""
    with ThreadPoolExecutor(1) as executor:
        yield lambda embedder: EmbedHandler(embedder, executor, EmbedMetrics(CollectorRegistry()))


@pytest.fixture(scope="module")
def face():
    """(180, 180, 3) RGB around a face."""
    from skimage import data  # noqa: PLC0415 - slow to import

    return data.astronaut()[40:220, 135:315]


class SpoiledEmbedder:
    """An embedder that cannot stand black chips: a batch with one in it fails as a whole."""

    def __init__(self, embedder):
        self.align = embedder.align
        self.dimension = embedder.dimension
        self._embed = embedder.embed

    def embed(self, chips):
        if any(not chip.any() for chip in chips):
            raise Internal("EMBEDDING_UNUSABLE", "not a number")
        return self._embed(chips)


async def test_ratios_name_the_same_face_in_every_size(serve, embedder, face):
    """Landmarks are ratios: the picture at half the size gives a vector of the same person, of length 1."""
    crops = [Crop(lambda: face, LANDMARKS), Crop(lambda: np.ascontiguousarray(face[::2, ::2]), LANDMARKS)]
    one, half = await serve(embedder).embed(crops)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert one @ half > 0.97


async def test_a_crop_that_fails_fails_alone(serve, embedder, face):
    """Results keep the order of the crops; what cannot be decoded or aligned is an error in its place."""

    def unreadable():
        raise InvalidInput("IMAGE_UNREADABLE", "cut off")

    good = Crop(lambda: face, LANDMARKS)
    one_point = Crop(lambda: face, np.full((5, 2), 0.5, np.float32))
    results = await serve(embedder).embed([good, Crop(unreadable, LANDMARKS), one_point, good])
    reasons = [result.reason if isinstance(result, SightlineError) else "" for result in results]
    assert reasons == ["", "IMAGE_UNREADABLE", "LANDMARKS_UNUSABLE", ""]
    assert results[0] == pytest.approx(results[3], abs=1e-5)


async def test_a_chip_that_spoils_its_batch_fails_alone(serve, embedder, face):
    """Where a batch fails its chips are embedded one by one, and only the culprit has an error."""
    good = Crop(lambda: face, LANDMARKS)
    black = Crop(lambda: np.zeros_like(face), LANDMARKS)
    handler = serve(SpoiledEmbedder(embedder))
    first, culprit, last = await handler.embed([good, black, good])
    assert culprit.reason == "EMBEDDING_FAILED"
    assert first == pytest.approx(last, abs=1e-5)
    with pytest.raises(Internal, match="EMBEDDING_FAILED"):
        await handler.check()


async def test_nothing_gives_nothing(serve, embedder):
    """An empty batch is no error."""
    assert await serve(embedder).embed([]) == []


class CountingEmbedder:
    """An embedder that notes how many chips came together."""

    def __init__(self, embedder):
        self.align = embedder.align
        self.dimension = embedder.dimension
        self._embed = embedder.embed
        self.together = []

    def embed(self, chips):
        self.together.append(len(chips))
        return self._embed(chips)


async def test_callers_share_batches(serve, embedder, face):
    """Three calls of one face at the same time are one inference, and each caller gets its own vector."""
    counting = CountingEmbedder(embedder)
    handler = serve(counting)
    crops = [
        Crop(lambda: face, LANDMARKS),
        Crop(lambda: face // 3, LANDMARKS),
        Crop(lambda: face, LANDMARKS),
    ]
    (one,), (other,), (again,) = await asyncio.gather(*(handler.embed([crop]) for crop in crops))
    assert counting.together == [3]
    assert one == pytest.approx(again, abs=1e-5)
    assert one != pytest.approx(other, abs=1e-3)
