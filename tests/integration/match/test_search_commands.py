"""`sightline search` and `sightline threshold` against match as the process that it is."""

import asyncio
import json

import pytest
import typer
from calibrations import fake_calibration
from fakes import PACK_TOML
from processes import start
from secrets_for_tests import tester, tester_key
from typer.testing import CliRunner

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.chassis.rpc import open_channel
from sightline.cli import search, threshold
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub

SEARCH = ("search", "--purpose", "test")


@pytest.fixture
def pack_dir(tmp_path):
    """The fake pack, with a calibration beside it."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "pack.toml").write_text(PACK_TOML)
    (folder / "calibration.json").write_text(fake_calibration().model_dump_json())
    return folder


@pytest.fixture
async def target(bus, nats_server, tmp_path, inference, pack_dir):
    """Where match answers; its watchlist "wanted" has ann and ben, and a target."""
    settings = {
        "SIGHTLINE_NATS_URL": nats_server.url,
        "SIGHTLINE_STATE_DIR": str(tmp_path / "state"),
        "SIGHTLINE_PACK_DIR": str(pack_dir),
        "SIGHTLINE_DETECT_TARGET": inference,
        "SIGHTLINE_EMBED_TARGET": inference,
    }
    with start("sightline.match", settings, tmp_path / "log") as service:
        service.wait_serving()
        async with open_channel(service.target, tester()) as channel:
            gallery = GalleryServiceStub(channel)
            watchlist = pb.Watchlist(name="wanted", purpose="test", target_fpir=0.02)
            await gallery.CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist), timeout=60)
            for name in ("ann", "ben"):
                image = face_pb2.Image(encoded=name.encode())
                request = pb.EnrollFaceRequest(watchlist="wanted", person=name, image=image, purpose="test")
                await gallery.EnrollFace(request, timeout=60)
        yield service.target


@pytest.fixture
def sightline(target, tmp_path):
    """A function that runs the command and gives what it said; it raises its error."""
    app = typer.Typer()
    app.command()(search.search)
    app.add_typer(threshold.app, name="threshold")
    environment = {
        "SIGHTLINE_MATCH_TARGET": target,
        "SIGHTLINE_API_KEY": tester_key(),
        "SIGHTLINE_STATE_DIR": str(tmp_path),
        "COLUMNS": "200",
    }

    async def run(*arguments):
        result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
def photo(tmp_path):
    """A function that writes a picture which shows these people."""

    def write(name):
        path = tmp_path / f"{name}.jpg"
        path.write_text(name)
        return str(path)

    return write


async def test_every_kind_of_probe_can_be_searched_for(sightline, photo):
    """A photo, several photos, an enrolled face and a person; for faces and for persons."""
    one = json.loads((await sightline(*SEARCH, photo("ann"), "--watchlist", "wanted", "--json")).stdout)
    assert one["matches"][0]["person"]["external_id"] == "ann"
    face = one["matches"][0]["face"]["id"]
    every = await sightline(*SEARCH, photo("ben+ann"), "--watchlist", "wanted", "--faces", "every")
    assert [line.split()[0] for line in every.stdout.splitlines()[1:]] == ["1", "2"]
    by_person = (await sightline(*SEARCH, photo("ann"), "--watchlist", "wanted", "--persons")).stdout
    assert "all faces" in by_person
    assert "ann" in by_person
    assert "nobody" in (await sightline(*SEARCH, "--face", face, "--watchlist", "wanted")).stdout
    others = (
        "search",
        "--purpose",
        "test",
        "--person",
        "ann",
        "--of",
        "wanted",
        "--watchlist",
        "wanted",
        "--min-similarity",
        "0",
    )
    assert [line.split()[0] for line in (await sightline(*others)).stdout.splitlines()[1:]] == ["ben"]


async def test_several_photos_are_one_call(sightline, photo):
    """Each photo has its matches; one that shows nobody has a reason, and the others are answered."""
    photos = [photo(name) for name in ("ann", "nobody", "ben")]
    said = await sightline(*SEARCH, *photos, "--watchlist", "wanted")
    assert [line.split()[1] for line in said.stdout.splitlines()[1:]] == ["ann", "ben"]
    assert "NO_FACE" in said.stderr


async def test_what_is_searched_for_must_be_clear(sightline, photo):
    """No probe, two probes, no watchlist, or several photos of all faces: said before anything is sent."""
    unclear = [
        ("--watchlist", "wanted"),
        (photo("ann"), "--person", "ann", "--watchlist", "wanted"),
        (photo("ann"),),
        (photo("ann"), photo("ben"), "--faces", "every", "--watchlist", "wanted"),
    ]
    for arguments in unclear:
        with pytest.raises(InvalidInput, match="PROBE_UNCLEAR"):
            await sightline(*SEARCH, *arguments)
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await sightline(*SEARCH, "--person", "cy", "--watchlist", "wanted")


async def test_the_sum_of_a_threshold_is_shown(sightline):
    """Target, size, rate, cosine and calibration stand under each other; JSON has the same numbers."""
    said = (await sightline("threshold", "explain", "--watchlist", "wanted")).stdout
    for part in ("FPIR 0.02", "templates N", "1 - (1 - FPIR)^(1/N) = 0.0101", fake_calibration().id, "30,000"):
        assert part in said
    answer = json.loads((await sightline("threshold", "explain", "--watchlist", "wanted", "--json")).stdout)
    assert answer["source"] == "THRESHOLD_SOURCE_TARGET"
    assert answer["expected_fpir"] == pytest.approx(0.02)
    assert answer["cosine"] == pytest.approx(0.2, abs=0.01)
