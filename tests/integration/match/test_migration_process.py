"""`sightline gallery migrate` against match as the process that it is, which is killed in the middle of it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from fakes import COMING_PACK_TOML, PACK_TOML, coming_pack, picture
from inference_server import running_inference
from processes import start
from secrets_for_tests import tester, tester_key
from typer.testing import CliRunner

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.rpc import open_channel
from sightline.cli import gallery
from sightline.v1 import events_pb2, search_service_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import migration_service_pb2 as migration_pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.migration_service_pb2_grpc import MigrationServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

# More than are embedded at once, so that a kill comes between two blocks.
NAMES = [f"n{number}" for number in range(100)]
PAUSE = 0.5


@pytest.fixture
async def coming():
    """The coming embedder, which takes its time."""
    async with running_inference(coming_pack(), PAUSE) as servicer:
        yield servicer.target


@pytest.fixture
def packs(tmp_path):
    """Folders of the present pack, of the coming one, and of one that nobody runs."""
    manifests = {
        "present": PACK_TOML,
        "coming": COMING_PACK_TOML,
        "other": COMING_PACK_TOML.replace('converter = "1"', 'converter = "2"'),
    }
    for name, manifest in manifests.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "pack.toml").write_text(manifest)
    return {name: str(tmp_path / name) for name in manifests}


@pytest.fixture
def served(bus, nats_server, tmp_path, inference, coming, packs):
    """A function that runs match with one of the packs, and yields its process once it is SERVING."""

    @asynccontextmanager
    async def run(pack="present"):
        embed = inference if pack == "present" else coming
        settings = {
            "SIGHTLINE_NATS_URL": nats_server.url,
            "SIGHTLINE_STATE_DIR": str(tmp_path / "state"),
            "SIGHTLINE_PACK_DIR": packs[pack],
            "SIGHTLINE_DETECT_TARGET": inference,
            "SIGHTLINE_EMBED_TARGET": embed,
            "SIGHTLINE_MIGRATION_EMBED_TARGET": coming if pack == "present" else "",
        }
        with start("sightline.match", settings, tmp_path / "log") as service:
            await service.ready()
            yield service

    return run


@pytest.fixture
def migrate(tmp_path):
    """A function that runs the command against a service and gives what it said; it raises its error."""

    async def run(service, *words):
        environment = {
            "SIGHTLINE_MATCH_TARGET": service.target,
            "SIGHTLINE_API_KEY": tester_key(),
            "SIGHTLINE_STATE_DIR": str(tmp_path / "client"),
            "COLUMNS": "200",
        }
        runner = CliRunner()
        result = await asyncio.to_thread(runner.invoke, gallery.app, ["migrate", *words], env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


async def enroll(service, *names):
    """The ids of their faces, by name, in a watchlist that keeps references."""
    async with open_channel(service.target, tester()) as channel:
        stub = GalleryServiceStub(channel)

        async def one(name):
            request = pb.EnrollFaceRequest(watchlist="wanted", person=name, image=picture(name), purpose="test")
            return name, (await stub.EnrollFace(request, timeout=60)).face.id

        return dict(await asyncio.gather(*map(one, names)))


async def status(service):
    """How far it is."""
    async with open_channel(service.target, tester()) as channel:
        answer = await MigrationServiceStub(channel).GetMigration(migration_pb.GetMigrationRequest(), timeout=60)
        return answer.migration


async def create(service):
    """Makes that watchlist."""
    async with open_channel(service.target, tester()) as channel:
        watchlist = pb.Watchlist(name="wanted", purpose="test", keep_references=True)
        await GalleryServiceStub(channel).CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=60)


async def found(service, name):
    """The ids of the faces that a search for that person finds."""
    async with open_channel(service.target, tester()) as channel:
        request = search_service_pb2.SearchFacesRequest(watchlists=["wanted"], image=picture(name), purpose="test")
        answer = await SearchServiceStub(channel).SearchFaces(request, timeout=60)
        return [match.face.id for match in answer.matches]


async def test_a_migration_survives_a_kill_and_the_switch_keeps_every_face(served, migrate, packs, until, bus, stored):
    """Killed after some faces it goes on with the rest by itself; with the new pack all are found under their ids."""
    async with served() as service:
        await create(service)
        faces = await enroll(service, *NAMES)
        await migrate(service, "--to", packs["coming"], "--no-wait", "--purpose", "newer model")

        async def some_are_done() -> bool:
            return 0 < (await status(service)).migrated < len(NAMES)

        await until(some_are_done, 30)
        service.kill()
    async with served() as service:
        assert await found(service, "n7") == [faces["n7"]]
        faces |= await enroll(service, "late")

        async def done() -> bool:
            return (await status(service)).migrated == len(faces)

        await until(done, 60)
        assert json.loads(await migrate(service, "--status", "--json"))["migrated"] == "101"
        assert "101 of 101 faces have a template of 'coming'" in await migrate(service, "--to", packs["coming"])
        assert "running" in await migrate(service, "--status")
        assert "sightline up --pack coming" in await migrate(service, "--switch")
        assert await found(service, "n8") == [faces["n8"]]
        assert service.end() == 0
    async with served("coming") as service:
        for name in ("n0", "n77", "n99", "late"):
            assert await found(service, name) == [faces[name]]
        assert "switched" in await migrate(service, "--status")
    trail = [event for event in await stored(bus, "AUDIT", events_pb2.AuditEvent) if "migration" in event.action]
    assert [event.action for event in trail] == ["migration.start", "migration.start", "migration.switch"]
    assert trail[0].purpose == "newer model"


async def test_what_has_no_reference_gets_into_the_report(served, migrate, packs, tmp_path, until):
    """The command says how many and why, writes them to a file, and switches without them only when told to."""
    async with served() as service:
        async with open_channel(service.target, tester()) as channel:
            stub = GalleryServiceStub(channel)
            watchlist = pb.Watchlist(name="wanted", purpose="test", threshold=0.95)
            await stub.CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=60)
        faces = await enroll(service, "ann")
        report = tmp_path / "report.csv"
        said = await migrate(service, "--to", packs["coming"], "--report", str(report))
        assert "0 of 1 faces" in said
        assert "1 REFERENCE_NOT_KEPT" in said
        head, row = report.read_text().splitlines()
        assert head == "face_id,watchlist_id,person_id,external_id,reason"
        assert row.startswith(f"{faces['ann']},")
        assert row.endswith(",ann,REFERENCE_NOT_KEPT")
        with pytest.raises(FailedPrecondition, match="MIGRATION_INCOMPLETE"):
            await migrate(service, "--switch")
        said = await migrate(service, "--switch", "--accept-missing")
        assert "1 faces are not found" in said
        assert "threshold of 1 watchlists ends" in said
        assert "sightline calibrate" in said
        assert "given up" in await migrate(service, "--cancel")


async def test_another_embedder_at_the_target_is_refused(served, migrate, packs):
    """Where the service that match was told of runs another pack than the one that is named, nothing begins."""
    async with served() as service:
        with pytest.raises(FailedPrecondition, match="EMBEDDER_DIFFERS"):
            await migrate(service, "--to", packs["other"])
        with pytest.raises(FailedPrecondition, match="EMBEDDER_UNCHANGED"):
            await migrate(service, "--to", packs["present"])
        with pytest.raises(InvalidInput, match="OPTIONS_UNCLEAR"):
            await migrate(service, "--status", "--cancel")
