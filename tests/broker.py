"""A real broker: a nats-server on a free port, with JetStream in a folder of its own."""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from broker_release import nats_server
from free_ports import find_free_port
from secrets_for_tests import secrets_folder

from sightline.cli.broker_conf import accounts_conf, public_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

killed: set[int] = set()
"""Servers, by their id, that a test killed and did not start again."""


@dataclass
class NatsServer:
    """A nats-server process that can be killed and started again on the same port and store."""

    binary: str
    port: int
    store: Path
    config: str = ""
    accounts: str = ""
    """Who may do what; empty: everybody everything."""
    tester: str = ""
    """The tester's password, where there are accounts: the tester may do everything."""
    monitoring: int | None = None
    security: str = ""
    """Lines that make its connections TLS."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"{'tls' if self.security else 'nats'}://127.0.0.1:{self.port}"

    @property
    def tester_url(self) -> str:
        """Where the tester connects."""
        return f"nats://tester:{self.tester}@127.0.0.1:{self.port}" if self.tester else self.url

    @property
    def violations(self) -> list[str]:
        """What it did not permit, as it says in its log."""
        return [line for line in self.log.read_text().splitlines() if "iolation" in line]

    @property
    def log(self) -> Path:
        """What it says."""
        return self.store / "log"

    def start(self) -> None:
        """Starts it and returns once it accepts connections."""
        self.store.mkdir(parents=True, exist_ok=True)
        conf = self.store / "nats.conf"
        parts = (f'jetstream {{ store_dir: "{self.store}/js"', self.config, "}", self.accounts, self.security)
        conf.write_text("\n".join(parts))
        command = [self.binary, "-c", str(conf), "-a", "127.0.0.1", "-p", str(self.port)]
        if self.monitoring:
            command += ["-m", str(self.monitoring)]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        for _ in range(600):  # half a minute: the machine may be busy with other things
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    killed.discard(id(self))
                    return
            time.sleep(0.05)
        raise RuntimeError("nats-server did not start")

    def kill(self) -> None:
        """As a crash would end it."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None
        killed.add(id(self))


def find_nats_server() -> str:
    """The broker's binary. Tests that need it fail without it."""
    found = nats_server()
    if found is None:
        pytest.fail("nats-server is missing: `make nats` gets it")
    return found


@contextmanager
def run_nats_server(
    folder: Path, config: str = "", binary: str | None = None, monitoring: int | None = None, security: str = ""
) -> Iterator[NatsServer]:
    """A running server; ended with the block."""
    server = NatsServer(
        binary or find_nats_server(), find_free_port(), folder, config, monitoring=monitoring, security=security
    )
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.kill()
        killed.discard(id(server))


@contextmanager
def run_closed_nats_server(
    folder: Path,
    config: str = "",
    binary: str | None = None,
    monitoring: int | None = None,
    readers: Mapping[str, str] | None = None,
) -> Iterator[NatsServer]:
    """A running server that lets each service of the session's secrets to its own alone; nobody may have tried more.

    `readers`: public keys of other systems, by party.
    """
    password = secrets.token_hex(16)
    keys = {**public_keys(secrets_folder()), **(readers or {})}
    # In quotes: 54e3c… would be read as a number.
    accounts = accounts_conf(keys, f'{{user: tester, password: "{password}"}}')
    server = NatsServer(binary or find_nats_server(), find_free_port(), folder, config, accounts, password, monitoring)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.kill()
        killed.discard(id(server))
