"""Services as the processes that they are: started on free ports, waited for, and ended with the block."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.probe import is_serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TOKEN = "token-for-tests"  # noqa: S105 - opens nothing but the processes of a test
START_SECONDS = 30.0
END_SECONDS = 15.0


def find_free_ports(count: int) -> list[int]:
    """Different ports that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass
class Service:
    """A running service, or one that has ended; what it says goes to `log`."""

    process: subprocess.Popen[bytes]
    log: Path
    grpc_port: int
    health_port: int
    metrics_port: int

    @property
    def target(self) -> str:
        """Where its gRPC server listens."""
        return f"127.0.0.1:{self.grpc_port}"

    def wait_serving(self, seconds: float = START_SECONDS) -> None:
        """Returns once its health says SERVING; fails with its log where it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not is_serving(self.health_port, timeout=1.0):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"not SERVING (exit code {self.process.poll()}):\n{self.log.read_text()}")
            time.sleep(0.1)

    def wait_ended(self, seconds: float = END_SECONDS) -> int:
        """Its exit code, once it has ended by itself."""
        return self.process.wait(seconds)

    def end(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait_ended()

    def kill(self) -> None:
        """As a crash would end it."""
        self.process.kill()
        self.process.wait()


@contextmanager
def start(module: str, env: Mapping[str, str], log: Path) -> Iterator[Service]:
    """Starts `python -m <module>` with these settings, ports of its own and the development token; ends it after.

    Settings of the test's own environment do not reach it.
    """
    ports = find_free_ports(3)
    names = ("SIGHTLINE_GRPC_PORT", "SIGHTLINE_HEALTH_PORT", "SIGHTLINE_METRICS_PORT")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
    settings = {
        "SIGHTLINE_TOKEN": TOKEN,
        "SIGHTLINE_DURABILITY": "dev",
        **dict(zip(names, map(str, ports), strict=True)),
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module], env={**inherited, **settings, **env}, stdout=output, stderr=output
        )
    service = Service(process, log, *ports)
    try:
        yield service
    finally:
        with suppress(ProcessLookupError):
            service.kill()
