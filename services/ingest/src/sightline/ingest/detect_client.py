"""Finding the faces of a frame: the port that the pipeline needs, and detect behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import cv2
import grpc
import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.chassis.rpc import from_rpc_error
from sightline.ingest.face import FaceQuality, HeadPose, SeenFace
from sightline.v1 import detect_service_pb2 as pb
from sightline.v1 import face_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.ingest.face import Wish

MAX_RAW_BYTES = 31_457_280
"""Of one picture in a request (face.proto); larger ones are sent smaller."""


@dataclass(frozen=True)
class FoundFaces:
    """The faces of one frame, in its pixels, and who found them."""

    faces: tuple[SeenFace, ...]
    detector_id: str


class FaceFinder(Protocol):
    """Finds faces in a picture."""

    async def find(self, picture: NDArray[np.uint8], wish: Wish) -> FoundFaces:
        """The faces of a (height, width, 3) RGB picture.

        Raises:
            Unavailable: trying again may help.
            SightlineError: this picture cannot be looked at.
        """


class DetectClient:
    """A FaceFinder that asks detect."""

    def __init__(self, channel: grpc.aio.Channel, timeout: float) -> None:
        self._stub = DetectServiceStub(channel)
        self._timeout = timeout

    async def find(self, picture: NDArray[np.uint8], wish: Wish) -> FoundFaces:
        """See FaceFinder."""
        sent = _fitting(picture)
        height, width = sent.shape[:2]
        raw = face_pb2.RawImage(width=width, height=height, rgb=sent.tobytes())
        smallest = round(wish.min_face_px * width / picture.shape[1])
        request = pb.DetectFacesRequest(
            images=[face_pb2.Image(raw=raw)],
            min_face_px=smallest,
            profile=wish.profile,
            with_unsure=True,
            purpose="watch",
        )
        try:
            response: pb.DetectFacesResponse = await self._stub.DetectFaces(request, timeout=self._timeout)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "detect") from error
        result = response.results[0]
        if result.HasField("error"):
            raise InvalidInput(result.error.reason, result.error.message)
        size = np.array([picture.shape[1], picture.shape[0]], np.float32)
        return FoundFaces(tuple(_seen_face(face, size) for face in result.faces), response.detector_id)


def _fitting(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.nbytes <= MAX_RAW_BYTES:
        return picture
    scale = (MAX_RAW_BYTES / picture.nbytes) ** 0.5
    size = (int(picture.shape[1] * scale), int(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _seen_face(face: face_pb2.Face, size: NDArray[np.float32]) -> SeenFace:
    box, marks = face.bounding_box, face.landmarks
    corners = [[box.left, box.top], [box.left + box.width, box.top + box.height]]
    points = (marks.left_eye, marks.right_eye, marks.nose, marks.left_mouth, marks.right_mouth)
    quality = face.quality
    return SeenFace(
        box=(np.array(corners, np.float32) * size).reshape(4),
        landmarks=np.array([[point.x, point.y] for point in points], np.float32) * size,
        score=face.confidence,
        pose=HeadPose(face.pose.yaw, face.pose.pitch, face.pose.roll),
        quality=FaceQuality(quality.overall, quality.sharpness, quality.brightness, quality.inter_eye_distance),
        is_sure=not face.unsure,
    )
