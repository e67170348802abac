"""Finding the faces of a frame: the port that the pipeline needs, and detect behind it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import grpc
import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.chassis.face_quality import measure_quality
from sightline.chassis.rpc import from_rpc_error
from sightline.ingest.face import FaceQuality, HeadPose, SeenFace
from sightline.ingest.frame_size import FrameSizes
from sightline.v1 import detect_service_pb2 as pb
from sightline.v1 import face_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.ingest.face import Wish


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
        self._sizes = FrameSizes()

    async def find(self, picture: NDArray[np.uint8], wish: Wish) -> FoundFaces:
        """See FaceFinder."""
        while True:
            sent = await asyncio.to_thread(self._sizes.reduce, picture, wish)
            scale = sent.shape[0] / picture.shape[0]
            response = await self._ask(sent, replace(wish, min_face_px=round(wish.min_face_px * scale)))
            result = response.results[0]
            if result.HasField("error"):
                raise InvalidInput(result.error.reason, result.error.message)
            # The first frame of its size is sent twice: what is found should not depend on which one was the first.
            if not self._sizes.learn(picture, wish, scale, result.useful_scale):
                break
        size = np.array([picture.shape[1], picture.shape[0]], np.float32)
        faces = tuple(_seen_face(face, size) for face in result.faces)
        if sent is not picture:
            faces = await asyncio.to_thread(_measured, picture, faces)
        return FoundFaces(faces, response.detector_id)

    async def _ask(self, picture: NDArray[np.uint8], wish: Wish) -> pb.DetectFacesResponse:
        height, width = picture.shape[:2]
        raw = face_pb2.RawImage(width=width, height=height, rgb=picture.tobytes())
        request = pb.DetectFacesRequest(
            images=[face_pb2.Image(raw=raw)],
            min_face_px=wish.min_face_px,
            profile=wish.profile,
            with_unsure=True,
            trim=True,
            purpose="watch",
        )
        try:
            response: pb.DetectFacesResponse = await self._stub.DetectFaces(request, timeout=self._timeout)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "detect") from error
        return response


def _measured(picture: NDArray[np.uint8], faces: tuple[SeenFace, ...]) -> tuple[SeenFace, ...]:
    """The faces, with the quality that they have in the whole picture."""
    return tuple(replace(face, quality=_quality(picture, face)) if face.is_sure else face for face in faces)


def _quality(picture: NDArray[np.uint8], face: SeenFace) -> FaceQuality:
    found = measure_quality(picture, face, face.pose)
    return FaceQuality(found.overall, found.sharpness, found.brightness, found.inter_eye_distance)


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
