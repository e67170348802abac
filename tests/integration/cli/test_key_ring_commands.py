"""The key ring's commands against a real broker, while a service seals and opens."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import re

import pytest
import structlog
from key_files import new_key, write_keys
from typer.testing import CliRunner

from sightline.chassis.errors import SightlineError
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.rewrap import Rewrap
from sightline.chassis.topology import AWS_KEYS, CAMERA_KEYS, NOTIFY_KEYS
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.cli.key_lines import KeyLines
from sightline.cli.keyring import app

CONTEXT = b"sightline.gallery.w.face.f"


@pytest.fixture(autouse=True)
def _only_errors():
    """Logs as the command has them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


@pytest.fixture
def path(tmp_path):
    """The installation's key file, with one key in it."""
    return write_keys(tmp_path / "installation.key", new_key()).path


@pytest.fixture
def ring(bus, path):
    """A service's ring, which reads the key file as the services do and remembers nothing."""
    return BucketKeyRing(WrappedKeys(bus), write_keys(path, *_keys(path)), cache_seconds=0.0)


@pytest.fixture
def run(nats_server, tmp_path):
    """A function that runs a command, and gives what it printed or the reason why it was refused."""

    async def invoke(*arguments: object) -> str:
        environment = {"SIGHTLINE_NATS_URL": nats_server.url, "SIGHTLINE_STATE_DIR": str(tmp_path), "COLUMNS": "200"}
        words = [str(argument) for argument in arguments]
        result = await asyncio.to_thread(CliRunner().invoke, app, words, env=environment)
        if isinstance(result.exception, SightlineError):
            return str(result.exception)
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


def _keys(path):
    return [base64.b64decode(line) for line in path.read_bytes().split()]


async def sealed_for(ring, count: int) -> dict:
    """A record for each of so many new owners."""
    return {owner: await ring.seal(owner, owner.encode(), CONTEXT) for owner in (new_id() for _ in range(count))}


async def test_one_command_rotates_while_a_service_goes_on(ring, run, path, bus):
    """`rotate` ends with one new key in the file, which wraps everything; a service meanwhile fails in nothing."""
    [old] = _keys(path)
    records = await sealed_for(ring, 30)

    stop = asyncio.Event()

    async def serve() -> None:
        while not stop.is_set():
            for owner, sealed in list(records.items())[-5:]:
                assert await ring.open(owner, sealed, CONTEXT) == owner.encode()
            records.update(await sealed_for(ring, 1))
            await asyncio.sleep(0.01)

    service = asyncio.create_task(serve())
    said = await run("rotate", path, "--pause", "1")
    await asyncio.sleep(0.2)
    assert not service.done()
    stop.set()
    await service
    [new] = _keys(path)
    assert new != old
    assert re.search(
        r"added the key (\w{16})\nre-wrapped \d+ stored keys\nre-wrapped \d+ .*\nretired the key \w{16}:", said
    )
    assert await Rewrap(WrappedKeys(bus), KeyLines(path).file).uses() == {
        KeyLines(path).file.current().id: len(records)
    }
    for owner, sealed in records.items():
        assert await ring.open(owner, sealed, CONTEXT) == owner.encode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.glob("*installation*")] == ["installation.key"]


async def test_a_rotation_that_was_interrupted_goes_on_with_its_key(ring, run, path):
    """Where the file has several keys already, `rotate` adds none: it finishes with the first of them."""
    records = await sealed_for(ring, 3)
    added = KeyLines(path).add()
    said = await run("rotate", path, "--pause", "0")
    assert "added" not in said
    assert "re-wrapped 3 stored keys" in said
    assert [key.id for key in KeyLines(path).file.keys()] == [added]  # noqa: SIM118 - no dict
    for owner, sealed in records.items():
        assert await ring.open(owner, sealed, CONTEXT) == owner.encode()


async def test_step_by_step_nothing_is_retired_that_is_needed(ring, run, path):
    """`add`, `rewrap` and `retire` are the steps of a rotation; each refuses where it is not its turn."""
    records = await sealed_for(ring, 3)
    old = KeyLines(path).file.current().id
    assert re.match(r"added the key \w{16}\nnext: give every service the new file", await run("add", path))
    new = KeyLines(path).file.current().id
    assert (await run("add", path)).startswith("ROTATION_UNFINISHED: ")
    refused = await run("retire", path)
    assert refused.startswith("KEYS_STILL_WRAPPED: 3 stored keys ")
    assert old in refused
    table = await run("status", path)
    assert re.search(rf"{new} +wraps +0 *\n{old} +unwraps only +3", table)
    assert await run("rewrap", path) == "re-wrapped 3 stored keys\n"
    assert f"retired the key {old}" in await run("retire", path)
    assert await run("retire", path) == ""
    assert re.search(rf"{new} +wraps +3 *\n", await run("status", path))
    for owner, sealed in records.items():
        assert await ring.open(owner, sealed, CONTEXT) == owner.encode()


async def test_a_key_that_is_not_in_the_file_is_shown_and_in_the_way(ring, run, path, bus, tmp_path):
    """While some keys need one that is not in the file nothing is retired, and `status` says which it is."""
    await sealed_for(ring, 2)
    other = write_keys(tmp_path / "other.key", new_key())
    await sealed_for(BucketKeyRing(WrappedKeys(bus), other), 3)
    lost = other.current().id
    assert re.search(rf"{lost} +NOT IN THE FILE +3", await run("status", path))
    assert (await run("rotate", path, "--pause", "0")).startswith("KEYS_NOT_REWRAPPED: 3 ")
    assert re.match(rf"KEYS_STILL_WRAPPED: 3 .*{lost}", await run("retire", path))
    assert len(_keys(path)) == 2


async def test_the_keys_of_a_file_are_kept_from_the_wrong_broker(ring, run, path, tmp_path):
    """On an empty broker, or that of another installation, no key is added to the file and none is taken away.

    Everything there would seem to be re-wrapped, and the keys that the right broker needs would be gone.
    """
    for fill in (0, 2):
        await sealed_for(ring, fill)
        ours = write_keys(tmp_path / "ours.key", new_key(), new_key()).path
        assert (await run("retire", ours)).startswith("KEYS_OF_ANOTHER: ")
        assert len(_keys(ours)) == 2
        write_keys(ours, new_key())
        assert (await run("rotate", ours, "--pause", "0")).startswith("KEYS_OF_ANOTHER: ")
        assert len(_keys(ours)) == 1


async def test_one_rotation_at_a_time(run, path):
    """A second command that would change the file is refused: two new keys at once could lose one of them."""
    with KeyLines(path).locked():
        for command in ("rotate", "add", "rewrap", "retire"):
            assert (await run(command, path)).startswith("ROTATION_RUNNING: ")
    assert len(_keys(path)) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
async def test_the_file_of_another_user_is_left_alone(run, path):
    """A file that services of another user read is not replaced by one that they could not read."""
    os.chown(path, 10001, 10001)
    assert (await run("rotate", path)).startswith("KEY_FILE_FIXED: ")
    assert len(_keys(path)) == 1


async def test_a_missing_file_is_named(run, tmp_path):
    """Every command says so where there is no key file; none makes one."""
    for command in ("rotate", "add", "rewrap", "retire", "status"):
        assert (await run(command, tmp_path / "absent.key")).startswith("KEY_FILE_MISSING: ")
    assert not (tmp_path / "absent.key").exists()


@pytest.mark.parametrize(
    ("name", "bucket"), [("cameras.key", CAMERA_KEYS), ("alerts.key", NOTIFY_KEYS), ("aws.key", AWS_KEYS)]
)
async def test_the_key_of_one_service_rotates_by_itself(ring, run, path, bus, tmp_path, name, bucket):
    """Each file wraps what is in the bucket of its own; the gallery's keys, and their file, stay as they are."""
    records = await sealed_for(ring, 2)
    file = write_keys(tmp_path / name, new_key())
    others = BucketKeyRing(WrappedKeys(bus, bucket), file, cache_seconds=0.0)
    passwords = await sealed_for(others, 3)
    [old], before = _keys(file.path), path.read_bytes()
    assert "re-wrapped 3 stored keys" in await run("rotate", file.path, "--pause", "0")
    assert _keys(file.path) != [old]
    for owner, sealed in passwords.items():
        assert await others.open(owner, sealed, CONTEXT) == owner.encode()
    assert path.read_bytes() == before
    for owner, sealed in records.items():
        assert await ring.open(owner, sealed, CONTEXT) == owner.encode()
