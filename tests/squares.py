"""White squares for faces: videos of them, a camera that shows one, and a detect that finds them."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from camera_server import serving
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis.health import Health
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.image import read_image
from sightline.chassis.picture import encode_jpeg, see_picture
from sightline.chassis.rpc import Served, serve_rpc
from sightline.chassis.settings import ServiceSettings
from sightline.v1 import detect_service_pb2, detect_service_pb2_grpc, face_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sightline.chassis.bus import Bus

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
    return write_frames(path, [squares(number / RATE) for number in range(int(seconds * RATE))])


def write_frames(path: Path, frames) -> Path:
    """Write pictures, (height, width, 3) RGB of even sides, as a video of ten a second."""
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", 2_000_000
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        out.mux(stream.encode(None))
    return path


@dataclass
class SquareDetect(detect_service_pb2_grpc.DetectServiceServicer):
    """Finds white squares; as slow as it is told to be."""

    delay: float = 0.0
    target: str = ""
    calls: list[tuple[int, int, bool]] = field(default_factory=list)
    """Smallest face, profile and whether it may be trimmed, of each."""

    async def quiet(self, seconds=60.0):
        """Returns once it was not called for a second and a half; fails where it goes on being called."""
        async with asyncio.timeout(seconds):
            calls = -1
            while len(self.calls) != calls:
                calls = len(self.calls)
                await asyncio.sleep(1.5)

    async def DetectFaces(self, request, _):
        """See the contract."""
        self.calls.append((request.min_face_px, request.profile, request.trim))
        await asyncio.sleep(self.delay)
        results = [self._look(read_image(image, see_picture)) for image in request.images]
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


@asynccontextmanager
async def serve_squares(bus: Bus, port: int = 0) -> AsyncIterator[SquareDetect]:
    """Serves a SquareDetect at that port, to whom detect would answer."""
    squares = SquareDetect()
    settings = DetectSettings(secrets_dir=secrets_folder().path, tls="off", grpc_port=port, drain_seconds=0)
    add = detect_service_pb2_grpc.add_DetectServiceServicer_to_server
    served = Served("sightline.v1.DetectService", squares, add)
    async with (
        open_identity(settings, read_secrets(settings), bus) as identity,
        serve_rpc(settings, [served], identity, Health(), CollectorRegistry()) as bound,
    ):
        squares.target = f"127.0.0.1:{bound}"
        yield squares


@asynccontextmanager
async def square_camera(port: int = 0, login: str = "") -> AsyncIterator[int]:
    """An HTTP camera: motion JPEG, 20 pictures a second, of a square that stands still.

    Where `login` is given (`user:password`) it refuses whoever does not say so.
    """
    allowed = b"Authorization: Basic " + base64.b64encode(login.encode())
    picture = np.full((240, 320, 3), 30, np.uint8)
    picture[90:138, 100:148] = 255
    jpeg = encode_jpeg(picture, 90)
    part = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if login and allowed not in request.split(b"\r\n"):
            writer.write(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="c"\r\nContent-Length: 0\r\n\r\n')
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n")
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)

    async with serving(serve, port) as used:
        yield used
