"""A detect that takes white squares for faces, videos of white squares, and a real ingest process."""

from __future__ import annotations

from functools import partial

import pytest
from camera_calls import Cameras
from secrets_for_tests import tester
from squares import serve_squares, write_video

from sightline.chassis.rpc import open_channel
from sightline.v1 import events_pb2


@pytest.fixture
def detect_at(bus):
    """A context that serves a SquareDetect on a given port, to whom detect would answer."""
    return partial(serve_squares, bus)


@pytest.fixture
async def detect(detect_at):
    """A running SquareDetect."""
    async with detect_at() as running:
        yield running


@pytest.fixture(scope="session")
def square_video(tmp_path_factory):
    """Seven seconds with three walks of squares."""
    return write_video(tmp_path_factory.mktemp("videos") / "squares.mp4")


@pytest.fixture
async def open_ingest(service_process, nats_server, square_video):
    """A function that starts an ingest and gives its cameras."""
    channels = []

    async def start(target, **settings):
        service = service_process(
            "ingest",
            nats_url=nats_server.url,
            detect_target=target,
            video_roots=f'["{square_video.parent}"]',
            camera_networks='["127.0.0.0/8"]',
            **settings,
        )
        await service.ready()
        channels.append(open_channel(service.target, tester()))
        return Cameras(service, channels[-1])

    yield start
    for channel in channels:
        await channel.close()


@pytest.fixture
def face_events(bus):
    """A function that gives every face event in a lane's stream, with the subject."""

    async def read(lane):
        stream = f"FACES_{lane.upper()}"
        last = (await bus.js.stream_info(stream)).state.last_seq
        messages = [await bus.js.get_msg(stream, seq) for seq in range(1, last + 1)]
        return [(message.subject, events_pb2.FaceEvent.FromString(message.data)) for message in messages]

    return read
