"""How match gets faces and templates out of pictures: by asking detect and embed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import grpc

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.rpc import from_rpc_error
from sightline.match.vectors import checked
from sightline.v1 import detect_service_pb2, embed_service_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub
from sightline.v1.embed_service_pb2_grpc import EmbedServiceStub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.vectors import Vector
    from sightline.v1 import face_pb2

TIMEOUT = 30.0
MAX_CROPS = 64


class FaceReader(Protocol):
    """Finds faces and makes templates."""

    async def faces(self, image: face_pb2.Image) -> list[face_pb2.Face]:
        """The faces of a picture, the largest first. Raises InvalidInput where it cannot be read."""

    async def templates(self, image: face_pb2.Image, faces: Sequence[face_pb2.Face]) -> list[Vector]:
        """A unit vector for each of these faces of the picture."""


class RpcFaceReader:
    """A FaceReader that asks the detect and embed services."""

    def __init__(self, detect: grpc.aio.Channel, embed: grpc.aio.Channel, embedder_id: str, dimension: int) -> None:
        self._detect = DetectServiceStub(detect)
        self._embed = EmbedServiceStub(embed)
        self._embedder_id = embedder_id
        self._dimension = dimension

    async def faces(self, image: face_pb2.Image) -> list[face_pb2.Face]:
        """See FaceReader."""
        request = detect_service_pb2.DetectFacesRequest(images=[image])
        try:
            response = await self._detect.DetectFaces(request, timeout=TIMEOUT)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "detect") from error
        result = response.results[0]
        if result.HasField("error"):
            raise InvalidInput(result.error.reason, result.error.message)
        return list(result.faces)

    async def templates(self, image: face_pb2.Image, faces: Sequence[face_pb2.Face]) -> list[Vector]:
        """See FaceReader."""
        vectors: list[Vector] = []
        for start in range(0, len(faces), MAX_CROPS):
            vectors += await self._embedded(image, faces[start : start + MAX_CROPS])
        return vectors

    async def _embedded(self, image: face_pb2.Image, faces: Sequence[face_pb2.Face]) -> list[Vector]:
        crops = [embed_service_pb2.FaceCrop(image=image, landmarks=face.landmarks) for face in faces]
        try:
            response = await self._embed.EmbedFaces(embed_service_pb2.EmbedFacesRequest(crops=crops), timeout=TIMEOUT)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "embed") from error
        require_embedder(response.embedder_id, self._embedder_id)
        return [self._vector(result) for result in response.results]

    def _vector(self, result: embed_service_pb2.EmbeddedFace) -> Vector:
        if result.HasField("error"):
            raise InvalidInput(result.error.reason, result.error.message)
        return checked(result.vector, self._dimension)


def require_embedder(given: str, wanted: str) -> None:
    """Raises FailedPrecondition EMBEDDER_DIFFERS: templates of two embedders cannot be compared."""
    if given != wanted:
        raise FailedPrecondition(
            "EMBEDDER_DIFFERS",
            f"The template is of embedder {given}, and {wanted} is needed: give all services the same model pack.",
        )
