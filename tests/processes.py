"""Services as the processes that they are: started on free ports, waited for, and ended with the block."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from free_ports import find_free_ports
from prepared import PreparedProcess
from secrets_for_tests import secrets_folder

from sightline.chassis.probe import is_serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

START_SECONDS = 120.0
END_SECONDS = 120.0


@dataclass
class Service:
    """A service on ports of its own; what it says goes to `log`. Settings of the tests' environment do not reach it."""

    module: str
    env: Mapping[str, str]
    log: Path
    grpc_port: int
    health_port: int
    metrics_port: int
    process: PreparedProcess | subprocess.Popen[bytes] | None = None

    @property
    def target(self) -> str:
        """Where its gRPC server listens."""
        return f"127.0.0.1:{self.grpc_port}"

    def start(self) -> None:
        """Starts it, again where it has ended, and does not wait."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
        settings = {
            "SIGHTLINE_SECRETS_DIR": str(secrets_folder().path),
            "SIGHTLINE_DURABILITY": "dev",
            "SIGHTLINE_TLS": "off",
            "SIGHTLINE_GRPC_PORT": str(self.grpc_port),
            "SIGHTLINE_HEALTH_PORT": str(self.health_port),
            "SIGHTLINE_METRICS_PORT": str(self.metrics_port),
        }
        self.process = _launched(self.module, {**inherited, **settings, **self.env}, self.log)

    def wait_serving(self, seconds: float = START_SECONDS) -> None:
        """Returns once its health says SERVING; fails with its log where it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not is_serving(self.health_port, timeout=5.0):
            has_ended = self.process is None or self.process.poll() is not None
            if time.monotonic() > deadline or (has_ended and not self._missed_its_broker()):
                raise AssertionError(f"{self.module} is not SERVING:\n{self.log.read_text()}")
            if has_ended:  # a broker that stands still for some seconds: whatever supervises a service starts it again
                self.start()
            time.sleep(0.1)

    def _missed_its_broker(self) -> bool:
        *_, last = ["", *self.log.read_text().splitlines()]
        return '"service_failed"' in last and ("BROKER_UNREACHABLE" in last or "BROKER_UNAVAILABLE" in last)

    async def ready(self, seconds: float = START_SECONDS) -> None:
        """As `wait_serving`, beside the event loop."""
        await asyncio.to_thread(self.wait_serving, seconds)

    def wait_ended(self, seconds: float = END_SECONDS) -> int:
        """Its exit code, once it has ended by itself."""
        assert self.process is not None
        return self.process.wait(seconds)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal and gives the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait_ended()

    def kill(self) -> None:
        """As a crash would end it."""
        self.end(signal.SIGKILL)


def _launched(module: str, env: Mapping[str, str], log: Path) -> PreparedProcess | subprocess.Popen[bytes]:
    # What benchmarks measure is what users start.
    if "PYTEST_VERSION" in os.environ:
        return PreparedProcess(module, env, log)
    with log.open("ab") as output:
        return subprocess.Popen([sys.executable, "-m", module], env=env, stdout=output, stderr=output)


def new_service(module: str, env: Mapping[str, str], log: Path) -> Service:
    """A service that has ports and is not started yet."""
    return Service(module, env, log, *find_free_ports(3))


@contextmanager
def start(module: str, env: Mapping[str, str], log: Path) -> Iterator[Service]:
    """Starts `python -m <module>` with these settings and the session's secrets; ends it after."""
    service = new_service(module, env, log)
    service.start()
    try:
        yield service
    finally:
        service.kill()
