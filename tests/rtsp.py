"""A real RTSP camera on loopback, which tests kill, stop, lock and resize (tests/rtsp_camera is its source)."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import pytest
from free_ports import find_free_ports
from squares import RATE, squares

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from certificates import Identity
    from numpy.typing import NDArray

BINARY = Path(__file__).parents[1] / "bin" / "rtsp-camera"
SECONDS = 7.0
START_SECONDS = 60.0
# As cameras send it: no pictures out of order, a key picture every second, the parameters before each of them.
_X264 = "aud=1:repeat-headers=1:bframes=0:log=none"


def write_clip(path: Path, width: int, height: int) -> Path:
    """Write the walks of `squares` in that size, as an RtspCamera plays them."""
    times = (number / RATE for number in range(int(SECONDS * RATE)))
    return write_stream(path, (cv2.resize(squares(time), (width, height)) for time in times), RATE)


def write_stream(path: Path, pictures: Iterable[NDArray[np.uint8]], rate: int) -> Path:
    """Write (height, width, 3) RGB pictures as H.264 in the form that an RtspCamera plays."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.time_base, encoder.framerate, encoder.pix_fmt = Fraction(1, rate), Fraction(rate), "yuv420p"
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "x264-params": f"keyint={rate}:{_X264}"}
    with path.open("wb") as out:
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            if not number:
                encoder.width, encoder.height = frame.width, frame.height
            out.writelines(bytes(packet) for packet in encoder.encode(frame))
        out.writelines(bytes(packet) for packet in encoder.encode(None))
    return path


@dataclass
class RtspCamera:
    """A camera process; what it plays and whom it lets in counts from its next start."""

    port: int
    clip: Path
    fps: int = RATE
    login: str = ""
    """user:password; empty: everybody may watch."""
    identity: Identity | None = None
    """What it shows: then it speaks rtsps."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Without user and password."""
        return f"{'rtsps' if self.identity else 'rtsp'}://127.0.0.1:{self.port}/stream"

    def start(self) -> None:
        """Returns once it accepts connections."""
        user, _, password = self.login.partition(":")
        command = [BINARY, "-port", str(self.port), "-clip", self.clip, "-fps", str(self.fps), "-user", user]
        if self.identity:
            command += ["-certificate", self.identity.file, "-key", self.identity.key_file]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if user:
            self._tell(password)
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            assert self.process.poll() is None, "the RTSP camera ended; is its port taken?"
            assert time.monotonic() < deadline, "the RTSP camera does not listen"
            time.sleep(0.05)

    def play(self, clip: Path) -> None:
        """Goes over to another clip while all watch on."""
        self.clip = clip
        self._tell(str(clip))

    def stop(self) -> None:
        """It hangs: its connections stay open and nothing comes."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        """After `stop`."""
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """As a power cut would end it."""
        assert self.process is not None
        self._send(signal.SIGKILL)
        self.process.wait()
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process = None

    def _send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def _tell(self, line: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()


@contextmanager
def run_rtsp_camera(
    clip: Path, fps: int = RATE, login: str = "", identity: Identity | None = None
) -> Iterator[RtspCamera]:
    """A camera that plays the clip; ended with the block. Skips the test where its program was not built."""
    if not BINARY.is_file():
        pytest.skip("NOT TESTED: needs bin/rtsp-camera, which `make rtsp-camera` builds where Go is")
    camera = RtspCamera(_free_port(), clip, fps, login, identity)
    camera.start()
    try:
        yield camera
    finally:
        if camera.process is not None:
            camera.kill()


def _free_port() -> int:
    """An odd port with the two UDP ports behind it, which the camera takes too."""
    while True:
        found = find_free_ports(4)
        port = found[0] | 1
        if {port, port + 1, port + 2} <= set(found):
            return port


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
