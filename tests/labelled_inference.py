"""detect and embed of a pack, for measurements on labelled pictures; they answer for names, see `fakes.picture`."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
from fakes import PACK_TOML, FakeFaceReader

from sightline.chassis.pack import Pack, load_pack
from sightline.v1 import detect_service_pb2, embed_service_pb2, face_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceServicer, add_DetectServiceServicer_to_server
from sightline.v1.embed_service_pb2_grpc import EmbedServiceServicer, add_EmbedServiceServicer_to_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Inference(DetectServiceServicer, EmbedServiceServicer):
    """detect and embed of one pack; they count pictures, and fail after as many as they are told."""

    def __init__(self, pack) -> None:
        self._pack = pack
        self._reader = FakeFaceReader()
        self.target = ""
        self.embedder_id = pack.embedder_id
        self.detected = 0
        self.fails_after = 1000

    async def DetectFaces(self, request, _):
        self.detected += len(request.images)
        results = [
            detect_service_pb2.DetectedFaces(faces=(await self._reader.faces(image))[: request.max_faces])
            for image in request.images
        ]
        return detect_service_pb2.DetectFacesResponse(results=results, detector_id=self._pack.detector_id)

    async def EmbedFaces(self, request, context):
        if self.detected > self.fails_after:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        face = face_pb2.Face(confidence=1)
        vectors = [(await self._reader.templates(crop.image, [face]))[0] for crop in request.crops]
        results = [embed_service_pb2.EmbeddedFace(vector=vector.tolist()) for vector in vectors]
        return embed_service_pb2.EmbedFacesResponse(results=results, embedder_id=self.embedder_id)


@asynccontextmanager
async def labelled_inference(pack: Pack) -> AsyncIterator[Inference]:
    """Runs them on one port, which `target` names."""
    server, servicer = grpc.aio.server(), Inference(pack)
    add_DetectServiceServicer_to_server(servicer, server)
    add_EmbedServiceServicer_to_server(servicer, server)
    servicer.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield servicer
    await server.stop(0)


def whole_pack(folder: Path) -> Pack:
    """A pack whose weight files are as its manifest says."""
    folder.mkdir()
    for name in ("detector.onnx", "embedder.onnx"):
        (folder / name).write_bytes(b"weights")
    text = PACK_TOML.replace("0" * 64, hashlib.sha256(b"weights").hexdigest())
    (folder / "pack.toml").write_text(text)
    return load_pack(folder)
