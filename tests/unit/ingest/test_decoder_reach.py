"""What a decoder process may reach, and what others see of it."""

import asyncio
import os
import platform
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from clips import mjpeg_camera, write_clip

from sightline.chassis.errors import Unavailable
from sightline.chassis.landlock import Reach, confine
from sightline.chassis.picture import encode_jpeg
from sightline.ingest.credentials import Credentials
from sightline.ingest.frames import open_frames
from sightline.ingest.source import Source
from sightline.ingest.viewing import Viewing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="NOT TESTED: Landlock and seccomp are Linux'")

PICTURE = encode_jpeg(np.full((120, 160, 3), 128, np.uint8), 90)


def _camera(port):
    url = f"http://127.0.0.1:{port}/v"
    return Source(url, f"127.0.0.1:{port}", live=True, shown=url, credentials=Credentials("admin", "hunter2"))


def _place(stream):
    """Where the kernel shows a decoder."""
    return Path(f"/proc/{stream._process.pid}")  # nobody else tells


def _states(place):
    return [(task / "status").read_text() for task in (place / "task").iterdir()]


def _seen(place):
    """What everybody may read of a process, and what its own user may."""
    return (place / "cmdline").read_bytes() + (place / "environ").read_bytes()


async def _tried(reach, code):
    """What a process prints that confines itself as a decoder does, and then tries something."""
    program = f"""
import os, socket, subprocess
from sightline.chassis.landlock import Reach, confine
from sightline.chassis.seccomp import give_up_calls
reach = {reach!r}
confine(reach)
give_up_calls(network=bool(reach.tcp_port))
try:
{textwrap.indent(code, "    ")}
    print("done")
except OSError as error:
    print(type(error).__name__)
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", program, stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0].decode().strip()


@pytest.fixture
def landlock():
    """Skips where the kernel has none."""
    child = os.fork()
    if not child:
        os._exit(confine(Reach()))
    if not os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        pytest.skip("NOT TESTED: this kernel has no Landlock")


@pytest.mark.usefixtures("landlock")
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("open({source!r}).close()", "done"),
        ("import xml.dom.minidom", "done"),
        ("open({neighbour!r}).close()", "PermissionError"),
        ("open('/etc/passwd').close()", "PermissionError"),
        ("open(f'/proc/{{os.getppid()}}/environ').close()", "PermissionError"),
        ("open({source!r}, 'a').close()", "PermissionError"),
        ("os.listdir('/')", "PermissionError"),
    ],
    ids=["source", "libraries", "neighbour", "system", "environment", "writing", "folders"],
)
async def test_files_other_than_the_source_are_out_of_reach(tmp_path, code, outcome):
    """A decoder that somebody has taken over reads its video and the libraries, and writes nothing."""
    source, neighbour = tmp_path / "video.mp4", tmp_path / "secret"
    source.touch()
    neighbour.touch()
    code = code.format(source=str(source), neighbour=str(neighbour))
    assert await _tried(Reach(readable=str(source)), code) == outcome


@pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="NOT TESTED: calls of this machine unknown")
@pytest.mark.parametrize(
    "code",
    ["subprocess.run(['/bin/true'])", "os.kill(os.getppid(), 0)", "socket.socket()", "socket.socket(socket.AF_UNIX)"],
    ids=["program", "signal", "tcp", "unix"],
)
async def test_a_reader_of_files_starts_nothing_and_speaks_to_nobody(code):
    """Programs, signals and sockets are refused to a decoder of a file."""
    assert await _tried(Reach(), code) == "PermissionError"


@pytest.mark.usefixtures("landlock")
async def test_a_reader_of_a_camera_reaches_its_port_alone(unused_tcp_port_factory):
    """The camera's port answers (here: that nobody listens); no other port is even asked."""
    port, other = unused_tcp_port_factory(), unused_tcp_port_factory()
    connect = "socket.create_connection(('127.0.0.1', {}))"
    assert await _tried(Reach(tcp_port=port), connect.format(port)) == "ConnectionRefusedError"
    assert await _tried(Reach(tcp_port=port), connect.format(other)) == "PermissionError"


async def test_every_thread_of_a_decoder_is_confined(tmp_path, file_source):
    """No thread was started before the process gave up what it gave up."""
    pictures = [np.full((480, 640, 3), number, np.uint8) for number in range(100)]
    source = await file_source(write_clip(tmp_path / "a.mp4", pictures))
    async with open_frames(source, Viewing(10.0)) as stream:
        await anext(aiter(stream))
        states = _states(_place(stream))
    assert len(states) > 1
    assert all("NoNewPrivs:\t1" in state and "Seccomp:\t2" in state for state in states)


async def test_the_password_opens_the_camera_and_shows_nowhere():
    """It reaches the camera; command line and environment of the decoder, the source and errors do not have it."""
    async with (
        mjpeg_camera([PICTURE] * 20, hang=True, login="admin:hunter2") as port,
        open_frames(_camera(port), Viewing(20.0)) as stream,
    ):
        await anext(aiter(stream))
        seen = _seen(_place(stream))
        assert b"decoder" in seen
        assert b"hunter2" not in seen
    assert "hunter2" not in repr(_camera(port))


async def test_a_camera_that_lets_nobody_in_says_so():
    """A wrong password has a reason of its own, and is not repeated."""
    async with mjpeg_camera([PICTURE], login="admin:other") as port:
        with pytest.raises(Unavailable, match="CAMERA_REFUSED") as refusal:
            async with open_frames(_camera(port), Viewing(20.0)) as stream:
                await anext(aiter(stream))
    assert "hunter2" not in f"{refusal.value}"


async def test_a_decoder_has_nothing_of_the_environment(monkeypatch, tmp_path, file_source):
    """What the service's environment says is not the decoder's."""
    monkeypatch.setenv("SIGHTLINE_SECRET", "hunter2")
    source = await file_source(write_clip(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3))
    async with open_frames(source, Viewing(10.0)) as stream:
        assert b"SIGHTLINE" not in _seen(_place(stream))
        await anext(aiter(stream))
