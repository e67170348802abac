"""How match gets faces and templates out of pictures: by asking detect and embed."""

from __future__ import annotations

from dataclasses import dataclass
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
MAX_IMAGES = 16
MAX_CROPS = 64
# Each crop brings its picture, and a message takes 32 MiB.
MAX_CROPS_BYTES = 24 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class Taken:
    """What was made of a face: its template, and the part of the picture around it, where that was wanted."""

    vector: Vector
    reference: embed_service_pb2.FaceCrop | None = None


class FaceReader(Protocol):
    """Finds faces and makes templates."""

    async def faces(self, image: face_pb2.Image) -> list[face_pb2.Face]:
        """The faces of a picture, the largest first. Raises InvalidInput where it cannot be read."""

    async def templates(self, image: face_pb2.Image, faces: Sequence[face_pb2.Face]) -> list[Vector]:
        """A unit vector for each of these faces of the picture."""

    async def taken(
        self, image: face_pb2.Image, faces: Sequence[face_pb2.Face], *, with_references: bool
    ) -> list[Taken]:
        """As `templates`, with references where they are wanted."""

    async def faces_of(self, images: Sequence[face_pb2.Image]) -> list[list[face_pb2.Face] | InvalidInput]:
        """Of each of at most `MAX_IMAGES` pictures its faces, the largest first, or why it cannot be read."""

    async def taken_of(
        self, crops: Sequence[tuple[face_pb2.Image, face_pb2.Face]], *, with_references: bool
    ) -> list[Taken | InvalidInput]:
        """Of each of at most `MAX_CROPS` faces what `taken` gives, or why there is nothing."""


class RpcFaceReader:
    """A FaceReader that asks the detect and embed services."""

    def __init__(self, detect: grpc.aio.Channel, embed: grpc.aio.Channel, embedder_id: str, dimension: int) -> None:
        self._detect = DetectServiceStub(detect)
        self._embed = EmbedServiceStub(embed)
        self._embedder_id = embedder_id
        self._dimension = dimension

    async def faces(self, image: face_pb2.Image) -> list[face_pb2.Face]:
        """See FaceReader."""
        [found] = await self.faces_of([image])
        if isinstance(found, InvalidInput):
            raise found
        return found

    async def templates(self, image: face_pb2.Image, faces: Sequence[face_pb2.Face]) -> list[Vector]:
        """See FaceReader."""
        return [taken.vector for taken in await self.taken(image, faces, with_references=False)]

    async def taken(
        self, image: face_pb2.Image, faces: Sequence[face_pb2.Face], *, with_references: bool
    ) -> list[Taken]:
        """See FaceReader."""
        found: list[Taken] = []
        most = max(1, min(MAX_CROPS, MAX_CROPS_BYTES // max(1, image.ByteSize())))
        for start in range(0, len(faces), most):
            crops = [(image, face) for face in faces[start : start + most]]
            for taken in await self.taken_of(crops, with_references=with_references):
                if isinstance(taken, InvalidInput):
                    raise taken
                found.append(taken)
        return found

    async def faces_of(self, images: Sequence[face_pb2.Image]) -> list[list[face_pb2.Face] | InvalidInput]:
        """See FaceReader."""
        try:
            response = await self._detect.DetectFaces(
                detect_service_pb2.DetectFacesRequest(images=images), timeout=TIMEOUT
            )
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "detect") from error
        return [
            _refusal(result.error) if result.HasField("error") else list(result.faces) for result in response.results
        ]

    async def taken_of(
        self, crops: Sequence[tuple[face_pb2.Image, face_pb2.Face]], *, with_references: bool
    ) -> list[Taken | InvalidInput]:
        """See FaceReader."""
        wanted = [embed_service_pb2.FaceCrop(image=image, landmarks=face.landmarks) for image, face in crops]
        request = embed_service_pb2.EmbedFacesRequest(crops=wanted, with_references=with_references)
        try:
            response = await self._embed.EmbedFaces(request, timeout=TIMEOUT)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "embed") from error
        require_embedder(response.embedder_id, self._embedder_id)
        return [
            _refusal(result.error) if result.HasField("error") else self._taken(result) for result in response.results
        ]

    def _taken(self, result: embed_service_pb2.EmbeddedFace) -> Taken:
        reference = result.reference if result.HasField("reference") else None
        return Taken(checked(result.vector, self._dimension), reference)


def _refusal(problem: face_pb2.Problem) -> InvalidInput:
    return InvalidInput(problem.reason, problem.message)


def require_embedder(given: str, wanted: str) -> None:
    """Raises FailedPrecondition EMBEDDER_DIFFERS: templates of two embedders cannot be compared."""
    if given != wanted:
        raise FailedPrecondition(
            "EMBEDDER_DIFFERS",
            f"The template is of embedder {given}, and {wanted} is needed: give all services the same model pack.",
        )
