"""`sightline backup` and `sightline restore` on local systems, by a folder and by an S3-compatible store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from broker_release import needs_new_broker
from free_ports import find_free_ports
from object_stores import serve_moto
from secrets_for_tests import secrets_folder
from typer.testing import CliRunner

from sightline.chassis.backup_contents import KEYS, MAIN, Part
from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import NotFound, SightlineError
from sightline.chassis.provision import provision
from sightline.chassis.s3_store import S3Access
from sightline.chassis.topology import RECEIPTS, TOPOLOGY
from sightline.cli.app import build_app
from sightline.cli.backup.local_broker import restoring_broker
from sightline.cli.backup.manifest import folder_of
from sightline.cli.backup.places import FolderPlace, in_pieces, whole
from sightline.cli.backup.s3_place import open_bucket
from sightline.cli.backup.shelf import clear, lying
from sightline.cli.installation import Installation

STREAMS = len({*MAIN, *KEYS})
NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def run(state, *arguments: object, url: str = "") -> str:
    """Runs the command for a local system; gives what it printed, or why it was refused."""
    environment = {
        "SIGHTLINE_STATE_DIR": str(state),
        "SIGHTLINE_SECRETS_DIR": str(secrets_folder().path),
        "SIGHTLINE_NATS_URL": url,
    }
    result = await asyncio.to_thread(CliRunner().invoke, build_app(), list(map(str, arguments)), env=environment)
    if isinstance(result.exception, SightlineError):
        return str(result.exception)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
async def backups(tmp_path):
    """A folder with both backups of a local system without anything in it."""
    folder, (port,) = tmp_path / "backups", find_free_ports(1)
    async with restoring_broker(Installation(tmp_path / "lost"), secrets_folder(), port) as url:
        async with connect_bus(url, "provision", key=secrets_folder().broker_key("provision")) as bus:
            await provision(bus, TOPOLOGY)
        main = await run(tmp_path / "lost", "backup", folder, "--keep", "14d", url=url)
        keys = await run(tmp_path / "lost", "backup", folder, "--keys", url=url)
    assert f"{len(MAIN)} files" in main
    assert f"{len(KEYS) + 1} files" in keys
    return folder


@needs_new_broker
async def test_a_local_system_is_restored(backups, tmp_path):
    """Into a new state folder, whose caches go; checked first, by --dry-run; and run again nothing is done twice."""
    files = [path for path in backups.rglob("*") if path.is_file()]
    # There are pictures and names in them.
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    state = tmp_path / "new"
    (state / "match").mkdir(parents=True)
    looked = await run(state, "restore", backups, "--keys-from", backups, "--dry-run")
    assert looked.count("every hash is right") == 2
    assert (state / "match").exists()
    done = await run(state, "restore", backups, "--keys-from", backups)
    assert f"restored {STREAMS} streams, 0 were there; 0 erased again" in done
    assert not (state / "match").exists()
    again = await run(state, "restore", backups, "--keys-from", backups)
    assert f"restored 0 streams, {STREAMS} were there" in again
    assert (state / "jetstream" / "jetstream" / "SIGHTLINE" / "streams" / RECEIPTS).is_dir()


@needs_new_broker
async def test_what_cannot_be_restored_says_why(backups, tmp_path):
    """A place without a backup, a name that is none, and keys that would be kept too long."""
    state = tmp_path / "new"
    assert "BACKUP_NOT_FOUND" in await run(state, "restore", tmp_path / "nowhere", "--keys-from", backups)
    assert "BACKUP_NOT_FOUND" in await run(state, "restore", backups, "--keys-from", backups, "--backup", "main-1")
    assert "KEYS_KEPT_TOO_LONG" in await run(state, "backup", backups, "--keys", "--keep", "2d")
    assert "BACKUP_PLACE_INVALID" in await run(state, "backup", "ftp://elsewhere")
    state.mkdir(exist_ok=True)
    with Installation(state).locked():
        assert "ALREADY_RUNNING" in await run(state, "restore", backups, "--keys-from", backups)
    for manifest in backups.glob("main-*/manifest.json"):
        manifest.unlink()
    assert "BACKUP_NOT_FOUND" in await run(state, "restore", backups, "--keys-from", backups)


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    """A place of either kind."""
    if request.param == "folder":
        yield FolderPlace(tmp_path / "place")
        return
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = writer\naws_secret_access_key = not-a-secret\n")
    credentials.chmod(0o600)
    with serve_moto(tmp_path / "moto.log") as endpoint:
        httpx.put(f"{endpoint}/backups", trust_env=False, timeout=60).raise_for_status()
        yield open_bucket("backups", "site", S3Access(endpoint, "us-east-1", (), credentials, None))


async def kept(place, part, days, *, complete=True) -> str:
    """A backup of so many days ago."""
    folder = folder_of(part, NOW - timedelta(days=days))
    await place.put(f"{folder}/GALLERY.snapshot", in_pieces(b"copy"))
    if complete:
        await place.put(f"{folder}/manifest.json", in_pieces(b"{}"))
    return folder


async def test_a_place_keeps_files_and_clears_what_is_old(place):
    """Old backups go, and what was broken off; the newest whole main backup stays, however old, but keys do not."""
    pieces = [bytes([number]) * 3_000_000 for number in range(5)]

    async def many():
        for piece in pieces:
            yield piece

    old, newest = [await kept(place, Part.MAIN, days) for days in (40, 20)]
    broken = await kept(place, Part.MAIN, 2, complete=False)
    keys = await kept(place, Part.KEYS, 2)
    await place.put("main-notes/large", many())
    assert await whole(place, "main-notes/large") == b"".join(pieces)
    assert await clear(place, Part.MAIN, timedelta(days=14), NOW) == [old, broken]
    assert await clear(place, Part.KEYS, timedelta(days=1), NOW) == [keys]
    assert [folder_of(each.part, each.begun) for each in await lying(place)] == [newest]
    assert await place.paths() == [f"{newest}/GALLERY.snapshot", f"{newest}/manifest.json", "main-notes/large"]
    with pytest.raises(NotFound, match="BACKUP_FILE_MISSING"):
        await whole(place, "main-notes/nothing")


async def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    """What breaks off leaves nothing under the file's name."""

    async def breaking():
        yield b"begun"
        raise RuntimeError("the broker is gone")

    place = FolderPlace(tmp_path)
    with pytest.raises(RuntimeError):
        await place.put("main-1/GALLERY.snapshot", breaking())
    assert "main-1/GALLERY.snapshot" not in await place.paths()
