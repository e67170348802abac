"""`sightline import` against a real match: what was answered stays, and what was interrupted goes on."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from fakes import DIMENSION, NO_FACE, PACK_TOML, fake_pack, vector_of
from inference_server import running_inference
from processes import start
from secrets_for_tests import tester, tester_key

from sightline.chassis.rpc import open_channel
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub

EMBEDDER = fake_pack().embedder_id


@pytest.fixture
async def inference():
    """Detect and embed that answer for names."""
    async with running_inference() as servicer:
        yield servicer.target


@pytest.fixture
def settings(bus, nats_server, tmp_path, inference):
    """Settings of a match process."""
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
async def match(settings, tmp_path):
    """A running match with an empty watchlist."""
    with start("sightline.match", settings, tmp_path / "match.log") as service:
        await service.ready()
        async with open_channel(service.target, tester()) as channel:
            watchlist = pb.Watchlist(name="wanted", purpose="test")
            await GalleryServiceStub(channel).CreateWatchlist(pb.CreateWatchlistRequest(watchlist=watchlist))
        yield service


@pytest.fixture
def command(match, tmp_path):
    """A function that starts the command as a process of its own."""

    def run(*arguments):
        env = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
        env |= {"SIGHTLINE_MATCH_TARGET": match.target, "SIGHTLINE_API_KEY": tester_key()}
        env |= {"SIGHTLINE_STATE_DIR": str(tmp_path / "cli"), "SIGHTLINE_TLS": "off"}
        line = [sys.executable, "-m", "sightline.cli", "import", *map(str, arguments), "--watchlist", "wanted"]
        return subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    return run


async def done(process):
    """Exit code, and what it printed as JSON."""
    out, err = await asyncio.to_thread(process.communicate)
    assert out, err.decode()
    return process.returncode, json.loads(out)


async def faces(match):
    """Every enrolled face."""
    found, token = [], ""
    async with open_channel(match.target, tester()) as channel:
        while True:
            request = pb.ListFacesRequest(watchlist="wanted", page_size=1000, page_token=token, purpose="test")
            page = await GalleryServiceStub(channel).ListFaces(request)
            found += page.faces
            if not (token := page.next_page_token):
                return found


def people(folder, *names):
    """A folder for each person, with one picture that shows them."""
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "1.jpg").write_bytes(name.encode())
    return folder


async def test_a_folder_of_people_is_enrolled_once(match, command, tmp_path):
    """Each folder is a person; what cannot be enrolled is in the report with its reason, and a second run adds none."""
    folder = people(tmp_path / "people", "ann", "ben", NO_FACE, "no spaces, please")
    (folder / "ann" / "notes.txt").write_text("no picture")
    (folder / "ben" / "empty.png").write_bytes(b"")
    report = tmp_path / "report.jsonl"
    code, said = await done(command(folder, "--quality", "off", "--json", "--report", report))
    assert code == 0
    assert {name: said[name] for name in ("enrolled", "known", "refused")} == {"enrolled": 2, "known": 0, "refused": 3}
    refusals = {line["item"]: line["reason"] for line in map(json.loads, report.read_text().splitlines())}
    assert refusals == {
        f"{NO_FACE}/1.jpg": "NO_FACE",
        "no spaces, please/1.jpg": "PERSON_INVALID",
        "ben/empty.png": "IMAGE_EMPTY",
    }
    code, said = await done(command(folder, "--quality", "off", "--json", "--strict"))
    assert (code, said["enrolled"], said["known"]) == (1, 0, 2)
    assert len(await faces(match)) == 2


async def test_a_table_names_persons_and_a_dry_run_changes_nothing(match, command, tmp_path):
    """Paths of a CSV are relative to it; a dry run says what would happen."""
    people(tmp_path / "pictures", "ann", "ben")
    table = tmp_path / "people.csv"
    with table.open("w", newline="") as file:
        rows = [("pictures/ann/1.jpg", "P-1", "Ann"), ("pictures/ben/1.jpg", "P-2", ""), ("absent.jpg", "P-3", "")]
        csv.writer(file).writerows([("path", "person", "display_name"), *rows])
    code, said = await done(command(table, "--quality", "off", "--dry-run", "--json"))
    assert (code, said["enrolled"], said["reasons"]) == (0, 2, {"FILE_NOT_FOUND": 1})
    assert await faces(match) == []
    await done(command(table, "--quality", "off", "--json"))
    assert len(await faces(match)) == 2


async def test_where_nothing_can_be_imported_it_fails(command, tmp_path):
    """Exit code 1 where not one face is enrolled: the folder was the wrong one."""
    code, said = await done(command(people(tmp_path / "people", NO_FACE), "--quality", "off", "--json"))
    assert (code, said["enrolled"], said["refused"]) == (1, 0, 1)
    (tmp_path / "unreadable" / "ann").mkdir(parents=True)
    (tmp_path / "unreadable" / "ann" / "empty.jpg").touch()
    code, said = await done(command(tmp_path / "unreadable", "--json"))
    assert (code, said["reasons"]) == (1, {"IMAGE_EMPTY": 1})


def templates(path, count):
    """A file with that many templates, two of each person."""
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[0] = vector_of("ann")
    np.savez(path, vectors=vectors, persons=[f"p{row // 2}" for row in range(count)], embedder_id=EMBEDDER)
    return path


async def test_an_import_that_was_killed_goes_on_where_it_was(match, command, tmp_path, until):
    """The command is killed at about half; with --resume it sends the rest, and every face is there once."""
    source = templates(tmp_path / "faces.npz", 20_000)
    first = command(source, "--json")

    async def is_half() -> bool:
        return len(list((tmp_path / "cli" / "imports").glob("*"))) > 0 and len(_journal(tmp_path)) > 8_000

    await until(is_half, 60)
    first.send_signal(signal.SIGKILL)
    await asyncio.to_thread(first.communicate)
    code, said = await done(command(source, "--resume", "--json"))
    assert code == 0
    assert said["done_before"] > 8_000
    assert said["done_before"] + said["enrolled"] + said["known"] == 20_000
    ids = [face.id for face in await faces(match)]
    assert len(ids) == len(set(ids)) == 20_000
    code, said = await done(command(source, "--resume", "--json"))
    assert (code, said["done_before"], said["enrolled"]) == (0, 20_000, 0)


async def test_pictures_that_were_half_done_go_on_too(match, command, tmp_path, until):
    """A folder of 2,000 people, killed at some point and resumed, is 2,000 faces of 2,000 persons."""
    folder = people(tmp_path / "people", *(f"p{number}" for number in range(2_000)))
    first = command(folder, "--quality", "off", "--json")

    async def has_begun() -> bool:
        return len(list((tmp_path / "cli" / "imports").glob("*"))) > 0 and len(_journal(tmp_path)) > 600

    await until(has_begun, 120)
    first.send_signal(signal.SIGKILL)
    await asyncio.to_thread(first.communicate)
    code, said = await done(command(folder, "--quality", "off", "--resume", "--json"))
    assert (code, said["refused"]) == (0, 0)
    assert 600 < said["done_before"] < 2_000
    found = await faces(match)
    assert len(found) == len({face.id for face in found}) == len({face.person_id for face in found}) == 2_000


def _journal(tmp_path):
    [journal] = (tmp_path / "cli" / "imports").glob("*.journal")
    return journal.read_text().split()


async def test_a_match_that_is_killed_loses_nothing_that_it_answered(match, command, tmp_path, until):
    """The command goes on by itself after match was killed -9: every face is there once, as answered or sent again."""
    source = templates(tmp_path / "faces.npz", 20_000)
    running = command(source, "--json")

    async def has_begun() -> bool:
        return len(list((tmp_path / "cli" / "imports").glob("*"))) > 0 and len(_journal(tmp_path)) > 4_000

    await until(has_begun, 120)
    match.kill()
    answered = len(_journal(tmp_path))
    match.start()
    code, said = await done(running)
    assert (code, said["refused"], said["enrolled"] + said["known"]) == (0, 0, 20_000)
    assert 4_000 < answered < 20_000
    await match.ready()
    ids = [face.id for face in await faces(match)]
    assert len(ids) == len(set(ids)) == 20_000
    code, said = await done(command(source, "--resume", "--json"))
    assert (code, said["done_before"], said["enrolled"]) == (0, 20_000, 0)
