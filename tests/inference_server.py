"""detect and embed in one server that answers for names; see `fakes.picture`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
from fakes import FakeFaceReader, fake_pack

from sightline.chassis.errors import SightlineError
from sightline.v1 import detect_service_pb2, embed_service_pb2, face_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceServicer, add_DetectServiceServicer_to_server
from sightline.v1.embed_service_pb2_grpc import EmbedServiceServicer, add_EmbedServiceServicer_to_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.pack import Pack


class Inference(DetectServiceServicer, EmbedServiceServicer):
    """detect and embed over a FakeFaceReader; they answer anybody, and keep what each of them was shown last."""

    def __init__(self, pack: Pack | None = None, pause: float = 0.0) -> None:
        self._pack = pack or fake_pack()
        self._reader = FakeFaceReader(self._pack.embedder.dimension)
        self._pause = pause
        self.target = ""
        self.shown: dict[str, str] = {}

    async def DetectFaces(self, request, context):
        self.shown["detect"] = _credentials(context)
        results = [await self._detected(image) for image in request.images]
        return detect_service_pb2.DetectFacesResponse(results=results)

    async def EmbedFaces(self, request, context):
        self.shown["embed"] = _credentials(context)
        await asyncio.sleep(self._pause)
        face = face_pb2.Face(confidence=1)
        vectors = [(await self._reader.templates(crop.image, [face]))[0] for crop in request.crops]
        references = request.crops if request.with_references else [None] * len(vectors)
        results = [
            embed_service_pb2.EmbeddedFace(vector=vector.tolist(), reference=reference)
            for vector, reference in zip(vectors, references, strict=True)
        ]
        return embed_service_pb2.EmbedFacesResponse(results=results, embedder_id=self._pack.embedder_id)

    async def _detected(self, image):
        try:
            return detect_service_pb2.DetectedFaces(faces=await self._reader.faces(image))
        except SightlineError as error:
            problem = face_pb2.Problem(reason=error.reason, message=error.message)
            return detect_service_pb2.DetectedFaces(error=problem)


@asynccontextmanager
async def running_inference(pack: Pack | None = None, pause: float = 0.0) -> AsyncIterator[Inference]:
    """Runs one for a pack; `target` is its address. It embeds after a pause in seconds."""
    server, servicer = grpc.aio.server(), Inference(pack, pause)
    add_DetectServiceServicer_to_server(servicer, server)
    add_EmbedServiceServicer_to_server(servicer, server)
    servicer.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield servicer
    finally:
        await server.stop(0)


def _credentials(context) -> str:
    return dict(context.invocation_metadata())["authorization"].removeprefix("Bearer ")
