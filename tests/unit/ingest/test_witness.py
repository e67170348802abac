"""Evidence is shown after a second look, and not without one."""

import cv2
import numpy as np
import pytest

from sightline.chassis.errors import NotFound, Unavailable
from sightline.chassis.picture import decode_picture
from sightline.ingest.detect_client import FoundFaces
from sightline.ingest.evidence import EvidenceStore
from sightline.ingest.witness import LOOK_AGAIN, Witness


class FakeFinder:
    """Finds what it is told to, or fails with it."""

    def __init__(self, answer) -> None:
        self.answer = answer

    async def find(self, picture, wish):
        assert (picture.shape, wish) == ((720, 1280, 3), LOOK_AGAIN)
        if isinstance(self.answer, Exception):
            raise self.answer
        return FoundFaces(tuple(self.answer), "fake")


@pytest.fixture
def store(seen_face):
    """Noise with two faces, of which the first is track t's and the second unsure."""
    noise = np.random.default_rng(1).integers(0, 256, (180, 320, 3), dtype=np.uint8)
    picture = np.asarray(cv2.resize(noise, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST), np.uint8)
    store = EvidenceStore()
    store.keep(picture, [seen_face(300, 300, 120), seen_face(700, 300, 100, sure=False)], {"t": 0})
    return store


def _spread(picture, x, y):
    return float(picture[y - 20 : y + 20, x - 20 : x + 20].std())


async def test_faces_of_both_looks_are_hidden(store, seen_face):
    """An unsure face of the first look and one that only the second finds are hidden; the track's own is not."""
    again = [seen_face(302, 299, 118), seen_face(1000, 500, 60, sure=False)]
    shown = decode_picture(await Witness(store, FakeFinder(again)).snapshot("t"))
    assert _spread(shown, 300, 300) > 50
    assert _spread(shown, 500, 600) > 50
    assert _spread(shown, 700, 300) < 15
    assert _spread(shown, 1000, 500) < 15


async def test_without_a_second_look_nothing_is_shown(store):
    """Where detect is away there is no picture: notify then sends the face's crop alone."""
    with pytest.raises(Unavailable, match="DETECT_UNAVAILABLE"):
        await Witness(store, FakeFinder(Unavailable("DETECT_UNAVAILABLE", "away"))).snapshot("t")


async def test_an_unknown_track_has_no_evidence(store):
    """It is said that there is none."""
    with pytest.raises(NotFound, match="EVIDENCE_GONE"):
        await Witness(store, FakeFinder([])).snapshot("other")
