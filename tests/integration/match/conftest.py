"""match without its process: the real broker, the real index and the real use cases; only inference is a fake."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
import pytest
from fakes import FakeFaceReader, fake_pack, picture
from key_files import write_keys

from sightline.chassis.errors import SightlineError
from sightline.match.application import Application
from sightline.match.edge_index import open_edge_index
from sightline.match.parts import assemble
from sightline.match.projection import GalleryProjection
from sightline.match.search import Terms
from sightline.v1 import detect_service_pb2, embed_service_pb2, face_pb2, search_service_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1.detect_service_pb2_grpc import DetectServiceServicer, add_DetectServiceServicer_to_server
from sightline.v1.embed_service_pb2_grpc import EmbedServiceServicer, add_EmbedServiceServicer_to_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sightline.chassis.bus import Bus
    from sightline.match.application import Enrolled
    from sightline.match.index import FaceIndex
    from sightline.match.parts import Parts

KEY = bytes(range(32))
PACK = fake_pack()


@dataclass
class Match:
    """The use cases, with shorter words for tests."""

    parts: Parts
    index: FaceIndex
    projection: GalleryProjection

    async def create(self, name: str = "wanted", **fields) -> pb.Watchlist:
        """Makes a watchlist."""
        return await self.parts.watchlists.create(pb.Watchlist(name=name, purpose="test", **fields))

    async def enroll(self, watchlist: pb.Watchlist, name: str, *, shows: str | None = None) -> Enrolled:
        """Enrols the person of that name with a picture that shows them, or somebody else."""
        application = Application(watchlist, name, f"Display of {name}", picture(shows or name), "test", "case")
        return await self.parts.enrolment.enroll(application)

    async def found(self, watchlist: pb.Watchlist, name: str) -> list[str]:
        """The ids of the faces that a search for this person finds."""
        sought = await self.parts.probes.read(search_service_pb2.BatchProbe(image=picture(name)), None)
        [matches] = await self.parts.search.faces(sought, Terms([watchlist]))
        return [match.face.id for match in matches]


@asynccontextmanager
async def open_match(
    bus: Bus, state: Path, wrap=lambda index: index, reader=None, keys=(KEY,), calibration=None
) -> AsyncIterator[Match]:
    """As the process does it, from a state folder; `wrap` may put something in front of the index."""
    async with open_edge_index(state / "index", PACK.embedder.dimension) as edge:
        with closing(GalleryProjection(state / "projection.db")) as projection:
            index = wrap(edge)
            key_file = write_keys(state / "installation.key", *keys)
            reader = reader or FakeFaceReader()
            parts = await assemble(bus, index, projection, reader, PACK, key_file, calibration)
            async with parts.gallery.following():
                await parts.gallery.applied(await parts.ledger.last_sequence())
                yield Match(parts, index, projection)


@pytest.fixture
def opened(bus: Bus):
    """A function that opens match on a state folder, as often as a test likes."""
    return lambda state, **options: open_match(bus, state, **options)


@pytest.fixture
async def match(bus: Bus, tmp_path: Path) -> AsyncIterator[Match]:
    """One with an empty gallery."""
    async with open_match(bus, tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def stored():
    """A function that returns every message of a stream."""

    async def read(bus, stream, kind) -> list:
        state = (await bus.js.stream_info(stream)).state
        messages = [await bus.js.get_msg(stream, n) for n in range(1, state.last_seq + 1)]
        return [kind.FromString(message.data) for message in messages]

    return read


class Inference(DetectServiceServicer, EmbedServiceServicer):
    """detect and embed over a FakeFaceReader; they answer anybody, and keep what each of them was shown last."""

    def __init__(self) -> None:
        self._reader = FakeFaceReader()
        self.target = ""
        self.shown: dict[str, str] = {}

    async def DetectFaces(self, request, context):
        self.shown["detect"] = _credentials(context)
        results = [await self._detected(image) for image in request.images]
        return detect_service_pb2.DetectFacesResponse(results=results)

    async def EmbedFaces(self, request, context):
        self.shown["embed"] = _credentials(context)
        face = face_pb2.Face(confidence=1)
        vectors = [(await self._reader.templates(crop.image, [face]))[0] for crop in request.crops]
        results = [embed_service_pb2.EmbeddedFace(vector=vector.tolist()) for vector in vectors]
        return embed_service_pb2.EmbedFacesResponse(results=results, embedder_id=fake_pack().embedder_id)

    async def _detected(self, image):
        try:
            return detect_service_pb2.DetectedFaces(faces=await self._reader.faces(image))
        except SightlineError as error:
            problem = face_pb2.Problem(reason=error.reason, message=error.message)
            return detect_service_pb2.DetectedFaces(error=problem)


def _credentials(context) -> str:
    return dict(context.invocation_metadata())["authorization"].removeprefix("Bearer ")


@pytest.fixture
async def inference_servicer():
    """A running server that is both detect and embed."""
    server, servicer = grpc.aio.server(), Inference()
    add_DetectServiceServicer_to_server(servicer, server)
    add_EmbedServiceServicer_to_server(servicer, server)
    servicer.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield servicer
    await server.stop(0)


@pytest.fixture
def inference(inference_servicer):
    """Its address."""
    return inference_servicer.target
