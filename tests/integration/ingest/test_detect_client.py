"""Ingest's side of a real detect."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from secrets_for_tests import service

from sightline.chassis.rpc import open_channel
from sightline.ingest.detect_client import DetectClient
from sightline.ingest.face import Wish


class WatchedClient(DetectClient):
    """Remembers in which sizes it sent pictures."""

    def __init__(self, channel) -> None:
        super().__init__(channel, 40.0)
        self.sent = []

    async def _ask(self, picture, wish):
        self.sent.append(picture.shape[:2])
        return await super()._ask(picture, wish)


@pytest.fixture
async def detect(service_process, starter_pack, bus, nats_server):
    """A real detect."""
    running = service_process("detect", pack_dir=starter_pack, nats_url=nats_server.url)
    await running.ready()
    return running


async def test_a_large_frame_is_sent_small_and_gives_the_same_face(detect):
    """1080p is sent in the detector's size; box, landmarks and quality are those of the whole frame."""
    from skimage import data  # noqa: PLC0415 - slow to import

    large = Wish(min_face_px=120)  # for MTCNN, which looks at a picture the smaller, the larger the faces are
    frame = np.zeros((1080, 1920, 3), np.uint8)
    frame[28:1052, 448:1472] = cv2.resize(data.astronaut(), (1024, 1024))
    async with open_channel(detect.target, service("ingest", "detect")) as channel:
        client = WatchedClient(channel)
        first, second = [(await client.find(frame, large)).faces[0] for _ in range(2)]
        whole = (await client._ask(frame, large)).results[0].faces[0]  # what detect finds by itself
    assert client.sent[0] == (1080, 1920)
    assert client.sent[1] == client.sent[2]
    assert client.sent[1][1] < 1000
    assert np.array_equal(first.box, second.box)
    size = np.array([1920, 1080])
    box = whole.bounding_box
    assert first.box[:2] == pytest.approx(np.array([box.left, box.top]) * size, abs=8)
    assert first.quality.overall == pytest.approx(whole.quality.overall, abs=0.05)
    assert first.quality.inter_eye_px == pytest.approx(whole.quality.inter_eye_distance, rel=0.05)
