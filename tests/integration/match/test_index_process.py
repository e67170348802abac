"""The index of match as the process that it is: killed, compared, made again, and looked at by command."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
import urllib.request
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import pytest
from fakes import PACK_TOML, picture
from processes import start
from secrets_for_tests import secrets_folder, tester, tester_key
from typer.testing import CliRunner

from sightline.chassis.rpc import open_channel
from sightline.cli import gallery, keyring
from sightline.v1 import events_pb2, search_service_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import index_service_pb2 as index_pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.index_service_pb2_grpc import IndexServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

WHY = {"purpose": "test", "case_reference": "case-7"}


@dataclass
class Client:
    """The tester."""

    gallery: GalleryServiceStub
    search: SearchServiceStub
    index: IndexServiceStub

    async def enroll(self, name) -> str:
        """The face's id."""
        request = pb.EnrollFaceRequest(watchlist="wanted", person=name, image=picture(name), **WHY)
        return (await self.gallery.EnrollFace(request, timeout=60)).face.id

    async def found(self, name) -> list[str]:
        """The ids of the faces that a search for this person finds."""
        request = search_service_pb2.SearchFacesRequest(watchlists=["wanted"], image=picture(name), **WHY)
        return [match.face.id for match in (await self.search.SearchFaces(request, timeout=60)).matches]

    async def drift(self) -> index_pb.GalleryDrift:
        """What VerifyGallery finds."""
        answers = [each async for each in self.index.VerifyGallery(index_pb.VerifyGalleryRequest(**WHY))]
        assert [each.HasField("drift") for each in answers] == [False] * (len(answers) - 1) + [True]
        return answers[-1].drift

    async def status(self) -> index_pb.IndexStatus:
        """How the index is."""
        return (await self.index.GetIndexStatus(index_pb.GetIndexStatusRequest())).status


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


@pytest.fixture
def served(settings, tmp_path):
    """A function that runs match and yields it with a client, once it is SERVING."""

    @asynccontextmanager
    async def run():
        with start("sightline.match", settings, tmp_path / "log") as service:
            service.wait_serving()
            async with open_channel(service.target, tester()) as channel:
                yield (
                    service,
                    Client(GalleryServiceStub(channel), SearchServiceStub(channel), IndexServiceStub(channel)),
                )

    return run


async def create(client) -> None:
    """Makes the watchlist."""
    request = pb.CreateWatchlistRequest(watchlist=pb.Watchlist(name="wanted", purpose="test"))
    await client.gallery.CreateWatchlist(request, timeout=60)


async def test_a_kill_in_the_middle_of_enrolments_leaves_no_drift(served):
    """After kill -9 whatever was acknowledged is found, and index and gallery hold the same faces."""
    acknowledged: dict[str, str] = {}
    async with served() as (service, client):
        await create(client)

        async def enroll(start: int) -> None:
            for number in range(start, 1000, 4):
                acknowledged[f"p{number}"] = await client.enroll(f"p{number}")

        tasks = [asyncio.create_task(enroll(start)) for start in range(4)]
        while len(acknowledged) < 100:
            await asyncio.sleep(0.01)
        service.kill()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, grpc.aio.AioRpcError) for end in ends)
    async with served() as (_, client):
        assert await client.drift() == index_pb.GalleryDrift()
        for name in list(acknowledged)[-40:]:
            assert acknowledged[name] in await client.found(name)
        assert (await client.status()).size >= len(acknowledged)


async def test_a_rebuild_fails_no_search_and_is_in_the_audit_trail(served, bus, stored):
    """While the index is made again from the ledger every search finds its person; metrics and status tell of it."""
    async with served() as (service, client):
        await create(client)
        ids = {f"p{number}": await client.enroll(f"p{number}") for number in range(30)}
        for _ in range(2):
            await client.index.RebuildIndex(index_pb.RebuildIndexRequest(**WHY))
        searches = 0
        while (status := await client.status()).HasField("building"):
            name = f"p{searches % 30}"
            assert ids[name] in await client.found(name)
            searches += 1
        assert searches > 0
        assert (status.size, status.last_build.faces, status.last_error) == (30, 30, "")
        assert (status.engine, status.last_build.way, status.last_build.mate_recall) == ("edge", "exact", 1.0)
        assert await client.drift() == index_pb.GalleryDrift()
        await client.index.CancelRebuild(index_pb.CancelRebuildRequest(**WHY))
        await asyncio.to_thread(_until_shown, service.metrics_port, "sightline_index_mate_recall 1.0")
    trail = [event for event in await stored(bus, "AUDIT", events_pb2.AuditEvent) if event.purpose == "test"]
    done = [(event.action, event.detail) for event in trail if event.action.startswith(("index.", "gallery.verify"))]
    assert done == [
        ("index.rebuild", ""),
        ("index.rebuild", ""),
        ("gallery.verify", "no drift"),
        ("index.cancel_rebuild", ""),
    ]


async def test_the_command_shows_compares_and_rebuilds(served):
    """`sightline gallery` exits with 0 where all is well, and says what was built; for programs it speaks JSON."""
    async with served() as (service, client):
        await create(client)
        await client.enroll("ann")
        environment = {"SIGHTLINE_MATCH_TARGET": service.target, "SIGHTLINE_API_KEY": tester_key()}

        async def run(*arguments):
            result = await asyncio.to_thread(CliRunner().invoke, gallery.app, arguments, env=environment)
            assert result.exit_code == 0, result.output
            return result.stdout

        assert "1 faces, built in" in await run("rebuild", "--wait", "--purpose", "test")
        assert json.loads(await run("verify", "--json"))["missing"] == "0"
        assert "in the index" in await run("verify")
        shown = json.loads(await run("status", "--json"))
        assert (shown["size"], shown["last_build"]["way"]) == ("1", "exact")
        assert "mate recall" in await run("status")
        assert "begun" in await run("rebuild")
        assert "cancelled" in await run("rebuild", "--cancel")


def _until_shown(port: int, line: str) -> None:
    """Returns once the metrics have that line; fails after a minute."""
    for _ in range(300):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        if line in text.splitlines():
            return
        time.sleep(0.2)
    raise AssertionError(text)


async def test_the_index_is_rotated_while_searches_go_on(served, settings, bus, stored, tmp_path):
    """`sightline keyring rotate` costs no search its person, is in the audit trail, and leaves the new key alone."""
    folder = shutil.copytree(secrets_folder().path, tmp_path / "secrets")
    settings["SIGHTLINE_SECRETS_DIR"], path = str(folder), folder / "rotation.key"
    old = path.read_bytes()
    async with served() as (service, client):
        await create(client)
        ids = {f"p{number}": await client.enroll(f"p{number}") for number in range(20)}
        first = (await client.status()).rotation_id
        environment = {"SIGHTLINE_MATCH_TARGET": service.target, "SIGHTLINE_API_KEY": tester_key()}
        command = asyncio.to_thread(
            CliRunner().invoke, keyring.app, ["rotate", str(path), "--pause", "0"], env=environment
        )
        rotating, searches = asyncio.create_task(command), 0
        while not rotating.done():
            name = f"p{searches % 20}"
            assert ids[name] in await client.found(name)
            searches += 1
        result = await rotating
        assert result.exit_code == 0, result.output
        assert searches > 0
        second = (await client.status()).rotation_id
        assert first != second
        assert await client.drift() == index_pb.GalleryDrift()
    assert path.read_bytes() not in (old, b"")
    assert len(path.read_bytes().split()) == 1
    trail = [event for event in await stored(bus, "AUDIT", events_pb2.AuditEvent) if event.action == "index.rebuild"]
    assert [event.purpose for event in trail] == [f"rotation of the index to the key {second}"]
    async with served() as (_, client):
        assert [await client.found(name) for name in ids] == [[face_id] for face_id in ids.values()]
        assert (await client.status()).rotation_id == second
