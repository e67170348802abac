"""EmbedService: protobuf outside, crops and vectors inside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.chassis.audit import Audited
from sightline.chassis.errors import SightlineError
from sightline.embed.handler import Crop
from sightline.embed.reference import cut_reference
from sightline.embed.shared_picture import shared
from sightline.v1 import embed_service_pb2 as pb
from sightline.v1 import embed_service_pb2_grpc, face_pb2

if TYPE_CHECKING:
    import grpc
    from numpy.typing import NDArray

    from sightline.chassis.audit import Auditor
    from sightline.chassis.image import See
    from sightline.embed.handler import Embedded, EmbedHandler


class EmbedServicer(embed_service_pb2_grpc.EmbedServiceServicer):
    """Serves EmbedService; `see` decodes the files of pictures."""

    def __init__(
        self, handler: EmbedHandler, auditor: Auditor, embedder_id: str, embedder_sha256: str, see: See
    ) -> None:
        self._handler = handler
        self._see = see
        self._auditor = auditor
        self._embedder = {"embedder_id": embedder_id, "embedder_sha256": embedder_sha256}

    async def EmbedFaces(
        self,
        request: pb.EmbedFacesRequest,
        context: grpc.aio.ServicerContext[Any, Any],  # noqa: ARG002 - grpcio passes it
    ) -> pb.EmbedFacesResponse:
        """Embeds faces; see the contract."""
        pictures = shared((crop.image for crop in request.crops), self._see)
        faces = zip(pictures, request.crops, strict=True)
        crops = [Crop(picture, to_array(crop.landmarks)) for picture, crop in faces]
        what = Audited("embed.faces", "none", "", request.purpose, request.case_reference)
        async with self._auditor.audit_person(what):
            results = [_to_result(vector) for vector in await self._handler.embed(crops)]
            if request.with_references:
                await asyncio.to_thread(_add_references, results, crops)
        return pb.EmbedFacesResponse(results=results, **self._embedder)


def to_array(landmarks: face_pb2.Landmarks) -> NDArray[np.float32]:
    """(5, 2) x, y in ratios, in the order of `FaceEmbedder.align`."""
    left_mouth, right_mouth = landmarks.left_mouth, landmarks.right_mouth
    points = (landmarks.left_eye, landmarks.right_eye, landmarks.nose, left_mouth, right_mouth)
    return np.array([(point.x, point.y) for point in points], np.float32)


def _add_references(results: list[pb.EmbeddedFace], crops: list[Crop]) -> None:
    for result, crop in zip(results, crops, strict=True):
        if not result.HasField("error"):
            jpeg, landmarks = cut_reference(crop.picture(), crop.landmarks)
            image = face_pb2.Image(encoded=jpeg)
            result.reference.CopyFrom(pb.FaceCrop(image=image, landmarks=from_array(landmarks)))


def from_array(landmarks: NDArray[np.float32]) -> face_pb2.Landmarks:
    """The contrary of `to_array`."""
    left_eye, right_eye, nose, left_mouth, right_mouth = (face_pb2.Point(x=x, y=y) for x, y in landmarks.tolist())
    return face_pb2.Landmarks(
        left_eye=left_eye, right_eye=right_eye, nose=nose, left_mouth=left_mouth, right_mouth=right_mouth
    )


def _to_result(embedded: Embedded) -> pb.EmbeddedFace:
    if isinstance(embedded, SightlineError):
        return pb.EmbeddedFace(error=face_pb2.Problem(reason=embedded.reason, message=embedded.message))
    return pb.EmbeddedFace(vector=embedded.tolist())
