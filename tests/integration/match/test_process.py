"""match as the process that it is, with detect and embed played by a server that answers for names."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc
import pytest
from calibrations import calibration_of
from fakes import NO_FACE, PACK_TOML, UNREADABLE, picture
from labelled_inference import whole_pack
from processes import start
from secrets_for_tests import secrets_folder, tester

from sightline.chassis.identity.service_token import ServiceTokens
from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.cli.status_look import Place, look_at
from sightline.v1 import events_pb2, search_service_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

WHY = {"purpose": "test", "case_reference": "case-7"}


@dataclass
class Client:
    """The tester."""

    gallery: GalleryServiceStub
    search: SearchServiceStub

    async def enroll(self, name, **fields):
        request = pb.EnrollFaceRequest(watchlist="wanted", person=name, image=picture(name), **WHY)
        request.MergeFrom(pb.EnrollFaceRequest(**fields))
        return await self.gallery.EnrollFace(request, timeout=60)

    async def found(self, name):
        request = search_service_pb2.SearchFacesRequest(watchlists=["wanted"], image=picture(name), **WHY)
        return await self.search.SearchFaces(request, timeout=60)


@asynccontextmanager
async def connected(service):
    """A client of the running service."""
    async with open_channel(service.target, tester()) as channel:
        yield Client(GalleryServiceStub(channel), SearchServiceStub(channel))


async def refused(call) -> str:
    """The reason with which the call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return from_rpc_error(refusal.value, "match").reason


@pytest.fixture
def settings(bus, nats_server, tmp_path, inference):
    """Settings of a match process, with a pack and inference that works."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.toml").write_text(PACK_TOML)
    return {
        "SIGHTLINE_NATS_URL": nats_server.url,
        "SIGHTLINE_STATE_DIR": str(tmp_path / "state"),
        "SIGHTLINE_PACK_DIR": str(tmp_path / "pack"),
        "SIGHTLINE_DETECT_TARGET": inference,
        "SIGHTLINE_EMBED_TARGET": inference,
    }


async def test_what_was_answered_survives_a_kill(settings, tmp_path, served):
    """A face whose enrolment was answered is found after kill -9 and a new start; SIGTERM ends with exit code 0."""
    async with served(settings) as (service, client):
        watchlist = pb.Watchlist(name="wanted", purpose="test")
        await client.gallery.CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=60)
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
        await client.gallery.CreateWatchlist(create, timeout=60)
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


async def test_it_calls_as_itself_for_whoever_called_it(settings, served, inference_servicer):
    """What detect and embed are shown is signed by match, for that service alone, and says whose call it answers."""
    async with served(settings) as (_, client):
        watchlist = pb.Watchlist(name="wanted", purpose="test")
        await client.gallery.CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=60)
        await client.enroll("ann")
    subject, _ = secrets_folder().first_admin()
    for audience in ("detect", "embed"):
        tokens = ServiceTokens(audience, secrets_folder().trusted_services())
        caller = tokens.principal(inference_servicer.shown[audience])
        assert (caller.subject, caller.via) == (subject.id, "match")


async def test_after_a_changed_byte_in_a_model_file_alerts_are_off_and_it_says_why(settings, tmp_path, served):
    """Until it is put back: whoever asks for the threshold learns which file, and the figures have the reason."""
    pack = whole_pack(tmp_path / "measured")
    (pack.folder / "calibration.json").write_text(calibration_of(pack).model_dump_json())
    settings |= {"SIGHTLINE_PACK_DIR": str(pack.folder)}
    explain = search_service_pb2.ExplainThresholdRequest(watchlist="wanted")
    async with served(settings) as (service, client):
        watchlist = pb.Watchlist(name="wanted", purpose="test", target_fpir=0.1)
        await client.gallery.CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=60)
        assert (await client.search.ExplainThreshold(explain, timeout=60)).calibration == calibration_of(pack).id
        service.end()
    (pack.folder / "embedder.onnx").write_bytes(b"weightz")
    async with served(settings) as (service, client):
        answer = await client.search.ExplainThreshold(explain, timeout=60)
        assert (answer.calibration, answer.alerts_off.reason) == ("none", "CALIBRATION_MISMATCH")
        assert f"{pack.folder / 'embedder.onnx'} was changed" in answer.alerts_off.message
        place = Place("127.0.0.1", service.health_port, service.metrics_port)
        look = (await look_at({"match": place}, None))["match"]
    assert look.labelled("sightline_match_alerts_off", "reason") == {"CALIBRATION_MISMATCH": 1}


async def test_what_is_missing_is_said_in_one_line(settings, tmp_path):
    """Without its secrets, its installation key or its pack it ends with exit code 1 and the reason, and no trace."""
    keyless = shutil.copytree(secrets_folder().path, tmp_path / "keyless")
    (keyless / "installation.key").unlink()
    missing = {
        "SECRETS_MISSING": {"SIGHTLINE_SECRETS_DIR": str(tmp_path / "absent")},
        "KEY_FILE_MISSING": {"SIGHTLINE_SECRETS_DIR": str(keyless)},
        "PACK_NOT_FOUND": {"SIGHTLINE_PACK_DIR": str(tmp_path / "absent")},
    }
    with ExitStack() as started:
        services = {
            reason: started.enter_context(start("sightline.match", settings | setting, tmp_path / reason))
            for reason, setting in missing.items()
        }
        for reason, service in services.items():
            assert service.wait_ended() == 1
            (line,) = [line for line in service.log.read_text().splitlines() if reason in line]
            assert "service_failed" in line
            assert "Traceback" not in service.log.read_text()


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
        page = await client.gallery.ListFaces(request, timeout=60)
        yield page
        if not (token := page.next_page_token):
            return
