"""A detect that takes white squares for faces, videos of white squares, and a real ingest process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder, tester

from sightline.chassis.health import Health
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.image import read_image
from sightline.chassis.rpc import Served, open_channel, serve_rpc
from sightline.chassis.settings import ServiceSettings
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import detect_service_pb2, detect_service_pb2_grpc, events_pb2, face_pb2
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT, RATE = 320, 240, 10
SQUARE = 48
# When a square is to be seen, and where it begins: (start, end) in seconds, left edge in pixels. It moves to the right.
WALKS = ((0.5, 2.5, 20), (1.0, 2.5, 180), (4.5, 6.0, 60))
MARKS = {"left_eye": (0.3, 0.4), "right_eye": (0.7, 0.4), "nose": (0.5, 0.6)}
MARKS |= {"left_mouth": (0.35, 0.8), "right_mouth": (0.65, 0.8)}


def squares(time):
    """The picture at that time, (HEIGHT, WIDTH, 3) RGB."""
    picture = np.full((HEIGHT, WIDTH, 3), 30, np.uint8)
    for start, end, left in WALKS:
        if start <= time < end:
            x = left + int(40 * (time - start))
            picture[90 : 90 + SQUARE, x : x + SQUARE] = 255
    return picture


def write_video(path: Path, seconds: float = 7.0) -> Path:
    """Write the walks as a video."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", 2_000_000
        for number in range(int(seconds * RATE)):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(squares(number / RATE), format="rgb24")))
        out.mux(stream.encode(None))
    return path


@dataclass
class SquareDetect(detect_service_pb2_grpc.DetectServiceServicer):
    """Finds white squares; as slow as it is told to be."""

    delay: float = 0.0
    target: str = ""
    calls: list[int] = field(default_factory=list)

    async def DetectFaces(self, request, _):
        """See the contract."""
        self.calls.append((request.min_face_px, request.profile))
        await asyncio.sleep(self.delay)
        results = [self._look(read_image(image)) for image in request.images]
        return detect_service_pb2.DetectFacesResponse(results=results, detector_id="squares")

    def _look(self, picture):
        height, width = picture.shape[:2]
        white = (picture.min(axis=2) > 180).astype(np.uint8)
        _, _, areas, _ = cv2.connectedComponentsWithStats(white)
        faces = [
            self._face(x / width, y / height, w / width, h / height) for x, y, w, h, area in areas[1:] if area > 900
        ]
        return detect_service_pb2.DetectedFaces(width=width, height=height, faces=faces)

    def _face(self, x, y, w, h):
        points = {name: face_pb2.Point(x=x + w * mx, y=y + h * my) for name, (mx, my) in MARKS.items()}
        return face_pb2.Face(
            bounding_box=face_pb2.BoundingBox(left=x, top=y, width=w, height=h),
            landmarks=face_pb2.Landmarks(**points),
            confidence=0.9,
            quality=face_pb2.Quality(overall=0.8, sharpness=0.8, brightness=0.9, inter_eye_distance=20),
        )


class DetectSettings(ServiceSettings):
    """For the stand-in."""

    service = "detect"


@pytest.fixture
def detect_at(bus):
    """A context that serves a SquareDetect on a given port, to whom detect would answer."""

    @asynccontextmanager
    async def serve(port=0):
        squares = SquareDetect()
        settings = DetectSettings(secrets_dir=secrets_folder().path, grpc_port=port, drain_seconds=0)
        add = detect_service_pb2_grpc.add_DetectServiceServicer_to_server
        served = Served("sightline.v1.DetectService", squares, add)
        async with (
            open_identity(settings, read_secrets(settings), bus) as identity,
            serve_rpc(settings, [served], identity, Health(), CollectorRegistry()) as bound,
        ):
            squares.target = f"127.0.0.1:{bound}"
            yield squares

    return serve


@pytest.fixture
async def detect(detect_at):
    """A running SquareDetect."""
    async with detect_at() as running:
        yield running


@pytest.fixture(scope="session")
def square_video(tmp_path_factory):
    """Seven seconds with three walks of squares."""
    return write_video(tmp_path_factory.mktemp("videos") / "squares.mp4")


class Cameras:
    """CameraService with shorter words."""

    def __init__(self, service, channel) -> None:
        self.service = service
        self.channel = channel
        self.stub = CameraServiceStub(channel)

    async def watch(self, url, **fields):
        """Add a camera and start it; gives its id."""
        camera = pb.Camera(name="c", source_url=str(url), **fields)
        created = (await self.stub.CreateCamera(pb.CreateCameraRequest(camera=camera))).camera
        await self.stub.StartCamera(pb.StartCameraRequest(camera_id=created.id))
        return created.id

    async def status(self, camera_id):
        """How it does."""
        return (await self.stub.GetCameraStatus(pb.GetCameraStatusRequest(camera_id=camera_id))).status

    async def until(self, camera_id, condition, seconds=30):
        """The first status that meets the condition."""
        async with asyncio.timeout(seconds):
            while not condition(status := await self.status(camera_id)):
                await asyncio.sleep(0.1)
        return status


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
