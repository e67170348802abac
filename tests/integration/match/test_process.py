"""match as the process that it is, with detect and embed played by a server that answers for names."""

from __future__ import annotations

import base64
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import pytest
from fakes import NO_FACE, PACK_TOML, UNREADABLE, FakeFaceReader, fake_pack, picture
from processes import TOKEN, start

from sightline.chassis.errors import SightlineError
from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.v1 import detect_service_pb2, embed_service_pb2, events_pb2, face_pb2, search_service_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1.detect_service_pb2_grpc import DetectServiceServicer, add_DetectServiceServicer_to_server
from sightline.v1.embed_service_pb2_grpc import EmbedServiceServicer, add_EmbedServiceServicer_to_server
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

WHY = {"purpose": "test", "case_reference": "case-7"}


class Inference(DetectServiceServicer, EmbedServiceServicer):
    """detect and embed over a FakeFaceReader."""

    def __init__(self) -> None:
        self._reader = FakeFaceReader()

    async def DetectFaces(self, request, _):
        results = [await self._detected(image) for image in request.images]
        return detect_service_pb2.DetectFacesResponse(results=results)

    async def EmbedFaces(self, request, _):
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


@dataclass
class Client:
    """A caller with the token."""

    gallery: GalleryServiceStub
    search: SearchServiceStub

    async def enroll(self, name, **fields):
        request = pb.EnrollFaceRequest(watchlist="wanted", person=name, image=picture(name), **WHY)
        request.MergeFrom(pb.EnrollFaceRequest(**fields))
        return await self.gallery.EnrollFace(request, timeout=20)

    async def found(self, name):
        request = search_service_pb2.SearchFacesRequest(watchlists=["wanted"], image=picture(name), **WHY)
        return await self.search.SearchFaces(request, timeout=20)


@asynccontextmanager
async def connected(service):
    """A client of the running service."""
    async with open_channel(service.target, TOKEN) as channel:
        yield Client(GalleryServiceStub(channel), SearchServiceStub(channel))


async def refused(call) -> str:
    """The reason with which the call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return from_rpc_error(refusal.value, "match").reason


@pytest.fixture
async def settings(bus, nats_server, tmp_path):
    """Settings of a match process, with a pack, a key and inference that works."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.toml").write_text(PACK_TOML)
    (tmp_path / "key").write_bytes(base64.b64encode(bytes(range(32))))
    server, inference = grpc.aio.server(), Inference()
    add_DetectServiceServicer_to_server(inference, server)
    add_EmbedServiceServicer_to_server(inference, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield {
        "SIGHTLINE_NATS_URL": nats_server.url,
        "SIGHTLINE_STATE_DIR": str(tmp_path / "state"),
        "SIGHTLINE_PACK_DIR": str(tmp_path / "pack"),
        "SIGHTLINE_KEY_FILE": str(tmp_path / "key"),
        "SIGHTLINE_DETECT_TARGET": f"127.0.0.1:{port}",
        "SIGHTLINE_EMBED_TARGET": f"127.0.0.1:{port}",
    }
    await server.stop(0)


async def test_what_was_answered_survives_a_kill(settings, tmp_path, served):
    """A face whose enrolment was answered is found after kill -9 and a new start; SIGTERM ends with exit code 0."""
    async with served(settings) as (service, client):
        watchlist = pb.Watchlist(name="wanted", purpose="test")
        await client.gallery.CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=20)
        enrolled = await client.enroll("ann", display_name="Ann")
        service.kill()
    async with served(settings) as (service, client):
        answer = await client.found("ann")
        assert [match.face.id for match in answer.matches] == [enrolled.face.id]
        assert answer.matches[0].person.display_name == "Ann"
        assert answer.matches[0].similarity == pytest.approx(100, abs=0.01)
        assert (await client.enroll("ann")).created is False
        assert service.end() == 0
    assert b"service_stopped" in service.log.read_bytes()


async def test_the_services_answer_and_refuse_as_the_contract_says(settings, bus, served, stored):
    """Pages, reasons and the audit trail are those of the contract, through the process's own gRPC server."""
    async with served(settings) as (_, client):
        watchlist = pb.Watchlist(name="wanted", purpose="test")
        create = pb.CreateWatchlistRequest(watchlist=watchlist)
        await client.gallery.CreateWatchlist(create, timeout=20)
        assert await refused(client.gallery.CreateWatchlist(create)) == "WATCHLIST_EXISTS"
        assert await refused(client.enroll("ann", image=picture(NO_FACE))) == "NO_FACE"
        assert await refused(client.enroll("ann", image=picture("ann+ben"))) == "SEVERAL_FACES"
        assert await refused(client.enroll("ann", image=picture(UNREADABLE))) == "IMAGE_UNREADABLE"
        assert await refused(client.enroll("ann", watchlist="absent")) == "WATCHLIST_NOT_FOUND"
        assert await refused(client.enroll("no spaces, please")) == "REQUEST_INVALID"
        enrolled = [(await client.enroll(name)).face.id for name in ("ann", "ben", "cy")]
        pages = [page async for page in _pages(client)]
        assert [len(page.faces) for page in pages] == [2, 1]
        assert [face.id for page in pages for face in page.faces] == sorted(enrolled)
        assert sorted(p.external_id for page in pages for p in page.persons) == ["ann", "ben", "cy"]
        broken = pb.ListFacesRequest(watchlist="wanted", page_token="a", **WHY)  # noqa: S106 - no secret
        assert await refused(client.gallery.ListFaces(broken)) == "PAGE_TOKEN_INVALID"
        delete = pb.DeleteFacesRequest(watchlist="wanted", face_ids=enrolled[:1], **WHY)
        assert list((await client.gallery.DeleteFaces(delete)).deleted_face_ids) == enrolled[:1]
        assert (await client.found("ann")).matches == []
    trail = [(event.action, event.outcome) for event in await stored(bus, "AUDIT", events_pb2.AuditEvent)]
    assert trail[:2] == [("gallery.create_watchlist", "ok"), ("gallery.create_watchlist", "WATCHLIST_EXISTS")]
    assert ("gallery.enroll_face", "SEVERAL_FACES") in trail
    assert trail[-2:] == [("gallery.delete_faces", "ok"), ("search.faces", "ok")]


@pytest.mark.parametrize(
    ("setting", "reason"), [("SIGHTLINE_KEY_FILE", "KEY_FILE_MISSING"), ("SIGHTLINE_PACK_DIR", "PACK_NOT_FOUND")]
)
async def test_what_is_missing_is_said_in_one_line(settings, tmp_path, setting, reason):
    """Without its key file or its pack the process ends with exit code 1 and the reason, and no trace."""
    with start("sightline.match", settings | {setting: str(tmp_path / "absent")}, tmp_path / "log") as service:
        assert service.wait_ended() == 1
    (line,) = [line for line in service.log.read_text().splitlines() if reason in line]
    assert "service_failed" in line
    assert "Traceback" not in service.log.read_text()


async def test_without_detect_the_caller_learns_what_is_missing(settings, served, free_port):
    """Where detect is not there the process runs, and an enrolment says who does not answer."""
    async with served(settings | {"SIGHTLINE_DETECT_TARGET": f"127.0.0.1:{free_port}"}) as (_, client):
        watchlist = pb.Watchlist(name="wanted", purpose="test")
        await client.gallery.CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=20)
        assert await refused(client.enroll("ann")) == "DETECT_UNAVAILABLE"


@pytest.fixture
def served(tmp_path):
    """A function that runs match and yields it with a client, once it is SERVING."""

    @asynccontextmanager
    async def run(settings):
        with start("sightline.match", settings, tmp_path / "log") as service:
            service.wait_serving()
            async with connected(service) as client:
                yield service, client

    return run


async def _pages(client):
    token = ""
    while True:
        request = pb.ListFacesRequest(watchlist="wanted", page_size=2, page_token=token, **WHY)
        page = await client.gallery.ListFaces(request, timeout=20)
        yield page
        if not (token := page.next_page_token):
            return
