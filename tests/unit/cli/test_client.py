"""Where the command looks for a system, and what it says when there is none."""

import asyncio
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from sightline.chassis.errors import FailedPrecondition, NotFound, Unavailable
from sightline.chassis.identity.api_key import new_key
from sightline.cli.camera_options import source_url
from sightline.cli.client import watchlist_id
from sightline.cli.installation import Installation
from sightline.cli.pictures import read_picture
from sightline.cli.ports import HOST, Ports, busy, choose_ports
from sightline.cli.readiness import keeps_ending, wait_ready


@pytest.fixture(autouse=True)
def signed_out(tmp_path, monkeypatch):
    """A user who has no credentials, and no keyring in which there could be some."""
    for name in ("SIGHTLINE_API_KEY", "SIGHTLINE_API_KEY_FILE", "SIGHTLINE_MATCH_TARGET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIGHTLINE_CREDENTIALS_STORE", "file")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_without_credentials_nothing_is_called(tmp_path):
    """Whoever is not signed in learns how to, before any service is asked."""
    with pytest.raises(FailedPrecondition, match=r"CREDENTIALS_MISSING.*sightline login"):
        watchlist_id(tmp_path, "W")


def test_a_system_that_does_not_answer_is_named(tmp_path, monkeypatch):
    """Nobody at the announced address: the error names the service and how to start it."""
    monkeypatch.setenv("SIGHTLINE_API_KEY", new_key().text)
    installation = Installation(tmp_path)
    installation.prepare()
    installation.announce(choose_ports(0))
    with pytest.raises(Unavailable, match=r"MATCH_UNAVAILABLE.*sightline up"):
        watchlist_id(tmp_path, "W")


def test_a_running_system_is_found_by_its_folder(tmp_path):
    """What `up` announces is what commands read; withdrawn, it is gone; damaged, it counts as gone."""
    installation = Installation(tmp_path)
    ports = choose_ports(23000)
    installation.announce(ports)
    assert installation.running() == ports
    (tmp_path / "run.json").write_text('{"ports": 1')
    assert installation.running() is None
    installation.withdraw()
    assert installation.running() is None


def test_a_taken_port_is_seen():
    """A port on which somebody listens is busy; a block is chosen around it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert busy([server.getsockname()[1]]) == [server.getsockname()[1]]
    assert busy(choose_ports(0).all()) == []


def test_no_two_systems_are_given_one_block():
    """A block is whose it is from the moment in which it is given, in which nobody listens there yet."""
    asking = (
        "import sys; from sightline.cli.ports import choose_ports;"
        "print(*(choose_ports(0).nats for _ in range(8)), flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as running:
        systems = [running.enter_context(subprocess.Popen([sys.executable, "-c", asking], **pipes)) for _ in range(4)]
        given = [port for system in systems for port in system.stdout.readline().split()]
        for system in systems:
            system.stdin.close()
    assert len(given) == 32
    assert len(set(given)) == 32


async def test_a_service_that_does_not_come_up_is_named_with_its_last_words():
    """The error names the service and shows the last lines that it printed."""
    ports: Ports = choose_ports(0)
    only = {"embed": ports.services["embed"]}
    with pytest.raises(Unavailable, match=r"(?s)SERVICE_NOT_READY.*embed: no such model"):
        await wait_ready(only, 0.5, lambda _: ["no such model"])


async def test_a_service_that_comes_late_is_asked_again_and_again():
    """However long it has been away, the next question is a second off; pauses that double would take two minutes."""
    ports: Ports = choose_ports(0)
    asked, enough = 0, asyncio.Event()

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.close()
        if asked == 10:
            enough.set()

    only = {"embed": ports.services["embed"]}
    async with await asyncio.start_server(refuse, HOST, only["embed"].health):
        waiting = asyncio.create_task(wait_ready(only, 120, lambda _: []))
        await asyncio.wait_for(enough.wait(), 60)
        waiting.cancel()
    assert asked >= 10


def test_a_path_becomes_a_file_url(tmp_path):
    """A plain path is a file; URLs stay as they are."""
    assert source_url(str(tmp_path / "a b.mp4")) == f"file://{tmp_path}/a%20b.mp4"
    assert source_url("RTSP://10.0.0.1/x") == "RTSP://10.0.0.1/x"


def test_a_missing_picture_is_named(tmp_path):
    """A path that is not there, or a folder: the error names it."""
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(NotFound, match="FILE_NOT_FOUND"):
            read_picture(path)


async def test_a_service_that_keeps_ending_is_named_soon(tmp_path):
    """Five ends at the start are no wait for the broker any more: the error comes before the time is up."""
    log = tmp_path / "supervisor.log"
    log.write_text("WARN exited: match (exit status 1; not expected)\n" * 5)
    with pytest.raises(Unavailable, match=r"(?s)SERVICE_KEEPS_ENDING.*match: the disk is full"):
        await keeps_ending(log, lambda _: ["the disk is full"])
