"""`sightline keyring` on rotation.key, against a server that turns as it is told; the real one is in match's tests."""

from __future__ import annotations

import asyncio
import logging
import re

import grpc
import pytest
import structlog
from key_files import new_key, write_keys
from secrets_for_tests import tester_key
from typer.testing import CliRunner

from sightline.chassis.errors import SightlineError
from sightline.cli.key_lines import KeyLines
from sightline.cli.keyring import app
from sightline.v1 import index_service_pb2 as pb
from sightline.v1.index_service_pb2_grpc import IndexServiceServicer, add_IndexServiceServicer_to_server


class TurnedIndex(IndexServiceServicer):
    """Builds in a few looks, under the first key of the file that it has; a build of its own may run."""

    def __init__(self, file) -> None:
        self.file = file
        self.rotation = file.current().id
        self.looks = self.own_looks = 0
        self.purposes: list[str] = []
        self.error = ""

    async def GetIndexStatus(self, _request, _):
        status = pb.IndexStatus(size=7, rotation_id=self.rotation, last_error=self.error)
        if self.own_looks or self.looks:
            status.building.CopyFrom(pb.IndexProgress(phase="reading", done=1, expected=7))
        self.own_looks = max(0, self.own_looks - 1)
        if self.looks:
            self.looks -= 1
            if not self.looks and not self.error:
                self.rotation = self.file.current().id
        return pb.GetIndexStatusResponse(status=status)

    async def RebuildIndex(self, request, context):
        if self.own_looks:
            await context.abort(grpc.StatusCode.ABORTED, "REBUILD_RUNNING: it is")
        self.purposes.append(request.purpose)
        self.looks = 2
        return pb.RebuildIndexResponse()


@pytest.fixture(autouse=True)
def _only_errors():
    """Logs as the command has them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


@pytest.fixture
def path(tmp_path):
    return write_keys(tmp_path / "rotation.key", new_key()).path


@pytest.fixture
async def index(path):
    """A running server, which reads the file."""
    server, servicer = grpc.aio.server(), TurnedIndex(KeyLines(path).file)
    add_IndexServiceServicer_to_server(servicer, server)
    servicer.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield servicer
    await server.stop(0)


@pytest.fixture
def run(index):
    """A function that runs a command, and gives what it printed or the reason why it was refused."""
    environment = {"SIGHTLINE_MATCH_TARGET": index.target, "SIGHTLINE_API_KEY": tester_key(), "COLUMNS": "200"}

    async def invoke(*arguments: object) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, [str(each) for each in arguments], env=environment)
        if isinstance(result.exception, SightlineError):
            return str(result.exception)
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


def ids(path):
    return [key.id for key in KeyLines(path).file.keys()]  # noqa: SIM118 - no dict


async def test_one_command_rotates_the_index(run, index, path):
    """`rotate` adds a key, has the index made again under it, with that as the purpose, and takes the old one away."""
    [old] = ids(path)
    said = await run("rotate", path, "--pause", "0")
    [new] = ids(path)
    assert old != new == index.rotation
    assert re.match(rf"added the key {new}\nturned 7 faces anew\nturned 0 faces anew\nretired the key {old}", said)
    assert index.purposes == [f"rotation of the index to the key {new}"]


@pytest.mark.parametrize("turned", [False, True])
async def test_an_interrupted_rotation_goes_on(run, index, path, turned):
    """Run again, after it was killed with the key added or with the index turned, it does what is left."""
    added = KeyLines(path).add()
    if turned:
        index.rotation = added
    said = await run("rotate", path, "--pause", "0")
    assert "added" not in said
    assert len(index.purposes) == (0 if turned else 1)
    assert ids(path) == [added] == [index.rotation]


async def test_step_by_step_the_key_in_use_is_not_retired(run, index, path):
    """`retire` refuses while the index is turned by the old key, and `status` says by which it is."""
    [old] = ids(path)
    await run("add", path)
    new = ids(path)[0]
    assert (await run("retire", path)).startswith("KEYS_STILL_WRAPPED: 7 ")
    assert re.search(rf"{new} +wraps +0 *\n{old} +unwraps only +7", await run("status", path))
    assert await run("rewrap", path) == "turned 7 faces anew\n"
    assert f"retired the key {old}" in await run("retire", path)


async def test_a_build_that_runs_already_is_waited_for(run, index, path):
    """What match began by itself is let end, and then the index is turned."""
    index.own_looks = 2
    KeyLines(path).add()
    assert "turned 7 faces anew" in await run("rotate", path, "--pause", "0")
    assert index.rotation == ids(path)[0]


async def test_what_stops_a_rotation_is_said_and_both_keys_stay(run, index, path, tmp_path):
    """A build that fails, and a match that does not have the new file: the reason, and the old key is still there."""
    index.error = "Internal: REBUILD_FAILED: it ended with -9"
    assert "it ended with -9" in await run("rotate", path, "--pause", "0")
    index.error, index.file = "", write_keys(tmp_path / "older.key", new_key())
    assert (await run("rotate", path, "--pause", "0")).startswith("ROTATION_NOT_TAKEN: ")
    assert len(ids(path)) == 2


async def test_the_keys_of_a_file_are_kept_from_another_installations_index(run, tmp_path, index):
    """Where match's index is turned by no key of the file, none is added and none is taken away."""
    ours = write_keys(tmp_path / "ours" / "rotation.key", new_key()).path
    assert (await run("rotate", ours, "--pause", "0")).startswith("KEYS_OF_ANOTHER: ")
    assert len(ids(ours)) == 1
    assert index.purposes == []
