"""`sightline enrolments` against match as the process that it is, by two people."""

from __future__ import annotations

import asyncio
import json

import pytest
from fakes import PACK_TOML
from grants_for_tests import grant
from inference_server import running_inference
from known_callers import until_known
from processes import start
from secrets_for_tests import admit
from typer.testing import CliRunner

from sightline.chassis.errors import FailedPrecondition, InvalidInput, PermissionDenied
from sightline.cli.app import build_app

WHY = ("--purpose", "test", "--case", "case-7")
IN = ("--watchlist", "wanted", *WHY)


@pytest.fixture
async def target(bus, nats_server, tmp_path):
    """Where a match answers that asks for approval of everything."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.toml").write_text(PACK_TOML)
    async with running_inference() as inference:
        settings = {
            "SIGHTLINE_NATS_URL": nats_server.url,
            "SIGHTLINE_STATE_DIR": str(tmp_path / "state"),
            "SIGHTLINE_PACK_DIR": str(tmp_path / "pack"),
            "SIGHTLINE_DETECT_TARGET": inference.target,
            "SIGHTLINE_EMBED_TARGET": inference.target,
            "SIGHTLINE_POLICY": "eu-police",
        }
        with start("sightline.match", settings, tmp_path / "log") as service:
            await service.ready()
            yield service.target


@pytest.fixture
async def sightline(bus, target, tmp_path):
    """A function by which somebody runs the command; it gives what that said, and raises its error."""
    roles = [grant("operator"), grant("approver")]
    keys = {name: await admit(bus, name, *roles) for name in ("clerk", "chief")}
    await until_known(keys["chief"], match=target)

    async def run(who, *arguments, code=0):
        environment = {"SIGHTLINE_MATCH_TARGET": target, "SIGHTLINE_API_KEY": keys[who]}
        environment |= {"SIGHTLINE_STATE_DIR": str(tmp_path / "cli"), "COLUMNS": "240"}
        result = await asyncio.to_thread(CliRunner().invoke, build_app(), list(arguments), env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    return run


@pytest.fixture
def photo(tmp_path):
    """A function that writes a picture of somebody."""

    def write(name, folder=tmp_path):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.jpg"
        path.write_bytes(name.encode())
        return path

    return write


async def test_two_people_enrol(sightline, photo, tmp_path, until):
    """One asks, somebody else looks and agrees, and only then is anybody found; what is rejected is gone."""

    async def found(name):
        return json.loads(await sightline("clerk", "search", str(photo(name)), *IN, "--json"))["matches"]

    with pytest.raises(InvalidInput, match="LEGAL_BASIS_MISSING"):
        await sightline("clerk", "watchlists", "create", "wanted", "--purpose", "test")
    make = ("watchlists", "create", "wanted", "--purpose", "test", "--legal-basis", "an order", "--keep-references")
    await sightline("clerk", *make)
    assert "wanted (not approved)" in await sightline("chief", "watchlists", "list")
    with pytest.raises(FailedPrecondition, match="WATCHLIST_NOT_APPROVED"):
        await found("ann")
    with pytest.raises(PermissionDenied, match="OWN_REQUEST"):
        await sightline("clerk", "watchlists", "approve", "wanted")
    assert "approved" in await sightline("chief", "watchlists", "approve", "wanted", "--reason", "read the order")

    enroll = ("enroll", str(photo("ann")), "--person", "ann", *IN)
    made = json.loads(await sightline("clerk", *enroll, "--json"))
    assert "waits for approval" in await sightline("clerk", *enroll)
    people = tmp_path / "people"
    for name in ("ben", "cy"):
        photo(name, people / name)
    imported = json.loads(await sightline("clerk", "import", str(people), *IN, "--quality", "off", "--json"))
    assert (imported["pending"], imported["enrolled"]) == (2, 0)
    assert await found("ann") == []

    listed = await sightline("chief", "enrolments", "list", *IN)
    assert made["enrolment_id"] in listed
    assert f"import {imported['import_id']}" in listed
    assert "ann" in await sightline("chief", "enrolments", "show", made["enrolment_id"], *IN)
    picture = tmp_path / "seen.jpg"
    await sightline("chief", "faces", "show", made["face"]["id"], *IN, "--reference", str(picture))
    assert picture.read_bytes()
    with pytest.raises(PermissionDenied, match="OWN_REQUEST"):
        await sightline("clerk", "enrolments", "approve", made["enrolment_id"], *IN)
    approve = ("enrolments", "approve", made["enrolment_id"], *IN, "--faces", "1", "--reason", "seen")
    assert "1 face can be found" in await sightline("chief", *approve)
    assert [match["face"]["id"] for match in await found("ann")] == [made["face"]["id"]]

    reject = ("enrolments", "reject", imported["import_id"], "--import", *IN, "--reason", "no reason")
    assert "2 faces are being erased" in await sightline("chief", *reject)

    async def gone():
        return await sightline("clerk", "persons", "list", *IN, "--prefix", "ben", "--json") == "[]\n"

    await until(gone)
    assert "seen" in await sightline("chief", "enrolments", "list", "--state", "approved", *IN, "--json")
    assert await sightline("chief", "enrolments", "list", *IN, "--json") == "[]\n"
